"""Checklist 5: forms of values, expand, select, custom fields, pages, and single reads."""

from __future__ import annotations

import pytest

from .bench import NO_ENTITY, Bench, value, wrap


async def test_a_record_wraps_general_fields_and_leaves_the_others_bare(erp: Bench) -> None:
    record = (await erp.get("Customer", top=1))[0]
    assert isinstance(record["id"], str)
    assert record["rowNumber"] == 1
    assert record["note"] == {"value": ""}
    assert record["custom"] == {}
    assert record["CustomerName"] == {"value": "Häberle & Söhne GmbH"}
    assert record["AccountRef"] == {}
    assert record["NoteID"] == {"value": record["id"]}
    here, row = "/acumatica/entity/Default/24.200.001", record["id"]
    assert record["_links"] == {
        "self": f"{here}/Customer/{row}",
        "files:put": f"{here}/files/PX.Objects.AR.CustomerMaint/BAccount/{row}/{{filename}}",
    }
    assert "MainContact" not in record
    assert "files" not in record


@pytest.mark.parametrize(("form", "shown"), [("null", {"value": None}), ("text", {"value": ""})])
async def test_an_empty_field_has_three_forms(
    erp: Bench, form: str, shown: dict[str, object]
) -> None:
    await erp.switch(empty_field=form)
    assert (await erp.get("Customer", top=1))[0]["AccountRef"] == shown


async def test_lists_are_bare_arrays_without_a_default_page(erp: Bench) -> None:
    everything = await erp.get("Invoice", select="ReferenceNbr")
    assert len(everything) == len(await erp.control("GET", "acumatica/invoices"))
    assert [record["rowNumber"] for record in everything] == [*range(1, len(everything) + 1)]
    assert await erp.get("Invoice", filter="ReferenceNbr eq 'none'") == []


async def test_pages_by_top_and_skip(erp: Bench) -> None:
    every = await erp.keys("Invoice", "ReferenceNbr", select="ReferenceNbr")
    paged: list[str] = []
    while page := await erp.keys("Invoice", "ReferenceNbr", top=7, skip=len(paged)):
        paged += page
    assert paged == every
    assert await erp.get("Invoice", top=0) == []
    for wrong in ({"top": "-1"}, {"top": "many"}, {"skip": "1.5"}):
        assert (await erp.refused("GET", "Invoice", **wrong)).status == 500


async def test_lists_may_be_shuffled(erp: Bench) -> None:
    plain = await erp.keys("Invoice", "ReferenceNbr")
    await erp.switch(shuffle_lists=True)
    first, second = [await erp.keys("Invoice", "ReferenceNbr") for _ in range(2)]
    assert first != second
    assert sorted(first) == sorted(second) == sorted(plain)


async def test_orderby_is_not_to_be_relied_on(erp: Bench) -> None:
    plain = await erp.keys("Customer", "CustomerName")
    assert await erp.keys("Customer", "CustomerName", orderby="CustomerName desc") == plain
    await erp.switch(orderby="honour")
    names = await erp.keys("Customer", "CustomerName", orderby="CustomerName desc")
    assert names == sorted(plain, key=str.casefold, reverse=True)
    await erp.switch(orderby="refuse", count="refuse")
    assert (await erp.refused("GET", "Customer", orderby="CustomerName")).status == 500
    assert (await erp.refused("GET", "Customer", count="true")).status == 500


async def test_expand_lists_each_level(erp: Bench) -> None:
    one = (await erp.get("Customer", top=1, expand="MainContact"))[0]
    assert value(one["MainContact"], "Email") == "rechnung@haeberle.example"
    assert "Address" not in one["MainContact"]
    two = (await erp.get("Customer", top=1, expand="MainContact,MainContact/Address"))[0]
    assert value(two["MainContact"]["Address"], "City")
    deeper = (await erp.get("Customer", top=1, expand="MainContact/Address"))[0]
    assert "MainContact" not in deeper
    assert {"id", "rowNumber"} <= set(two["MainContact"])


async def test_details_come_with_expand_only(erp: Bench) -> None:
    plain = (await erp.get("SalesOrder", top=1))[0]
    assert "Details" not in plain
    lines = (await erp.get("SalesOrder", top=1, expand="Details"))[0]["Details"]
    assert [line["rowNumber"] for line in lines] == [*range(1, len(lines) + 1)]
    assert value(lines[0], "LineNbr") == 1


async def test_select_at_the_top_and_below(erp: Bench) -> None:
    query = {"select": "OrderNbr,Details/InventoryID", "expand": "Details", "top": 1}
    record = (await erp.get("SalesOrder", **query))[0]
    always = {"id", "rowNumber", "note", "custom"}
    assert set(record) == {*always, "_links", "OrderNbr", "Details"}
    assert set(record["Details"][0]) == {*always, "InventoryID"}
    bare = (await erp.get("SalesOrder", select="OrderNbr,Details/InventoryID", top=1))[0]
    assert "Details" not in bare


@pytest.mark.parametrize(
    "query",
    [
        {"select": "Nope"},
        {"select": "Details/Nope"},
        {"expand": "Nope"},
        {"expand": "OrderNbr"},
        {"custom": "Document.Nope"},
    ],
)
async def test_names_that_there_are_not(erp: Bench, query: dict[str, str]) -> None:
    reply = await erp.refused("GET", "SalesOrder", **query)
    assert (reply.status, reply.body["message"]) == (500, "An error has occurred.")


