"""Acumatica and Pipedrive: what the product's text promises, sentence by sentence.

docs/promises.md lists sentence and test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ml_connector.store import connections, cursors
from tests.engine.acumatica_scene import Firm, plain
from tests.support.rehearsal import WORKSPACE

from . import hands

Record = Mapping[str, Any]


async def by_webhook(firm: Firm) -> None:
    """What Pipedrive posts is taken and worked on; no poll is due yet."""
    await firm.clock.advance(3)
    assert {answer.status for answer in await firm.deliver()} <= {200}
    for _ in range(4):
        await firm.round()
        await firm.clock.advance(10)


async def made(firm: Firm, noun: str, field: str, value: object) -> list[Record]:
    """Acumatica's records of which a field says that."""
    told = await firm.objects(f"acumatica/{noun}")
    return [record for record in told if plain(record.get(field)) == value]


async def invoiced(firm: Firm, order: Record) -> Record:
    """The order is opened, shipped and billed by order entry; its released invoice."""
    for action in ("open", "complete"):
        await firm.human("POST", f"acumatica/sales_orders/{order['id']}/{action}", {})
    [invoice] = [
        row
        for row in await firm.objects("acumatica/sales_invoices")
        if any(plain(line["OrderNbr"]) == plain(order["OrderNbr"]) for line in row["Details"])
    ]
    if plain(invoice["Status"]) != "Open":
        await firm.human("POST", f"acumatica/sales_invoices/{invoice['id']}/release", {})
    return dict(await firm.objects(f"acumatica/sales_invoices/{invoice['id']}"))


async def asked(firm: Firm, *begins: str) -> int:
    """How many requests began so, at either side."""
    rows = (await firm.counters())["requests"]
    return sum(row["n"] for row in rows if row["operation"].startswith(begins))


# --- What you can do ------------------------------------------------------------------------------


async def test_a_won_deal_becomes_a_customer_and_a_sales_order_by_itself() -> None:
    """Sentence: "Turn won Pipedrive deals into Acumatica customers and sales orders"."""
    async with Firm(public=True) as firm:
        await firm.begin()
        deal = await firm.deal("Nordic Tools", lines=2)
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await by_webhook(firm)
        order = await firm.order_of(deal)
        [customer] = await made(firm, "customers", "CustomerName", "Nordic Tools")
        assert plain(order["CustomerID"]) == plain(customer["CustomerID"])
        assert plain(order["CustomerOrder"]) == f"Deal {deal['id']}"
        assert [plain(line["OrderQty"]) for line in order["Details"]] == [2, 2]
        assert plain(order["Status"]) == "On Hold"  # for order entry to look at


async def test_a_deal_that_reaches_a_chosen_stage_won_has_its_order_released() -> None:
    """Sentence: "Turn won Pipedrive deals into … sales orders"; won is a status there, and the
    stage chooses between hold and open."""
    async with Firm() as firm:
        stage = (await firm.objects("pipedrive/stages"))[-1]["id"]
        await firm.begin(open_stages=str(stage))
        deal = await firm.won("Open Stage", stage_id=stage)
        assert plain((await firm.order_of(deal))["Hold"]) is False


async def test_organizations_and_persons_become_customers_and_contacts_and_stay_so() -> None:
    """Sentence: "Sync Pipedrive organizations and persons"."""
    async with Firm(public=True) as firm:
        await firm.begin(sync_contacts="all")
        organization = await firm.human("POST", "pipedrive/organizations", {"name": "Fjord AS"})
        person = await firm.human("POST", "pipedrive/persons", {
            "name": "Kari Nord", "org_id": organization["id"],
            "emails": [{"value": "kari@fjord.example", "primary": True, "label": "work"}],
        })  # fmt: skip
        await firm.rounds()
        [customer] = await made(firm, "customers", "CustomerName", "Fjord AS")
        [contact] = await made(firm, "contacts", "Email", "kari@fjord.example")
        assert plain(contact["BusinessAccount"]) == plain(customer["CustomerID"])
        renamed = {"name": "Fjord Marine AS"}
        await firm.human("PATCH", f"pipedrive/organizations/{organization['id']}", renamed)
        told = {"emails": [{"value": "kn@fjord.example", "primary": True, "label": "work"}]}
        await firm.human("PATCH", f"pipedrive/persons/{person['id']}", told)
        await by_webhook(firm)
        [again] = await made(firm, "customers", "CustomerName", "Fjord Marine AS")
        assert plain(again["CustomerID"]) == plain(customer["CustomerID"])
        assert len(await made(firm, "contacts", "Email", "kn@fjord.example")) == 1


