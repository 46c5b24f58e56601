"""A key in hand: taken from the queue as the engine takes it, in books that a first sync left
behind, so that the engine's own functions can be called on it one by one."""

from __future__ import annotations

from typing import Any

from ml_connector.engine import deciding
from ml_connector.engine.item import Item
from ml_connector.engine.opening import Opener
from ml_connector.engine.remembering import Ledger
from ml_connector.store import flows, pending, queued
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
    told = Mark(by.flow, by.route.name, key, where, rank, "webhook", work, look=look, event_id="e")
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
