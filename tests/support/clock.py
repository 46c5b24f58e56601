"""A virtual clock moves only when a test moves it; a seeded chance repeats itself for its seed."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
MOST_TURNS = 200_000
"""Turns of the loop without a sleep; work that needs more does not end."""
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"


@dataclass(order=True, slots=True)
class _Sleeper:
    until: float
    order: int
    woken: asyncio.Future[None] = field(compare=False)


class VirtualClock:
    """Implements `core.ports.Clock` without real time.

    Sleepers wake in the order of their moments, and of their falling asleep where these are equal.
    Code under test must wait for nothing but this clock and other tasks: real input and output is
    not seen, so time would run away from it.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[_Sleeper] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        sleeper = _Sleeper(self._elapsed + seconds, next(self._order), woken)
        heapq.heappush(self._sleepers, sleeper)
        await woken

    async def advance(self, seconds: float) -> None:
        """Move time ahead; each sleeper on the way wakes at its own moment and gets to run."""
        end = self._elapsed + seconds
        await settle()
        while (due := self._next_due()) is not None and due <= end:
            self._wake_at(due)
            await settle()
        self._elapsed = max(self._elapsed, end)

    async def run(self, work: Coroutine[Any, Any, T], limit_seconds: float = 400 * 86_400) -> T:
        """The result of `work`; whenever nothing can go on, time jumps to the next sleeper.

        Raises TimeoutError where the work waits for something that no sleeper brings, or for
        longer than `limit_seconds` of this clock.
        """
        task = asyncio.ensure_future(work)
        end = self._elapsed + limit_seconds
        try:
            await settle()
            while not task.done():
                due = self._next_due()
                if due is None or due > end:
                    raise TimeoutError("the work waits for something that never comes")
                self._wake_at(due)
                await settle()
            return await task
        finally:
            task.cancel()

    def _next_due(self) -> float | None:
        while self._sleepers and self._sleepers[0].woken.done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0].until if self._sleepers else None

    def _wake_at(self, moment: float) -> None:
        self._elapsed = max(self._elapsed, moment)
        sleeper = heapq.heappop(self._sleepers)
        sleeper.woken.set_result(None)


class SkewedClock:
    """Implements `core.ports.Clock`: another one that tells a moment so many seconds ahead."""

    def __init__(self, true: VirtualClock, ahead_seconds: float) -> None:
        self._true = true
        self.ahead_seconds = ahead_seconds

    def now(self) -> datetime:
        return self._true.now() + timedelta(seconds=self.ahead_seconds)

    def monotonic(self) -> float:
        return self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._true.sleep(seconds)


async def settle() -> None:
    """Let every task run until all of them wait for something outside of the loop."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    # asyncio has no public way to ask whether anything is left to run, and no event tells it.
    for _ in range(MOST_TURNS):
        if not loop._ready:  # type: ignore[attr-defined]  # asyncio's own list, not public
            return
        await asyncio.sleep(0)
    raise TimeoutError("the work goes round in circles and never waits")


class SeededChance:
    """Implements `core.ports.Chance`; the same seed gives the same sequence. Ids sort by age."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._ids = itertools.count(1)

    def random(self) -> float:
        return self._random.random()

    def token(self, length: int) -> str:
        return "".join(self._random.choice(LETTERS) for _ in range(length))

    def new_id(self) -> str:
        return f"{next(self._ids):010d}{self.token(16)}"
