"""The real client over the real wire, into an application of this very process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Response
from ml_connector.http.auth import StaticToken
from ml_connector.http.guard import Guard
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.vendors.quickbooks_online import VENDOR
from ml_connector.vendors.quickbooks_online.client import QuickBooksClient
from tests.support.clock import SeededChance, VirtualClock
from tests.vendors.quickbooks_online.given import REALM

ORIGIN = "http://127.0.0.1:9"


class Plenty:
    """An allowance that never ends. Implements `AllowanceBook`."""

    def __init__(self) -> None:
        self.reserved = 0

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        self.reserved += tokens
        return tokens

    async def spent(self, scope: str, period: str) -> int:
        return self.reserved

    async def correct(self, scope: str, period: str, spent: int) -> None:
        self.reserved = max(self.reserved, spent)


def quickbooks_client(
    transport: Transport,
    clock: VirtualClock,
    *,
    credential: str = "sample",
    base_url: str = ORIGIN,
    realm: str = REALM,
    settings: Mapping[str, str] | None = None,
) -> QuickBooksClient:
    """A client whose calls end in `transport`; `clock` must be run, since pacing sleeps by it."""
    redactor = Redactor()
    told = {"base_url": base_url, "realm_id": realm, **(settings or {})}
    wire = ConnectionWire(
        VENDOR,
        told,
        VENDOR.limits(told, "grant:1", "oauth"),
        StaticToken("authorization", f"Bearer {credential}", redactor),
        Guard(VENDOR.hosts, [base_url], private_allowed=True),
        WireParts(transport, Pacing(clock, Plenty()), redactor, clock, SeededChance()),
    )
    return QuickBooksClient(wire, ConnectionFacts("books", told, realm))


def asked(outgoing: Outgoing) -> str:
    """What a request asks for: a statement, the feed, or a path."""
    parts = urlsplit(outgoing.url)
    query = parse_qs(parts.query)
    if "query" in query:
        return query["query"][0]
    if "changedSince" in query:
        return f"cdc {query['entities'][0]} {query['changedSince'][0]}"
    return parts.path.partition(f"/company/{REALM}/")[2]


Answering = Callable[[str], tuple[int, Any]]


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    raise TypeError(type(value).__name__)


class Desk:
    """A transport that answers each call as a function says; for what a sandbox does not do."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.sent: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.sent.append(outgoing)
        await asyncio.sleep(0)  # so that others may come in between
        status, body = self._answering(asked(outgoing))
        raw = body if isinstance(body, bytes) else json.dumps(body, default=_number).encode()
        return Response(status, {"content-type": "application/json"}, raw)

    @property
    def asked(self) -> list[str]:
        return [asked(outgoing) for outgoing in self.sent]


class Bench:
    """A client before a desk, on virtual time."""

    def __init__(self, answering: Answering, **given: Any) -> None:
        self.desk = Desk(answering)
        self.clock = VirtualClock()
        self.errand = Errand()
        self.client = quickbooks_client(self.desk, self.clock, **given)

    async def run(self, work: Any) -> Any:
        return await self.clock.run(work)
