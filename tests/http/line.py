"""One wire with all that it stands on, over real sockets or under a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from ml_connector.core.faults import (
    AccountClosed,
    Fault,
    Missing,
    OutOfBudget,
    Refused,
    TokenExpired,
    TooFast,
)
from ml_connector.core.limits import Limits, Price, Reading, Window
from ml_connector.core.vendor import OAuth, Token, Vendor, Webhooks
from ml_connector.core.wire import Errand, Request, Response
from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.auth import Authenticator
from ml_connector.http.guard import Guard
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.http.wire import ConnectionWire, WireParts
from tests.http.book import MemoryBook
from tests.http.server import RawServer, Script, serving
from tests.support.clock import SeededChance, VirtualClock

READ = Request("GET", "/things/1", price=Price(tokens=2))
WRITE = Request("POST", "/things", json={"name": "Jürgen"}, price=Price(tokens=5), writes=True)
LIMITS = Limits("token", (Window(1000, 1.0),), 10, "company")


def fault(
    request: Request, response: Response, now: datetime, settings: Mapping[str, str]
) -> Fault | None:
    """A small vendor's table: the status says most, and `{"fault": …}` in a 200 the rest."""
    if response.status == 402:
        return AccountClosed("Closed.", now + timedelta(days=3))
    if response.status == 429:
        told = response.headers["retry-after"]
        if told == "day":
            return OutOfBudget("Spent.", now + timedelta(hours=5))
        return TooFast("Too fast.", now + timedelta(seconds=float(told)))
    if response.status in (400, 422):
        return Refused("Bad data.", "name")
    if response.status == 404:
        return Missing("Not there.")
    if response.status == 501:
        return Refused("This vendor answers bad data with a 501.")
    if response.status == 520:
        raise ZeroDivisionError
    if response.body == b'{"fault":"token"}':
        return TokenExpired("Expired.")
    return None


def reading(response: Response) -> Reading:
    left = response.headers.get("x-left")
    return Reading(window_left=None if left is None else int(left), window_reset_seconds=2.0)


VENDOR = Vendor(
    name="vendor", label="Vendor", api_base="https://api.vendor.example",
    auth_base="https://auth.vendor.example", hosts=("*.vendor.example",), sources=(), targets=(),
    settings=(), secrets=(), oauth=OAuth("/a", "/t", "", "form", False),
    token=Token(("api_token",), "x-api-token", lambda given: given["api_token"]),
    client=lambda wire, facts: cast(Any, wire),
    limits=lambda settings, scope, kind: LIMITS, fault=fault, reading=reading,
    webhooks=cast(Webhooks, None), endpoint_of="connection",
)  # fmt: skip


@dataclass
class Grant:
    """An authenticator whose token is renewed by counting."""

    version: int = 1
    renewals: list[Mapping[str, str]] = field(default_factory=list)
    base: str | None = None

    async def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer access-{self.version}"}

    async def api_base(self) -> str | None:
        return self.base

    async def expired(self, used: Mapping[str, str]) -> None:
        self.renewals.append(used)
        self.version += 1


@dataclass
class Line:
    """One wire with all that it stands on."""

    wire: ConnectionWire
    clock: VirtualClock
    pacing: Pacing
    redactor: Redactor
    grant: Grant
    errand: Errand = field(default_factory=Errand)

    @property
    def statuses(self) -> list[int]:
        return [sent.status for sent in self.errand.sent]

    async def send(self, request: Request) -> Response:
        return await self.wire.send(request, self.errand)


class RealTime(VirtualClock):
    """Virtual, but a sleeper never sleeps: what is sent over real sockets cannot be waited for."""

    async def sleep(self, seconds: float) -> None:
        self._elapsed += max(0.0, seconds)
        await asyncio.sleep(0)


def line_over(
    transport: Transport,
    settings: Mapping[str, str],
    clock: VirtualClock,
    authenticator: Authenticator | None = None,
    timeout_seconds: float = 30.0,
) -> Line:
    grant, redactor, pacing = Grant(), Redactor(), Pacing(clock, MemoryBook())
    parts = WireParts(transport, pacing, redactor, clock, SeededChance())
    base = settings.get("base_url", "")
    guard = Guard(VENDOR.hosts, (base,), private_allowed="127.0.0.1" in base)
    wire = ConnectionWire(
        VENDOR, settings, LIMITS, authenticator or grant, guard, parts,
        timeout_seconds=timeout_seconds,
    )  # fmt: skip
    return Line(wire, clock, pacing, redactor, grant)


@asynccontextmanager
async def wired(
    script: Script, *, hang_after: int | None = None, timeout_seconds: float = 30.0
) -> AsyncIterator[tuple[Line, RawServer]]:
    async with serving(script, hang_after=hang_after) as server, AiohttpTransport() as transport:
        settings = {"base_url": f"{server.url}/vendor"}
        yield line_over(transport, settings, RealTime(), timeout_seconds=timeout_seconds), server


def always(said: bytes | None) -> Script:
    return lambda n, heard: said


def then(*said: bytes | None) -> Script:
    return lambda n, heard: said[min(n, len(said) - 1)]


class Scripted:
    """A transport for the virtual clock: each answer takes a tenth of a second."""

    def __init__(self, clock: VirtualClock, *said: Response | Exception) -> None:
        self.clock = clock
        self.said = list(said)
        self.sent: list[tuple[float, Outgoing]] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.sent.append((self.clock.monotonic(), outgoing))
        await self.clock.sleep(0.1)
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, Exception):
            raise said
        return said


def said(status: int = 200, body: bytes = b"{}", **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json", **names}, body)


def virtual(*script: Response | Exception, **settings: str) -> tuple[Line, Scripted]:
    clock = VirtualClock()
    transport = Scripted(clock, *script)
    return line_over(transport, settings, clock), transport
