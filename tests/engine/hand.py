"""A key in hand: taken from the queue as the engine takes it, in books that a first sync left
behind, so that the engine's own functions can be called on it one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ml_connector.core.flow import SOURCE, Owner
from ml_connector.core.mapping import Desired
from ml_connector.core.plan import Base, Write
from ml_connector.core.values import Value, Values
from ml_connector.core.wire import Errand
from ml_connector.engine import deciding, provisioning
from ml_connector.engine.applying import Applier
from ml_connector.engine.item import Item, Step, ToUpdate, ToWrite
from ml_connector.engine.opening import Opener
from ml_connector.engine.remembering import Ledger
from ml_connector.engine.tally import Tally
from ml_connector.store import flows, intents, pending, queued
from ml_connector.store.intents import Intent
from ml_connector.store.links import Link
from ml_connector.store.pending import LIVE, Mark
from tests.engine.scene import Record, Scene
from tests.support.rehearsal import FLOW, WORKSPACE, Rehearsal


async def ledger(s: Rehearsal, route: str) -> Ledger:
    row = await s.store.read(lambda c: flows.named(c, WORKSPACE, FLOW))
    assert row is not None
    opened = await Opener(s.res).flow(row)
    return Ledger(opened, opened.flow.route(route), "run", s.clock.now())


async def in_hand(
    s: Rehearsal, by: Ledger, key: str, work: int = LIVE, *, look: bool = False
) -> Item:
    """The key, marked and taken, with what the store knows of it."""
    where, rank = by.opened.place(by.route.name), by.opened.flow.rank(by.route.name)
    told = Mark(
        by.flow, by.route.name, key, where, rank, "webhook", work, look=look, event_id="e",
        correlation_id="c",
    )  # fmt: skip
    named, now = [(by.flow, by.route.name, key)], s.clock.now()
    await s.store.write(lambda c: pending.mark(c, [told], now))
    [taken] = await s.store.write(
        lambda c: pending.take(c, where, s.lane.epoch, now, 1, [by.flow], named)
    )
    [item] = await s.store.read(lambda c: deciding.load(c, by.flow, by.route.name, [taken]))
    return item


async def queue(s: Rehearsal, by: Ledger) -> dict[tuple[str, str], dict[str, Any]]:
    """What is pending, by route and key."""
    rows = await s.store.read(lambda c: queued.rows_of(c, by.flow))
    return {(row["route"], row["key"]): row for row in rows}


async def settled(s: Scene, **given: Any) -> tuple[Record, Record]:
    """A customer and an invoice, both in step, and nothing pending."""
    customer = await s.customer(**given)
    invoice = await s.invoice(customer)
    await s.install(since="all")
    await s.sync()
    assert await queue(s, await ledger(s, "customers")) == {}
    return customer, invoice


async def linked(s: Rehearsal, route: str = "customers") -> Link:
    [link] = (await s.links(route)).values()
    return link


# --- an applier -----------------------------------------------------------------------------------


@dataclass
class Hands:
    """An applier of one route, made as a drain makes it."""

    s: Rehearsal
    by: Ledger
    tally: Tally
    applier: Applier

    async def item(
        self, key: str, step: Step, desired: Desired | None = None, *, work: int = LIVE,
        look: bool = False,
    ) -> Item:  # fmt: skip
        item = await in_hand(self.s, self.by, key, work, look=look)
        item.step, item.desired = step, desired
        return item

    async def apply(self, *items: Item) -> None:
        await self.s.clock.run(self.applier.apply(items))

    async def take(self, key: str, step: Step, desired: Desired | None = None) -> None:
        await self.apply(await self.item(key, step, desired))

    async def update(self, link: Link, desired: Desired, *, look: bool = False) -> Any:
        """Apply the update of a linked record; what the audit tells of it."""
        step = ToUpdate(link.target_id)
        await self.apply(await self.item(link.source_key, step, desired, look=look))
        return await self.told(link.source_key)

    async def told(self, key: str) -> Any:
        return (await self.s.audit(record=key, route=self.by.route.name))[0]

    async def row(self, key: str) -> Mapping[str, Any]:
        """Its pending row; nobody has it in hand any more."""
        row = (await queue(self.s, self.by))[self.by.route.name, key]
        assert row["taken"] is None
        return row

    async def open(self, key: str) -> list[Intent]:
        at = (self.by.flow, self.by.route.name, [key])
        return (await self.s.store.read(lambda c: intents.of_keys(c, *at))).get(key, [])

    async def link(self, key: str) -> Link:
        return (await self.s.links(self.by.route.name))[key]

    @property
    def outcomes(self) -> Mapping[str, str]:
        return {key: outcome for (_, _, key), outcome in self.tally.outcomes.items()}


async def hands(
    s: Rehearsal, route: str, *, age: timedelta | None = None, lacks: bool = False
) -> Hands:
    """`age` is that of the listing; `lacks` is what a recheck of our set-up finds."""
    by, tally = await ledger(s, route), Tally("run", "sync")
    await s.clock.run(provisioning.load_codes(s.res, by.opened, Errand()))

    async def recheck(fields: Values) -> bool:
        return lacks

    listed_at = s.clock.now() - (age or timedelta())
    applier = Applier(s.res, by.opened, by.route, tally, s.lane.epoch, recheck, listed_at)
    return Hands(s, by, tally, applier)


# --- steps laid out by hand -----------------------------------------------------------------------


def wanted(fields: Values, owner: Owner = SOURCE) -> Desired:
    """What the target should hold, by wire names that people know too."""
    return Desired(fields, dict.fromkeys(fields, owner), {}, {name: name for name in fields})


def written(decision: Any, id: str, *, adopts: bool = False, **fields: Value) -> ToWrite:
    """A write that is planned; an empty id creates."""
    return ToWrite(decision, "said so", id, Write(fields, {}, base=Base(dict(fields), {})), adopts)


def create(name: str) -> ToWrite:
    return written("create", "", name=name)


# --- trouble --------------------------------------------------------------------------------------


async def strike(s: Rehearsal, operation: str, kind: str, **more: Any) -> None:
    """A fault rule for the flow's target."""
    vendor = s.res.flows[s.kind].target
    await s.sandbox.order({"vendor": vendor, "operation": operation, "kind": kind, **more})
