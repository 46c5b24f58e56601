"""A lane whose workspace another process has taken over stores nothing and sends nothing more."""

from __future__ import annotations

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
