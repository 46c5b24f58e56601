"""A lane whose workspace another process has taken over stores nothing and sends nothing more."""

from __future__ import annotations

import asyncio

import pytest

from ml_connector.store.unavailable import LaneOver
from tests.support.rehearsal import Rehearsal


async def test_a_lane_that_was_taken_over_ends_and_writes_nothing() -> None:
    async with Rehearsal(customers=2, invoices=2) as rehearsal:
        await rehearsal.install(since="all")
        old, before = rehearsal.lane, rehearsal.commands
        await rehearsal.start()
        written = await rehearsal.creates()
        answer = await rehearsal.clock.run(
            before.perform("sync", {"flow": "invoices"}, lambda state: None)
        )
        assert (answer["exit"], answer["result"]) == (1, None)
        assert "Another process" in answer["notes"][0]
        with pytest.raises(LaneOver):
            await rehearsal.clock.run(old.run(lambda: False))
        assert await rehearsal.creates() == written
        await rehearsal.sync()
        assert await rehearsal.creates() != written


async def test_a_write_that_waited_while_the_lane_was_taken_over_is_not_sent() -> None:
    """The intents are committed and the line is busy: the vendor's window opens only later."""
    async with Rehearsal(customers=2, invoices=2) as rehearsal:
        await rehearsal.install(since="all")
        old = rehearsal.lane
        await rehearsal.res.demand()
        await old.res.demand()
        await rehearsal.start()
        with pytest.raises(LaneOver):
            await old.res.demand()
        await rehearsal.lane.res.demand()


async def test_a_create_under_way_at_a_take_over_may_land_as_late_as_one_given_up() -> None:
    """It was sent a moment before; the vendor takes longer over it than its sender would wait."""
    async with Rehearsal(customers=2, invoices=2) as rehearsal:
        await rehearsal.install(since="all")
        create = {"vendor": "pipedrive", "operation": "POST /api/v2/deals"}
        await rehearsal.sandbox.order({**create, "kind": "slow", "seconds": 45, "times": 1})
        before = rehearsal.commands.perform("sync", {"flow": "invoices"}, lambda state: None)
        old = asyncio.ensure_future(before)
        while not await _fired(rehearsal):
            await rehearsal.clock.advance(0.1)
        await rehearsal.start()
        for _ in range(4):
            await rehearsal.clock.advance(30)
            await rehearsal.round()
        await rehearsal.clock.run(asyncio.wait_for(old, None))
        assert (await rehearsal.sync())["writes"] == 0
        deals = await rehearsal.human("GET", "pipedrive/deals")
        titles = [deal["title"] for deal in deals if deal["title"].startswith("Invoice ")]
        assert len(titles) == len(set(titles))


async def _fired(rehearsal: Rehearsal) -> bool:
    rules = await rehearsal.human("GET", "faults")
    return any(rule["fired"] for rule in rules["rules"])
