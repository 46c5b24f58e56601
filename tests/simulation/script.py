"""A script is all that a seed decides before the play begins: the firm, its clock and settings, and
the moves in their order. Each move has a seed of its own, so leaving one out changes no other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from .switches import draw_later
from .towns import TOWNS

STARTS = (
    datetime(2026, 5, 4, 9, 0, tzinfo=UTC),
    datetime(2026, 3, 28, 22, 30, tzinfo=UTC),  # the night in which Europe's clocks go forward
    datetime(2026, 10, 24, 23, 30, tzinfo=UTC),  # and back
    datetime(2026, 11, 1, 4, 30, tzinfo=UTC),  # and America's
    datetime(2026, 12, 31, 19, 0, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 0, tzinfo=UTC),
)
POLLS = ("5", "5", "30", "240", "daily 06:30,18:00 Europe/Berlin", "daily 02:30 America/New_York")
GAPS = (
    (0.6, 0.02, 4), (0.25, 4, 90), (0.1, 90, 3600), (0.04, 3600, 43_200), (0.01, 43_200, 2e5)
)  # fmt: skip
"""How likely a pause between two moves is, and from which to which length in seconds."""
POOR = 0.12
PEOPLE, WEATHER = 0.62, 0.24
"""The share of moves that people make, and that the world makes; the rest befalls the process."""
WEATHERS = {
    "refuse": 5, "cut": 6, "slow": 2, "mail": 4, "stale": 3, "token": 2, "revoke": 1, "closed": 0.3,
    "outage": 1, "disk": 2, "network": 3, "calm": 5, "wall_clock": 1,
}  # fmt: skip
FATES = {"crash": 6, "freeze": 3, "sync": 3, "replay": 1, "resolve": 3, "ping": 1, "plan": 1}
ROUGH = {"refuse", "closed", "outage"}
SHUT_SHARE = 0.1
"""How many of those are a door that stays shut."""
CALM_SEEDS = 40_000
"""From here on every third history is one in haste; the earlier seeds keep theirs."""
HASTE_SECONDS = 8.0
LATER_NUMBERS = 100
"""A move that was added has the number of the one before it, and this."""


@dataclass(frozen=True)
class Move:
    """One thing that happens, so long after the one before."""

    number: int
    after_seconds: float
    name: str
    seed: int


@dataclass(frozen=True)
class Script:
    """Equal scripts play the same."""

    seed: int
    kind: str
    start: datetime
    customers: int
    invoices: int
    public: bool
    shuffled: bool
    skew_seconds: float
    settings: dict[str, str] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    is_poor: bool = False
    """It has a small part of the smallest plan's tokens a day."""

    def only(self, numbers: Sequence[int]) -> Script:
        """With these moves; the pauses of those left out are kept, so that the time of day is."""
        kept, gap, wanted = [], 0.0, set(numbers)
        for move in self.moves:
            gap += move.after_seconds
            if move.number in wanted:
                kept.append(replace(move, after_seconds=gap))
                gap = 0.0
        return replace(self, moves=tuple(kept))


def draw_script(seed: int) -> Script:
    """What that seed plays."""
    draw = random.Random(f"script/{seed}")
    kind = draw.choice(sorted(TOWNS))
    town = TOWNS[kind]
    people = {f"people.{name}": weight for name, weight in town.weights().items()}
    moves = []
    for number in range(1, draw.randint(8, 28) + 1):
        part = draw.random()
        table = people if part < PEOPLE else WEATHERS if part < PEOPLE + WEATHER else FATES
        name = draw.choices(list(table), list(table.values()))[0]
        moves.append(Move(number, _gap(draw), name, draw.randrange(2**32)))
    return Script(
        seed=seed, kind=kind, start=draw.choice(STARTS),
        customers=draw.randint(0, 3), invoices=draw.randint(0, 4),
        public=draw.random() < 0.75, shuffled=draw.random() < 0.9,
        skew_seconds=draw.choice((0, 0, 0, 1.4, -2.2, 47, -45)),
        settings={
            "since": draw.choice(("all", "all", "open")), "poll": draw.choice(POLLS),
            **{name: draw.choice(values) for name, values in sorted(town.choices.items())},
        },
        switches={
            name: draw.choice(values)
            for name, values in sorted(town.switches.items())
            if draw.random() < 0.2
        } | draw_later(seed, kind),
        moves=_in_haste(seed, _with_shut_doors(seed, moves)), is_poor=draw.random() < POOR,
    )  # fmt: skip


def _gap(draw: random.Random) -> float:
    _, low, high = draw.choices(GAPS, [share for share, _, _ in GAPS])[0]
    return round(draw.uniform(low, high), 2)


def _with_shut_doors(seed: int, moves: Sequence[Move]) -> tuple[Move, ...]:
    """Some of the troubles with a vendor are of another kind, which came later."""
    draw = random.Random(f"shut/{seed}")
    return tuple(
        replace(move, name="shut") if draw.random() < SHUT_SHARE and move.name in ROUGH else move
        for move in moves
    )


def _in_haste(seed: int, moves: tuple[Move, ...]) -> tuple[Move, ...]:
    """Trouble mostly meets an engine that sleeps until its next poll. Here everything happens
    within minutes, from the first sync on, and people ask for a sync again and again."""
    if seed <= CALM_SEEDS or seed % 3:
        return moves
    draw = random.Random(f"haste/{seed}")
    hasty = []
    for move in moves:
        gap = round(draw.uniform(0.02, HASTE_SECONDS), 2)
        hasty.append(replace(move, after_seconds=gap))
        if draw.random() < 0.35:
            hasty.append(Move(LATER_NUMBERS + move.number, 0.5, "sync", draw.randrange(2**32)))
    return tuple(hasty)
