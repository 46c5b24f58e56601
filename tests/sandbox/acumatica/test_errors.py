"""Checklist 7: what a body may not be, and the echo of what went wrong."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench, wrap

LINE = wrap(InventoryID="PRINTED-BROCHURE", OrderQty=1)


@pytest.mark.parametrize(
    "body",
    [
        {"CustomerID": "C000002"},
        {"CustomerID": {"value": 5}},
        {"CustomerID": {"Value": "C000002"}},
        {"CustomerID": {"value": "C000002", "kind": "x"}},
        {"Nope": {"value": "x"}},
        {"Hold": {"value": "true"}},
        {"Date": {"value": "soon"}},
        {"OrderTotal": {"value": "1.5"}},
        {"Details": wrap(InventoryID="x")},
        {"Details": ["x"]},
        {"Details": [wrap(OrderQty="3")]},
        {"Details": [wrap(LineNbr=1.5)]},
        {"Details": [LINE | {"delete": {"value": True}}]},
        {"delete": True},
        {"id": {"value": "x"}},
        {"id": "x"},
        {"note": "x"},
        {"note": {"value": 5}},
        {"custom": {"Document": "x"}},
        {"custom": {"Document": {"Nope": {"value": "x"}}}},
        {"custom": {"Document": {"UsrScore": {"value": "x"}}}},
        {"custom": {"Document": {"UsrScore": {"type": "CustomStringField", "value": "x"}}}},
        {"ShipToContact": "x"},
        {"orderType": {"value": "SO"}},
    ],
)
async def test_bodies_that_do_not_fit_the_contract(erp: Bench, body: dict[str, Any]) -> None:
    reply = await erp.refused("PUT", "SalesOrder", wrap(CustomerID="C000002") | body)
    assert reply.status == 400
    assert reply.body["message"] == "The request is invalid."
    assert reply.body["modelState"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"'])
async def test_bodies_that_are_no_entity(erp: Bench, body: bytes) -> None:
    assert (await erp.refused("PUT", "SalesOrder", body)).status == 400


async def test_unknown_fields_may_be_ignored(erp: Bench) -> None:
    await erp.switch(unknown_fields="ignore")
    body = wrap(CustomerID="C000002", Nope="x", custom={"Document": {"Nope": {"value": "x"}}})
    assert "Nope" not in await erp.put("SalesOrder", body)


async def test_an_echo_with_errors_on_every_level(erp: Bench) -> None:
    body = wrap(
        OrderType="SO",
        CustomerID="NOPE",
        ShipToAddressOverride=True,
        ShipToAddress=wrap(Country="Norway"),
        Details=[LINE, wrap(InventoryID="X9", OrderQty=-1)],
    )
    reply = await erp.refused("PUT", "SalesOrder", body)
    echo = reply.body
    assert reply.status == 422
    assert echo["error"].startswith("Inserting 'Sales Order' record raised at least one error.")
    assert echo["OrderNbr"] == {"value": "<NEW>"}
    assert echo["CustomerID"] == {
        "value": "NOPE",
        "error": "'Customer' cannot be found in the system.",
    }
    assert "error" not in echo["Details"][0]["InventoryID"]
    assert echo["Details"][1]["InventoryID"]["error"] == "Inventory ID cannot be found."
    assert echo["Details"][1]["OrderQty"]["error"]
    assert echo["ShipToAddress"]["Country"]["error"]
    assert await erp.get("SalesOrder", filter="CustomerID eq 'NOPE'") == []


async def test_a_refused_write_changes_nothing_and_takes_no_number(erp: Bench) -> None:
    first = await erp.new_order()
    await erp.refused(
        "PUT", "SalesOrder", wrap(CustomerID="C000002", Details=[wrap(InventoryID="X")])
    )
    second = await erp.new_order()
    numbers = [int(record["OrderNbr"]["value"]) for record in (first, second)]
    assert numbers[1] == numbers[0] + 1
    body = {"id": first["id"]} | wrap(Description="new", CustomerID="NOPE")
    reply = await erp.refused("PUT", "SalesOrder", body)
    assert reply.body["error"].startswith("Updating 'Sales Order' record")
    assert (await erp.get(f"SalesOrder/{first['id']}"))["Description"] == {}


@pytest.mark.parametrize(
    ("entity", "body", "field"),
    [
        ("SalesOrder", {}, "CustomerID"),
        ("SalesOrder", {"OrderType": "ZZ"}, "OrderType"),
        ("SalesOrder", {"CurrencyID": "XXX"}, "CurrencyID"),
        ("SalesOrder", {"CustomerID": "C000001", "CurrencyID": "EUR"}, "CurrencyID"),
        ("SalesOrder", {"CustomerID": "C000012"}, "CustomerID"),
        ("Customer", {}, "CustomerName"),
        ("Customer", {"CustomerName": "x", "Status": "Sleeping"}, "Status"),
        ("Customer", {"CustomerName": "x", "CustomerClass": "NOPE"}, "CustomerClass"),
        ("Customer", {"CustomerName": "x", "CurrencyID": "XXX"}, "CurrencyID"),
        ("Customer", {"CustomerName": "x", "Terms": "NET"}, "Terms"),
        ("Contact", {"FirstName": "x"}, "LastName"),
        ("Contact", {"LastName": "x", "BusinessAccount": "NOPE"}, "BusinessAccount"),
        ("Contact", {"LastName": "x", "Email": "no mail"}, "Email"),
        ("Invoice", {}, "Customer"),
        ("Invoice", {"Customer": "NOPE"}, "Customer"),
        ("Payment", {"CustomerID": "C000001", "PaymentMethod": "CARD"}, "PaymentMethod"),
        ("Payment", {"CustomerID": "C000001", "CashAccount": "99999"}, "CashAccount"),
        ("Payment", {"CustomerID": "C000001", "Type": "Gift"}, "Type"),
        ("StockItem", {"Description": "x"}, "InventoryID"),
        ("StockItem", {"InventoryID": "X", "ItemStatus": "Old"}, "ItemStatus"),
        ("StockItem", {"InventoryID": "X", "BaseUOM": "BARREL"}, "BaseUOM"),
        ("NonStockItem", {"InventoryID": "X", "ItemType": "Thing"}, "ItemType"),
        ("Account", {"AccountCD": "60000", "Type": "Odd"}, "Type"),
    ],
)
async def test_field_errors(erp: Bench, entity: str, body: dict[str, str], field: str) -> None:
    reply = await erp.refused("PUT", entity, wrap(**body))
    assert reply.status == 422
    assert reply.body[field]["error"]


async def test_an_inactive_item_and_a_wrong_warehouse(erp: Bench) -> None:
    lines = [
        wrap(InventoryID="FAX-SUPPORT", OrderQty=1),
        LINE | wrap(WarehouseID="NOWHERE"),
        LINE | wrap(UOM="BARREL"),
        {"OrderQty": {"value": 1}},
    ]
    reply = await erp.refused("PUT", "SalesOrder", wrap(CustomerID="C000002", Details=lines))
    fields = ("InventoryID", "WarehouseID", "UOM", "InventoryID")
    for line, field in zip(reply.body["Details"], fields, strict=True):
        assert line[field]["error"]


async def test_computed_fields_are_refused_or_ignored(erp: Bench) -> None:
    made = await erp.new_order()
    for given in ({"Status": "Completed"}, {"OrderTotal": 5}, {"LastModified": "2020-01-01"}):
        reply = await erp.refused("PUT", "SalesOrder", {"id": made["id"]} | wrap(**given))
        assert reply.status == 422
        assert "read-only" in reply.body[next(iter(given))]["error"]
    same = {"id": made["id"]} | wrap(
        Status="Open", OrderTotal=20, OrderNbr=made["OrderNbr"]["value"]
    )
    assert await erp.put("SalesOrder", same)
    await erp.switch(read_only_fields="ignore")
    ignored = await erp.put("SalesOrder", {"id": made["id"]} | wrap(Status="Completed"))
    assert ignored["Status"] == {"value": "Open"}


async def test_a_second_order_of_one_reference_depends_on_the_order_type(erp: Bench) -> None:
    await erp.new_order(ExternalRef="pd-1")
    await erp.new_order(ExternalRef="pd-1")
    await erp.switch(external_ref_unique=True)
    body = wrap(CustomerID="C000002", ExternalRef="pd-1")
    reply = await erp.refused("PUT", "SalesOrder", body)
    assert reply.body["ExternalRef"]["error"]


async def test_a_sales_invoice_without_an_order_needs_its_feature(erp: Bench) -> None:
    line = wrap(InventoryID="LOGO-DESIGN", Qty=1)
    body = wrap(CustomerID="C000002", Details=[line])
    assert (await erp.refused("PUT", "SalesInvoice", body)).status == 403
    await erp.switch(advanced_so_invoices=True)
    made = await erp.put("SalesInvoice", body, select="ReferenceNbr,Status,Amount,Balance")
    assert made["Status"] == {"value": "On Hold"}
    assert made["Amount"] == made["Balance"]


async def test_a_refused_write_leaves_lines_and_linked_records_alone(erp: Bench) -> None:
    made = await erp.new_order()
    before = await erp.get(f"SalesOrder/{made['id']}", expand="Details,ShipToAddress")
    line = {"id": before["Details"][0]["id"]} | wrap(OrderQty=77)
    body = {"id": made["id"], "Details": [line, wrap(InventoryID="X")]}
    body |= wrap(ShipToAddress=wrap(City="Elsewhere"))
    assert (await erp.refused("PUT", "SalesOrder", body)).status == 422
    assert await erp.get(f"SalesOrder/{made['id']}", expand="Details,ShipToAddress") == before
