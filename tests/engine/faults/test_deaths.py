"""A process may die at any step; the next one on the same store finishes its work, and nothing is
made twice.

The steps are every commit (before it and after it) and every request (before it is sent and after
its answer), over the whole first sync: set-up, polls, filling of the mirror, batches, remembering.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.mortal import Killed, Step

from .scene import Scene, demand_in_step, picture

CUSTOMERS, INVOICES = 2, 3
POINTS = 64


def at_step(number: int) -> Step:
    left = [number]

    def dies(name: str) -> bool:
        left[0] -= 1
        return left[0] < 0

    return dies


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """Filled by the first test that asks for it."""
    return {}


async def expected(undisturbed: dict[str, Any]) -> dict[str, Any]:
    if not undisturbed:
        async with Scene(CUSTOMERS, INVOICES) as scene:
            await scene.install(since="all")
            first = len(scene.process.steps)
            await scene.sync()
            undisturbed["steps"] = len(scene.process.steps) - first
            undisturbed["picture"] = await picture(scene)
            undisturbed["creates"] = await scene.creates()
    return undisturbed


async def synced_at_last(scene: Scene) -> None:
    """A person runs sync until nothing waits; twice must do."""
    for _ in range(2):
        answer = await scene.do("sync", flow="invoices")
        if answer["exit"] == 0 and not any(
            r["waiting"] or r["failed"] for r in answer["result"]["routes"]
        ):
            return
    raise AssertionError(answer)


async def _started_and_synced(scene: Scene, step: int) -> None:
    await scene.restart(dies_at=at_step(step))
    await scene.sync()


@pytest.mark.parametrize("point", range(POINTS))
async def test_a_death_at_any_step_of_the_first_sync_is_made_good(
    point: int, undisturbed: dict[str, Any]
) -> None:
    calm = await expected(undisturbed)
    step = calm["steps"] * point // POINTS
    async with Scene(CUSTOMERS, INVOICES) as scene:
        await scene.install(since="all")
        with pytest.raises(Killed):
            await _started_and_synced(scene, step)
        await scene.restart()
        await synced_at_last(scene)
        await demand_in_step(scene, calm["picture"])
        assert await scene.creates() == calm["creates"]


@pytest.mark.parametrize("seed", range(4))
async def test_a_chain_of_deaths_is_made_good(seed: int, undisturbed: dict[str, Any]) -> None:
    """Each process gets a little further; a batch in hand is run key by key."""
    calm = await expected(undisturbed)
    async with Scene(CUSTOMERS, INVOICES) as scene:
        await scene.install(since="all")
        for life in range(12):
            try:
                await scene.restart(dies_at=at_step(23 + 17 * seed + 5 * life))
                await scene.sync()
            except Killed:
                continue
            break
        await scene.restart()
        await synced_at_last(scene)
        await demand_in_step(scene, calm["picture"])
        assert await scene.creates() == calm["creates"]


async def test_at_least_sixty_different_steps_are_hit(undisturbed: dict[str, Any]) -> None:
    """Each test above demands that its death happens."""
    steps = (await expected(undisturbed))["steps"]
    assert len({steps * point // POINTS for point in range(POINTS)}) >= 60
