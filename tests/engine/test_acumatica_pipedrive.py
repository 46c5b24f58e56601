"""Acumatica ↔ Pipedrive, end to end: won deals go one way, billing comes back, linked pairs go
both ways."""

from __future__ import annotations

import pytest

from ml_connector.engine.looking import Look
from tests.engine.acumatica_scene import POLL_SECONDS, Firm, plain
from tests.support.rehearsal import FLOW, WORKSPACE


async def test_a_won_deal_becomes_a_customer_a_contact_and_an_order_with_its_lines_on_hold() -> (
    None
):
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won(lines=2)
        order = await firm.order_of(deal)
        customer = next(
            c
            for c in await firm.objects("acumatica/customers")
            if plain(c["CustomerID"]) == plain(order["CustomerID"])
        )
        assert plain(customer["CustomerName"]) == "Nordic Tools"
        address = customer["MainContact"]["Address"]
        assert [plain(address[n]) for n in ("AddressLine1", "City", "Country")] == [
            "1 Main St", "Halifax", "CA",
        ]  # fmt: skip
        contact = next(
            c
            for c in await firm.objects("acumatica/contacts")
            if plain(c["Email"]) == "ann@nordic.example"
        )
        assert plain(contact["BusinessAccount"]) == plain(customer["CustomerID"])
        assert [plain(line["OrderQty"]) for line in order["Details"]] == [2, 2]
        assert [plain(line["UnitPrice"]) for line in order["Details"]] == [120, 120]
        assert plain(order["Status"]) == "On Hold"


async def test_nothing_is_written_twice_and_nothing_more_once_all_is_handed_over() -> None:
    async with Firm(public=True) as firm:
        await firm.begin()
        await firm.won()
        await firm.deliver()
        await firm.rounds(4)
        before = await firm.written()
        await firm.deliver()
        await firm.rounds(4)
        assert await firm.written() == before
        assert (await firm.sync())["writes"] == 0


async def test_a_plan_says_what_the_sync_then_does() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.deal()
        await firm.clock.advance(POLL_SECONDS)
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        plan, done = await firm.plan(), await firm.sync()
        assert done["writes"] >= 3
        assert plan["routes"] == done["routes"]
        assert (plan["writes"], plan["setup_writes"]) == (done["writes"], done["setup_writes"])


async def test_what_acumatica_bills_and_is_paid_comes_back_to_the_deal() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        assert (await firm.fields_of(deal))["Billing status"] == "Not invoiced"
        order = await firm.order_of(deal)
        await firm.human("POST", f"acumatica/sales_orders/{order['id']}/open", {})
        await firm.human("POST", f"acumatica/sales_orders/{order['id']}/complete", {})
        await firm.rounds(2)
        invoices = await firm.objects("acumatica/sales_invoices")
        mine = [
            i
            for i in invoices
            if any(plain(d["OrderNbr"]) == plain(order["OrderNbr"]) for d in i["Details"])
        ]
        assert len(mine) == 1
        shown = await firm.fields_of(deal)
        assert shown["Billing status"] in ("Open", "Overdue")
        assert shown["Balance due"]["value"] == pytest.approx(plain(mine[0]["Balance"]))
        if plain(mine[0]["Status"]) != "Open":
            await firm.human("POST", f"acumatica/sales_invoices/{mine[0]['id']}/release", {})
        await firm.human("POST", f"acumatica/sales_invoices/{mine[0]['id']}/pay", {})
        await firm.rounds(3)
        shown = await firm.fields_of(deal)
        assert shown["Billing status"] == "Paid"
        assert shown["Balance due"]["value"] == 0


async def test_a_deal_that_changes_after_it_was_handed_over_is_reported_and_not_written() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        order = await firm.order_of(deal)
        await firm.human("PATCH", f"pipedrive/deals/{deal['id']}", {"title": "Another title"})
        await firm.rounds()
        assert (await firm.order_of(deal))["Description"] == order["Description"]
        told = [r["reason"] for r in await firm.audit() if r["route"] == "deals"]
        assert any("it differs by now: Description" in reason for reason in told)


@pytest.mark.parametrize("value_item", ["", "CONSULTING-HOUR"])
async def test_a_deal_without_products_needs_the_item_that_its_value_is_put_on(
    value_item: str,
) -> None:
    async with Firm() as firm:
        await firm.begin(value_item=value_item)
        deal = await firm.won(lines=0)
        reviews = await firm.reviews()
        if value_item:
            lines = (await firm.order_of(deal))["Details"]
            assert [plain(line["InventoryID"]) for line in lines] == [value_item]
            assert plain(lines[0]["UnitPrice"]) == 500
        else:
            assert "has no products" in reviews[0]["reason"]
            assert "value_item" in reviews[0]["reason"]


