"""Invoices and deals that sales people made themselves: taken by reference, proposed, or left."""

from __future__ import annotations

import pytest

from tests.engine.scene import Record, Scene, counts


async def sold(s: Scene, title: str, **more: object) -> tuple[Record, Record, Record]:
    """An organization with a deal of that title in the sales pipeline, and its customer at Wave."""
    organization = await s.seller("POST", "organizations", name="Acme Ltd")
    deal = await s.seller(
        "POST", "deals", title=title, org_id=organization["id"], currency="USD",
        **{"value": 80, **more},
    )  # fmt: skip
    return organization, deal, await s.customer("Acme Ltd")


@pytest.mark.parametrize(
    "title",
    ["Website relaunch INV-2041", "relaunch (inv-2041)", "Relaunch, PO-7781", "#INV-2041: website"],
)
async def test_a_deal_that_names_the_invoice_or_its_order_is_taken(title: str) -> None:
    async with Scene() as s:
        _, deal, acme = await sold(s, title)
        invoice = await s.invoice(
            acme, "100.00", invoiceNumber="INV-2041", poNumber="PO-7781", dueDate="2026-07-01"
        )
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 1, "update": 1}
        taken = await s.deal(invoice)
        assert taken["id"] == deal["id"]
        for kept in ("title", "owner_id", "pipeline_id", "stage_id"):
            assert taken[kept] == deal[kept]
        assert (taken["value"], taken["Invoice number"]) == (100, "INV-2041")
        row = (await s.told(invoice, "invoices"))[0]
        assert "left as a person set it" in row["reason"]
        assert row["changes"]["value"] == {"before": 80, "after": "100.00"}


async def test_a_taken_deal_follows_the_payment_and_keeps_its_stage() -> None:
    async with Scene() as s:
        _, deal, acme = await sold(s, "Relaunch INV-2041")
        invoice = await s.invoice(acme, "100.00", invoiceNumber="INV-2041", dueDate="2026-07-01")
        await s.install(since="all")
        await s.sync()
        await s.pass_time(60)
        await s.pay(invoice)
        await s.sync()
        taken = await s.deal(invoice)
        assert (taken["title"], taken["stage_id"]) == (deal["title"], deal["stage_id"])
        assert (taken["status"], taken["Invoice status"]) == ("won", "Paid")


async def test_a_deal_that_was_won_before_it_was_billed_is_not_reopened() -> None:
    async with Scene() as s:
        _, deal, acme = await sold(s, "Relaunch INV-2041")
        await s.seller("POST", f"deals/{deal['id']}/win")
        invoice = await s.invoice(acme, "100.00", invoiceNumber="INV-2041")
        await s.install(since="all")
        await s.sync()
        assert (await s.deal(invoice))["status"] == "won"


async def test_a_reference_at_another_organization_is_no_match() -> None:
    async with Scene() as s:
        other = await s.seller("POST", "organizations", name="Other")
        await s.seller("POST", "deals", title="INV-2041", org_id=other["id"])
        acme = await s.customer("Acme Ltd")
        await s.invoice(acme, invoiceNumber="INV-2041")
        await s.install(since="all")
        assert counts(await s.sync(), "invoices") == {"found": 1, "create": 1}


async def test_two_deals_that_name_one_invoice_wait_for_a_person() -> None:
    async with Scene() as s:
        organization, one, acme = await sold(s, "Part one INV-2041")
        two = await s.seller("POST", "deals", title="Rest of INV-2041", org_id=organization["id"])
        await s.invoice(acme, invoiceNumber="INV-2041")
        await s.install(since="all")
        assert counts(await s.sync(), "invoices") == {"found": 1, "review": 1}
        [review] = await s.reviews()
        assert {c["id"] for c in review["candidates"]} == {str(one["id"]), str(two["id"])}


async def test_a_deal_that_carries_another_invoice_is_no_candidate() -> None:
    async with Scene() as s:
        _, deal, acme = await sold(s, "INV-2041 and INV-2042")
        first = await s.invoice(acme, invoiceNumber="INV-2041")
        await s.install(since="all")
        await s.sync()
        second = await s.invoice(acme, invoiceNumber="INV-2042")
        assert counts(await s.sync(), "invoices")["create"] == 1
        assert (await s.deal(first))["id"] == deal["id"]
        assert (await s.deal(second))["id"] != deal["id"]


async def test_off_makes_a_new_deal() -> None:
    async with Scene() as s:
        _, deal, acme = await sold(s, "INV-2041")
        invoice = await s.invoice(acme, invoiceNumber="INV-2041")
        await s.install(since="all", link_deals="off")
        assert counts(await s.sync(), "invoices") == {"found": 1, "create": 1}
        assert (await s.deal(invoice))["id"] != deal["id"]


async def test_suggest_puts_an_equal_amount_before_a_person() -> None:
    async with Scene() as s:
        _, deal, acme = await sold(s, "Some work", value=100)
        invoice = await s.invoice(acme, "100.00", invoiceNumber="INV-2041")
        await s.install(since="all", link_deals="suggest")
        assert counts(await s.sync(), "invoices") == {"found": 1, "review": 1}
        [review] = await s.reviews()
        assert [c["id"] for c in review["candidates"]] == [str(deal["id"])]
        await s.resolve("link", str(deal["id"]))
        taken = await s.deal(invoice)
        assert (taken["id"], taken["title"]) == (deal["id"], "Some work")


async def test_suggest_takes_a_reference_and_leaves_an_equal_amount_elsewhere() -> None:
    async with Scene() as s:
        _, deal, acme = await sold(s, "INV-2041", value=1)
        invoice = await s.invoice(acme, "100.00", invoiceNumber="INV-2041")
        await s.install(since="all", link_deals="suggest")
        await s.sync()
        assert (await s.deal(invoice))["id"] == deal["id"]


async def test_by_reference_an_equal_amount_means_nothing() -> None:
    async with Scene() as s:
        _, _, acme = await sold(s, "Some work", value=100)
        await s.invoice(acme, "100.00", invoiceNumber="INV-2041")
        await s.install(since="all")
        assert counts(await s.sync(), "invoices") == {"found": 1, "create": 1}
