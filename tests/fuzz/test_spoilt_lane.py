"""A lane over a wire that spoils answers: it goes on, and once the wire is clean all is in step.

Nothing is created twice meanwhile, and nothing is told to be done that is not.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.engine.resources import Resources
from tests.fuzz.spoiling import Bent, Cut, Spoil, Spoiling, Status, Whole
from tests.support.rehearsal import FLOW, Rehearsal, totals
from tests.support.searching import searching

HEAL_SECONDS = 2 * 86_400 + 600
"""A daily look at whatever a spoilt answer hid, and what settles after it."""

BROKEN = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"<html></html>",
    b"[" * 50_000,
    b'{"success":true,"data":{}}',
)
JUNK: tuple[Any, ...] = (
    {}, "@deep", float("nan"), [[None]], {"id": None},
)  # fmt: skip
"""Things of another shape. A null, or a date of another year, may be true: that is believed."""

spoils: st.SearchStrategy[Spoil] = st.one_of(
    st.builds(Bent, st.integers(0, 300), st.just("put"), st.sampled_from(JUNK)),
    st.builds(Bent, st.integers(0, 4), st.sampled_from(("put", "wrap")), st.sampled_from(JUNK)),
    st.sampled_from((400, 403, 404, 409, 418, 500, 502, 503)).map(Status),
    st.sampled_from(BROKEN).map(Whole),
    st.builds(Cut, st.integers(0, 900)),
)


@dataclass
class Troubled(Rehearsal):
    """A rehearsal over a wire that can spoil answers."""

    customers: int = 3
    invoices: int = 3
    checked: bool = False
    spoiling: Spoiling = field(init=False)

    def wired(self) -> Resources:
        res = super().wired()
        self.spoiling = Spoiling(res.transport)
        return replace(res, transport=self.spoiling)


@pytest.mark.parametrize("kind", ["wave-pipedrive", "quickbooks-pipedrive", "freshbooks-pipedrive"])
@searching(3)
@given(rounds=st.lists(st.tuples(spoils, st.integers(1, 25)), min_size=1, max_size=5))
def test_a_lane_outlives_spoilt_answers_and_makes_nothing_twice(
    kind: str, rounds: list[tuple[Spoil, int]]
) -> None:
    asyncio.run(_play(kind, rounds))


async def _play(kind: str, rounds: list[tuple[Spoil, int]]) -> None:
    async with Troubled(kind=kind) as calm:
        await calm.install(since="all")
        await calm.sync()
        wanted, settled = await calm.creates(), totals(await calm.sync(full=True))
    async with Troubled(kind=kind) as of:
        await of.install(since="all")
        for spoil, call in rounds:
            of.spoiling.arm((spoil,), (call,))
            await of.do("sync", flow=FLOW, full=True)
            await of.clock.advance(400)
            await of.round()
        of.spoiling.disarm()
        for _ in range(4):
            await of.clock.advance(HEAL_SECONDS / 4)
            await of.round()
        for review in await of.reviews():
            assert "nobody foresaw" not in review["reason"]
            if review["kind"] != "ambiguous":
                await of.do("resolve", id=review["id"], choice="retry")
        await of.sync(full=True)
        assert totals(await of.sync(full=True)) == settled
        assert await of.creates() == wanted
