"""What could go wrong with two-way fields, handing over and what comes back, tried from end to
end."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector.engine.looking import Look
from tests.engine.acumatica_scene import Firm, plain
from tests.support.rehearsal import FLOW


async def customer_of(firm: Firm, deal: Any) -> str:
    """The path of the deal's customer in the sandbox."""
    number = plain((await firm.order_of(deal))["CustomerID"])
    told = await firm.objects("acumatica/customers")
    return next(f"acumatica/customers/{c['id']}" for c in told if plain(c["CustomerID"]) == number)


async def organization_of(firm: Firm, deal: Any) -> Any:
    return await firm.objects(f"pipedrive/organizations/{deal['org_id']}")


async def rename(firm: Firm, path: str, name: str) -> None:
    await firm.human("PATCH", path, {"CustomerName": {"value": name}})


async def test_a_deal_that_became_an_order_does_not_become_an_invoice_as_well() -> None:
    async with Firm() as firm:
        await firm.human("PATCH", "switches", {"acumatica.advanced_so_invoices": True})
        await firm.connect("acumatica", direct_invoices="yes")
        await firm.connect("pipedrive")
        await firm.add()
        await firm.sync()
        deal = await firm.won()
        before = len(await firm.objects("acumatica/sales_invoices"))
        await firm.add(document="invoice")
        await firm.sync()
        await firm.rounds()
        assert len(await firm.objects("acumatica/sales_invoices")) == before
        assert str(deal["id"]) not in await firm.links("deal_invoices")


async def test_a_route_that_the_settings_rule_out_is_not_worked_on_by_name() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        before = len(await firm.objects("acumatica/sales_invoices"))
        answer = await firm.do("sync", flow=FLOW, record=f"deal_invoices:{deal['id']}")
        assert answer["exit"] == 2, answer
        assert len(await firm.objects("acumatica/sales_invoices")) == before


async def test_billing_reaches_the_deal_whose_orders_answer_was_lost() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.deal()
        await firm.sandbox.order(
            {"vendor": "acumatica", "operation": "PUT */SalesOrder", "kind": "cut_after",
             "times": 1}
        )  # fmt: skip
        await firm.human("POST", f"pipedrive/deals/{deal['id']}/win", {})
        await firm.rounds(12)
        assert str(deal["id"]) in await firm.links("deals")
        assert (await firm.fields_of(deal))["Billing status"] == "Not invoiced"


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
async def test_a_back_write_without_an_answer_is_done_once(kind: str) -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        await firm.sandbox.order(
            {"vendor": "pipedrive", "operation": "PATCH /api/v2/organizations/{id}", "kind": kind,
             "times": 1}
        )  # fmt: skip
        await rename(firm, path, "Said in Acumatica")
        await firm.rounds(8)
        assert (await organization_of(firm, deal))["name"] == "Said in Acumatica"
        assert plain((await firm.objects(path))["CustomerName"]) == "Said in Acumatica"
        assert await firm.reviews() == []


async def test_a_back_write_that_needs_a_person_stops_the_side_it_was_for() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        await firm.sandbox.order(
            {"vendor": "pipedrive", "operation": "PATCH /api/v2/organizations/{id}",
             "kind": "status", "status": 401, "times": 100}
        )  # fmt: skip
        await rename(firm, path, "Said in Acumatica")
        await firm.rounds(2)
        states = {c["name"]: c["state"] for c in await Look(firm.res, "http://x").connections("w")}
        assert states["acumatica"] == "ok", (states, firm.alerts)
        second = await firm.won("Second Firm")
        assert str(second["id"]) in await firm.links("deals")


async def test_a_record_that_is_gone_where_a_field_goes_back_is_not_the_target() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        await firm.sandbox.order(
            {"vendor": "pipedrive", "operation": "PATCH /api/v2/organizations/{id}",
             "kind": "status", "status": 404, "times": 1}
        )  # fmt: skip
        await rename(firm, path, "Said in Acumatica")
        await firm.rounds(4)
        assert [r["reason"] for r in await firm.reviews()] == []
        assert (await organization_of(firm, deal))["name"] == "Said in Acumatica"


async def test_a_back_write_that_a_closed_account_refused_is_made_once_that_is_open_again() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        lapsed = {"vendor": "pipedrive", "kind": "status", "status": 402}
        await firm.sandbox.order({**lapsed, "operation": "PATCH /api/v2/organizations/{id}"})
        await rename(firm, path, "Said in Acumatica")
        await firm.rounds(1)
        await firm.human("DELETE", "faults")
        [pinged] = await firm.done("ping", names=["pipedrive"])
        assert pinged["ok"]
        await firm.rounds(2)
        assert (await organization_of(firm, deal))["name"] == "Said in Acumatica"


