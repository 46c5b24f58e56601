"""The virtual clock keeps order and never runs away."""

import asyncio

import pytest

from tests.support.clock import SeededChance, VirtualClock


async def test_sleepers_wake_at_their_own_moments() -> None:
    clock, seen = VirtualClock(), list[tuple[str, float]]()

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        seen.append((name, clock.monotonic()))

    tasks = [asyncio.ensure_future(sleeper(n, s)) for n, s in (("b", 5), ("a", 2), ("late", 20))]
    await clock.advance(10)
    assert seen == [("a", 2.0), ("b", 5.0)]
    assert clock.monotonic() == 10.0
    await clock.advance(10)
    assert seen[-1] == ("late", 20.0)
    await asyncio.gather(*tasks)


async def test_run_jumps_over_waiting() -> None:
    clock = VirtualClock()

    async def work() -> float:
        for _ in range(3):
            await clock.sleep(3600)
        return clock.monotonic()

    assert await clock.run(work()) == 3 * 3600


async def test_run_names_a_wait_that_never_ends() -> None:
    clock = VirtualClock()
    with pytest.raises(TimeoutError):
        await clock.run(asyncio.Event().wait())


def test_chance_repeats_itself() -> None:
    one, other = SeededChance(7), SeededChance(7)
    assert [one.token(8), one.new_id(), one.random()] == [
        other.token(8), other.new_id(), other.random(),
    ]  # fmt: skip
    assert one.new_id() < one.new_id()
