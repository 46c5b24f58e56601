"""The sandbox's clock: real time, run faster if wished, and moved ahead on command.

Everything in the sandbox that has to do with time asks this clock, so that tokens expire, days turn
and webhooks are retried when a test says so. Time only ever moves ahead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class TimeSource(Protocol):
    """Where time comes from: the machine, or the virtual clock of a simulation."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...


class RealTime:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Clock:
    """`now()` is start + elapsed * speed + all advances; without a start it begins at the source's.

    At speed 1 and without advances the sandbox's now is the source's now, so that signature times
    and token expiries agree with a client on the same machine.
    """

    def __init__(
        self, source: TimeSource, speed: float = 1.0, start: datetime | None = None
    ) -> None:
        if speed <= 0:
            raise ValueError("the speed of the clock is above zero")
        self._source = source
        self._speed = speed
        self._began = source.now()
        self.start = (start or self._began).astimezone(UTC)
        self._advanced = timedelta(0)
        self._moved: asyncio.Future[None] | None = None
        self._hooks: list[Callable[[], None]] = []
        self._noticed = self.start.date()

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC."""
        elapsed = self._source.now() - self._began
        return self.start + elapsed * self._speed + self._advanced

    def on_day(self, hook: Callable[[], None]) -> None:
        """`hook()` is called after a day has turned and after every advance: calendar work."""
        self._hooks.append(hook)

    def notice(self) -> None:
        """Calls the hooks if a day has turned since the last look; cheap, called per request."""
        today = self.now().date()
        if today != self._noticed:
            self._run_hooks()

    def _run_hooks(self) -> None:
        self._noticed = self.now().date()
        for hook in self._hooks:
            hook()

    def advance(self, seconds: float) -> None:
        """Moves time ahead; sleepers that are due wake, and calendar work is done at once.

        Raises ValueError for a negative or unusable number of seconds.
        """
        try:
            step = timedelta(seconds=seconds)
            _ = self.now() + step
        except (OverflowError, ValueError):
            raise ValueError("advance_s is out of range") from None
        if step < timedelta(0):
            raise ValueError("time does not run backwards")
        self._advanced += step
        self._run_hooks()
        moved, self._moved = self._moved, None
        if moved is not None and not moved.done():
            moved.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Sleeps in sandbox time; an advance over the moment wakes early."""
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            await self._doze(left)

    async def sleep_to_midnight(self) -> None:
        """Sleeps until the next day begins in UTC."""
        now = self.now()
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
        await self.sleep((midnight - now).total_seconds())

    async def _doze(self, seconds: float) -> None:
        """Waits for that long, or for the next advance."""
        if self._moved is None:
            self._moved = asyncio.get_running_loop().create_future()
        nap = asyncio.ensure_future(self._source.sleep(seconds / self._speed))
        try:
            await asyncio.wait((nap, self._moved), return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
