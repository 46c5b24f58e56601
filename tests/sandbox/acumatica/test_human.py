"""What people do at the screens, as the controls offer it."""

from __future__ import annotations

import pytest

from .bench import Bench, value, wrap


async def test_the_objects_and_actions_of_the_contract(erp: Bench) -> None:
    objects = erp.app.world.vendors["acumatica"].human.objects
    assert {"open", "cancel", "complete"} <= set(objects["sales_orders"])
    assert {"release", "pay"} <= set(objects["sales_invoices"])
    assert {
        "customers", "contacts", "invoices", "payments", "stock_items", "non_stock_items",
    } <= set(objects)  # fmt: skip


async def test_records_are_wrapped_and_whole(erp: Bench) -> None:
    for noun in erp.app.world.vendors["acumatica"].human.objects:
        for record in await erp.control("GET", f"acumatica/{noun}"):
            assert record["id"], noun
    record = (await erp.control("GET", "acumatica/customers"))[0]
    assert value(record["MainContact"]["Address"], "City")
    assert {"BAccount"} == set(record["custom"])
    order = (await erp.control("GET", "acumatica/sales_orders"))[0]
    assert order["Details"]


async def test_ids_are_guids_or_keys(erp: Bench) -> None:
    record = (await erp.control("GET", "acumatica/sales_orders"))[0]
    key = f"{value(record, 'OrderType')}/{value(record, 'OrderNbr')}"
    for written in (record["id"], key.replace("/", "%2F"), key.replace("/", "%7C")):
        assert await erp.control("GET", f"acumatica/sales_orders/{written}") == record
    assert (await erp.call("GET", "/_sandbox/acumatica/sales_orders/SO%2F0")).status == 404


async def test_a_change_is_stamped(erp: Bench) -> None:
    await erp.advance(60)
    body = wrap(MainContact=wrap(Email="new@h.example"))
    done = await erp.control("PATCH", "acumatica/customers/C000001", body)
    assert value(done, "Email") == "new@h.example"
    assert value(done, "LastModifiedDateTime") == "2026-05-04T09:01:00.000+00:00"
    assert await erp.control("GET", "acumatica/customers/C000001") == done


async def test_nonsense_is_refused_with_a_sentence(erp: Bench) -> None:
    path = "/_sandbox/acumatica/customers"
    for body in (wrap(CustomerClass="NOPE", CustomerName="x"), {"CustomerName": "bare"}, wrap(X=1)):
        reply = await erp.call("POST", path, body)
        assert reply.status == 400
        assert reply.body["error"]
    assert (await erp.call("POST", "/_sandbox/acumatica/shipments", {})).status == 400
    assert (await erp.call("POST", "/_sandbox/acumatica/push_messages", {})).status == 400
    assert (await erp.call("POST", f"{path}/C000001/dance", {})).status == 404


async def test_an_order_is_completed_billed_released_and_paid(erp: Bench) -> None:
    line = wrap(InventoryID="PRINTED-BROCHURE", OrderQty=100, UnitPrice=1)
    order = await erp.human("sales_orders", **wrap(CustomerID="C000002", Hold=True, Details=[line]))
    assert value(order, "Status") == "On Hold"
    assert value(await erp.human("sales_orders", order["id"], "open"), "Status") == "Open"
    done = await erp.human("sales_orders", order["id"], "complete")
    assert value(done, "Status") == "Completed"
    number = value(done["Shipments"][0], "InvoiceNbr")
    key = f"Invoice/{number}"
    invoice = await erp.control("GET", f"acumatica/sales_invoices/{key.replace('/', '%2F')}")
    assert value(invoice, "Status") == "On Hold"
    released = await erp.human("sales_invoices", key, "release")
    assert (value(released, "Status"), value(released, "Balance")) == ("Open", 100)
    part = await erp.human("sales_invoices", key, "pay", amount=40, date="2026-05-03")
    assert (value(part, "Status"), value(part, "Balance")) == ("Open", 60)
    paid = await erp.human("sales_invoices", key, "pay")
    assert (value(paid, "Status"), value(paid, "Balance")) == ("Closed", 0)
    payments = await erp.control("GET", "acumatica/payments")
    assert value(payments[-2], "ApplicationDate").startswith("2026-05-03")
    voided = await erp.human("payments", payments[-1]["id"], "void")
    assert value(voided, "Status") == "Voided"
    again = await erp.control("GET", f"acumatica/sales_invoices/{key.replace('/', '%2F')}")
    assert (value(again, "Status"), value(again, "Balance")) == ("Open", 60)


@pytest.mark.parametrize("amount", [0, -1, 10**9, "much"])
async def test_amounts_that_cannot_be_paid(erp: Bench, amount: object) -> None:
    document = (await erp.get("Invoice", filter="Status eq 'Open'"))[0]
    path = f"/_sandbox/acumatica/invoices/{document['id']}/pay"
    assert (await erp.call("POST", path, {"amount": amount})).status == 400


async def test_a_cancelled_order_and_one_that_cannot_be(erp: Bench) -> None:
    order = await erp.human("sales_orders", **wrap(CustomerID="C000002"))
    done = await erp.human("sales_orders", order["id"], "cancel")
    assert value(done, "Status") == "Cancelled"
    path = f"/_sandbox/acumatica/sales_orders/{order['id']}"
    assert (await erp.call("POST", f"{path}/cancel", {})).status == 400
    assert (await erp.call("POST", f"{path}/complete", {})).status == 400


async def test_a_bookkeeper_enters_a_sales_invoice_by_hand(erp: Bench) -> None:
    line = wrap(InventoryID="LOGO-DESIGN", Qty=1, UnitPrice=10)
    made = await erp.human("sales_invoices", **wrap(CustomerID="C000002", Details=[line]))
    assert value(made, "Amount") == 10
    paid = await erp.human("sales_invoices", made["id"], "pay")
    assert value(paid, "Status") == "Closed"


async def test_what_people_do_is_not_counted_as_created(erp: Bench) -> None:
    await erp.human("customers", **wrap(CustomerName="Cedar"))
    assert (await erp.control("GET", "counters"))["creates"]["acumatica"] == {}
