"""Checklist 6: PUT as an upsert, preconditions, lines, PATCH, keys, and what an answer holds."""

from __future__ import annotations

import pytest

from .bench import NO_ENTITY, Bench, value, wrap

HERE = {"If-None-Match": "*"}
ONLY = {"If-Match": "*"}


async def orders(erp: Bench) -> int:
    return len(await erp.get("SalesOrder", select="OrderNbr"))


async def test_put_without_a_key_inserts_under_the_next_number(erp: Bench) -> None:
    first, second = await erp.new_order(), await erp.new_order()
    numbers = [int(value(record, "OrderNbr")) for record in (first, second)]
    assert numbers[1] == numbers[0] + 1
    assert value(first, "OrderType") == "SO"
    counted = (await erp.control("GET", "counters"))["creates"]["acumatica"]
    assert counted == {"sales_orders": 2}


async def test_put_finds_by_key_by_id_and_by_filter(erp: Bench) -> None:
    made = await erp.new_order(ExternalRef="pd-1")
    count = await orders(erp)
    key = wrap(OrderType="SO", OrderNbr=value(made, "OrderNbr"))
    by_key = await erp.put("SalesOrder", key | wrap(Description="one"))
    by_id = await erp.put("SalesOrder", {"id": made["id"]} | wrap(Description="two"))
    text = "ExternalRef eq 'pd-1'"
    by_filter = await erp.put("SalesOrder", wrap(Description="three"), filter=text)
    assert {by_key["id"], by_id["id"], by_filter["id"]} == {made["id"]}
    assert value(by_filter, "Description") == "three"
    assert await orders(erp) == count
    none = await erp.put("SalesOrder", wrap(CustomerID="C000002"), filter="ExternalRef eq 'no'")
    assert none["id"] != made["id"]


async def test_several_matches_of_a_filter(erp: Bench) -> None:
    query = {"filter": "CustomerName eq 'Harbor Lane Bakery'"}
    body = wrap(AccountRef="x")
    assert (await erp.refused("PUT", "Customer", body, **query)).status == 500
    await erp.switch(several_matches="first")
    assert value(await erp.put("Customer", body, **query), "AccountRef") == "x"


async def test_an_id_that_there_is_not(erp: Bench) -> None:
    body = {"id": "00000000-0000-0000-0000-000000000000"} | wrap(CustomerName="x")
    assert (await erp.refused("PUT", "Customer", body)).body["exceptionType"] == NO_ENTITY


async def test_preconditions(erp: Bench) -> None:
    body = wrap(CustomerID="cedar", CustomerName="Cedar Books")
    missing = await erp.send("PUT", "Customer", body, ONLY)
    assert missing.status == 412
    assert (await erp.send("PUT", "Customer", body, HERE)).status == 200
    again = await erp.send("PUT", "Customer", body | wrap(CustomerName="Other"), HERE)
    assert again.status == 412
    assert value(await erp.get("Customer/CEDAR"), "CustomerName") == "Cedar Books"
    assert (await erp.send("PUT", "Customer", body, ONLY)).status == 200
    await erp.switch(precondition_body="empty")
    assert (await erp.send("PUT", "Customer", body, HERE)).content == b""
    assert (await erp.send("PUT", "Customer", body, {"If-Match": '"tag"'})).status == 400


async def test_keys_come_back_in_upper_case_and_cut_to_the_mask(erp: Bench) -> None:
    body = wrap(CustomerID="cust01 much too long", CustomerName="Cedar")
    made = await erp.put("Customer", body, select="CustomerID")
    assert value(made, "CustomerID") == "CUST01 MUC"
    same = await erp.put("Customer", wrap(CustomerID="cust01 much", CustomerName="Oak"))
    assert same["id"] == made["id"]


async def test_customer_ids_are_given_or_have_to_be_entered(erp: Bench) -> None:
    made = await erp.put("Customer", wrap(CustomerName="Cedar"), select="CustomerID")
    assert value(made, "CustomerID") == "C000015"
    await erp.switch(customer_numbering="manual")
    reply = await erp.refused("PUT", "Customer", wrap(CustomerName="Cedar"))
    assert reply.status == 422
    assert reply.body["CustomerID"]["error"] == "'Customer ID' cannot be empty."


async def test_an_unknown_number_of_a_numbered_entity(erp: Bench) -> None:
    body = wrap(OrderNbr="999999", CustomerID="C000002")
    made = await erp.put("SalesOrder", body, select="OrderNbr")
    assert value(made, "OrderNbr") != "999999"
    await erp.switch(unknown_number="refuse")
    reply = await erp.refused("PUT", "SalesOrder", body)
    assert "cannot be found" in reply.body["OrderNbr"]["error"]


