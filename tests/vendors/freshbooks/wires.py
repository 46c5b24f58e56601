"""The real client over the real wire, into an application of this very process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Response
from ml_connector.http.auth import StaticToken
from ml_connector.http.guard import Guard
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.vendors.freshbooks import VENDOR
from ml_connector.vendors.freshbooks.client import FreshBooksClient
from tests.support.clock import SeededChance, VirtualClock
from tests.vendors.freshbooks.given import ACCOUNT

ORIGIN = "http://127.0.0.1:9"
DATE = "Mon, 04 May 2026 09:00:00 GMT"


class NoAllowance:
    """FreshBooks has no allowance, so its book is never opened. Implements `AllowanceBook`."""

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        raise AssertionError("FreshBooks has no allowance")

    async def spent(self, scope: str, period: str) -> int:
        raise AssertionError("FreshBooks has no allowance")

    async def correct(self, scope: str, period: str, spent: int) -> None:
        raise AssertionError("FreshBooks has no allowance")


def freshbooks_client(
    transport: Transport,
    clock: VirtualClock,
    *,
    credential: str = "sample",
    base_url: str = ORIGIN,
    account: str = ACCOUNT,
    settings: Mapping[str, str] | None = None,
) -> FreshBooksClient:
    """A client whose calls end in `transport`; `clock` must be run, since pacing sleeps by it."""
    redactor = Redactor()
    told = {"base_url": base_url, **(settings or {})}
    wire = ConnectionWire(
        VENDOR,
        told,
        VENDOR.limits(told, "grant:1", "oauth"),
        StaticToken("authorization", f"Bearer {credential}", redactor),
        Guard(VENDOR.hosts, [base_url], private_allowed=True),
        WireParts(transport, Pacing(clock, NoAllowance()), redactor, clock, SeededChance()),
    )
    return FreshBooksClient(wire, ConnectionFacts("books", told, account))


Answering = Callable[[Outgoing], tuple[int, Any]]


def always(status: int, body: Any) -> Answering:
    """The same answer to every call."""
    return lambda sent: (status, body)


class Desk:
    """A transport that answers each call as a function says; for what a sandbox does not do."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.asked: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.asked.append(outgoing)
        status, body = self._answering(outgoing)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(status, {"content-type": "application/json", "date": DATE}, raw)


class Bench:
    """A client before a desk, on virtual time."""

    def __init__(self, answering: Answering, **given: Any) -> None:
        self.desk = Desk(answering)
        self.clock = VirtualClock()
        self.errand = Errand()
        self.client = freshbooks_client(self.desk, self.clock, **given)

    async def run(self, work: Any) -> Any:
        return await self.clock.run(work)

    @property
    def urls(self) -> list[str]:
        return [outgoing.url.removeprefix(ORIGIN) for outgoing in self.desk.asked]
