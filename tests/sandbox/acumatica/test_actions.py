"""Checklist 8: actions, long operations, locks, and the way from an order to a paid invoice."""

from __future__ import annotations

import pytest

from .bench import Bench, value, wrap


def key_of(record: dict[str, dict[str, str]]) -> dict[str, str]:
    return {"OrderType": value(record, "OrderType"), "OrderNbr": value(record, "OrderNbr")}


async def status(erp: Bench, path: str) -> str:
    return str(value(await erp.get(path, select="Status"), "Status"))


async def test_hold_and_named_actions_move_an_order(erp: Bench) -> None:
    made = await erp.new_order(Hold=True)
    path = f"SalesOrder/{made['id']}"
    assert value(made, "Status") == "On Hold"
    for action, expected in (
        ("OpenSalesOrder", "Open"),
        ("PutOnHold", "On Hold"),
        ("ReleaseFromHold", "Open"),
        ("CancelSalesOrder", "Cancelled"),
        ("ReopenSalesOrder", "Open"),
    ):
        assert (await erp.act("SalesOrder", action, **key_of(made))).status == 204, action
        assert await status(erp, path) == expected
    await erp.put("SalesOrder", {"id": made["id"]} | wrap(Hold=True))
    assert await status(erp, path) == "On Hold"
    await erp.put("SalesOrder", {"id": made["id"]} | wrap(Hold=False))
    assert await status(erp, path) == "Open"


async def test_new_orders_may_be_on_hold_by_default(erp: Bench) -> None:
    assert value(await erp.new_order(), "Status") == "Open"
    await erp.switch(orders_on_hold=True)
    assert value(await erp.new_order(), "Status") == "On Hold"


async def test_a_button_that_cannot_be_pressed(erp: Bench) -> None:
    made = await erp.new_order()
    reply = await erp.act("SalesOrder", "OpenSalesOrder", **key_of(made))
    assert reply.status == 500
    assert reply.body["exceptionType"].endswith("PXActionDisabledException")
    reply = await erp.act("SalesOrder", "PrepareSalesInvoice", **key_of(made))
    assert reply.status == 500  # an order that is shipped is billed by its shipment


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("SalesOrder/Dance", {"entity": {}}, 404),
        ("SalesOrder/OpenSalesOrder", {"entity": {}}, 500),
        ("SalesOrder/OpenSalesOrder", {"entity": wrap(OrderType="SO", OrderNbr="no")}, 500),
        ("SalesOrder/OpenSalesOrder", {}, 400),
        ("SalesOrder/OpenSalesOrder", {"entity": {}, "more": 1}, 400),
        ("SalesOrder/OpenSalesOrder", wrap(OrderType="SO"), 400),
    ],
)
async def test_calls_that_do_not_fit(
    erp: Bench, path: str, body: dict[str, object], status: int
) -> None:
    assert (await erp.refused("POST", path, body)).status == status


async def test_a_long_operation_is_polled_until_it_has_ended(erp: Bench) -> None:
    made = await erp.new_order()
    started = await erp.act("SalesOrder", "SalesOrderCreateShipment", **key_of(made))
    assert (started.status, started.content) == (202, b"")
    location = started.headers["location"]
    assert location.startswith(
        "/acumatica/entity/Default/24.200.001/SalesOrder/SalesOrderCreateShipment/status/"
    )
    assert [(await erp.poll(started)).status for _ in range(4)] == [202, 202, 204, 204]
    order = await erp.get(f"SalesOrder/{made['id']}", expand="Shipments")
    assert value(order, "Status") == "Shipping"
    assert value(order["Shipments"][0], "ShipmentNbr")
    gone = {"authorization": f"Bearer {erp.token}"}
    missing = f"{location[:-36]}00000000-0000-0000-0000-000000000000"
    assert (await erp.call("GET", missing, headers=gone)).status == 404