async def test_a_refused_back_write_is_told_in_the_vendors_words_and_writes_nothing_forth() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        await firm.sandbox.order(
            {"vendor": "pipedrive", "operation": "PATCH /api/v2/organizations/{id}",
             "kind": "status", "status": 400, "times": 1,
             "body": '{"success": false, "error": "name is odd"}'}
        )  # fmt: skip
        await rename(firm, path, "Said in Acumatica")
        await firm.rounds(3)
        reviews = await firm.reviews()
        assert ["name is odd" in r["reason"] for r in reviews] == [True], reviews
        assert plain((await firm.objects(path))["CustomerName"]) == "Said in Acumatica"
        await firm.done("resolve", id=reviews[0]["id"], choice="retry")
        await firm.rounds(2)
        assert (await organization_of(firm, deal))["name"] == "Said in Acumatica"


async def test_a_new_city_travels_back_and_leaves_the_rest_of_the_address() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        address = {"MainContact": {"Address": {"City": {"value": "Truro"}}}}
        await firm.human("PATCH", path, address)
        await firm.rounds(5)
        there = (await firm.objects(path))["MainContact"]["Address"]
        assert [plain(there[n]) for n in ("AddressLine1", "City", "PostalCode", "Country")] == [
            "1 Main St", "Truro", "B3H 1A1", "CA",
        ]  # fmt: skip
        assert "Truro" in (await organization_of(firm, deal))["address"]["value"]


async def test_there_and_back_again_and_both_alike_write_nothing() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        for name in ("One", "Two", "One"):
            await rename(firm, path, name)
            await firm.rounds(2)
            assert (await organization_of(firm, deal))["name"] == name
        await rename(firm, path, "Same")
        await firm.human("PATCH", f"pipedrive/organizations/{deal['org_id']}", {"name": "Same"})
        before = await firm.written()
        await firm.rounds(3)
        assert await firm.written() == before


async def test_an_emptied_field_is_left_as_it_is_and_the_audit_says_so() -> None:
    async with Firm() as firm:
        await firm.begin()
        await firm.won()
        contact = next(
            c
            for c in await firm.objects("acumatica/contacts")
            if plain(c["Email"]) == "ann@nordic.example"
        )
        path = f"acumatica/contacts/{contact['id']}"
        await firm.human("PATCH", path, {"Email": {"value": ""}})
        await firm.rounds(3)
        assert not plain((await firm.objects(path))["Email"])
        told = [r["reason"] for r in await firm.audit() if r["route"] == "persons"]
        assert any("empt" in reason for reason in told), told


async def test_a_plan_with_a_way_back_says_what_the_sync_does_and_writes_nothing() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        await rename(firm, path, "Said in Acumatica")
        await firm.clock.advance(330)
        before = await firm.written()
        plan = await firm.plan()
        assert await firm.written() == before
        done = await firm.sync()
        assert [plan[k] for k in ("routes", "writes", "setup_writes", "tokens")] == [
            done[k] for k in ("routes", "writes", "setup_writes", "tokens")
        ]
        assert done["writes"] == 1


async def test_what_is_owed_becomes_overdue_when_its_day_has_passed() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        order = await firm.order_of(deal)
        await firm.human("POST", f"acumatica/sales_orders/{order['id']}/open", {})
        await firm.human("POST", f"acumatica/sales_orders/{order['id']}/complete", {})
        await firm.rounds(3)
        assert (await firm.fields_of(deal))["Billing status"] == "Open"
        for invoice in await firm.objects("acumatica/sales_invoices"):
            path, due = f"acumatica/sales_invoices/{invoice['id']}", {"value": "2026-05-06"}
            await firm.human("PATCH", path, {"DueDate": due})
        await firm.rounds(2)
        assert (await firm.fields_of(deal))["Billing status"] == "Open"
        await firm.clock.advance(3 * 86_400)
        await firm.rounds(2)
        assert (await firm.fields_of(deal))["Billing status"] == "Overdue"


async def test_an_invoice_that_is_deleted_is_no_longer_owed_by_the_deal() -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        order = await firm.order_of(deal)
        await firm.human("POST", f"acumatica/sales_orders/{order['id']}/open", {})
        await firm.human("POST", f"acumatica/sales_orders/{order['id']}/complete", {})
        await firm.rounds(3)
        mine = next(
            i
            for i in await firm.objects("acumatica/sales_invoices")
            if any(plain(d["OrderNbr"]) == plain(order["OrderNbr"]) for d in i["Details"])
        )
        await firm.human("DELETE", f"acumatica/sales_invoices/{mine['id']}")
        await firm.clock.advance(86_500)
        await firm.rounds(4)
        assert (await firm.fields_of(deal))["Billing status"] == "Not invoiced"
