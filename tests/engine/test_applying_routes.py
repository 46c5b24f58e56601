"""What an applier does for routes of one kind or another: a rest between two writes to a record,
merges that the target tells of, creates by one job, and fields that travel both ways.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ml_connector.core.faults import TooFast
from ml_connector.engine.item import ToUpdate
from ml_connector.store import cursors, links
from ml_connector.store.links import Link
from ml_connector.store.pending import BACKFILL
from tests.engine.acumatica_scene import Firm, plain
from tests.engine.hand import Hands, create, hands, linked, strike, wanted, written
from tests.support.rehearsal import Rehearsal

# --- a help desk ----------------------------------------------------------------------------------


@pytest.fixture
async def desk() -> AsyncIterator[Rehearsal]:
    async with Rehearsal(customers=1, invoices=0, kind="wave-zendesk") as desk:
        await desk.install(since="all")
        await desk.sync()
        await desk.clock.advance(600)
        yield desk


async def written_ago(desk: Rehearsal, seconds: float) -> tuple[Hands, Link]:
    """The organization, which was last written so long ago, is about to be written; before it in
    the batch comes one that is taken."""
    by, link = await hands(desk, "customers"), await linked(desk)
    last = desk.clock.now() - timedelta(seconds=seconds)
    at = (by.by.account, link.object, [link.target_id])
    of_all = await desk.store.read(lambda c: links.of_targets(c, *at))
    rows = [replace(each, updated_at=last) for each in of_all]
    await desk.store.write(lambda c: links.put(c, rows))
    theirs = await desk.human("POST", "zendesk/organizations", {"name": "Theirs"})
    step = ToUpdate(str(theirs["id"]), adopts=True)
    taken = await by.item("new", step, wanted({"details": "Taken"}))
    again = await by.item(link.source_key, ToUpdate(link.target_id), wanted({"details": "Again"}))
    await by.apply(taken, again)
    assert by.outcomes["new"] == "update"
    return by, link


@pytest.mark.parametrize(("ago", "rest"), [(0, 15), (14, 1)])
async def test_what_was_written_a_moment_ago_waits_for_the_rest(
    desk: Rehearsal, ago: float, rest: float
) -> None:
    by, link = await written_ago(desk, ago)
    row = await by.row(link.source_key)
    due = desk.clock.now() + timedelta(seconds=rest)
    assert (row["due_at"], row["waits_for"]) == (due, "limit")
    assert row["reason"] == "It was written a moment ago; what changes meanwhile goes together."
    assert by.outcomes[link.source_key] == "waiting"


@pytest.mark.parametrize("ago", [15, -60])
async def test_after_its_spacing_or_by_a_clock_that_was_ahead_it_goes(
    desk: Rehearsal, ago: float
) -> None:
    by, link = await written_ago(desk, ago)
    assert by.outcomes[link.source_key] == "update"


async def test_a_merged_record_goes_on_as_the_one_it_was_merged_into(desk: Rehearsal) -> None:
    by, link = await hands(desk, "customers"), await linked(desk)
    winner = await desk.human("POST", "zendesk/organizations", {"name": "The winner"})
    path = f"zendesk/organizations/{link.target_id}/merge"
    await desk.human("POST", path, {"into": winner["id"]})
    await by.update(link, wanted({"details": "Again"}), look=True)
    row, at = await by.row(link.source_key), (by.by.flow, "customers", [link.source_key])
    assert row["reason"] == f"its record {link.target_id} was merged into {winner['id']}"
    facts = await desk.store.read(lambda c: cursors.facts_of(c, *at))
    assert facts[link.source_key, "target"].into == str(winner["id"])


async def backfill(desk: Rehearsal) -> Hands:
    """Five creates of a backfill, which go by one job."""
    by = await hands(desk, "customers")
    steps = {name: create(name) for name in ("One", "Two", "Three", "Four", "Five")}
    items = [await by.item(key, step, work=BACKFILL) for key, step in steps.items()]
    await by.apply(*items)
    return by


async def test_the_creates_of_a_backfill_go_together(desk: Rehearsal) -> None:
    before = await desk.creates("zendesk")
    by = await backfill(desk)
    assert by.outcomes == dict.fromkeys(("One", "Two", "Three", "Four", "Five"), "create")
    made = (await desk.creates("zendesk"))["organizations"] - before.get("organizations", 0)
    assert (by.tally.writes, made) == (5, 5)
    told = await desk.human("GET", "zendesk/organizations")
    names = {str(o["id"]): o["name"] for o in told}
    assert {names[x.target_id] for x in (await desk.links("customers")).values()} >= {*by.outcomes}


async def test_a_job_that_is_not_let_in_stops_the_work_at_that_target(desk: Rehearsal) -> None:
    wait = {"retry-after": "600"}
    await strike(desk, "POST *create_many", "status", status=429, headers=wait)
    by = await backfill(desk)
    fault = by.applier.stopped
    assert isinstance(fault, TooFast)
    rows = [await by.row(key) for key in by.outcomes]
    assert [(r["due_at"], r["waits_for"]) for r in rows] == [(fault.until, "limit")] * 5


# --- both ways ------------------------------------------------------------------------------------


@pytest.fixture
async def firm() -> AsyncIterator[Firm]:
    async with Firm(customers=1, invoices=0) as firm:
        await firm.begin(sync_contacts="all")
        yield firm


async def customers(firm: Firm) -> dict[str, Any]:
    told = await firm.objects("acumatica/customers")
    return {plain(customer["CustomerID"]): customer for customer in told}


async def test_what_changed_at_the_target_goes_back_and_counts_as_a_write_each(firm: Firm) -> None:
    by, pairs = await hands(firm, "organizations"), await firm.links("organizations")
    there, items = await customers(firm), []
    for key, link in pairs.items():
        name = plain(there[link.target_id]["CustomerName"])
        path = f"acumatica/customers/{there[link.target_id]['id']}"
        await firm.human("PATCH", path, {"CustomerName": {"value": name.upper()}})
        items.append(await by.item(key, ToUpdate(link.target_id), wanted({"CustomerName": name})))
    await by.apply(*items)
    told = {str(o["id"]): o["name"] for o in await firm.objects("pipedrive/organizations")}
    assert all(told[key].isupper() for key in pairs)
    assert by.tally.writes == len(pairs) > 1
    assert by.outcomes == dict.fromkeys(pairs, "update")


async def test_a_source_record_that_is_gone_is_looked_at_anew_before_its_target(firm: Firm) -> None:
    by = await hands(firm, "organizations")
    await by.take("9999", replace(written("update", "C000001"), back={"name": "Nowhere"}))
    row = await by.row("9999")
    assert (row["waits_for"], row["due_at"]) == ("retry", firm.clock.now())
    assert by.outcomes == {"9999": "waiting"}


async def test_what_the_source_never_filled_in_does_not_empty_a_taken_record(firm: Firm) -> None:
    by, city = await hands(firm, "organizations"), "MainContact.Address.City"
    desired = wanted({"CustomerName": "Taken", city: None})
    await by.take("new", ToUpdate("C000001", adopts=True), desired)
    taken = (await customers(firm))["C000001"]
    assert plain(taken["CustomerName"]) == "Taken"
    assert plain(taken["MainContact"]["Address"]["City"]) == "Chicago"