async def test_the_form_is_locked_for_the_session_meanwhile(erp: Bench) -> None:
    made = await erp.new_order()
    started = await erp.act("SalesOrder", "SalesOrderCreateShipment", **key_of(made))
    reply = await erp.refused("GET", f"SalesOrder/{made['id']}")
    assert reply.body["exceptionMessage"] == "The previous operation has not been completed yet."
    assert await erp.get("Customer", top=1)
    mine, erp.token = erp.token, (await erp.password()).body["access_token"]
    assert await status(erp, f"SalesOrder/{made['id']}") == "Open"
    erp.token = mine
    for _ in range(3):
        await erp.poll(started)
    assert await status(erp, f"SalesOrder/{made['id']}") == "Shipping"


async def test_an_operation_that_nobody_asks_about_ends_by_the_clock(erp: Bench) -> None:
    made = await erp.new_order()
    await erp.act("SalesOrder", "SalesOrderCreateShipment", **key_of(made))
    await erp.advance(31)
    assert await status(erp, f"SalesOrder/{made['id']}") == "Shipping"


async def test_at_once_and_failing_variants(erp: Bench) -> None:
    await erp.switch(actions_at_once=True)
    made = await erp.new_order()
    done = await erp.act("SalesOrder", "SalesOrderCreateShipment", **key_of(made))
    assert (done.status, "location" in done.headers) == (204, False)
    await erp.switch(actions_at_once=False, action_error="The printer is on fire.", action_polls=0)
    made = await erp.new_order()
    started = await erp.act("SalesOrder", "SalesOrderCreateShipment", **key_of(made))
    failed = await erp.poll(started)
    assert (failed.status, failed.body["exceptionMessage"]) == (500, "The printer is on fire.")
    assert (await erp.poll(started)).status == 500
    assert await status(erp, f"SalesOrder/{made['id']}") == "Open"
    await erp.switch(action_error_status=422)
    started = await erp.act("SalesOrder", "SalesOrderCreateShipment", **key_of(made))
    assert (await erp.poll(started)).status == 422


async def test_parameters_are_wrapped_and_typed(erp: Bench) -> None:
    made = await erp.new_order()
    entity = {"entity": wrap(**key_of(made))}
    path = "SalesOrder/SalesOrderCreateShipment"
    for wrong in ({"WarehouseID": "RETAIL"}, wrap(Nope="x"), wrap(ShipmentDate="soon"), "x"):
        assert (await erp.refused("POST", path, entity | {"parameters": wrong})).status == 400
    await erp.switch(actions_at_once=True)
    nowhere = entity | {"parameters": wrap(WarehouseID="NOWHERE")}
    assert (await erp.refused("POST", path, nowhere)).status == 500
    good = entity | {"parameters": wrap(WarehouseID="retail", ShipmentDate="2026-05-02")}
    assert (await erp.send("POST", path, good)).status == 204
    shipment = (await erp.get("Shipment", filter="WarehouseID eq 'RETAIL'"))[0]
    assert value(shipment, "ShipmentDate") == "2026-05-02T00:00:00-07:00"