async def test_the_answer_holds_what_was_sent_or_asked_for(erp: Bench) -> None:
    body = wrap(CustomerID="C000002", Description="x")
    always = {"id", "rowNumber", "note", "custom", "_links"}
    made = await erp.put("SalesOrder", body)
    assert set(made) == {*always, "CustomerID", "Description"}
    asked = await erp.put("SalesOrder", body, select="OrderNbr", expand="Details")
    assert set(asked) == {*always, "CustomerID", "Description", "OrderNbr", "Details"}
    await erp.switch(put_answer="keys")
    assert {"OrderType", "OrderNbr"} <= set(await erp.put("SalesOrder", body))
    await erp.switch(put_answer="all")
    assert "OrderTotal" in await erp.put("SalesOrder", body)


async def test_lines_without_an_id_are_added(erp: Bench) -> None:
    made = await erp.new_order()
    key = wrap(OrderType="SO", OrderNbr=value(made, "OrderNbr"))
    line = wrap(InventoryID="LOGO-DESIGN", OrderQty=1)
    for count in (2, 3):
        body = key | {"Details": [line]}
        lines = (await erp.put("SalesOrder", body, expand="Details"))["Details"]
        assert [value(row, "LineNbr") for row in lines] == [*range(1, count + 1)]
    by_id = {"id": lines[1]["id"]} | wrap(OrderQty=5)
    by_number = wrap(LineNbr=3, OrderQty=7)
    gone = {"id": lines[0]["id"], "delete": True}
    body = key | {"Details": [by_id, by_number, gone]}
    lines = (await erp.put("SalesOrder", body, expand="Details"))["Details"]
    assert [(value(row, "LineNbr"), value(row, "OrderQty")) for row in lines] == [(2, 5), (3, 7)]
    unknown = {"id": "00000000-0000-0000-0000-000000000000"} | wrap(OrderQty=1)
    reply = await erp.refused("PUT", "SalesOrder", key | {"Details": [unknown]})
    assert reply.body["Details"][0]["error"]


async def test_put_skips_what_is_equal_and_patch_writes_it(erp: Bench) -> None:
    made = await erp.new_order()
    read = await erp.get(f"SalesOrder/{made['id']}", expand="Details")
    line = read["Details"][0]["id"]
    body = {
        "id": made["id"],
        "Details": [{"id": line} | wrap(InventoryID="LOGO-DESIGN", UnitPrice=2)],
    }
    put = await erp.put("SalesOrder", body, expand="Details")
    assert value(put["Details"][0], "UnitPrice") == 876.8  # equal, skipped, then defaulted
    body["Details"] = [{"id": line} | wrap(InventoryID="PRINTED-BROCHURE", UnitPrice=640)]
    patched = await erp.send("PATCH", "SalesOrder", body, expand="Details")
    assert value(patched.body["Details"][0], "UnitPrice") == 640


async def test_an_idle_put_does_not_move_the_stamp(erp: Bench) -> None:
    made = await erp.new_order(Description="x")
    await erp.advance(60)
    body = {"id": made["id"]} | wrap(Description="x")
    same = await erp.put("SalesOrder", body, select="LastModified")
    before = await erp.get(f"SalesOrder/{made['id']}", select="LastModified")
    assert same["LastModified"] == before["LastModified"]
    moved = await erp.send("PATCH", "SalesOrder", body, select="LastModified")
    assert moved.body["LastModified"] != before["LastModified"]


async def test_patch_never_inserts(erp: Bench) -> None:
    body = wrap(CustomerID="NOPE", CustomerName="x")
    assert (await erp.send("PATCH", "Customer", body)).status == 404
    body = wrap(CustomerID="C000001", CustomerName="Häberle GmbH")
    patched = await erp.send("PATCH", "Customer", body)
    assert value(patched.body, "CustomerName") == "Häberle GmbH"


async def test_fields_left_out_stay_and_null_or_nothing_clears(erp: Bench) -> None:
    made = await erp.new_order(Description="x", ExternalRef="y")
    path = f"SalesOrder/{made['id']}"
    await erp.put("SalesOrder", {"id": made["id"], "Description": {"value": None}})
    assert (await erp.get(path))["Description"] == {}
    assert value(await erp.get(path), "ExternalRef") == "y"
    await erp.put("SalesOrder", {"id": made["id"], "ExternalRef": {"value": ""}})
    assert (await erp.get(path))["ExternalRef"] == {}
    await erp.put("SalesOrder", {"id": made["id"]} | wrap(Description="z"))
    await erp.put("SalesOrder", {"id": made["id"], "Description": {}})
    assert value(await erp.get(path), "Description") == "z"
    await erp.switch(clears_field="text")
    await erp.put("SalesOrder", {"id": made["id"], "Description": {"value": None}})
    assert value(await erp.get(path), "Description") == "z"