async def test_invoice_and_balance_are_written_back_onto_the_deal() -> None:
    """Sentence: "Write Acumatica sales invoice and balance status back"."""
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        assert (await firm.fields_of(deal))["Billing status"] == "Not invoiced"
        invoice = await invoiced(firm, await firm.order_of(deal))
        await firm.rounds(2)
        total, shown = plain(invoice["Amount"]), await firm.fields_of(deal)
        assert shown["Billing status"] in ("Open", "Overdue")
        assert plain(invoice["ReferenceNbr"]) in shown["Invoices"]
        assert shown["Balance due"]["value"] == shown["Invoiced"]["value"] == total
        pay = f"acumatica/sales_invoices/{invoice['id']}/pay"
        await firm.human("POST", pay, {"amount": 40})
        await firm.rounds(2)
        shown = await firm.fields_of(deal)
        assert shown["Balance due"]["value"] == pytest.approx(total - 40)
        assert shown["Paid"]["value"] == 40
        await firm.human("POST", pay, {})
        await firm.rounds(2)
        shown = await firm.fields_of(deal)
        assert (shown["Billing status"], shown["Balance due"]["value"]) == ("Paid", 0)
        assert shown["Last payment"]


async def test_products_are_the_stock_and_non_stock_items_by_their_inventory_ids() -> None:
    """Sentence: "Align Pipedrive products with Acumatica stock and non-stock items"."""
    async with Firm() as firm:
        await firm.begin()
        products = {p["code"]: p for p in await firm.objects("pipedrive/products")}
        for noun in ("stock_items", "non_stock_items"):
            items = await firm.objects(f"acumatica/{noun}")
            assert items
            assert {plain(item["InventoryID"]) for item in items} <= set(products)
        deal = await firm.won(lines=2)
        codes = [plain(line["InventoryID"]) for line in (await firm.order_of(deal))["Details"]]
        assert set(codes) <= set(products)


async def test_a_line_whose_sku_acumatica_does_not_have_is_put_before_a_person() -> None:
    """Sentence: "Align Pipedrive products … so line items match real SKUs"."""
    async with Firm() as firm:
        await firm.begin()
        orders = len(await firm.objects("acumatica/sales_orders"))
        product = await firm.human("POST", "pipedrive/products", {"name": "X", "code": "NO-ITEM"})
        deal = await firm.deal(lines=0)
        line = {"deal_id": deal["id"], "product_id": product["id"], "quantity": 1}
        await firm.human("POST", "pipedrive/deal_products", {**line, "item_price": 5})
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds()
        [review] = await firm.reviews()
        assert review["route"] == "deals"
        assert len(await firm.objects("acumatica/sales_orders")) == orders


@pytest.mark.parametrize(
    ("how", "taken"),
    [("basic", {"basic": 200, "described": 401}), ("hmac", {"basic": 401, "described": 200})],
)
async def test_pipedrives_webhooks_are_proven_and_a_forged_one_gets_401(
    how: str, taken: dict[str, int]
) -> None:
    """Sentence: "Verify Pipedrive webhook signatures": the described X-Pipedrive-Signature by
    setting; Basic credentials, which Pipedrive really sends, by default."""
    async with Firm(public=True) as firm:
        await firm.connect("acumatica")
        await firm.connect("pipedrive", webhook_auth=how)
        await hands.amend(firm, "pipedrive", webhook_secret=hands.RELAY)
        await firm.add()
        await firm.sync()
        await hands.posted(firm)
        await firm.human("POST", "pipedrive/organizations", {"name": "New"})
        [delivery] = await hands.posted(firm)
        refused = {"altered": 401, "none": 401}
        assert await hands.proofs_of_pipedrive(firm, delivery) == {**taken, **refused}


async def test_an_event_that_is_delivered_again_and_again_makes_nothing_twice() -> None:
    """Sentence: "Verify Pipedrive webhook signatures … dedup so retried events never create
    duplicate records"."""
    async with Firm(public=True) as firm:
        await firm.begin()
        before = [len(await firm.objects(f"acumatica/{n}")) for n in ("customers", "sales_orders")]
        deal = await firm.deal()
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.clock.advance(3)
        held = list(firm.sandbox.outbox.posted)
        for _ in range(4):  # as it was, while it is worked on, and long after
            firm.sandbox.outbox.posted = list(held)
            await by_webhook(firm)
        await firm.rounds(3)
        after = [len(await firm.objects(f"acumatica/{n}")) for n in ("customers", "sales_orders")]
        assert after == [before[0] + 1, before[1] + 1]


# --- Questions ------------------------------------------------------------------------------------


async def test_deals_go_one_way_and_only_their_billing_comes_back() -> None:
    """Sentence: "Which direction does data move between Acumatica and Pipedrive?"."""
    async with Firm() as firm:
        await firm.begin()
        deals = len(await firm.objects("pipedrive/deals"))
        deal = await firm.won()
        await firm.rounds(2)
        record = await firm.objects(f"pipedrive/deals/{deal['id']}")
        await invoiced(firm, await firm.order_of(deal))
        await firm.rounds(2)
        after = await firm.objects(f"pipedrive/deals/{deal['id']}")
        moved = {name for name in after if after[name] != record[name]}
        assert moved <= {"custom_fields", "update_time"}
        # Orders, invoices and payments that Acumatica has by itself become nothing at Pipedrive.
        assert len(await firm.objects("pipedrive/deals")) == deals + 1
        assert set(await firm.creates("pipedrive")) <= {"products", "deal_fields", "webhooks"}
        assert set(await firm.creates("acumatica")) <= {"customers", "contacts", "sales_orders"}