async def test_order_to_cash(erp: Bench) -> None:
    made = await erp.new_order(ExternalRef="pd-deal-1", CustomerOrder="PO-7")
    path = f"SalesOrder/{made['id']}"
    await erp.done("SalesOrder", "SalesOrderCreateShipment", **key_of(made))
    number = value((await erp.get(path, expand="Shipments"))["Shipments"][0], "ShipmentNbr")
    await erp.done("Shipment", "ConfirmShipment", ShipmentNbr=number)
    assert await status(erp, path) == "Completed"
    await erp.done("Shipment", "PrepareInvoice", ShipmentNbr=number)
    shipment = await erp.get(f"Shipment/{number}", expand="Orders")
    invoice = value(shipment["Orders"][0], "InvoiceNbr")
    assert value((await erp.get(path, expand="Shipments"))["Shipments"][0], "InvoiceNbr") == invoice
    bill = f"SalesInvoice/Invoice/{invoice}"
    found = await erp.get(bill, expand="Details")
    assert value(found, "Status") == "On Hold"
    assert value(found, "Balance") == value(made, "OrderTotal") == 20
    assert value(found["Details"][0], "OrderNbr") == value(made, "OrderNbr")
    assert value(found, "CustomerOrder") == "PO-7"
    await erp.put("SalesInvoice", wrap(Type="Invoice", ReferenceNbr=invoice, Hold=False))
    assert await status(erp, bill) == "Balanced"
    await erp.done("SalesInvoice", "ReleaseSalesInvoice", Type="Invoice", ReferenceNbr=invoice)
    assert await status(erp, bill) == "Open"
    line = wrap(DocType="Invoice", ReferenceNbr=invoice, AmountPaid=15)
    body = wrap(CustomerID="C000002", PaymentAmount=18, DocumentsToApply=[line])
    paid = await erp.put("Payment", body, select="Type,ReferenceNbr,Status")
    assert value(paid, "Status") == "Balanced"
    assert value(await erp.get(bill), "Balance") == 20
    keys = {"Type": "Payment", "ReferenceNbr": value(paid, "ReferenceNbr")}
    await erp.done("Payment", "ReleasePayment", **keys)
    payment = await erp.get(f"Payment/{paid['id']}", expand="ApplicationHistory")
    assert value(payment, "Status") == "Open"
    assert value(payment, "AvailableBalance") == 3
    assert value(payment, "AppliedToDocuments") == 15
    assert value(payment["ApplicationHistory"][0], "DisplayRefNbr") == invoice
    left = await erp.get(bill, expand="ApplicationsInvoice")
    assert (value(left, "Balance"), value(left, "PaymentTotal")) == (5, 15)
    assert value(left["ApplicationsInvoice"][0], "AdjustingDocReferenceNbr") == keys["ReferenceNbr"]
    await erp.done("Payment", "VoidPayment", **keys)
    assert value(await erp.get(bill), "Balance") == 20
    assert await status(erp, f"Payment/{paid['id']}") == "Voided"


async def test_an_order_without_shipping_is_billed_at_once(erp: Bench) -> None:
    line = wrap(InventoryID="LOGO-DESIGN", OrderQty=2, DiscountPercent=10)
    body = wrap(OrderType="IN", CustomerID="C000001", Details=[line])
    made = await erp.put("SalesOrder", body, select="OrderType,OrderNbr,OrderTotal,TaxTotal")
    assert value(made, "TaxTotal") == 95.04  # 1152.00 at 8.25 %
    assert value(made, "OrderTotal") == 1247.04
    await erp.done("SalesOrder", "PrepareSalesInvoice", **key_of(made))
    order = await erp.get(f"SalesOrder/{made['id']}", expand="Shipments")
    assert value(order, "Status") == "Completed"
    number = value(order["Shipments"][0], "InvoiceNbr")
    assert value(await erp.get(f"SalesInvoice/Invoice/{number}"), "Amount") == 1247.04
    reply = await erp.refused("PUT", "SalesOrder", {"id": made["id"]} | wrap(Hold=True))
    assert reply.body["Hold"]["error"]
    assert await erp.put("SalesOrder", {"id": made["id"]} | wrap(Description="late"))


async def test_a_plain_invoice_and_a_memo(erp: Bench) -> None:
    line = wrap(TransactionDescription="Work", Qty=2, UnitPrice=50)
    body = wrap(Customer="C000002", Hold=False, Details=[line, wrap(ExtendedPrice=7)])
    made = await erp.put("Invoice", body, select="Type,ReferenceNbr,Status,Amount,DueDate,Date")
    assert (value(made, "Status"), value(made, "Amount")) == ("Balanced", 107)
    keys = {"Type": "Invoice", "ReferenceNbr": value(made, "ReferenceNbr")}
    await erp.done("Invoice", "ReleaseInvoice", **keys)
    assert await status(erp, f"Invoice/{made['id']}") == "Open"
    assert (await erp.refused("DELETE", f"Invoice/{made['id']}")).status == 500
    assert (await erp.refused("GET", f"SalesInvoice/{made['id']}")).status == 500
    memo = await erp.put("Invoice", body | wrap(Type="credit memo"), select="Type,ReferenceNbr")
    assert value(memo, "Type") == "Credit Memo"
    assert value(memo, "ReferenceNbr").startswith("CM")


