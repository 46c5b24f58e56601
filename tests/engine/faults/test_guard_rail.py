"""A pass that would change very much asks a person first, by hand and live."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ml_connector.engine.looking import Look

from .scene import Scene, demand_in_step, picture


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Scene(4, 8) as scene:
        await scene.connect("wave")
        await scene.connect("pipedrive")
        yield scene


async def state(scene: Scene) -> dict[str, str]:
    told = await Look(scene.res, "http://here").status("w")
    return {name: told["flows"][0][name] for name in ("state", "reason")}


async def test_a_sync_above_the_limit_writes_nothing_and_asks(scene: Scene) -> None:
    await scene.add(since="all", max_changes="5")
    answer = await scene.do("sync", flow="invoices")
    assert answer["exit"] == 3
    assert "would write 24 records, and max_changes of flow invoices is 5" in answer["notes"][0]
    assert await scene.creates() == {}
    assert (await scene.sync(yes=True))["writes"] == 24
    await demand_in_step(scene, await picture(scene))


async def test_a_sync_below_the_limit_is_not_asked_about(scene: Scene) -> None:
    await scene.add(since="all", max_changes="24")
    assert (await scene.sync())["writes"] == 24


async def test_many_changes_without_a_write_are_not_asked_about(scene: Scene) -> None:
    await scene.add(since="all")
    await scene.sync()
    await scene.add(max_changes="5")
    assert (await scene.sync(full=True))["writes"] == 0


async def many_changes(scene: Scene) -> None:
    """A live flow for which eight customers arrive at once."""
    await scene.add(since="all")
    await scene.sync()
    await scene.add(max_changes="5")
    await scene.sync()
    scene.alerts.clear()
    for number in range(8):
        await scene.human("POST", "wave/customers", {"name": f"Import {number}"})
    await scene.clock.advance(301)


async def test_a_live_flow_above_the_limit_is_paused_and_told_once(scene: Scene) -> None:
    await many_changes(scene)
    made = await scene.creates()
    await scene.rounds(1200, every=60)
    assert await scene.creates() == made
    shown = await state(scene)
    assert shown["state"] == "paused"
    assert "would write 8 records at once, and max_changes is 5" in shown["reason"]
    assert len(scene.alerts) == 1
    forecast = await scene.plan()
    assert forecast["writes"] == 8
    assert (await state(scene))["state"] == "paused"
    refused = await scene.do("sync", flow="invoices")
    assert refused["exit"] == 3
    assert (await scene.sync(yes=True))["writes"] == 8
    assert await state(scene) == {"state": "active", "reason": ""}
    await demand_in_step(scene, await picture(scene))


async def test_a_flow_that_a_person_resumes_goes_on(scene: Scene) -> None:
    await many_changes(scene)
    await scene.rounds(60)
    assert (await state(scene))["state"] == "paused"
    await scene.done("flow_state", name="invoices", state="active")
    await scene.rounds(120)
    assert (await state(scene))["state"] == "active"
    assert await scene.pending() == []
    await demand_in_step(scene, await picture(scene))


async def test_a_flow_that_a_person_paused_is_not_resumed_by_consent(scene: Scene) -> None:
    await scene.add(since="all")
    await scene.done("flow_state", name="invoices", state="paused")
    answer = await scene.do("sync", flow="invoices", yes=True)
    assert answer["exit"] == 3
    assert "flow resume" in answer["notes"][0]
