"""A theme makes short scripts of few kinds of moves, close together: what a seed brings about now
and then happens in nearly each of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from .script import Move, Script, draw_script
from .towns import TOWNS


@dataclass(frozen=True)
class Theme:
    """`names` of moves; `gap_seconds` is the longest pause between two of them. `given` are further
    fields of the script."""

    kind: str
    names: tuple[str, ...]
    moves: int = 8
    gap_seconds: float = 8.0
    first_seconds: float = 30.0
    """Before the first of them, which the first sync needs for itself."""
    given: dict[str, Any] = field(default_factory=dict)

    def script(self, seed: int) -> Script:
        """What that seed makes of it."""
        draw = random.Random(f"theme/{seed}")
        moves = [
            Move(
                number,
                self.first_seconds
                if number == 1
                else round(draw.uniform(0.02, self.gap_seconds), 2),
                draw.choice(self.names),
                draw.randrange(2**32),
            )
            for number in range(1, self.moves + 1)
        ]
        usual = {name: values[0] for name, values in TOWNS[self.kind].choices.items()}
        settings = {"since": "all", "poll": "5", **usual}
        plain = replace(
            draw_script(seed), kind=self.kind, customers=2, invoices=2, public=True,
            skew_seconds=0.0, is_poor=False, settings=settings, switches={},
        )  # fmt: skip
        return replace(plain, moves=tuple(moves), **self.given)
