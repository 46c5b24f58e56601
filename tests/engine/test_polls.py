"""Polls: whatever they can see is applied, wherever a page ends and whatever our clock says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.scene import Record, Scene, counts


async def stood_up(s: Scene) -> tuple[Record, Record]:
    acme = await s.customer("Acme Ltd")
    invoice = await s.invoice(acme, dueDate="2026-07-01")
    await s.install(since="all")
    await s.sync()
    await s.pass_time(60)
    return acme, invoice


@pytest.mark.parametrize("skew_seconds", [-3600, 3600])
async def test_a_clock_that_is_an_hour_off_loses_no_change(skew_seconds: float) -> None:
    async with Scene(skew_seconds=skew_seconds) as s:
        acme, invoice = await stood_up(s)
        for n in range(3):
            await s.pass_time(301)
            await s.pay(invoice, "10.00")
            later = await s.invoice(acme, dueDate="2026-07-01")
            await s.round()
            assert (await s.deal(invoice))["Amount paid"]["value"] == 10 * (n + 1)
            assert (await s.deal(later))["Invoice status"] == "Sent"
        cursor = await s.cursor("invoices")
        assert cursor["mark"].startswith("2026-05-04T09:")


async def test_many_records_of_one_moment_all_come_over() -> None:
    """An import stamps them all alike; a page takes fifty."""
    async with Scene() as s:
        for n in range(120):
            await s.customer(f"Customer {n}")
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "customers") == {"found": 120, "create": 120}


async def test_a_tie_that_comes_in_later_is_polled_whole() -> None:
    async with Scene() as s:
        await stood_up(s)
        await s.pass_time(600)
        for n in range(70):
            await s.customer(f"Customer {n}")
        await s.round()
        assert len(await s.links("customers")) == 71


async def test_records_that_come_between_two_pages_are_not_lost() -> None:
    async with Scene() as s:
        for n in range(110):
            await s.customer(f"Customer {n}")
            await s.pass_time(1)
        await s.switch(wave__insert_between_pages=3)
        await s.install(since="all")
        await s.sync()
        await s.switch(wave__insert_between_pages=0)
        await s.pass_time(301)
        await s.round()
        there = await s.human("GET", "wave/customers")
        assert set(await s.links("customers")) == {c["id"] for c in there}


async def test_a_paused_flow_is_fed_and_catches_up_when_it_resumes() -> None:
    async with Scene() as s:
        acme, invoice = await stood_up(s)
        await s.done("flow_state", name="invoices", state="paused")
        await s.pay(invoice, "40.00")
        later = await s.invoice(acme)
        await s.pass_time(301)
        await s.round()
        assert (await s.deal(invoice))["Invoice status"] == "Sent"
        flow = (await s.status())["flows"][0]
        assert flow["state"] == "paused"
        assert flow["waits_for"].keys() == {"paused"}
        assert flow["waits_for"]["paused"] >= 4
        refused = await s.do("sync", flow="invoices")
        assert refused["exit"] == 3
        await s.done("flow_state", name="invoices", state="active")
        await s.round()
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"
        assert (await s.deal(later))["Invoice status"] == "Sent"


async def test_two_flows_of_one_source_both_see_what_either_of_them_reads() -> None:
    async with Scene() as s:
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
        await s.install(since="all")
        await s.sync()
        second = {"since": "all", "pipeline": "Second", "link_deals": "off"}
        await s.done(
            "flow_add", kind="wave-pipedrive", name="second", source="wave",
            target="pipedrive", settings=second, yes=True,
        )  # fmt: skip
        await s.pass_time(60)
        await s.pay(invoice, "40.00")
        await s.done("sync", flow="second")
        await s.done("sync", flow="second", full=True)
        await s.sync()
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"


async def test_a_stale_read_never_stands_for_the_newer_state() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        await s.pay(invoice, "40.00")
        rule: dict[str, Any] = {
            "vendor": "wave", "operation": "business.invoice", "kind": "stale_read",
            "seconds": 30, "times": 2,
        }  # fmt: skip
        await s.sandbox.order(rule)
        await s.sync()
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"
        decisions = [r["decision"] for r in await s.told(invoice, "invoices")]
        assert decisions == ["update", "create"]


async def test_a_read_that_does_not_find_what_the_listing_shows_is_no_deletion() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        await s.pay(invoice, "40.00")
        await s.sandbox.order(
            {"vendor": "wave", "operation": "business.invoice", "kind": "stale_read",
             "seconds": 600, "times": 2}
        )  # fmt: skip
        await s.sync()
        deal = await s.deal(invoice)
        assert (deal["Invoice status"], deal["Source state"]) == ("Part paid", "Active")
        assert "gone" not in {r["decision"] for r in await s.told(invoice)}


async def test_an_older_state_never_overwrites_a_newer_one() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        await s.pay(invoice, "40.00")
        await s.sync()
        await s.sandbox.order(
            {"vendor": "wave", "operation": "business.invoice", "kind": "stale_read",
             "seconds": 30, "times": 1}
        )  # fmt: skip
        await s.look("invoices", invoice)
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"
        assert len([r for r in await s.told(invoice, "invoices") if r["decision"] == "update"]) == 1


async def test_a_cadence_of_an_hour_polls_once_an_hour() -> None:
    async with Scene() as s:
        acme = await s.customer()
        await s.install(since="all", poll="60")
        await s.sync()
        await s.round()
        await s.invoice(acme)
        await s.pass_time(600)
        await s.round()
        assert await s.all("deals") == []
        await s.pass_time(3000)
        await s.round()
        assert len(await s.all("deals")) == 1


async def test_a_deleted_customer_without_a_link_is_gone_quietly() -> None:
    async with Scene() as s:
        await s.seller("POST", "organizations", name="Twin")
        await s.seller("POST", "organizations", name="Twin")
        twin = await s.customer("Twin")
        await s.install(since="all")
        await s.sync()
        await s.human("DELETE", f"wave/customers/{twin['id']}")
        await s.resolve("retry")
        assert await s.reviews() == []
        assert (await s.told(twin, "customers"))[0]["decision"] == "gone"