async def test_custom_fields_only_where_asked_for(erp: Bench) -> None:
    body = wrap(CustomerID="C000002", custom={"Document": {"AttributeDEALID": {"value": "4711"}}})
    made = await erp.put("SalesOrder", body, custom="Document.AttributeDEALID,Document.UsrScore")
    assert made["custom"] == {
        "Document": {
            "AttributeDEALID": {"type": "CustomStringField", "value": "4711"},
            "UsrScore": {"type": "CustomDecimalField", "value": None},
        }
    }
    found = await erp.get("SalesOrder", filter="cf.String(f='Document.AttributeDEALID') eq '4711'")
    assert [record["id"] for record in found] == [made["id"]]
    assert found[0]["custom"] == {}
    schema = await erp.get("SalesOrder/$adHocSchema")
    assert schema["custom"]["Document"]["UsrPromisedOn"] == {"type": "CustomDateTimeField"}
    assert "PutOnHold" in schema["_actions"]


async def test_by_key_by_bars_and_by_id(erp: Bench) -> None:
    record = (await erp.get("SalesOrder", top=1, filter="OrderType eq 'SO'"))[0]
    number = value(record, "OrderNbr")
    for path in (f"SO/{number}", f"so/{number}", f"SO%7C{number}", record["id"]):
        assert (await erp.get(f"SalesOrder/{path}"))["id"] == record["id"]
    assert value(await erp.get("Customer/c000001"), "CustomerID") == "C000001"


async def test_a_key_with_a_slash_is_read_by_id(erp: Bench) -> None:
    reply = await erp.refused("GET", "StockItem/PAPER%20A4%2F80")
    assert reply.body["exceptionType"] == NO_ENTITY
    item = (await erp.get("StockItem", filter="InventoryID eq 'PAPER A4/80'"))[0]
    assert value(await erp.get(f"StockItem/{item['id']}"), "InventoryID") == "PAPER A4/80"


async def test_a_miss_is_500_with_its_own_exception(erp: Bench) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for path in ("Customer/NOPE", "SalesOrder/SO", "SalesOrder/SO/1/2", f"Customer/{nobody}"):
        reply = await erp.refused("GET", path)
        assert reply.status == 500
        assert reply.body["exceptionMessage"] == "No entity satisfies the condition."
        assert reply.body["exceptionType"] == NO_ENTITY
    await erp.switch(missing_record_status=404)
    assert (await erp.refused("GET", "Customer/NOPE")).status == 404


async def test_a_list_that_cannot_be_read_in_one_query(erp: Bench) -> None:
    for query in ({"expand": "CreditVerificationRules"}, {"expand": "Attributes"}):
        reply = await erp.refused("GET", "Customer", **query)
        assert reply.status == 500
        assert reply.body["exceptionType"].endswith("CannotOptimizeException")
        assert reply.body["exceptionMessage"].startswith("Optimization cannot be performed")
        assert next(iter(query.values())) in reply.body["exceptionMessage"]
        assert await erp.get("Customer/C000001", **query)
    await erp.switch(not_optimizable="MainContact")
    assert (await erp.refused("GET", "Customer", expand="MainContact")).status == 500
    assert await erp.get("Customer", expand="Attributes", top=1)


async def test_stock_and_non_stock_items_name_their_units_differently(erp: Bench) -> None:
    stock = await erp.get("StockItem/PRINTED-BROCHURE", expand="WarehouseDetails")
    other = await erp.get("NonStockItem/CONSULTING-HOUR")
    assert value(stock, "BaseUOM") == "EACH"
    assert value(other, "BaseUnit") == "HOUR"
    assert "BaseUnit" not in stock
    assert [value(house, "WarehouseID") for house in stock["WarehouseDetails"]]
    assert (await erp.refused("GET", "StockItem/CONSULTING-HOUR")).status == 500


async def test_the_two_forms_of_an_invoice(erp: Bench) -> None:
    sales = await erp.keys("SalesInvoice", "ReferenceNbr")
    plain = await erp.keys("Invoice", "ReferenceNbr")
    assert set(sales) < set(plain)
    number = sales[0]
    one = await erp.get(f"SalesInvoice/Invoice/{number}", expand="Details")
    two = await erp.get(f"Invoice/Invoice/{number}", expand="Details")
    assert one["id"] == two["id"]
    assert one["CustomerID"] == two["Customer"]
    assert value(one["Details"][0], "OrderNbr")
    assert "OrderNbr" not in two["Details"][0]
    assert two["Details"][0]["TransactionDescription"] == one["Details"][0]["TransactionDescr"]
    only = next(iter(set(plain) - set(sales)))
    assert (await erp.refused("GET", f"SalesInvoice/Invoice/{only}")).status == 500


async def test_set_up_data_and_a_business_account_can_be_read(erp: Bench) -> None:
    for entity in ("Account", "Ledger", "TaxZone", "TaxCategory", "PaymentMethod", "ItemClass"):
        assert await erp.get(entity), entity
    assert await erp.get("JournalTransaction", expand="Details")
    account = await erp.get("BusinessAccount/C000001", expand="MainAddress,Contacts")
    assert value(account, "Name") == "Häberle & Söhne GmbH"
    assert value(account["MainAddress"], "City")
    body = wrap(BusinessAccountID="C000001", Name="Other")
    assert (await erp.refused("PUT", "BusinessAccount", body)).status == 403


async def test_methods_that_are_not_there(erp: Bench) -> None:
    assert (await erp.refused("POST", "Customer", {})).status == 406
    assert (await erp.refused("DELETE", "Customer")).status == 405
    assert (await erp.refused("PATCH", "Customer/C000001", {})).status == 405
    assert (await erp.refused("POST", "Customer/Nope", {})).status == 404
