"""Metrics in the text form of Prometheus: what came in, what waits, what the day has cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from ml_connector.app import App

GAUGES = {
    "pending": ("Keys that wait, by what they wait for.", ("workspace", "flow", "waits_for")),
    "oldest_pending_seconds": ("How long the oldest key waits.", ("workspace", "flow")),
    "reviews": ("Records that wait for a person.", ("workspace", "flow")),
    "connection_state": ("1 for the state it is in.", ("workspace", "connection", "state")),
    "tokens_spent_today": ("Tokens of the vendor's day.", ("workspace", "connection")),
    "tokens_spent_this_month": ("Tokens of the vendor's month.", ("workspace", "connection")),
}
PREFIX = "ml_connector_"


@dataclass(frozen=True, slots=True)
class Answered:
    """One delivery's answer. `vendor` is empty if not known; `cheap` tells that it was one of too
    many, so it was given from memory."""

    vendor: str
    status: int
    cheap: bool = False


class Metrics:
    """Deliveries are counted as they come; everything else is read from the store when asked."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._counted = CollectorRegistry()
        self._deliveries = Counter(
            f"{PREFIX}deliveries", "Webhooks answered.", ("vendor", "status"),
            registry=self._counted,
        )  # fmt: skip
        self._throttled = Counter(
            f"{PREFIX}deliveries_throttled",
            "Webhooks refused without a look into the store, one of too many within a minute.",
            ("vendor",), registry=self._counted,
        )  # fmt: skip

    def count_delivery(self, answered: Answered) -> None:
        vendor = answered.vendor or "unknown"
        self._deliveries.labels(vendor, str(answered.status)).inc()
        if answered.cheap:
            self._throttled.labels(vendor).inc()

    async def show(self, request: Request) -> Response:
        read = CollectorRegistry()
        read.register(_Read(await self._app.look.gauges()))
        text = generate_latest(self._counted) + generate_latest(read)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


class _Read(Collector):
    """Hands gauges that were read already to the library."""

    def __init__(self, gauges: list[tuple[str, dict[str, str], float]]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        for name, (means, labels) in GAUGES.items():
            family = GaugeMetricFamily(PREFIX + name, means, labels=labels)
            for told, values, number in self._gauges:
                if told == name:
                    family.add_metric([values[label] for label in labels], number)
            yield family
