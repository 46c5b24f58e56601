"""The clocks of a running process: the machine's own, and one that follows a sandbox."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from ml_connector.core.faults import Mistake, Unreachable
from ml_connector.http.addresses import is_loopback, parse_ip
from ml_connector.http.transport import Outgoing, Transport, TransportError

FOLLOW_SECONDS = 0.2
TIMEOUT_SECONDS = 2.0
JUMP_SECONDS = 0.05
"""A move smaller than this is only the answer's time on its way."""


class SystemClock:
    """Implements `core.ports.Clock` with the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class FollowingClock:
    """Implements `core.ports.Clock` with a sandbox's time, which may be moved ahead at will.

    `GET url` answers `{"now": ISO 8601}`. Somebody must run `run()`; until the first answer the
    machine's own time counts. Raises Mistake where the address is not this machine's.
    """

    def __init__(self, url: str, transport: Transport) -> None:
        host = urlsplit(url).hostname or ""
        address = parse_ip(host)
        if host != "localhost" and (address is None or not is_loopback(address)):
            raise Mistake(f"clock_url must be an address of this machine, not {host or url!r}.")
        self._transport = transport
        self._outgoing = Outgoing("GET", url, {}, None, TIMEOUT_SECONDS, private_allowed=True)
        self._real = SystemClock()
        self._offset_seconds: float | None = None
        self._ahead_seconds = 0.0
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._real.now() + timedelta(seconds=self._offset_seconds or 0.0)

    def monotonic(self) -> float:
        return self._real.monotonic() + self._ahead_seconds

    async def sleep(self, seconds: float) -> None:
        end = self.monotonic() + seconds
        await asyncio.sleep(0)
        while (left := end - self.monotonic()) > 0:
            moved = self._moved
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await moved.wait()

    async def run(self) -> None:
        """Follow for ever; while the sandbox does not answer, time goes on from where it was."""
        while True:
            with suppress(Unreachable):
                await self.follow()
            await self._real.sleep(FOLLOW_SECONDS)

    async def follow(self) -> None:
        """Ask once. Raises Unreachable."""
        began = self._real.now()
        try:
            answer = await self._transport.send(self._outgoing)
            told = datetime.fromisoformat(answer.json()["now"])
        except (TransportError, KeyError, TypeError, ValueError):
            raise Unreachable("The sandbox's clock does not answer.") from None
        middle = began + (self._real.now() - began) / 2
        self._take((told.astimezone(UTC) - middle).total_seconds())

    def _take(self, offset_seconds: float) -> None:
        older, self._offset_seconds = self._offset_seconds, offset_seconds
        jump = 0.0 if older is None else offset_seconds - older
        if abs(jump) < JUMP_SECONDS:
            # It only seems to move: the older offset stays, so that small errors do not add up.
            self._offset_seconds = offset_seconds if older is None else older
            return
        self._ahead_seconds += max(0.0, jump)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
