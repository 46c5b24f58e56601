"""The far end of webhooks, played by hand in tests."""

from __future__ import annotations

import json
from typing import Any

from ml_sandbox.deliveries import Delivery
from ml_sandbox.vendors.pipedrive.account import Event

from .bench import Bench

URL = "http://127.0.0.1:9/hook"


class Post:
    """The far end, played by hand: what each event brings it, attempt by attempt."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.taken = len(bench.events)

    def fresh(self) -> list[Delivery]:
        """Deliveries of the events since the last look."""
        events: list[Event] = self.bench.events[self.taken :]
        self.taken = len(self.bench.events)
        return [d for event in events for d in self.bench.vendor.deliveries.of(event)]

    def bodies(self) -> list[dict[str, Any]]:
        """All fresh deliveries, each taken at the first attempt with 200."""
        return [body for d in self.fresh() if (body := self.attempt(d, 1, 200)) is not None]

    def attempt(self, delivery: Delivery, number: int, status: int | None) -> Any:
        posting = delivery.prepare(number)
        if posting is None:
            return None
        self.pause = delivery.after(number, status)
        self.headers = posting.headers
        self.raw = posting.body
        return json.loads(posting.body)


async def subscribe(bench: Bench, **more: Any) -> dict[str, Any]:
    body = {
        "subscription_url": URL,
        "event_action": "*",
        "event_object": "*",
        "name": "ours",
        "http_auth_user": "u",
        "http_auth_password": "p:w",
        **more,
    }
    made = await bench.v1("POST", "/webhooks", body)
    assert made.status == 201, made.body
    found: dict[str, Any] = made.data
    return found
