"""A machine whose clock was months ahead, and is set right while it works or before it starts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from ml_connector.engine.lost import since_oldest
from tests.support.clock import START, SkewedClock

from .scene import Scene, demand_in_step, picture

DAY = 86_400.0
DOWN = {"vendor": "pipedrive", "kind": "status", "status": 503, "operation": "*"}


@pytest.mark.parametrize("restarts", [True, False])
async def test_what_a_clock_that_was_ahead_put_off_is_done_once_it_is_set_right(
    restarts: bool,
) -> None:
    async with Scene(2, 3) as s:
        s.skew_seconds = 100 * DAY
        await s.restart()
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.order(DOWN)
        await s.human("POST", "wave/customers", {"name": "Waits", "email": "w@x.example"})
        await s.clock.advance(3700)
        await s.round()
        assert [row["waits_for"] for row in await s.pending()] != []

        await s.calm()
        if restarts:
            s.skew_seconds = 0.0
            await s.restart()
        else:
            assert isinstance(s.res.clock, SkewedClock)
            s.res.clock.ahead_seconds = 0.0
        await s.human("POST", "wave/customers", {"name": "Comes", "email": "c@x.example"})
        for _ in range(3):
            await s.clock.advance(1000)
            await s.round()
        assert await s.pending() == []
        there = [o["name"] for o in (await picture(s))["organizations"]]
        assert (there.count("Waits"), there.count("Comes")) == (1, 1)
        await demand_in_step(s, await picture(s))


class Announced:
    """An item of which a write was announced at that moment."""

    def __init__(self, hours: float) -> None:
        self.intents = [self]
        self.opened_at = START + timedelta(hours=hours)


@pytest.mark.parametrize(("announced_at", "least"), [(-5.0, 5.0), (-0.1, 1.0), (6.0, 24.0)])
def test_the_look_for_an_unanswered_write_reaches_far_enough_though_the_clock_was_set_back(
    announced_at: float, least: float
) -> None:
    """Too long a listing costs a page, too short a one a second record."""
    items = cast(Any, [Announced(announced_at)])
    assert since_oldest(items, START) >= timedelta(hours=least)
    assert since_oldest([], START) == timedelta()
