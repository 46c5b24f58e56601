"""Narrowed passes: a first bite, one record, a replay; and the guard rail before a big one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.engine.scene import Record, Scene, counts, numbers
from tests.support.rehearsal import totals


async def stood_up(s: Scene, count: int = 4) -> tuple[Record, list[Record]]:
    acme = await s.customer("Acme Ltd", email="ann@acme.example")
    invoices = [await s.invoice(acme, f"{n + 1}0.00", dueDate="2026-07-01") for n in range(count)]
    await s.install(since="all")
    return acme, invoices


# --- --limit -----------------------------------------------------------------------------------


async def test_a_first_bite_takes_so_many_records_of_each_route() -> None:
    async with Scene() as s:
        await stood_up(s)
        planned = await s.plan(limit=2)
        summary = await s.sync(limit=2)
        assert numbers(planned) == numbers(summary)
        assert counts(summary, "invoices") == {"found": 2, "create": 2}
        assert counts(summary, "activities") == {"found": 2, "create": 2}
        assert len(await s.all("deals")) == 2


async def test_after_a_first_bite_the_lane_waits_for_the_first_whole_sync() -> None:
    async with Scene() as s:
        _, invoices = await stood_up(s)
        await s.sync(limit=1)
        await s.pass_time(301)
        await s.round()
        assert len(await s.all("deals")) == 1
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 4, "create": 3, "unchanged": 1}
        assert len(await s.links("invoices")) == len(invoices)
        await s.pay(invoices[0], "5.00")
        await s.pass_time(301)
        await s.round()
        assert (await s.deal(invoices[0]))["Invoice status"] == "Part paid"


async def test_a_bite_brings_parents_along() -> None:
    async with Scene() as s:
        for n in range(3):
            customer = await s.customer(f"Firm {n}")
            await s.invoice(customer)
        await s.install(since="all")
        await s.sync(limit=2)
        for deal in await s.all("deals"):
            assert deal["org_id"] in {o["id"] for o in await s.ours()}


# --- --record ----------------------------------------------------------------------------------


async def test_one_record_is_looked_at_with_its_parents_and_nothing_else() -> None:
    async with Scene() as s:
        acme, invoices = await stood_up(s)
        summary = await s.sync(record=f"invoices:{invoices[2]['id']}")
        assert set(await s.links("invoices")) == {invoices[2]["id"]}
        assert set(await s.links("customers")) == {acme["id"]}
        assert counts(summary, "activities") == {}
        await s.sync()
        assert len(await s.links("invoices")) == 4


async def test_a_record_is_found_by_its_number_and_by_its_target() -> None:
    async with Scene() as s:
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme, invoiceNumber="INV-2041")
        await s.install(since="all")
        await s.sync()
        by_number = await s.sync(record="INV-2041")
        assert counts(by_number, "invoices")["found"] == 1
        target = (await s.link("customers", acme)).target_id
        assert counts(await s.sync(record=f"customers:{acme['id']}"), "customers")["found"] == 1
        by_target = await s.do("sync", flow="invoices", record=target)
        assert by_target["exit"] in (0, 2)  # a number may be the id of several kinds of record
        missing = await s.do("sync", flow="invoices", record="nothing")
        assert missing["exit"] == 2
        assert "No record of flow invoices is known as 'nothing'" in missing["notes"][0]
        assert invoice["id"] in await s.links("invoices")


async def test_a_record_outside_the_scope_by_date_comes_in_when_a_person_asks() -> None:
    async with Scene() as s:
        acme = await s.customer("Acme Ltd")
        old = await s.invoice(acme, invoiceDate="2024-01-01", dueDate="2024-02-01")
        await s.pay(old)
        await s.install(since="open")
        await s.sync()
        assert await s.links("invoices") == {}
        await s.look("invoices", old)
        assert (await s.deal(old))["Invoice status"] == "Paid"


# --- replay ------------------------------------------------------------------------------------


async def test_a_replay_of_a_record_looks_at_it_again_and_says_so() -> None:
    async with Scene() as s:
        _, invoices = await stood_up(s)
        await s.sync()
        deal = await s.deal(invoices[0])
        await s.seller("PATCH", f"deals/{deal['id']}", value=1)
        record = f"invoices:{invoices[0]['id']}"
        preview = await s.done("replay", flow="invoices", record=record, preview=True)
        assert counts(preview, "invoices") == {"found": 1, "update": 1}
        assert (await s.deal(invoices[0]))["value"] == 1
        done = await s.done("replay", flow="invoices", record=record)
        assert numbers(done) == numbers(preview)
        assert (await s.deal(invoices[0]))["value"] == 10
        assert (await s.told(invoices[0], "invoices"))[0]["source"] == "replay"


async def test_a_replay_of_what_failed_takes_reviews_and_failures() -> None:
    async with Scene() as s:
        _, invoices = await stood_up(s, 2)
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": "POST /api/v2/deals", "kind": "status",
             "status": 400, "body": {"success": False, "error": "no"}}
        )  # fmt: skip
        await s.sync()
        assert len(await s.reviews()) == 2
        await s.human("DELETE", "faults")
        summary = await s.done("replay", flow="invoices", failed=True)
        assert counts(summary, "invoices") == {"found": 2, "create": 2}
        assert await s.reviews() == []
        assert len(await s.links("invoices")) == len(invoices)


async def test_a_replay_of_a_time_takes_what_was_decided_in_it() -> None:
    async with Scene() as s:
        acme, _ = await stood_up(s, 1)
        await s.sync()
        await s.pass_time(3600)
        between = s.res.clock.now() - timedelta(minutes=10)
        late = await s.invoice(acme, dueDate="2026-07-01")
        await s.sync()
        summary = await s.done("replay", flow="invoices", since=between.isoformat())
        assert counts(summary, "invoices")["found"] >= 1
        rows = [r for r in await s.told(late, "invoices") if r["source"] == "replay"]
        assert [r["decision"] for r in rows] == ["unchanged"]
        nothing = await s.done(
            "replay", flow="invoices", since="2020-01-01", until="2020-02-01", preview=True
        )
        assert totals(nothing)["found"] == 0


@pytest.mark.parametrize("asked", [{}, {"since": "yesterday"}])
async def test_a_replay_of_nothing_in_particular_is_a_mistake(asked: dict[str, str]) -> None:
    async with Scene() as s:
        await stood_up(s, 1)
        answer = await s.do("replay", flow="invoices", **asked)
        assert answer["exit"] == 2


# --- the guard rail ----------------------------------------------------------------------------


async def test_a_pass_that_would_write_very_much_asks_first_and_writes_nothing() -> None:
    async with Scene() as s:
        await stood_up(s)
        await s.add(max_changes="5")
        answer = await s.do("sync", flow="invoices")
        assert (answer["exit"], answer["consent"]) == (3, True)
        assert "would write 10 records, and max_changes of flow invoices is 5" in answer["notes"][0]
        assert await s.all("deals") == []
        assert (await s.plan())["writes"] == 10
        assert (await s.do("sync", flow="invoices", yes=True))["exit"] == 0
        assert len(await s.all("deals")) == 4


async def test_many_looks_that_write_little_do_not_trip_the_guard_rail() -> None:
    async with Scene() as s:
        await stood_up(s)
        await s.sync()
        await s.add(max_changes="5")
        assert (await s.do("sync", flow="invoices", full=True))["exit"] == 0