async def marks(firm: Firm) -> dict[str, Any]:
    """Where the polls of Acumatica stand."""

    def work(conn: Any) -> dict[str, Any]:
        row = connections.named(conn, WORKSPACE, "acumatica")
        assert row is not None
        nouns = ("sales_orders", "sales_invoices", "payments")
        return {noun: dict(cursors.get(conn, row.id, noun).value) for noun in nouns}

    return await firm.store.read(work)


async def test_invoices_and_payments_are_polled_with_a_mark_that_is_kept_between_runs() -> None:
    """Sentence: "How does the integration get changes if Acumatica has no reliable webhook?"."""
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        await firm.rounds(2)
        before = await marks(firm)
        invoice = await invoiced(firm, await firm.order_of(deal))
        await firm.human("POST", f"acumatica/sales_invoices/{invoice['id']}/pay", {})
        await firm.start()  # another process goes on where this one stood
        assert await marks(firm) == before
        await firm.rounds(3)
        after = await marks(firm)
        for noun, entity in (("sales_invoices", "SalesInvoice"), ("payments", "Payment")):
            assert after[noun][entity]["mark"] > before[noun][entity]["mark"]
        assert (await firm.fields_of(deal))["Billing status"] == "Paid"
        quiet = await asked(firm, "GET /entity")
        await firm.clock.advance(310)
        await firm.round()
        assert await asked(firm, "GET /entity") - quiet <= 8  # one question an object, no more


async def test_the_person_sets_how_often_acumatica_is_asked() -> None:
    """Sentence: "How does the integration get changes … You set the polling cadence"."""
    async with Firm() as firm:
        await firm.begin(poll="60")
        await firm.round()
        before = await asked(firm, "GET /entity")
        for _ in range(5):
            await firm.clock.advance(600)
            await firm.round()
        assert await asked(firm, "GET /entity") == before
        await firm.clock.advance(700)
        await firm.round()
        assert await asked(firm, "GET /entity") > before


async def test_an_endpoint_version_that_is_not_served_is_told_with_those_that_are() -> None:
    """Sentence: "How does it handle Acumatica's version-locked URL": the address and the version
    are the connection's own; several versions are served beside each other."""
    async with Firm() as firm:
        ready = (await firm.human("GET", "ready"))["vendors"]["acumatica"]
        given = {"base_url": ready["base_url"], **ready["settings"]}
        credentials = {name: ready["credentials"][name] for name in hands.OAUTH}
        wrong = await firm.do(
            "connect", vendor="acumatica", name="acumatica", secrets=credentials,
            settings={**given, "endpoint_version": "19.200.001"},
        )  # fmt: skip
        assert wrong["exit"] == 3
        assert "does not serve the endpoint Default/19.200.001" in wrong["notes"][0]
        assert "24.200.001" in wrong["notes"][0]
        await firm.done("connect", vendor="acumatica", name="acumatica", settings=given, secrets={})
        row = await firm.store.read(lambda c: connections.named(c, WORKSPACE, "acumatica"))
        assert row is not None
        assert row.settings["endpoint_version"] == "24.200.001"
        assert row.settings["base_url"] == ready["base_url"]


async def test_a_record_is_looked_for_before_it_is_created() -> None:
    """Sentence: "How does it handle … lack of an idempotency key?": what is there is taken, and
    what was made by a call whose answer was lost is found by our reference."""
    async with Firm() as firm:
        await firm.begin()
        known = (await firm.objects("acumatica/customers"))[0]
        customers = len(await firm.objects("acumatica/customers"))
        deal = await firm.deal(str(plain(known["CustomerName"])))
        lost = {"vendor": "acumatica", "operation": "PUT */SalesOrder", "kind": "cut_after"}
        await firm.sandbox.order({**lost, "times": 1})
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds(8)
        order = await firm.order_of(deal)
        assert plain(order["CustomerID"]) == plain(known["CustomerID"])
        assert len(await firm.objects("acumatica/customers")) == customers
        reference = plain(order["ExternalRef"])
        assert len(await made(firm, "sales_orders", "ExternalRef", reference)) == 1


async def test_a_retried_event_is_known_and_its_correlation_id_is_kept() -> None:
    """Sentence: "How does it handle … an idempotency key? … dedups on the webhook correlation id".
    One operation may cause several events, so the event itself is what is known again; the
    correlation id leads from the audit to it."""
    async with Firm(public=True) as firm:
        await firm.begin()
        deal = await firm.deal()
        await by_webhook(firm)
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.clock.advance(3)
        [event] = firm.sandbox.outbox.posted
        await by_webhook(firm)
        firm.sandbox.outbox.posted = [event, event]
        await by_webhook(firm)
        rows = await firm.audit(record=str(deal["id"]), route="deals")
        [handed_over] = [row for row in rows if row["decision"] == "create"]
        assert handed_over["source"] == "webhook"
        assert handed_over["correlation_id"] == event.json["meta"]["correlation_id"]
        assert len(await made(firm, "sales_orders", "CustomerOrder", f"Deal {deal['id']}")) == 1