async def test_a_note_is_wrapped_and_a_file_is_attached(erp: Bench) -> None:
    made = await erp.put("Customer", wrap(CustomerID="C000001") | {"note": {"value": "Häuser"}})
    assert made["note"] == {"value": "Häuser"}
    address = made["_links"]["files:put"].replace("{filename}", "deal.txt")
    headers = {
        "authorization": f"Bearer {erp.token}",
        "content-type": "application/octet-stream",
        "PX-CbFileComment": "from the deal",
    }
    assert (await erp.call("PUT", address, b"won", headers)).status == 204
    record = await erp.get("Customer/C000001", expand="files")
    (link,) = record["files"]
    assert (link["filename"], link["comment"]) == ("deal.txt", "from the deal")
    assert (await erp.call("GET", link["href"], None, headers)).content == b"won"


async def test_linked_records_are_written_through_their_owner(erp: Bench) -> None:
    body = wrap(
        CustomerName="Cedar",
        MainContact=wrap(
            Email="a@cedar.example", Address=wrap(AddressLine1="Mill Road 1", Country="US")
        ),
    )
    made = await erp.put("Customer", body, expand="MainContact,MainContact/Address", select="Email")
    assert value(made, "Email") == "a@cedar.example"
    assert value(made["MainContact"]["Address"], "AddressLine1") == "Mill Road 1"
    body = {"id": made["id"]} | wrap(Email="b@cedar.example")
    again = await erp.put("Customer", body, expand="MainContact")
    assert value(again["MainContact"], "Email") == "b@cedar.example"


async def test_the_billing_contact_is_the_main_one_unless_overridden(erp: Bench) -> None:
    own = wrap(Email="bills@h.example")
    body = wrap(CustomerID="C000001", BillingContact=own)
    shown = await erp.put("Customer", body, expand="BillingContact")
    assert value(shown["BillingContact"], "Email") == "rechnung@haeberle.example"
    body = wrap(CustomerID="C000001", BillingContactOverride=True, BillingContact=own)
    shown = await erp.put("Customer", body, expand="BillingContact")
    assert value(shown["BillingContact"], "Email") == "bills@h.example"


async def test_a_contact_belongs_to_a_customer_and_is_not_its_main_contact(erp: Bench) -> None:
    body = wrap(FirstName="Zoë", LastName="Trần", BusinessAccount="c000001", Email="z@h.example")
    made = await erp.put("Contact", body, select="ContactID,DisplayName,BusinessAccount,Status")
    number = value(made, "ContactID")
    assert isinstance(number, int)
    assert value(made, "DisplayName") == "Zoë Trần"
    assert value(made, "BusinessAccount") == "C000001"
    again = await erp.put("Contact", wrap(ContactID=number, Active=False), select="Status")
    assert (again["id"], value(again, "Status")) == (made["id"], "Inactive")
    customer = await erp.get("Customer/C000001", expand="Contacts,Contacts/Contact,MainContact")
    assert number in [value(row, "ContactID") for row in customer["Contacts"]]
    assert value(customer["MainContact"], "ContactID") != number


async def test_deletes(erp: Bench) -> None:
    made = await erp.new_order()
    path = f"SalesOrder/SO/{value(made, 'OrderNbr')}"
    assert (await erp.send("DELETE", path)).status == 204
    assert (await erp.refused("GET", path)).status == 500
    assert (await erp.refused("DELETE", path)).body["exceptionType"] == NO_ENTITY
    assert (await erp.refused("DELETE", "Customer/C000001")).status == 500
    fresh = await erp.put("Customer", wrap(CustomerName="Cedar"))
    assert (await erp.send("DELETE", f"Customer/{fresh['id']}")).status == 204


async def test_the_business_date_of_the_header(erp: Bench) -> None:
    headers = {"PX-CbApiBusinessDate": "2024/01/31"}
    body = wrap(CustomerID="C000002")
    made = await erp.send("PUT", "SalesOrder", body, headers, select="Date")
    assert value(made.body, "Date").startswith("2024-01-31T00:00:00")
    bad = await erp.send("PUT", "SalesOrder", body, {"PX-CbApiBusinessDate": "soon"})
    assert bad.status == 400


@pytest.mark.parametrize("entity", ["StockItem", "NonStockItem"])
async def test_items_are_made_and_share_their_ids(erp: Bench, entity: str) -> None:
    body = wrap(InventoryID="pump-10", Description="Pump", DefaultPrice=199.5)
    made = await erp.put(entity, body, select="InventoryID,ItemStatus,CurySpecificPrice")
    assert value(made, "InventoryID") == "PUMP-10"
    assert value(made, "CurySpecificPrice") == 199.5
    other = {"StockItem": "NonStockItem", "NonStockItem": "StockItem"}[entity]
    reply = await erp.refused("PUT", other, body)
    assert (reply.status, "error" in reply.body["InventoryID"]) == (422, True)
