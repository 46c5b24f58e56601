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
from ml_connector.flows import FLOWS
from tests.engine.acumatica_scene import Firm as SalesFirm
from tests.engine.acumatica_scene import plain
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

    async def begin(self, **settings: str) -> None:
        await self.install(**settings)

    more: int = 0
    """So often people go on once the wire is clean."""

    async def go_on(self) -> None:
        """What people do meanwhile."""

    async def demand_both_ways(self) -> None:
        """What came back to the source is in step as well, where something does."""


class Firm(Troubled, SalesFirm):
    """Deals are handed over to Acumatica, its items and its billing come to Pipedrive, and a name
    is changed on either side in turn."""

    async def begin(self, **settings: str) -> None:
        await self.install(**settings)
        self.deal_won = await self.deal()
        self.names = 0
        await self.clock.advance(5)
        await self.human("POST", f"pipedrive/deals/{self.deal_won['id']}/win", {})

    async def go_on(self) -> None:
        """What people do as soon as there is an order, and to its customer."""
        for order in await self.objects("acumatica/sales_orders"):
            is_ours = str(plain(order["ExternalRef"])).startswith("pipedrive:")
            if is_ours and plain(order["Status"]) == "On Hold":
                await self.human("POST", f"acumatica/sales_orders/{order['id']}/complete", {})
        self.names += 1
        name = f"Tools {self.names}"
        if self.names % 2:
            path = f"pipedrive/organizations/{self.deal_won['org_id']}"
            await self.human("PATCH", path, {"name": name})
        for customer in await self._customers() if self.names % 2 == 0 else ():
            path = f"acumatica/customers/{customer['id']}"
            await self.human("PATCH", path, {"CustomerName": {"value": name}})

    async def demand_both_ways(self) -> None:
        organization = await self.objects(f"pipedrive/organizations/{self.deal_won['org_id']}")
        names = [plain(c["CustomerName"]) for c in await self._customers()]
        assert names == [organization["name"]]
        told = await self.fields_of(self.deal_won)
        assert told["Order status"] == "Completed"
        assert told["Balance due"]["value"] > 0

    async def _customers(self) -> list[Any]:
        told = await self.objects("acumatica/customers")
        return [c for c in told if str(plain(c["AccountRef"])).startswith("pipedrive:")]


def scene(kind: str) -> Troubled:
    return Firm(kind=kind, more=3) if kind == "acumatica-pipedrive" else Troubled(kind=kind)


@pytest.mark.parametrize("kind", [flow.kind for flow in FLOWS])
@searching(4)
@given(rounds=st.lists(st.tuples(spoils, st.integers(1, 60)), min_size=1, max_size=5))
def test_a_lane_outlives_spoilt_answers_and_makes_nothing_twice(
    kind: str, rounds: list[tuple[Spoil, int]]
) -> None:
    asyncio.run(_play(kind, rounds))


async def _play(kind: str, rounds: list[tuple[Spoil, int]]) -> None:
    async with scene(kind) as calm:
        await calm.begin(since="all")
        await calm.sync()
        await calm.go_on()
        await calm.sync()
        wanted, settled = await made(calm), totals(await calm.sync(full=True))
    async with scene(kind) as of:
        await of.begin(since="all")
        for spoil, call in rounds:
            of.spoiling.arm((spoil,), (call,))
            await of.do("sync", flow=FLOW, full=True)
            await of.go_on()
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
        for _ in range(of.more):
            await of.go_on()
            await of.clock.advance(400)
            await of.sync(full=True)
        assert totals(await of.sync(full=True)) == settled
        assert await made(of) == wanted
        await of.demand_both_ways()


async def made(of: Troubled) -> dict[str, dict[str, int]]:
    """How many records were created over the API on either side, by object."""
    flow = of.res.flows[of.kind]
    return {vendor: await of.creates(vendor) for vendor in (flow.source, flow.target)}
