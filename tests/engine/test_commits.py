"""What the commit of a key's last step writes, in books that a first sync left behind.

The functions are called as the engine calls them, on rows that the engine made; a whole round would
look at some of these keys for other reasons too, and so could not show whose doing a mark is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import Base, Write
from ml_connector.core.wire import Errand
from ml_connector.engine import remembering
from ml_connector.engine.deciding import judge_unsettled
from ml_connector.engine.intending import Meaning, intent_forth
from ml_connector.engine.item import Done, Item, ToPostpone, ToWait, ToWrite
from ml_connector.engine.remembering import Ledger, Written
from ml_connector.store import cursors, intents, pending
from ml_connector.store.cursors import Fact
from ml_connector.store.pending import BACKFILL, LIVE
from ml_connector.store.reviews import Review
from tests.engine.hand import in_hand, ledger, queue, settled
from tests.engine.scene import Record, Scene
from tests.support.rehearsal import WORKSPACE

# --- waiting for a parent -------------------------------------------------------------------------


async def waits(s: Scene, parent: Record, work: int = LIVE) -> dict[tuple[str, str], Any]:
    """An invoice that nobody has seen before waits for its customer."""
    by = await ledger(s, "invoices")
    child = await in_hand(s, by, "invoice", work)
    step = ToWait("customers", parent["id"], "its customer comes first")
    await s.store.write(lambda c: remembering.wait(c, by, child, step))
    return await queue(s, by)


async def test_a_parent_that_nobody_marked_is_marked_for_its_child() -> None:
    async with Scene() as s:
        await settled(s)
        parent = await s.customer("New Ltd")
        rows = await waits(s, parent, BACKFILL)
        child, made = rows["invoices", "invoice"], rows["customers", parent["id"]]
        assert (child["waits_route"], child["waits_key"]) == ("customers", parent["id"])
        assert (made["asked"], made["work"]) == (True, BACKFILL)
        assert (made["event_id"], made["correlation_id"]) == ("e", "c")


async def test_a_parent_that_is_pending_is_not_marked_again_and_gets_its_childs_class() -> None:
    async with Scene() as s:
        await settled(s)
        parent, by = await s.customer("New Ltd"), await ledger(s, "customers")
        taken = (await in_hand(s, by, parent["id"], BACKFILL)).taken
        await s.store.write(lambda c: pending.postpone(c, taken, by.now, "", ""))
        made = (await waits(s, parent))["customers", parent["id"]]
        assert (made["generation"], made["asked"], made["work"]) == (1, False, LIVE)


async def test_a_parent_that_a_person_is_asked_about_is_not_marked() -> None:
    async with Scene() as s:
        for _ in range(2):
            await s.seller("POST", "organizations", name="Twin")
        await settled(s)
        parent = await s.customer("Twin")
        await s.sync()
        assert [r["source_key"] for r in await s.reviews()] == [parent["id"]]
        assert [*await waits(s, parent)] == [("invoices", "invoice")]


async def test_a_parent_whose_record_is_gone_is_not_marked_by_its_child() -> None:
    async with Scene() as s:
        customer, _ = await settled(s)
        by = await ledger(s, "customers")
        item = await in_hand(s, by, customer["id"])
        await s.store.write(lambda c: remembering.target_gone(c, by, item))
        await s.store.write(lambda c: pending.finish(c, [item.taken]))
        [(which, row)] = (await waits(s, customer)).items()
        assert (which, row["waits_key"]) == (("invoices", "invoice"), customer["id"])


async def test_a_child_whose_parent_came_meanwhile_is_due_at_once() -> None:
    async with Scene() as s:
        customer, _ = await settled(s)
        rows = await waits(s, customer)
        child = rows.pop(("invoices", "invoice"))
        assert (child["waits_route"], child["waits_for"], child["reason"]) == (None, "", "")
        assert (child["taken"], child["due_at"], child["work"]) == (None, s.clock.now(), LIVE)
        assert rows == {}


# --- what names a record --------------------------------------------------------------------------


def answered(item: Item, id: str, *, adopts: bool = False) -> Written:
    write = Write({"name": "Acme"}, {}, base=Base({"name": "Acme"}, {}))
    step = ToWrite("update", "it changed", id, write, adopts)
    return Written(item, step, TargetRecord(id, {"name": "Acme"}, ""), Errand("live"), "job")


@pytest.mark.parametrize("why", ["adopts", "review", "parted"])
async def test_who_names_a_record_that_another_stands_for_is_looked_at(why: str) -> None:
    async with Scene() as s:
        customer, invoice = await settled(s, email="ann@acme.example")
        by = await ledger(s, "customers")
        item = await in_hand(s, by, customer["id"], BACKFILL)
        item.parted = why == "parted"
        if why == "review":
            item.review = Review(
                "r", WORKSPACE, *item.taken.id, "Acme Ltd", "review", "", (), "", "link",
                {"choice": "link"}, by.now, by.now,
            )  # fmt: skip
        written = answered(item, "999", adopts=why == "adopts")
        await s.store.write(lambda c: remembering.wrote(c, by, [written]))
        marked = await queue(s, by)
        assert {("contacts", customer["id"]), ("invoices", invoice["id"])} <= marked.keys()
        assert {route for route, _ in marked} <= {"contacts", "invoices", "activities"}
        assert {row["work"] for row in marked.values()} == {BACKFILL}


async def test_who_names_a_record_that_was_only_written_is_left_alone() -> None:
    async with Scene() as s:
        customer, _ = await settled(s, email="ann@acme.example")
        by = await ledger(s, "customers")
        item = await in_hand(s, by, customer["id"])
        await s.store.write(lambda c: remembering.wrote(c, by, [answered(item, "999")]))
        assert await queue(s, by) == {}


async def test_of_several_in_one_commit_each_has_its_own_looked_at() -> None:
    async with Scene() as s:
        invoices = [await s.invoice(await s.customer(name)) for name in ("One", "Two", "Three")]
        await s.install(since="all")
        await s.sync()
        by, links = await ledger(s, "customers"), await s.links("customers")
        stays, *moved = sorted(links)
        ids = {stays: links[stays].target_id, **{key: f"99{n}" for n, key in enumerate(moved)}}
        items = [await in_hand(s, by, key) for key in ids]
        together = [answered(item, ids[item.key], adopts=True) for item in items]
        await s.store.write(lambda c: remembering.wrote(c, by, together))
        marked = {key for route, key in await queue(s, by) if route == "invoices"}
        assert marked == {i["id"] for i in invoices if i["customer"]["id"] in moved}


# --- what is over ---------------------------------------------------------------------------------


async def hear(s: Scene, by: Ledger, fact: Fact) -> None:
    await s.store.write(lambda c: cursors.put_fact(c, fact, by.now))


async def made_of(s: Scene, by: Ledger, item: Item) -> dict[tuple[str, str], Fact]:
    """What is still kept of a key that nothing had to be written for."""
    await s.store.write(lambda c: remembering.done(c, by, [(item, Done("unchanged", "-"))]))
    return await s.store.read(lambda c: cursors.facts_of(c, by.flow, by.route.name, [item.key]))


@pytest.mark.parametrize("sides", [("source",), ("target",), ("source", "target")])
async def test_what_was_heard_of_a_record_goes_with_its_key(sides: tuple[str, ...]) -> None:
    async with Scene() as s:
        customer, _ = await settled(s)
        by = await ledger(s, "customers")
        item = await in_hand(s, by, customer["id"])
        facts = {side: Fact(*item.taken.id, side, "deleted", "") for side in sides}
        for fact in facts.values():
            await hear(s, by, fact)
        item.source_fact, item.target_fact = facts.get("source"), facts.get("target")
        assert await made_of(s, by, item) == {}


async def test_what_is_heard_while_a_key_is_in_hand_is_kept_for_the_next_time() -> None:
    async with Scene() as s:
        customer, _ = await settled(s)
        by = await ledger(s, "customers")
        item = await in_hand(s, by, customer["id"])
        heard = Fact(*item.taken.id, "target", "deleted", "")
        await hear(s, by, heard)
        assert await made_of(s, by, item) == {(item.key, "target"): heard}


async def test_what_puts_a_key_off_says_nothing_of_its_write_that_nobody_answered() -> None:
    async with Scene() as s:
        customer, _ = await settled(s)
        by = await ledger(s, "customers")
        item = await in_hand(s, by, customer["id"])
        meaning = Meaning(by.opened, by.route, "run", s.lane.epoch, by.now)
        sent = intent_forth(meaning, item, "job")
        await s.store.write(lambda c: intents.put(c, [sent]))
        later = ToPostpone(by.now, "limit", "the window is full", "waiting")
        await s.store.write(lambda c: remembering.postpone(c, by, item, later))
        kept = await s.store.read(lambda c: intents.of_keys(c, *item.taken.id[:2], [item.key]))
        assert kept == {item.key: [sent]}


async def test_nobody_hurries_what_may_still_land() -> None:
    async with Scene() as s:
        customer, _ = await settled(s)
        by = await ledger(s, "customers")
        item, now = await in_hand(s, by, customer["id"]), by.now
        sent = intent_forth(Meaning(by.opened, by.route, "run", s.lane.epoch, now), item, "job")
        until = now + timedelta(seconds=60)
        item.intents = [sent, replace(sent, state="unknown", settle_until=until)]
        judge_unsettled(item, now)
        assert isinstance(item.step, ToPostpone)
        assert (item.step.due_at, item.step.waits_for) == (until, "settle")
        item.step = None
        judge_unsettled(item, until)
        assert item.step is None
