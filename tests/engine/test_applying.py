"""What an applier makes of steps that were decided: what is read, written, counted and put back.

The steps and what is desired are laid out by hand, so that each test is about one of them; the
applier, the books it writes and the vendors at both ends are the real ones.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from ml_connector.core.faults import AccountClosed
from ml_connector.core.flow import SOURCE, UNTIL_TOUCHED
from ml_connector.core.mapping import Desired
from ml_connector.core.objects import TargetRecord
from ml_connector.core.values import Values
from ml_connector.engine.applying import LISTING_LIFE
from ml_connector.engine.item import Done, ToUpdate
from ml_connector.store import intents, links
from ml_connector.store.intents import Claim
from ml_connector.store.links import Link
from tests.engine.hand import (
    Hands,
    create,
    hands,
    linked,
    queue,
    settled,
    strike,
    wanted,
    written,
)  # fmt: skip
from tests.engine.scene import Scene

ORGANIZATION = "PATCH /api/v2/organizations/{id}"


@pytest.fixture
async def s() -> AsyncIterator[Scene]:
    async with Scene() as scene:
        await settled(scene)
        yield scene


# --- what is counted ------------------------------------------------------------------------------


async def test_each_key_counts_once_and_each_real_write_once(s: Scene) -> None:
    by, before = await hands(s, "customers"), await s.writes()
    steps = {
        "new": create("New Ltd"),
        "changed": written("update", "1", name="Changed Ltd"),
        "taken": written("update", "2", adopts=True, name="Taken Ltd"),
        "taken as it is": written("update", "3", adopts=True),
        "looked at": written("unchanged", "4"),
        "gone": written("gone", "5", name="Gone Ltd"),
    }
    items = [await by.item(key, step) for key, step in steps.items()]
    for item, step in zip(items, steps.values(), strict=True):
        item.target = TargetRecord(step.target_id, {}, "")
    await by.apply(*items)
    assert by.outcomes == {
        "new": "create", "changed": "update", "taken": "update", "taken as it is": "unchanged",
        "looked at": "unchanged", "gone": "gone",
    }  # fmt: skip
    assert (by.tally.writes, await s.writes() - before) == (4, 4)
    names = {o["id"]: o["name"] for o in await s.all("organizations")}
    assert [names[i] for i in (1, 2, 5)] == ["Changed Ltd", "Taken Ltd", "Gone Ltd"]
    assert "New Ltd" in names.values()


async def test_a_key_for_which_nothing_is_written_is_settled(s: Scene) -> None:
    by, link = await hands(s, "customers"), await linked(s)
    await by.take(link.source_key, Done("unchanged", "all is well"))
    assert (await by.told(link.source_key))["reason"] == "all is well"
    assert await queue(s, by.by) == {}


async def test_all_writes_end_before_the_trouble_of_one_is_raised(s: Scene) -> None:
    by, held = await hands(s, "customers"), (await linked(s)).target_id
    await strike(s, ORGANIZATION, "slow", seconds=5.0)
    twin = await by.item("twin", written("update", held))
    twin.target = TargetRecord(held, {}, "")
    with pytest.raises(IntegrityError):
        await by.apply(twin, await by.item("slow", written("update", "1", name="Slow Ltd")))
    assert by.outcomes == {"slow": "update"}


# --- what is not sent now -------------------------------------------------------------------------


async def test_a_create_is_sent_while_its_listing_is_young_enough(s: Scene) -> None:
    by = await hands(s, "customers", age=LISTING_LIFE)
    await by.take("new", create("New Ltd"))
    assert by.outcomes == {"new": "create"}


async def test_a_create_whose_listing_has_aged_is_matched_again_at_once(s: Scene) -> None:
    by = await hands(s, "customers", age=LISTING_LIFE + timedelta(seconds=1))
    await by.take("new", create("New Ltd"))
    row = await by.row("new")
    assert (row["due_at"], row["waits_for"]) == (s.clock.now(), "")
    assert row["reason"] == "the target's listing has aged; it is matched again"
    assert (by.outcomes, len(await s.ours())) == ({"new": "waiting"}, 1)


async def test_what_closes_the_target_puts_off_the_rest_without_a_call(s: Scene) -> None:
    by, link = await hands(s, "customers"), await linked(s)
    await s.switch(pipedrive__account_closed=True)
    first = await by.item("new", create("New Ltd"))
    second = await by.item(link.source_key, ToUpdate(link.target_id), wanted({"name": "B"}))
    await by.apply(first, second)
    fault = by.applier.stopped
    assert isinstance(fault, AccountClosed)
    for item in (first, second):
        row = await by.row(item.key)
        assert (row["due_at"], row["waits_for"], row["reason"]) == (
            fault.until, "budget", fault.sentence,
        )  # fmt: skip
    assert by.outcomes == {"new": "waiting", link.source_key: "waiting"}
    assert (by.tally.calls, await by.open("new")) == (1, [])


async def test_a_target_that_cannot_be_read_puts_off_what_had_to_be_read(s: Scene) -> None:
    by, link = await hands(s, "customers"), await linked(s)
    await strike(s, "GET /api/v2/organizations*", "status", status=503)
    await by.update(link, wanted({"name": "B"}), look=True)
    row = await by.row(link.source_key)
    assert (row["waits_for"], row["due_at"] > s.clock.now()) == ("retry", True)
    assert by.outcomes == {link.source_key: "failed"}


# --- updates --------------------------------------------------------------------------------------

OURS: Values = {"title": "Ours", "expected_close_date": "2026-07-01"}
THEIRS: Values = {"title": "Theirs", "expected_close_date": "2026-08-01"}


async def a_deal(s: Scene, theirs: Values | None = None) -> tuple[Hands, Link]:
    """A linked deal whose title and date are as we wrote them, but for what a person set since."""
    before = await linked(s, "invoices")
    await (await hands(s, "invoices")).update(before, wanted(OURS))
    if theirs:
        await s.seller("PATCH", f"deals/{before.target_id}", **theirs)
    return await hands(s, "invoices"), await linked(s, "invoices")


async def test_an_update_that_no_person_may_have_touched_is_written_unread(s: Scene) -> None:
    by, link = await a_deal(s)
    told = await by.update(link, wanted({"title": "Later"}))
    assert told["reason"] == "it changed at the source"
    assert [r["method"] for r in told["requests"]] == ["PATCH"]
    assert (by.tally.calls, (await s.one("deals", link.target_id))["title"]) == (1, "Later")


async def test_a_look_overwrites_what_a_person_changed_and_names_it(s: Scene) -> None:
    by, link = await a_deal(s, THEIRS)
    told = await by.update(link, wanted(OURS), look=True)
    found, overwritten = told["reason"].split("; ")
    assert found == "the target was found to differ"
    assert overwritten == "a person's change was overwritten: title, expected_close_date"
    assert OURS.items() <= (await s.one("deals", link.target_id)).items()


async def test_what_a_person_set_is_left_and_named_beside_what_is_written(s: Scene) -> None:
    by, link = await a_deal(s, THEIRS)
    all = wanted({**OURS, "value": 7}, UNTIL_TOUCHED)
    told = await by.update(link, replace(all, owners={**all.owners, "value": SOURCE}))
    assert told["reason"] == (
        "it changed at the source; left as a person set it: title, expected_close_date"
    )
    deal = await s.one("deals", link.target_id)
    assert (deal["value"], deal["title"]) == (7, "Theirs")


async def test_what_a_person_set_is_theirs_for_good_though_nothing_is_written(s: Scene) -> None:
    by, link = await a_deal(s, THEIRS)
    before = await s.writes()
    told = await by.update(link, wanted(OURS, UNTIL_TOUCHED))
    assert told["reason"] == (
        "nothing to write differs; left as a person set it: title, expected_close_date"
    )
    after = await by.link(link.source_key)
    assert link.returned.keys() - after.returned.keys() == OURS.keys()
    assert (await s.writes(), by.tally.writes) == (before, 0)
    assert by.outcomes == {link.source_key: "unchanged"}


async def test_a_look_that_finds_all_as_it_was_tells_of_no_write(s: Scene) -> None:
    by, link = await a_deal(s)
    told = await by.update(link, wanted(OURS), look=True)
    assert (told["reason"], told["job"]) == ("nothing to write differs", "")


async def test_what_both_sides_set_alike_is_what_we_wrote_from_now_on(s: Scene) -> None:
    by, link = await a_deal(s, THEIRS)
    before = await s.writes()
    await by.update(link, wanted(THEIRS), look=True)
    assert THEIRS.items() <= (await by.link(link.source_key)).wrote.items()
    assert await s.writes() == before


async def test_what_a_lost_write_left_there_is_not_written_again(s: Scene) -> None:
    by, link = await a_deal(s)
    await strike(s, "PATCH /api/v2/deals/{id}", "cut_after", times=1)
    await by.update(link, wanted({"title": "Later"}))
    row, settle = await by.row(link.source_key), by.by.route.writes.settle
    assert (row["waits_for"], row["due_at"]) == ("settle", s.clock.now() + settle)
    await s.pass_time(settle.total_seconds())
    before = await s.writes()
    await by.update(link, wanted({"title": "Later"}))
    assert (await s.writes(), await by.open(link.source_key)) == (before, [])
    assert (await by.link(link.source_key)).wrote["title"] == "Later"


@pytest.mark.parametrize("look", [True, False])
async def test_a_deleted_record_is_put_before_a_person(s: Scene, look: bool) -> None:
    by, link = await a_deal(s)
    await s.clock.advance(60)  # by then no read can lag behind its creation
    await s.seller("DELETE", f"deals/{link.target_id}")
    told = await by.update(link, wanted({"title": "Later"}), look=look)
    assert told["reason"] == (
        f"Its deal {link.target_id} was deleted at the target: "
        "create it again, link another, or ignore it."
    )
    assert (await by.link(link.source_key)).state == "target_gone"
    assert by.outcomes == {link.source_key: "review"}


# --- records that were there before us ------------------------------------------------------------


async def shared(s: Scene, *, is_ours: bool) -> tuple[Hands, Link, str]:
    """An organization whose standard fields are kept by this route, or by another one, is taken;
    its link afterwards, and the name that it has."""
    by, mine = await hands(s, "customers"), await linked(s)
    code = await s.code("organizations", "Billing e-mail")
    if not is_ours:
        other = replace(mine, route="other", target_id="1", source_key="other")
        await s.store.write(lambda c: links.put(c, [other]))
    id, key = (mine.target_id, mine.source_key) if is_ours else ("1", "new")
    names = {"name": "name", code: "Billing e-mail"}
    desired = Desired(dict.fromkeys(names, "Said"), dict.fromkeys(names, SOURCE), {}, names)
    item = await by.item(key, ToUpdate(id, adopts=True), desired)
    item.link = None
    await by.apply(item)
    organization = await s.one("organizations", id)
    assert organization["Billing e-mail"] == "Said"
    return by, await by.link(key), organization["name"]


async def test_standard_fields_that_another_route_keeps_are_left_to_it(s: Scene) -> None:
    _, link, name = await shared(s, is_ours=False)
    assert (link.owns_standard, name != "Said") == (False, True)


async def test_a_record_of_ours_that_is_taken_again_keeps_its_standard_fields(s: Scene) -> None:
    by, link, name = await shared(s, is_ours=True)
    assert (link.owns_standard, name) == (True, "Said")
    told = await by.told(link.source_key)
    assert told["reason"] == "it was at the target already and is kept in step from now on"


async def test_a_record_is_claimed_for_as_long_as_nobody_answers_for_it(s: Scene) -> None:
    by = await hands(s, "customers")
    claim = Claim(by.by.account, "organizations", "id", "1", by.by.flow, "customers", "new")
    await strike(s, ORGANIZATION, "cut_after")
    await by.take("new", ToUpdate("1", adopts=True, claims=(claim,)), wanted({"name": "Said"}))
    held = await s.store.read(lambda c: intents.held(c, claim.account, claim.object, [("id", "1")]))
    assert held == {("id", "1"): claim.holder}


# --- refusals -------------------------------------------------------------------------------------


async def test_a_refused_write_is_put_before_a_person(s: Scene) -> None:
    by = await hands(s, "customers")
    await by.take("new", create(""))
    [review] = await s.reviews()
    assert (review["source_key"], review["kind"]) == ("new", "refused")
    assert by.outcomes == {"new": "refused"}


async def test_a_refused_write_of_what_was_removed_is_planned_anew_at_once(s: Scene) -> None:
    by = await hands(s, "customers", lacks=True)
    await by.take("new", create(""))
    row = await by.row("new")
    assert (row["waits_for"], row["due_at"]) == ("retry", s.clock.now())
    assert (by.outcomes, await s.reviews()) == ({"new": "waiting"}, [])


async def test_what_nobody_foresaw_is_logged_under_the_id_that_a_person_is_told(s: Scene) -> None:
    by, before = await hands(s, "customers"), structlog.get_config()
    nowhere = replace(written("update", "1"), back={"name": "This route has no way back"})
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        with structlog.testing.capture_logs() as heard:
            await by.take("new", nowhere)
    finally:
        structlog.configure(**before)
    [entry] = heard
    assert entry["event"] == "a record could not be worked on"
    assert isinstance(entry["exc_info"], TypeError)
    [review] = await s.reviews()
    assert entry["id"] is not None
    assert review["reason"].endswith(f"the log has it under {entry['id']}.")


async def test_what_broke_on_its_way_may_have_been_sent_and_settles_first(s: Scene) -> None:
    by = await hands(s, "customers")
    nowhere = replace(written("update", "1"), back={"name": "This route has no way back"})
    await by.take("new", nowhere)
    [intent] = await by.open("new")
    assert (intent.state, intent.settle_until) == (
        "unknown",
        s.clock.now() + by.by.route.writes.settle,
    )
