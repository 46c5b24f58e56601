"""A write whose answer is lost is never sent twice: the engine waits, looks, and takes what is
there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from ml_connector.core.objects import SetupItem, TargetObject
from ml_connector.core.vendor import Vendor
from ml_connector.engine.opening import parse_settings
from ml_connector.engine.resources import Resources
from ml_connector.flows import FLOWS
from tests.support.rehearsal import FLOW

from .ledger import KIND, LEDGER, Ledger, flow_into
from .making import maker
from .stand import NAME, WRITES, WRITTEN, Stand

TROUBLES = ("cut_after", "truncate", "cut_before")
MOST_PASSES = 6


@dataclass
class Desk(Stand):
    """A stand whose engine writes things of a ledger into one object of the vendor."""

    ledger: Ledger = field(default_factory=Ledger)
    obj: TargetObject = field(default=WRITTEN[0][1])

    def wired(self) -> Resources:
        res = super().wired()
        return replace(
            res,
            vendors={**res.vendors, LEDGER: self.ledger.vendor},
            flows={**res.flows},
        )

    async def install_flow(self) -> None:
        made = await maker(self, self.obj, await self.set_up())
        lent = {name: v for name, v in made.lent().items() if name != self.obj.name_field}
        flow = flow_into(self.obj, lent, self.wanted())
        flows = self.res.flows
        assert isinstance(flows, dict)
        flows[KIND] = flow
        await self.done(
            "connect", vendor=LEDGER, name=LEDGER, settings={}, secrets={"api_token": "x" * 12}
        )
        await self.done(
            "flow_add", kind=KIND, name=FLOW, source=LEDGER, target=NAME, settings={}, yes=True
        )

    def wanted(self) -> tuple[SetupItem, ...]:
        """What the real flows set up for this object, and the objects themselves; a field for our
        key as those of its neighbours, where no flow needs one."""
        items = [
            item
            for flow in FLOWS
            if flow.target == self.vendor.name
            for item in flow.setup(parse_settings(flow, {}))
        ]
        mine = {i.id: i for i in items if self.obj.name in (i.object, i.key)}
        if self.obj.key_home == "custom_field" and not any(i.is_key for i in mine.values()):
            like = next(i for i in items if i.is_key)
            own = replace(like, object=self.obj.name)
            mine[own.id] = own
        return tuple(mine.values())

    async def until_in_step(self) -> None:
        for _ in range(MOST_PASSES):
            summary = await self.sync()
            if not any(r["failed"] or r["waiting"] for r in summary["routes"]):
                return
            await self.clock.advance(self.obj.settle.total_seconds())
        raise AssertionError(summary)

    async def written(self) -> dict[str, int]:
        """Write requests so far, by operation, but token calls."""
        told = (await self.counters())["requests"]
        token = (await self.ready())["token_url"].partition(f"/{self.vendor.name}")[2]
        found: dict[str, int] = {}
        for q in told:
            method, _, path = q["operation"].partition(" ")
            if q["vendor"] == self.vendor.name and method in WRITES and path != token:
                found[q["operation"]] = found.get(q["operation"], 0) + q["n"]
        return found

    async def made(self) -> int:
        """Records that were created over the API, of whatever object."""
        return sum((await self.creates(self.vendor.name)).values())


def more(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(("vendor", "obj"), WRITTEN, ids=[obj.path for _, obj in WRITTEN])
async def test_a_create_whose_answer_is_lost_is_made_once(
    vendor: Vendor, obj: TargetObject, trouble: str
) -> None:
    async with Desk(vendor=vendor, obj=obj) as desk:
        await desk.install_flow()
        await desk.until_in_step()
        before, made = await desk.written(), await desk.made()
        desk.ledger.enter("Calm")
        await desk.until_in_step()
        calm = more(await desk.written(), before)
        per_record = await desk.made() - made
        assert calm
        assert per_record >= 1

        before, made = await desk.written(), await desk.made()
        for operation in calm:
            await desk.order(trouble, operation=operation, times=1)
        desk.ledger.enter("Lost")
        await desk.until_in_step()
        assert await desk.made() - made == per_record
        sent = more(await desk.written(), before)
        if trouble != "cut_before":
            assert {name: n for name, n in sent.items() if name in calm} == calm
        told = await desk.audit(flow=FLOW)
        failed = [row for row in told if row["state"] == "failed"]
        assert len(failed) == 1
        assert "nobody knows" in failed[0]["reason"]
        again = await desk.sync(full=True)
        assert (again["writes"], again["setup_writes"]) == (0, 0)
        names = [r.fields[obj.name_field] for r in await desk.every(obj) if not r.deleted]
        assert (names.count("Calm"), names.count("Lost")) == (1, 1)