async def test_a_payment_cannot_take_more_than_there_is(erp: Bench) -> None:
    document = (await erp.get("Invoice", filter="Status eq 'Open' and Balance gt 1M"))[0]
    much = value(document, "Balance") + 1
    for amount, paid in ((much, much), (1, 2)):
        line = wrap(ReferenceNbr=value(document, "ReferenceNbr"), AmountPaid=paid)
        body = wrap(
            CustomerID=value(document, "Customer"), PaymentAmount=amount, DocumentsToApply=[line]
        )
        assert (await erp.refused("PUT", "Payment", body)).status == 422
    other = "C000001" if value(document, "Customer") != "C000001" else "C000002"
    body = wrap(CustomerID=other, PaymentAmount=1, DocumentsToApply=[line])
    assert (await erp.refused("PUT", "Payment", body)).status == 422


async def test_a_payment_for_an_order_shows_on_it(erp: Bench) -> None:
    made = await erp.new_order()
    line = wrap(**key_of(made), AppliedToOrder=5)
    body = wrap(CustomerID="C000002", PaymentAmount=5, Type="Prepayment", OrdersToApply=[line])
    await erp.put("Payment", body)
    order = await erp.get(f"SalesOrder/{made['id']}", expand="Payments")
    assert value(order["Payments"][0], "AppliedToOrder") == 5


async def test_a_customer_on_credit_hold_holds_its_orders(erp: Bench) -> None:
    await erp.put("Customer", wrap(CustomerID="C000002", Status="Credit Hold"))
    made = await erp.new_order()
    assert value(made, "Status") == "Credit Hold"
    action = "ReleaseFromCreditHoldSalesOrder"
    assert (await erp.act("SalesOrder", action, **key_of(made))).status == 204
    assert await status(erp, f"SalesOrder/{made['id']}") == "Open"


async def test_a_contact_is_made_from_a_customer(erp: Bench) -> None:
    body = {
        "entity": wrap(CustomerID="C000001"),
        "parameters": wrap(FirstName="Ana", LastName="Gruber", Email="ana@h.example"),
    }
    assert (await erp.send("POST", "Customer/CreateContactFromCustomer", body)).status == 204
    found = await erp.get("Contact", filter="Email eq 'ana@h.example'")
    assert value(found[0], "BusinessAccount") == "C000001"


async def test_a_journal_is_balanced_and_released(erp: Bench) -> None:
    lines = [wrap(Account="10200", DebitAmount=5), wrap(Account="40000", CreditAmount=4)]
    assert (await erp.refused("PUT", "JournalTransaction", wrap(Details=lines))).status == 422
    lines[1] = wrap(Account="40000", CreditAmount=5)
    made = await erp.put("JournalTransaction", wrap(Details=lines), select="Module,BatchNbr,Status")
    keys = {"Module": "GL", "BatchNbr": value(made, "BatchNbr")}
    await erp.done("JournalTransaction", "ReleaseJournalTransaction", **keys)
    assert await status(erp, f"JournalTransaction/{made['id']}") == "Posted"


async def test_several_currencies(erp: Bench) -> None:
    yen = next(r for r in await erp.get("Customer") if value(r, "CurrencyID") == "JPY")
    line = wrap(InventoryID="LOGO-DESIGN", OrderQty=1)
    body = wrap(CustomerID=value(yen, "CustomerID"), Details=[line])
    made = await erp.put("SalesOrder", body, select="CurrencyID,OrderTotal,CurrencyRate")
    assert (value(made, "CurrencyID"), value(made, "OrderTotal")) == ("JPY", 95360)
    other = await erp.put("SalesOrder", body | wrap(CurrencyID="USD"), select="OrderTotal")
    assert value(other, "OrderTotal") == 640  # this customer may be billed in another currency
