"""Shrinking finds the shortest form of a script that still breaks a promise in the same way: moves
are left out in ever smaller pieces, then what the seed drew besides is made plain."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .outcome import Outcome
from .play import play
from .script import Script

PLAIN: dict[str, dict[str, Any]] = {
    "skew": {"skew_seconds": 0.0},
    "order": {"shuffled": False},
    "invoices": {"invoices": 0},
}
"""What can be made plain besides the sandbox's switches, which are named themselves."""


def shrunk(outcome: Outcome, tell: Callable[[str], None]) -> Outcome:
    """An outcome that has the same first problem, and none of whose moves can be left out."""
    hunt = _Hunt(outcome, tell)
    hunt.leave_out_moves()
    hunt.make_plain()
    hunt.leave_out_moves()
    return hunt.best


def plainer(script: Script, name: str) -> Script:
    """The script without that switch, or with that made plain."""
    if name in PLAIN:
        return replace(script, **PLAIN[name])
    return replace(script, switches={k: v for k, v in script.switches.items() if k != name})


def made_plain(drawn: Script, script: Script) -> list[str]:
    """What of the drawn script was made plain in the other one, by the names `plainer` takes."""
    names = [name for name in drawn.switches if name not in script.switches]
    return names + [
        name
        for name, change in PLAIN.items()
        if drawn != plainer(drawn, name) and all(getattr(script, k) == change[k] for k in change)
    ]


def gist(outcome: Outcome) -> str:
    """The first problem without what differs from play to play: ids, numbers, quoted values."""
    first = outcome.problems[0] if outcome.problems else ""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\S*\d\S*", "#", first)[:60]


class _Hunt:
    def __init__(self, outcome: Outcome, tell: Callable[[str], None]) -> None:
        self.best = outcome
        self._gist = gist(outcome)
        self._tell = tell
        self._tried: set[tuple[Any, ...]] = set()

    def leave_out_moves(self) -> None:
        pieces = 2
        while self.best.script.moves:
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
        for name in (*sorted(self.best.script.switches), *PLAIN):
            self._still_breaks(plainer(self.best.script, name))

    def _still_breaks(self, script: Script) -> bool:
        if _form(script) in self._tried:
            return False
        self._tried.add(_form(script))
        outcome = play(script)
        if not outcome.problems or gist(outcome) != self._gist:
            return False
        self.best = outcome
        self._tell(f"shrinking: {len(script.moves)} moves")
        return True


def _form(script: Script) -> tuple[Any, ...]:
    """What differs between the forms of one script."""
    plain = [getattr(script, field) for change in PLAIN.values() for field in change]
    return (tuple(move.number for move in script.moves), *sorted(script.switches), *plain)
