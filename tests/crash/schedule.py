"""A schedule is what a seed decides about one life: its flow, how people's changes are told, and
where the server dies in each of its ten rounds. Pure.

Five lives that follow each other, one of each kind of flow, are a block: fifty rounds in which each
named step has its turn once. Which life gets which step is dealt anew in every block.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from .steps import KINDS, STEPS, Step

ROUNDS = 10
"""Of each life; the first one is its first sync."""
LONGEST_SECONDS = 2.0
MOST_REQUESTS = 40
SECOND_DEATH = 0.5
"""How often a server that recovers dies once more, at a moment by chance."""

Telling = Literal["posts", "vendor"]


@dataclass(frozen=True)
class Death:
    """At the so-manieth passing of a step; or so many seconds after the start; or when the vendors
    have seen so many more requests."""

    step: str = ""
    passings: int = 1
    seconds: float | None = None
    requests: int | None = None

    def __str__(self) -> str:
        if self.step:
            return f"{self.step} (passing {self.passings})"
        if self.seconds is not None:
            return f"{self.seconds:.2f} s after the start"
        return f"after {self.requests} requests"


@dataclass(frozen=True)
class Schedule:
    """`telling`: posts: the source is never polled, each change is told by webhooks until one is
    answered 2xx. vendor: the sandbox posts, loses and repeats, and the source is polled too."""

    seed: int
    kind: str
    telling: Telling
    rounds: tuple[tuple[Death, ...], ...]

    @property
    def steps(self) -> list[str]:
        """The named steps of this life."""
        return [death.step for deaths in self.rounds for death in deaths if death.step]


def schedule(seed: int) -> Schedule:
    """The life of a seed, which is 1 or more."""
    block, place = divmod(seed - 1, len(KINDS))
    tellings = _tellings(block)
    steps = _dealt(block, tellings)[place]
    draw = random.Random(f"life {seed}")
    first = [_at(step, draw) for step in steps if step.first]
    later = [_at(step, draw) for step in steps if not step.first]
    draw.shuffle(later)
    rounds: list[list[Death]] = [first, *([] for _ in range(ROUNDS - 1))]
    for number, death in enumerate(later):
        rounds[1 + number % (ROUNDS - 1)].append(death)
    for deaths in rounds:
        if not deaths or (len(deaths) == 1 and draw.random() < SECOND_DEATH):
            deaths.append(_by_chance(draw))
    return Schedule(seed, KINDS[place], tellings[place], tuple(map(tuple, rounds)))


def _tellings(block: int) -> list[Telling]:
    """Both ways in every block, and each kind by both in turn."""
    ways: tuple[Telling, Telling] = ("posts", "vendor")
    return [ways[(place + block) % 2] for place in range(len(KINDS))]


def _dealt(block: int, tellings: list[Telling]) -> list[list[Step]]:
    """Every step to one of the lives that come by it, to those with the fewest first."""
    draw = random.Random(f"block {block}")
    hands: list[list[Step]] = [[] for _ in KINDS]
    for step in sorted(draw.sample(STEPS, len(STEPS)), key=lambda s: len(s.kinds)):
        able = [
            place
            for place, kind in enumerate(KINDS)
            if kind in step.kinds and (tellings[place] == "vendor" or not step.polled)
        ]
        least = min(len(hands[place]) for place in able)
        hands[draw.choice([p for p in able if len(hands[p]) == least])].append(step)
    order = {step.name: number for number, step in enumerate(STEPS)}
    return [sorted(hand, key=lambda s: order[s.name]) for hand in hands]


def _at(step: Step, draw: random.Random) -> Death:
    return Death(step.name, draw.randint(1, step.most))


def _by_chance(draw: random.Random) -> Death:
    if draw.random() < 0.5:
        return Death(seconds=draw.uniform(0.0, LONGEST_SECONDS))
    return Death(requests=draw.randint(1, MOST_REQUESTS))
