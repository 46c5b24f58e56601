"""The budget of a poor firm: a small part of the smallest plan's tokens a day, which must never be
passed, whatever dies or is retried."""

from __future__ import annotations

from datetime import datetime, timedelta

from ml_sandbox.world import World

SHARE = "0.01"
TOKENS = 300
"""One in a hundred of the 30,000 tokens of the Lite plan with one seat."""
SLACK = timedelta(seconds=300)
"""So long after midnight the vendor's day may turn; a day is counted from there."""

SETTINGS = {"plan": "lite", "seats": "1", "budget_share": SHARE}
SWITCHES = {"pipedrive.plan": "lite", "pipedrive.seats": 1}


class Budget:
    """`note` after every answer of a vendor; `problems` names the days that were overspent."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._before = 0
        self._day = self._today()
        self._spent = 0
        self.problems: list[str] = []

    def note(self) -> None:
        total = int(self._world.counters.shown()["tokens"])
        day = self._today()
        if day != self._day:
            self._day, self._before = day, self._spent
        self._spent = total
        if self._spent - self._before > TOKENS and not self.problems:
            spent = self._spent - self._before
            self.problems.append(f"{spent} tokens were spent in a day that has {TOKENS}")

    def _today(self) -> datetime:
        now = self._world.clock.now() - SLACK
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
