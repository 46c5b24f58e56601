"""The real client over the real wire, into an application of this very process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ml_connector.core.vendor import ConnectionFacts
from ml_connector.http.asgi_transport import AsgiTransport
from ml_connector.http.auth import StaticToken
from ml_connector.http.guard import Guard
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Transport
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.vendors.wave import VENDOR
from ml_connector.vendors.wave.client import WaveClient
from tests.support.clock import SeededChance, VirtualClock

ORIGIN = "http://127.0.0.1:9"


class NoAllowance:
    """Wave has no daily allowance, so its book is never opened. Implements `AllowanceBook`."""

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        raise AssertionError("Wave has no allowance")

    async def spent(self, scope: str, period: str) -> int:
        raise AssertionError("Wave has no allowance")

    async def correct(self, scope: str, period: str, spent: int) -> None:
        raise AssertionError("Wave has no allowance")


def wave_client(
    transport: Transport,
    clock: VirtualClock,
    *,
    credential: str = "sample",
    base_url: str = ORIGIN,
    account: str = "",
    settings: Mapping[str, str] | None = None,
) -> WaveClient:
    """A client whose calls end in `transport`; `clock` must be run, since pacing sleeps by it."""
    redactor, token = Redactor(), VENDOR.token
    assert token is not None
    told = {"base_url": base_url, **(settings or {})}
    wire = ConnectionWire(
        VENDOR,
        told,
        VENDOR.limits(told, "wave-app", "token"),
        StaticToken(token.header, token.value({"full_access_token": credential}), redactor),
        Guard(VENDOR.hosts, [base_url], private_allowed=True),
        WireParts(transport, Pacing(clock, NoAllowance()), redactor, clock, SeededChance()),
    )
    return WaveClient(wire, ConnectionFacts("books", told, account))


class Recorded:
    """Gives recorded answers in turn, the last one for ever: an application for faults only."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self._answers = list(answers)
        self.calls = 0

    @property
    def transport(self) -> Transport:
        return AsgiTransport({ORIGIN: self})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, body = self._answers[min(self.calls, len(self._answers) - 1)]
        self.calls += 1
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": raw})
