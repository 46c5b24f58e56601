"""The budget of a poor firm: a small part of the smallest plan's tokens a day, which must never be
passed, whatever dies or is retried, and however the machine's clock is set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from ml_sandbox.world import World

from .script import Script

SHARE = "0.01"
TOKENS = 300
"""One in a hundred of the 30,000 tokens of the Lite plan with one seat."""
CROSSING = timedelta(seconds=60)
"""A call that was paid for before midnight, or before the clock was set, may be answered after."""

SETTINGS = {"plan": "lite", "seats": "1", "budget_share": SHARE}
SWITCHES = {"pipedrive.plan": "lite", "pipedrive.seats": 1}


def is_poor(script: Script) -> bool:
    """By its script, and a third of all others."""
    return script.is_poor or script.seed % 3 == 0


class Budget:
    """`note` after every answer of a vendor; `problems` names the days that were overspent. `wall`
    is the machine's clock, by which the program tells the days."""

    def __init__(self, world: World, wall: Callable[[], datetime]) -> None:
        self._world = world
        self._wall = wall
        self._ahead = self._ahead_now()
        self._day = wall().date()
        self._before: date | None = None
        """The day on which a call may have been paid for that is answered only now."""
        self._until = world.clock.now()
        self._spent: dict[date, int] = {}
        self._total = 0
        self.problems: list[str] = []

    def note(self) -> None:
        total = int(self._world.counters.shown()["tokens"])
        cost, self._total = total - self._total, total
        self._turn()
        before = self._before if self._world.clock.now() < self._until else None
        is_left = before is not None and self._spent.get(before, 0) + cost <= TOKENS
        day = before if before is not None and is_left else self._day
        self._spent[day] = self._spent.get(day, 0) + cost
        if self._spent[day] > TOKENS and not self.problems:
            self.problems.append(f"{self._spent[day]} tokens were spent in a day that has {TOKENS}")

    def _turn(self) -> None:
        """Another day has begun, by itself or since somebody set the clock."""
        now, day, ahead = self._world.clock.now(), self._wall().date(), self._ahead_now()
        if day == self._day:
            return
        begun = datetime.combine(day, datetime.min.time(), self._wall().tzinfo)
        is_turned = abs(ahead - self._ahead) > timedelta(seconds=1)
        self._before, self._day, self._ahead = self._day, day, ahead
        self._until = now + CROSSING if is_turned else now + CROSSING - (self._wall() - begun)

    def _ahead_now(self) -> timedelta:
        return self._wall() - self._world.clock.now()
