"""Shrinking finds the shortest form of a script that still breaks a promise in the same way: moves
are left out in ever smaller pieces, then what the seed drew besides is made plain."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from .outcome import Outcome
from .play import play
from .script import Script

MOST_PLAYS = 150


def shrunk(outcome: Outcome, tell: Callable[[str], None]) -> Outcome:
    """The smallest outcome found that has the same first problem; at most 150 plays."""
    hunt = _Hunt(outcome, tell)
    hunt.leave_out_moves()
    hunt.make_plain()
    hunt.leave_out_moves()
    return hunt.best


def gist(outcome: Outcome) -> str:
    """The first problem without what differs from play to play: ids, numbers, quoted values."""
    first = outcome.problems[0] if outcome.problems else ""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\S*\d\S*", "#", first)[:60]


class _Hunt:
    def __init__(self, outcome: Outcome, tell: Callable[[str], None]) -> None:
        self.best = outcome
        self._gist = gist(outcome)
        self._tell = tell
        self._left = MOST_PLAYS

    def leave_out_moves(self) -> None:
        pieces = 2
        while self._left and len(self.best.script.moves) > 0:
            numbers = [move.number for move in self.best.script.moves]
            size = max(1, len(numbers) // pieces)
            parts = [numbers[i : i + size] for i in range(0, len(numbers), size)]
            kept = ([n for n in numbers if n not in part] for part in parts)
            if any(self._still_breaks(self.best.script.only(rest)) for rest in kept):
                pieces = max(2, pieces - 1)
            elif size == 1:
                return
            else:
                pieces = min(len(numbers), pieces * 2)

    def make_plain(self) -> None:
        script = self.best.script
        for name in sorted(script.switches):
            rest = {k: v for k, v in self.best.script.switches.items() if k != name}
            self._still_breaks(replace(self.best.script, switches=rest))
        for change in ({"skew_seconds": 0.0}, {"shuffled": False}, {"invoices": 0}):
            self._still_breaks(replace(self.best.script, **change))

    def _still_breaks(self, script: Script) -> bool:
        if not self._left:
            return False
        self._left -= 1
        outcome = play(script)
        if not outcome.problems or gist(outcome) != self._gist:
            return False
        self.best = outcome
        self._tell(f"shrinking: {len(script.moves)} moves")
        return True
