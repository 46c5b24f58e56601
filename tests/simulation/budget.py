"""The budget of a poor firm: a small part of the smallest plan's tokens a day, which must never be
passed, whatever dies or is retried."""

from __future__ import annotations

from datetime import datetime, timedelta

from ml_sandbox.world import World

SHARE = "0.01"
TOKENS = 300
"""One in a hundred of the 30,000 tokens of the Lite plan with one seat."""
CROSSING = timedelta(seconds=60)
"""A call that was paid for before midnight may be counted by the vendor after it."""

SETTINGS = {"plan": "lite", "seats": "1", "budget_share": SHARE}
SWITCHES = {"pipedrive.plan": "lite", "pipedrive.seats": 1}


class Budget:
    """`note` after every answer of a vendor; `problems` names the days that were overspent."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._day = self._today()
        self._total = self._spent = self._left = 0
        self.problems: list[str] = []

    def note(self) -> None:
        total, day = int(self._world.counters.shown()["tokens"]), self._today()
        cost, self._total = total - self._total, total
        if day != self._day:
            self._day, self._left, self._spent = day, TOKENS - self._spent, 0
        if self._world.clock.now() - day < CROSSING and self._left >= cost:
            self._left -= cost
        else:
            self._spent += cost
        if self._spent > TOKENS and not self.problems:
            self.problems.append(f"{self._spent} tokens were spent in a day that has {TOKENS}")

    def _today(self) -> datetime:
        return self._world.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
