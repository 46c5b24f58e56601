"""A schedule: every named step has its turn, and a seed always decides the same."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.crash.schedule import ROUNDS, schedule
from tests.crash.steps import BY_NAME, KINDS, STEPS


@pytest.mark.parametrize("block", [0, 1, 2, 19])
def test_each_named_step_is_hit_once_in_fifty_rounds(block: int) -> None:
    """The lives themselves tell which of their steps they reached; here is what they owe."""
    lives = [schedule(block * len(KINDS) + place) for place in range(1, len(KINDS) + 1)]
    assert [life.kind for life in lives] == list(KINDS)
    assert sum(len(life.rounds) for life in lives) == 50
    hit = Counter(step for life in lives for step in life.steps)
    assert hit == Counter(step.name for step in STEPS)


@pytest.mark.parametrize("seed", range(1, 41))
def test_a_life_gets_what_it_comes_by(seed: int) -> None:
    life = schedule(seed)
    assert len(life.rounds) == ROUNDS
    assert all(life.rounds)
    for name in life.steps:
        step = BY_NAME[name]
        assert life.kind in step.kinds
        assert not (step.polled and life.telling == "posts")
    first = {death.step for death in life.rounds[0] if death.step}
    assert first == {name for name in life.steps if BY_NAME[name].first}


def test_a_seed_always_decides_the_same() -> None:
    assert schedule(17) == schedule(17)
    assert schedule(17).rounds != schedule(22).rounds


def test_deaths_by_chance_are_among_them() -> None:
    deaths = [death for seed in range(1, 21) for many in schedule(seed).rounds for death in many]
    assert sum(1 for death in deaths if death.seconds is not None) > 10
    assert sum(1 for death in deaths if death.requests is not None) > 10


def test_both_ways_of_telling_are_in_every_block_and_every_kind() -> None:
    for block in range(4):
        lives = [schedule(block * len(KINDS) + place) for place in range(1, len(KINDS) + 1)]
        assert {life.telling for life in lives} == {"posts", "vendor"}
    by_kind = {(schedule(seed).kind, schedule(seed).telling) for seed in range(1, 11)}
    assert len(by_kind) == 2 * len(KINDS)
