"""What is deleted, restored or archived at FreshBooks, and what becomes of it at Pipedrive."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ml_connector.store.tables import intents
from tests.engine.freshbooks_scene import DAY, HOUR, PAID, SENT, Books
from tests.engine.scene import counts


@pytest.mark.parametrize("by_id", ["shown", "refused", "not_found"])
async def test_a_deleted_record_is_marked_kept_and_followed_again_once_it_is_restored(
    by_id: str,
) -> None:
    async with Books() as s:
        await s.switch(freshbooks__deleted_by_id=by_id)
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.pass_time(2 * DAY)
        await s.delete("invoices", invoice)
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 1, "gone": 1}
        deal = await s.deal(invoice)
        assert (deal["Source state"], deal["status"], deal["value"]) == ("Deleted", "open", 100)
        assert (await s.told(invoice, "invoices"))[0]["decision"] == "gone"
        assert (await s.organization(acme))["Source state"] == "Active"
        await s.pass_time(HOUR)
        await s.act("invoices", invoice, "restore")
        await s.act("invoices", invoice, "pay")
        await s.sync()
        assert (await s.deal(invoice))["Source state"] == "Active"
        assert await s.shows(invoice) == PAID


async def test_a_deletion_is_told_once_and_costs_nothing_more() -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.pass_time(HOUR)
        await s.delete("clients", acme)
        await s.sync()
        assert (await s.organization(acme))["Source state"] == "Deleted"
        for _ in range(3):
            await s.pass_time(HOUR)
            again = await s.sync()
            assert again["writes"] == 0
        assert [r["decision"] for r in await s.told(acme)] == ["gone", "create"]


@pytest.mark.parametrize("is_ours", [True, False])
async def test_the_end_of_a_client_whose_organization_was_merged_is_told_where_it_goes_on(
    is_ours: bool,
) -> None:
    async with Books(public=True) as s:
        acme, other = await s.customer(), await s.customer("Other")
        await s.install(since="all")
        await s.sync()
        await s.pass_time(HOUR)
        loser = (await s.organization(acme))["id"]
        if is_ours:
            winner = (await s.organization(other))["id"]
        else:
            winner = (await s.seller("POST", "organizations", name="ACME Group"))["id"]
        await s.seller("POST", f"organizations/{loser}/merge", into=winner)
        await s.deliver()
        await s.delete("clients", acme)
        await s.sync()
        assert [r["decision"] for r in await s.told(acme)] == ["gone", "create"]
        state = (await s.one("organizations", str(winner)))["Source state"]
        assert state == ("Active" if is_ours else "Deleted")
        assert (await s.sync())["writes"] == 0


async def test_what_is_deleted_on_both_sides_is_nobodys_question() -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.pass_time(HOUR)
        await s.seller("DELETE", f"organizations/{(await s.organization(acme))['id']}")
        await s.delete("clients", acme)
        await s.sync()
        assert [r["decision"] for r in await s.told(acme)] == ["gone", "create"]
        assert await s.reviews() == []
        assert await s.store.read(lambda c: c.execute(select(intents)).all()) == []
        assert (await s.sync())["writes"] == 0


async def test_a_deletion_between_two_looks_is_noticed_by_the_sweep_too() -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.install(since="all", poll="daily 03:00 UTC")
        await s.sync()
        await s.round()
        await s.pass_time(HOUR)
        await s.delete("clients", acme)
        await s.pass_time(2 * DAY)
        await s.round()
        assert (await s.organization(acme))["Source state"] == "Deleted"


async def test_an_invoice_of_a_deleted_client_waits_for_a_person_or_for_its_restoration() -> None:
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.delete("clients", acme)
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "clients") == {"found": 1, "refused": 1}
        assert counts(summary, "invoices") == {"found": 1, "waiting": 1}
        (review,) = await s.reviews()
        assert "deleted" in review["reason"]
        await s.pass_time(HOUR)
        await s.act("clients", acme, "restore")
        await s.sync()
        assert await s.shows(invoice) == SENT
        assert await s.reviews() == []


async def test_an_archived_invoice_says_so() -> None:
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        await s.sync()
        await s.pass_time(60)
        await s.act("invoices", invoice, "archive")
        await s.sync()
        assert (await s.deal(invoice))["Source state"] == "Archived"
        assert await s.shows(invoice) == SENT