@pytest.mark.parametrize("overrides", [False, True])
async def test_a_deal_in_euros_never_becomes_an_order_over_as_many_dollars(overrides: bool) -> None:
    async with Firm() as firm:
        await firm.begin()
        customer = {"CustomerName": "Rhein AG", "EnableCurrencyOverride": overrides}
        wrapped = {name: {"value": value} for name, value in customer.items()}
        await firm.human("POST", "acumatica/customers", wrapped)
        deal = await firm.won("Rhein AG", currency="EUR")
        if overrides:
            order = await firm.order_of(deal)
            assert (plain(order["CurrencyID"]), plain(order["OrderTotal"])) == ("EUR", 259.8)
            assert (await firm.fields_of(deal))["Invoiced"]["currency"] == "EUR"
        else:
            assert str(deal["id"]) not in await firm.links("deals")
            reviews = await firm.reviews()
            assert [r["route"] for r in reviews] == ["deals"]
            assert "currency" in reviews[0]["reason"]


async def test_a_line_with_an_unknown_sku_goes_to_review_with_acumaticas_own_words() -> None:
    async with Firm() as firm:
        await firm.begin()
        product = await firm.human(
            "POST", "pipedrive/products", {"name": "Unknown", "code": "NO-SUCH-ITEM"}
        )
        deal = await firm.deal(lines=0)
        line = {"deal_id": deal["id"], "product_id": product["id"], "quantity": 1}
        await firm.human("POST", "pipedrive/deal_products", {**line, "item_price": 5})
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds()
        reviews = await firm.reviews()
        assert [r["route"] for r in reviews] == ["deals"]
        assert "Inventory" in reviews[0]["reason"]


async def test_a_deal_won_before_or_of_another_pipeline_or_flow_is_not_handed_over() -> None:
    async with Firm() as firm:
        early = await firm.deal("Early Bird")
        await firm.human("POST", f"pipedrive/deals/{early['id']}/win", {})
        await firm.clock.advance(60)
        await firm.begin(pipelines="99")
        await firm.won("Other Pipeline")
        assert await firm.links("deals") == {}
        assert await firm.reviews() == []


async def test_a_customers_new_name_travels_to_the_organization_and_stays_there() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        order = await firm.order_of(deal)
        customers = await firm.objects("acumatica/customers")
        customer = next(
            c for c in customers if plain(c["CustomerID"]) == plain(order["CustomerID"])
        )
        await firm.human(
            "PATCH",
            f"acumatica/customers/{customer['id']}",
            {"CustomerName": {"value": "NORDIC TOOLS AS"}},
        )
        await firm.rounds()
        organization = await firm.objects(f"pipedrive/organizations/{deal['org_id']}")
        assert organization["name"] == "NORDIC TOOLS AS"
        before = await firm.written()
        await firm.rounds(4)
        assert await firm.written() == before


async def test_a_customer_that_stood_there_keeps_the_address_that_its_organization_lacks() -> None:
    async with Firm() as firm:
        await firm.begin()
        address = {"AddressLine1": {"value": "2 Kai"}, "City": {"value": "Bremen"}}
        customer = {"CustomerName": {"value": "Hansa"}, "MainContact": {"Address": address}}
        there = await firm.human("POST", "acumatica/customers", customer)
        organization = await firm.human("POST", "pipedrive/organizations", {"name": "Hansa"})
        product = (await firm.objects("pipedrive/products"))[0]
        deal = await firm.human(
            "POST", "pipedrive/deals", {"title": "Ropes", "org_id": organization["id"]}
        )
        line = {"deal_id": deal["id"], "product_id": product["id"], "quantity": 1}
        await firm.human("POST", "pipedrive/deal_products", {**line, "item_price": 5})
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds()
        await firm.human(
            "PATCH", f"pipedrive/organizations/{organization['id']}", {"name": "Hansa AG"}
        )
        await firm.rounds()
        after = await firm.objects(f"acumatica/customers/{there['id']}")
        kept = after["MainContact"]["Address"]
        assert plain(after["CustomerName"]) == "Hansa AG"
        assert [plain(kept[name]) for name in ("AddressLine1", "City")] == ["2 Kai", "Bremen"]


async def test_a_street_that_travels_back_leaves_the_region_in_acumatica() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.deal()
        full = {"value": "1 Main St, Halifax", "route": "Main St", "street_number": "1",
                "locality": "Halifax", "admin_area_level_1": "NS", "country": "CA"}  # fmt: skip
        path = f"pipedrive/organizations/{deal['org_id']}"
        await firm.human("PATCH", path, {"address": full})
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds()
        customers = await firm.objects("acumatica/customers")
        number = plain((await firm.order_of(deal))["CustomerID"])
        id = next(c["id"] for c in customers if plain(c["CustomerID"]) == number)
        moved = {"MainContact": {"Address": {"AddressLine1": {"value": "9 New St"}}}}
        await firm.human("PATCH", f"acumatica/customers/{id}", moved)
        await firm.rounds(4)
        address = (await firm.objects(f"acumatica/customers/{id}"))["MainContact"]["Address"]
        told = [plain(address[name]) for name in ("AddressLine1", "City", "State", "Country")]
        assert told == ["9 New St", "Halifax", "NS", "CA"]
        assert (await firm.objects(path))["address"]["value"].startswith("9 New St")


async def test_who_has_one_name_only_has_it_once() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.deal()
        await firm.human("PATCH", f"pipedrive/persons/{deal['person_id']}", {"name": "Madonna"})
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds()
        contacts = await firm.objects("acumatica/contacts")
        assert "Madonna" in [plain(contact["DisplayName"]) for contact in contacts]


