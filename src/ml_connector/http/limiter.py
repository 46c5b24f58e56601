"""A limiter lets calls start in turn, within the rate windows and the at-once cap of a scope.

Live work goes before retries and these before a backfill; within a class the first come goes first.
A call that waits for a window of its own kind does not hold up those of another kind.
"""

from __future__ import annotations

import asyncio
import itertools
from bisect import insort
from dataclasses import dataclass

from ml_connector.core.faults import Waiting
from ml_connector.core.limits import Limits, Reading
from ml_connector.core.ports import Clock
from ml_connector.core.wire import Work
from ml_connector.http.pauses import afresh
from ml_connector.http.windows import RollingWindow

RANKS: dict[Work, int] = {"live": 0, "retry": 1, "backfill": 2}

SHORTEST_SECONDS = 0.001
"""The alarm never rings sooner, so that a rounded moment cannot make it ring for ever."""

LONGEST_RESET_SECONDS = 60.0
"""No vendor's window is longer. A later reset is a moment that was taken for a distance, say, and
would keep every call waiting until it comes."""


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """A place in the queue; the smaller one goes first."""

    rank: int
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    place: _Place
    kind: str
    admitted: asyncio.Future[None]


class Limiter:
    """The gate of one scope. It has a task only while somebody waits for a moment to come."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: list[RollingWindow] = []
        self._at_once = 1
        self._running = 0
        self._held_until = 0.0
        self._waiters: list[_Waiter] = []
        self._numbers = itertools.count()
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = 0.0

    def declare(self, limits: Limits) -> None:
        """Take the limits as declared; what counted in a window goes on counting in its like."""
        self._at_once = max(1, limits.at_once)
        if tuple(w.window for w in self._windows) == limits.windows:
            return
        older = {(w.window.kind, w.window.seconds): w for w in self._windows}
        self._windows = [RollingWindow(window) for window in limits.windows]
        for window in self._windows:
            known = older.get((window.window.kind, window.window.seconds))
            if known is not None:
                window.take_over(known)

    async def enter(self, kind: str, work: Work) -> None:
        """Wait for one's turn. Each return must be answered by one `leave`."""
        if not self._waiters and self._may_begin(kind):
            self._begin(kind)
            return
        place = _Place(RANKS[work], next(self._numbers))
        waiter = _Waiter(place, kind, asyncio.get_running_loop().create_future())
        insort(self._waiters, waiter, key=lambda w: w.place)
        self._let_in()
        try:
            await waiter.admitted
        except asyncio.CancelledError:
            self._give_up(waiter)
            raise

    def leave(self) -> None:
        """A call is over, with or without an answer."""
        self._running -= 1
        self._let_in()

    def turn_away(self, fault: Waiting) -> None:
        """Raise the fault to everybody who waits."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.admitted.done():
                waiter.admitted.set_exception(afresh(fault))
        self._let_in()

    def hold(self, seconds: float) -> None:
        """Let nobody in for that long."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    def correct(self, reading: Reading) -> None:
        """Count what the vendor says is left in its window.

        That is the first declared window for all kinds, because the header names none.
        """
        general = next((w for w in self._windows if not w.window.kind), None)
        if general is None or reading.window_left is None:
            return
        reset_seconds = reading.window_reset_seconds
        if reset_seconds is None:
            reset_seconds = general.window.seconds
        reset_seconds = min(reset_seconds, max(general.window.seconds, LONGEST_RESET_SECONDS))
        general.correct(reading.window_left, reset_seconds, self._clock.monotonic())

    def _begin(self, kind: str) -> None:
        now = self._clock.monotonic()
        for window in self._windows:
            if window.counts(kind):
                window.start(now)
        self._running += 1

    def _let_in(self) -> None:
        """Admit whoever may start now, and set the alarm for the next one who may later."""
        next_at: float | None = None
        now = self._clock.monotonic()
        for waiter in tuple(self._waiters):
            if self._running >= self._at_once:
                break
            if waiter.admitted.done():
                continue  # cancelled just now; it leaves the queue when its task runs
            free_at = self._free_at(waiter.kind, now)
            if free_at <= now:
                self._waiters.remove(waiter)
                self._begin(waiter.kind)
                waiter.admitted.set_result(None)
                continue
            next_at = free_at if next_at is None else min(next_at, free_at)
            if self._free_at("", now) > now:
                break  # full for every kind
        self._set_alarm(next_at, now)

    def _free_at(self, kind: str, now: float) -> float:
        moments = [window.free_at(now) for window in self._windows if window.counts(kind)]
        return max((*moments, self._held_until, now))

    def _may_begin(self, kind: str) -> bool:
        now = self._clock.monotonic()
        return self._running < self._at_once and self._free_at(kind, now) <= now

    def _give_up(self, waiter: _Waiter) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
            self._let_in()
        elif not waiter.admitted.cancelled() and waiter.admitted.exception() is None:
            self.leave()  # admitted and cancelled at once

    def _set_alarm(self, at: float | None, now: float) -> None:
        if self._alarm is not None and at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if at is not None:
            self._alarm_at = at
            self._alarm = asyncio.ensure_future(self._ring(max(at - now, SHORTEST_SECONDS)))

    async def _ring(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._alarm = None
        self._let_in()
