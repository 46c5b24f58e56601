"""What a deal holds: money and its currency, dates, and what the settings choose."""

from __future__ import annotations

import pytest

from tests.engine.scene import Scene, counts


async def brought(s: Scene, **settings: str) -> None:
    await s.install(since="all", **settings)
    await s.sync()


@pytest.mark.parametrize(
    ("currency", "price", "value"),
    [("USD", "1234.56", 1234.56), ("JPY", "5000", 5000), ("BHD", "12.345", 12.345)],
)
async def test_money_keeps_its_currency_and_its_decimals(
    currency: str, price: str, value: float
) -> None:
    async with Scene() as s:
        acme = await s.customer(currency=currency)
        invoice = await s.invoice(acme, price, currency=currency)
        await brought(s)
        deal = await s.deal(invoice)
        assert (deal["value"], deal["currency"]) == (value, currency)
        assert deal["Amount due"] == {"value": value, "currency": currency}


@pytest.mark.parametrize("setting", ["gross", "net"])
async def test_a_deal_is_worth_gross_or_net_as_the_person_chose(setting: str) -> None:
    async with Scene(customers=12, invoices=24) as s:
        await brought(s, deal_value=setting)
        linked = await s.links("invoices")
        checked = 0
        for invoice in await s.human("GET", "wave/invoices"):
            if invoice["isDeleted"] or invoice["id"] not in linked:
                continue
            exponent = invoice["currency"]["exponent"]
            minor = int(invoice["total"]["minorUnitValue"])
            if setting == "net":
                minor -= int(invoice["taxTotal"]["minorUnitValue"])
            assert (await s.deal(invoice))["value"] == pytest.approx(minor / 10**exponent)
            checked += 1
        assert checked > 8


async def test_dates_travel_as_they_are() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, invoiceDate="2026-02-28", dueDate="2026-03-31")
        await brought(s)
        deal = await s.deal(invoice)
        assert (deal["Invoice date"], deal["Due date"]) == ("2026-02-28", "2026-03-31")
        assert deal["expected_close_date"] == "2026-03-31"


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        ({"drafts": "no"}, "usd eur small"),
        ({"currencies": "EUR"}, "eur"),
        ({"currencies": "EUR,USD"}, "usd eur small draft"),
        ({"statuses": "SENT"}, "usd eur small"),
        ({"statuses": "DRAFT"}, "draft"),
        ({"least_amount": "100"}, "usd eur draft"),
    ],
    ids=str,
)
async def test_filters_choose_the_invoices_that_become_deals(
    setting: dict[str, str], kept: str
) -> None:
    async with Scene() as s:
        acme, euro = await s.customer("Acme"), await s.customer("Euro", currency="EUR")
        made = {
            "usd": await s.invoice(acme, "100.00"),
            "eur": await s.invoice(euro, "100.00", currency="EUR"),
            "small": await s.invoice(acme, "9.99"),
            "draft": await s.invoice(acme, "100.00", sent=False),
        }
        await brought(s, **setting)
        linked = await s.links("invoices")
        assert {name for name, invoice in made.items() if invoice["id"] in linked} == set(
            kept.split()
        )
        assert len(await s.links("activities")) == len(kept.split())


async def test_a_draft_comes_over_when_it_is_approved() -> None:
    async with Scene() as s:
        acme = await s.customer()
        draft = await s.invoice(acme, sent=False)
        await brought(s, drafts="no")
        assert await s.links("invoices") == {}
        await s.act("invoices", draft, "approve")
        await s.sync()
        assert (await s.deal(draft))["Invoice status"] in ("Draft", "Sent")


async def test_owner_label_and_activity_type_are_set_once() -> None:
    async with Scene() as s:
        users = await s.human("GET", "pipedrive/users")
        owner = next(u["id"] for u in users if u["id"] != 99001 and u.get("active_flag", True))
        fields = await s.human("GET", "pipedrive/deal_fields")
        label = next(f for f in fields if f["field_code"] == "label_ids")["options"][0]["id"]
        acme = await s.customer(email="ann@acme.example")
        invoice = await s.invoice(acme)
        await brought(s, owner=str(owner), label=str(label), activity_type="call")
        deal, activity = await s.deal(invoice), await s.activity(invoice)
        assert deal["owner_id"] == activity["owner_id"] == owner
        assert (await s.organization(acme))["owner_id"] == owner
        assert (await s.target("contacts", acme))["owner_id"] == owner
        assert deal["label_ids"] == [label]
        assert activity["type"] == "call"
        await s.seller("PATCH", f"deals/{deal['id']}", owner_id=99001)
        await s.pay(invoice)
        await s.sync()
        assert (await s.deal(invoice))["owner_id"] == 99001


async def test_stages_and_pipeline_may_have_names_of_the_persons_own() -> None:
    stages = "draft=New, sent=Out, viewed=Out, part_paid=Money coming, overdue=Late, paid=Done"
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, dueDate="2026-07-01")
        await brought(s, pipeline="Billing", stages=stages)
        deal = await s.deal(invoice)
        assert await s.stage(deal) == "Out"
        pipeline = await s.human("GET", f"pipedrive/pipelines/{deal['pipeline_id']}")
        assert pipeline["name"] == "Billing"
        await s.pay(invoice, "30.00")
        await s.sync()
        assert await s.stage(await s.deal(invoice)) == "Money coming"


async def test_a_pipeline_and_stages_that_stand_already_are_used() -> None:
    async with Scene() as s:
        there = await s.seller("POST", "pipelines", name="Billing")
        sent = await s.seller("POST", "stages", name="Sent", pipeline_id=there["id"])
        acme = await s.customer()
        invoice = await s.invoice(acme, dueDate="2026-07-01")
        await brought(s, pipeline="Billing")
        deal = await s.deal(invoice)
        assert (deal["pipeline_id"], deal["stage_id"]) == (there["id"], sent["id"])
        pipelines = await s.human("GET", "pipedrive/pipelines")
        assert [p["name"] for p in pipelines].count("Billing") == 1


async def test_the_deal_of_an_archived_customer_brings_its_customer_along() -> None:
    async with Scene() as s:
        old = await s.customer("Old Friend", email="old@friend.example")
        await s.customer("Older Friend")
        invoice = await s.invoice(old)
        for customer in await s.human("GET", "wave/customers"):
            await s.act("customers", customer, "archive")
        await s.install(since="open")
        summary = await s.sync()
        assert counts(summary, "customers") == {"found": 1, "create": 1}
        deal = await s.deal(invoice)
        organization = await s.organization(old)
        assert deal["org_id"] == organization["id"]
        assert organization["Source state"] == "Archived"