async def test_where_both_sides_changed_a_name_the_deals_side_wins_and_the_audit_says_so() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        order = await firm.order_of(deal)
        customers = await firm.objects("acumatica/customers")
        id = next(
            c["id"] for c in customers if plain(c["CustomerID"]) == plain(order["CustomerID"])
        )
        path = f"acumatica/customers/{id}"
        await firm.human("PATCH", path, {"CustomerName": {"value": "Said in Acumatica"}})
        await firm.human(
            "PATCH", f"pipedrive/organizations/{deal['org_id']}", {"name": "Said in Pipedrive"}
        )
        await firm.rounds()
        assert plain((await firm.objects(path))["CustomerName"]) == "Said in Pipedrive"
        organization = await firm.objects(f"pipedrive/organizations/{deal['org_id']}")
        assert organization["name"] == "Said in Pipedrive"
        told = [r["reason"] for r in await firm.audit() if r["route"] == "organizations"]
        assert any("both sides changed CustomerName" in reason for reason in told)


async def test_a_contacts_new_email_replaces_the_primary_one_and_leaves_the_others() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        contact = next(
            c
            for c in await firm.objects("acumatica/contacts")
            if plain(c["Email"]) == "ann@nordic.example"
        )
        await firm.human(
            "PATCH", f"acumatica/contacts/{contact['id']}", {"Email": {"value": "lee@new.example"}}
        )
        await firm.rounds()
        person = await firm.objects(f"pipedrive/persons/{deal['person_id']}")
        assert [e["value"] for e in person["emails"]] == [
            "lee@new.example", "private-ann@nordic.example",
        ]  # fmt: skip


async def test_a_create_whose_answer_was_lost_is_not_made_again() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.deal()
        for entity in ("Customer", "SalesOrder"):
            await firm.sandbox.order(
                {"vendor": "acumatica", "operation": f"PUT */{entity}", "kind": "cut_after",
                 "times": 1}
            )  # fmt: skip
        customers = len(await firm.objects("acumatica/customers"))
        orders = len(await firm.objects("acumatica/sales_orders"))
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds(12)
        assert len(await firm.objects("acumatica/customers")) == customers + 1
        assert len(await firm.objects("acumatica/sales_orders")) == orders + 1
        assert str(deal["id"]) in await firm.links("deals")


@pytest.mark.parametrize("choice", ["all", "off"])
async def test_contacts_are_synced_for_all_or_only_made_once(choice: str) -> None:
    async with Firm() as firm:
        await firm.begin(sync_contacts=choice)
        linked = await firm.links("organizations")
        waiting = [r for r in await firm.reviews() if r["route"] == "organizations"]
        there = await firm.objects("pipedrive/organizations")
        assert len(linked) + len(waiting) == (len(there) if choice == "all" else 0)
        deal = await firm.won()
        await firm.human(
            "PATCH", f"pipedrive/organizations/{deal['org_id']}", {"name": "A new name"}
        )
        await firm.rounds()
        names = [plain(c["CustomerName"]) for c in await firm.objects("acumatica/customers")]
        assert ("A new name" in names) == (choice == "all")


async def test_a_deals_stage_releases_its_order_or_cancels_it_by_the_named_action() -> None:
    async with Firm() as firm:
        stages = [str(s["id"]) for s in await firm.objects("pipedrive/stages")]
        await firm.begin(open_stages=stages[1], cancel_stages=stages[2])
        deal = await firm.won()
        assert plain((await firm.order_of(deal))["Status"]) == "On Hold"
        path = f"pipedrive/deals/{deal['id']}"
        await firm.human("PATCH", path, {"stage_id": int(stages[1])})
        await firm.rounds()
        assert plain((await firm.order_of(deal))["Status"]) == "Open"
        await firm.human("PATCH", path, {"stage_id": int(stages[2])})
        await firm.rounds()
        assert plain((await firm.order_of(deal))["Status"]) in ("Cancelled", "Canceled")
        before = await firm.written()
        await firm.rounds()
        assert await firm.written() == before


async def test_what_a_closed_account_kept_from_being_read_goes_on_once_that_is_open_again() -> None:
    """It was met by nothing but the reading of one record, so no poll told that it is over."""
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.deal()
        await firm.clock.advance(5)
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        lapsed = {"vendor": "pipedrive", "kind": "status", "status": 402}
        await firm.sandbox.order({**lapsed, "operation": "GET /api/v2/deals*"})
        await firm.do("sync", flow=FLOW, record=f"deals:{deal['id']}")
        told = await Look(firm.res, "").status(WORKSPACE)
        [row] = [c for c in told["connections"] if c["name"] == "pipedrive"]
        assert (row["state"], "lapsed" in row["reason"]) == ("paused_until", True)
        await firm.human("DELETE", "faults")
        [pinged] = await firm.done("ping", names=["pipedrive"])
        assert pinged["ok"]
        await firm.rounds()
        assert plain((await firm.order_of(deal))["Status"]) == "On Hold"
