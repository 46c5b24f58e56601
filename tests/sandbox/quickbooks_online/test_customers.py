"""Customers over the API: create, sparse and full update, names, jobs, deactivation, merge."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .bench import Bench, where

PLAIN = {
    "DisplayName": "Northfold Joinery",
    "CompanyName": "Northfold Joinery LLC",
    "PrimaryEmailAddr": {"Address": "ap@northfold.example"},
    "BillAddr": {"Line1": "14 Quarry Lane", "City": "Boise", "PostalCode": "83702"},
    "SalesTermRef": {"value": "3"},
    "Notes": "Net terms agreed in March",
}


async def test_create_answers_the_whole_record(qbo: Bench) -> None:
    reply = await qbo.ask("POST", "customer", PLAIN)
    assert reply.status == 200
    assert reply.body["time"] == "2026-05-04T02:00:00.000-07:00"
    made = reply.body["Customer"]
    assert made["SyncToken"] == "0"
    assert made["FullyQualifiedName"] == made["DisplayName"] == "Northfold Joinery"
    assert made["PrintOnCheckName"] == "Northfold Joinery LLC"
    assert made["MetaData"]["CreateTime"] == "2026-05-04T02:00:00-07:00"
    assert made["BillAddr"]["Id"]
    assert made["CurrencyRef"] == {"value": "USD", "name": "United States Dollar"}
    assert (made["Active"], made["Job"], made["Balance"], made["domain"]) == (True, False, 0, "QBO")
    assert await qbo.read("Customer", made["Id"]) == made
    counted = (await qbo.control("GET", "counters"))["creates"]["quickbooks_online"]
    assert counted == {"customers": 1}


async def test_a_sparse_update_keeps_what_it_does_not_name(qbo: Bench) -> None:
    made = await qbo.save("Customer", PLAIN)
    await qbo.advance(60)
    phone = {"FreeFormNumber": "(208) 555-0199"}
    changed = await qbo.sparse(made, PrimaryPhone=phone, Notes="")
    assert changed["SyncToken"] == "1"
    assert changed["PrimaryPhone"] == phone
    assert "Notes" not in changed
    assert changed["CompanyName"] == made["CompanyName"]
    assert changed["MetaData"]["LastUpdatedTime"] == "2026-05-04T02:01:00-07:00"
    assert changed["MetaData"]["CreateTime"] == made["MetaData"]["CreateTime"]


async def test_a_full_update_clears_what_it_does_not_name(qbo: Bench) -> None:
    made = await qbo.save("Customer", PLAIN)
    body = {"Id": made["Id"], "SyncToken": "0", "DisplayName": "Northfold", "Taxable": True}
    changed = await qbo.save("Customer", body)
    for name in ("CompanyName", "PrimaryEmailAddr", "BillAddr", "SalesTermRef", "Notes"):
        assert name not in changed
    assert changed["Active"] is True
    assert changed["CurrencyRef"] == made["CurrencyRef"]
    nameless = {"Id": made["Id"], "SyncToken": "1", "Taxable": True}
    assert await qbo.code("POST", "customer", nameless) == "2020"


async def test_the_sync_token_is_the_current_one(qbo: Bench) -> None:
    made = await qbo.save("Customer", PLAIN)
    await qbo.sparse(made, Notes="a")
    stale = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": "b"}
    reply = await qbo.ask("POST", "customer", stale)
    assert reply.status == 400
    assert reply.body["Fault"]["Error"][0]["code"] == "5010"
    assert reply.body["Fault"]["Error"][0]["Message"] == "Stale Object Error"
    assert await qbo.code("POST", "customer", {"Id": made["Id"], "Notes": "b"}) == "2020"
    missing = {"Id": "9999", "SyncToken": "0", "Notes": "b"}
    assert await qbo.code("POST", "customer", missing) == "610"
    assert await qbo.code("GET", "customer/9999") == "610"


@pytest.mark.parametrize("entity", ["Customer", "Vendor", "Employee"])
async def test_a_display_name_is_one_of_a_kind(qbo: Bench, entity: str) -> None:
    await qbo.save(entity, {"DisplayName": "Northfold Joinery"})
    reply = await qbo.ask("POST", "customer", {"DisplayName": "northfold joinery"})
    (error,) = reply.body["Fault"]["Error"]
    assert error["code"] == "6240"
    assert f"Another {entity.lower()} is already using this name" in error["Detail"]
    other = await qbo.save("Customer", {"DisplayName": "Other"})
    body = {"Id": other["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Northfold Joinery"}
    assert await qbo.code("POST", "customer", body) == "6240"


async def test_a_name_may_change_its_own_capitals(qbo: Bench) -> None:
    made = await qbo.save("Customer", {"DisplayName": "northfold joinery"})
    assert (await qbo.sparse(made, DisplayName="Northfold Joinery"))["SyncToken"] == "1"


async def test_case_matters_by_switch(qbo: Bench) -> None:
    await qbo.switch(name_comparison_ignores_case=False)
    await qbo.save("Customer", {"DisplayName": "Northfold"})
    assert (await qbo.save("Customer", {"DisplayName": "northfold"}))["SyncToken"] == "0"
    assert await qbo.code("POST", "customer", {"DisplayName": "Northfold"}) == "6240"


async def test_a_name_may_be_made_of_its_parts(qbo: Bench) -> None:
    made = await qbo.save("Customer", {"Title": "Dr", "GivenName": "Ines", "FamilyName": "O'Dell"})
    assert made["DisplayName"] == "Dr Ines O'Dell"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "2020"),
        ({"CompanyName": "Only"}, "2020"),
        ({"DisplayName": "A:B"}, "6000"),
        ({"DisplayName": "A\tB"}, "6000"),
        ({"DisplayName": "x" * 501}, "2050"),
        ({"DisplayName": "A", "Title": "x" * 17}, "2050"),
        ({"DisplayName": "A", "GivenName": "x" * 101}, "2050"),
        ({"DisplayName": "A", "PrintOnCheckName": "x" * 111}, "2050"),
        ({"DisplayName": "A", "Notes": "x" * 2001}, "2050"),
        ({"DisplayName": "A", "PrimaryPhone": {"FreeFormNumber": "1" * 31}}, "2050"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "x" * 99 + "@a.b"}}, "2050"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "nobody"}}, "2210"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "a@b.c, d"}}, "2210"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Mail": "a@b.c"}}, "2010"),
        ({"DisplayName": "A", "PreferredDeliveryMethod": "Pigeon"}, "2170"),
        ({"DisplayName": "A", "SalesTermRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "SalesTermRef": "3"}, "2010"),
        ({"DisplayName": "A", "SalesTermRef": {"value": "3", "Name": "Net"}}, "2010"),
        ({"DisplayName": "A", "CurrencyRef": {"value": "XXX"}}, "2500"),
        ({"DisplayName": "A", "ParentRef": {"value": "999"}}, "2500"),
        ({"DisplayName": "A", "ParentRef": {"value": "12"}}, "610"),
        ({"DisplayName": "A", "Job": True}, "2020"),
        ({"DisplayName": "A", "Colour": "red"}, "2010"),
        ({"DisplayName": "A", "CreditLimit": 5}, "2010"),
        ({"DisplayName": "A", "OverDueBalance": 5}, "2010"),
        ({"DisplayName": "A", "BillAddr": {"Street": "x"}}, "2010"),
        ({"DisplayName": "A", "BillAddr": "x"}, "2010"),
        ({"DisplayName": ["A"]}, "2010"),
        ({"DisplayName": "A", "Taxable": "perhaps"}, "2010"),
        ({"DisplayName": "A", "Balance": "much"}, "2010"),
        ([], "2010"),
    ],
)
async def test_bodies_that_are_refused(still: Bench, body: Any, code: str) -> None:
    assert await still.code("POST", "customer", body) == code


async def test_blanks_and_read_only_properties_are_passed_over(qbo: Bench) -> None:
    body = {
        "DisplayName": "Blank",
        "CompanyName": "",
        "SalesTermRef": {"value": "", "name": "", "type": ""},
        "CustomField": [],
        "BillAddr": {"Line1": "", "City": ""},
        "FullyQualifiedName": "Something else",
        "Level": 7,
        "BalanceWithJobs": 5,
        "SyncToken": 0,
        "sparse": False,
    }
    made = await qbo.save("Customer", body)
    assert made["FullyQualifiedName"] == "Blank"
    assert made["BalanceWithJobs"] == 0
    assert not {"CompanyName", "SalesTermRef", "BillAddr", "Level", "CustomField"} & set(made)
    await qbo.switch(refuse_read_only_properties=True)
    again = {"DisplayName": "Blank 2", "FullyQualifiedName": "x"}
    assert await qbo.code("POST", "customer", again) == "2010"
    assert (await qbo.save("Customer", {"DisplayName": "Blank 2", "domain": "QBO"}))["Id"]


async def test_bodies_are_json_in_utf_8(still: Bench) -> None:
    latin = json.dumps({"DisplayName": "Béton"}, ensure_ascii=False).encode("latin-1")
    assert await still.code("POST", "customer", latin) == "500"
    assert await still.code("POST", "customer", b"{") == "2010"
    xml = await still.ask("POST", "customer", b"<Customer/>", {"content-type": "application/xml"})
    assert xml.body["Fault"]["Error"][0]["code"] == "500"


async def test_jobs_and_sub_customers(qbo: Bench) -> None:
    parent = await qbo.save("Customer", {"DisplayName": "Head"})
    chain = [parent]
    for level in range(1, 5):
        body = {"DisplayName": f"L{level}", "Job": True, "ParentRef": {"value": chain[-1]["Id"]}}
        chain.append(await qbo.save("Customer", body))
    assert "Level" not in parent
    assert [record["Level"] for record in chain[1:]] == [1, 2, 3, 4]
    assert chain[4]["FullyQualifiedName"] == "Head:L1:L2:L3:L4"
    assert chain[4]["RootCustomerRef"] == {"value": parent["Id"]}
    assert chain[1]["Job"] is True
    sixth = {"DisplayName": "L5", "ParentRef": {"value": chain[4]["Id"]}}
    assert await qbo.code("POST", "customer", sixth) == "6000"
    await qbo.sparse(parent, DisplayName="Top")
    assert (await qbo.read("Customer", chain[4]["Id"]))["FullyQualifiedName"] == "Top:L1:L2:L3:L4"
    circle = {"Id": chain[1]["Id"], "SyncToken": "0", "sparse": True}
    circle["ParentRef"] = {"value": chain[4]["Id"]}
    assert await qbo.code("POST", "customer", circle) == "6000"


async def test_a_parent_has_its_jobs_balance_besides(qbo: Bench) -> None:
    parent = await qbo.save("Customer", {"DisplayName": "Head"})
    job = await qbo.save("Customer", {"DisplayName": "Job", "ParentRef": {"value": parent["Id"]}})
    await qbo.invoice(600, customer=job["Id"])
    await qbo.invoice(50.5, customer=parent["Id"])
    head = await qbo.read("Customer", parent["Id"])
    assert (head["Balance"], head["BalanceWithJobs"]) == (50.5, 650.5)
    below = await qbo.read("Customer", job["Id"])
    assert (below["Balance"], below["BalanceWithJobs"]) == (600, 600)
    other = await qbo.save("Customer", {"DisplayName": "Elsewhere"})
    await qbo.sparse(below, ParentRef={"value": other["Id"]})
    assert (await qbo.read("Customer", parent["Id"]))["BalanceWithJobs"] == 50.5
    assert (await qbo.read("Customer", other["Id"]))["BalanceWithJobs"] == 600


async def test_deactivation_marks_the_name(qbo: Bench) -> None:
    made = await qbo.save("Customer", PLAIN)
    gone = await qbo.sparse(made, Active=False)
    assert gone["Active"] is False
    assert gone["SyncToken"] == "1"
    assert gone["DisplayName"] == gone["FullyQualifiedName"] == "Northfold Joinery (deleted)"
    assert gone["CompanyName"] == "Northfold Joinery LLC"
    assert await qbo.read("Customer", made["Id"]) == gone
    assert await qbo.ids(where(f"Id = '{made['Id']}'")) == []
    assert (await qbo.save("Customer", PLAIN))["DisplayName"] == "Northfold Joinery"
    back = await qbo.sparse(gone, Active=True)
    assert back["DisplayName"] == "Northfold Joinery (deleted)"
    named = await qbo.sparse(back, DisplayName="Northfold II")
    assert named["DisplayName"] == "Northfold II"


async def test_reactivation_by_switch_gives_the_name_back(qbo: Bench) -> None:
    await qbo.switch(reactivation_keeps_mark=False)
    made = await qbo.save("Customer", PLAIN)
    gone = await qbo.sparse(made, Active=False)
    assert (await qbo.sparse(gone, Active=True))["DisplayName"] == "Northfold Joinery"


async def test_a_customer_who_owes_is_let_go_by_a_rule(qbo: Bench) -> None:
    invoice = await qbo.invoice(75)
    key = invoice["CustomerRef"]["value"]
    await qbo.switch(deactivation_with_balance="refuse")
    record = await qbo.read("Customer", key)
    body = {"Id": key, "SyncToken": record["SyncToken"], "sparse": True, "Active": False}
    assert await qbo.code("POST", "customer", body) == "6000"
    await qbo.switch(deactivation_with_balance="adjust")
    gone = await qbo.sparse(record, Active=False)
    assert gone["Balance"] == 0
    await qbo.switch(deactivation_with_balance="allow")
    other = (await qbo.invoice(30, customer=(await qbo.customer())["Id"]))["CustomerRef"]["value"]
    assert (await qbo.sparse(await qbo.read("Customer", other), Active=False))["Balance"] == 30


async def test_nobody_deletes_a_customer_by_api(still: Bench) -> None:
    body = {"Id": "1", "SyncToken": "0"}
    assert await still.code("POST", "customer?operation=delete", body) == "500"
    assert await still.code("POST", "customer?operation=void", body) == "500"
    assert (await still.ask("DELETE", "customer/1")).status == 400


async def test_an_opening_balance_is_an_invoice(qbo: Bench) -> None:
    body = {"DisplayName": "Opened", "Balance": 120.5, "OpenBalanceDate": "2026-04-01"}
    made = await qbo.save("Customer", body)
    assert made["Balance"] == 120.5
    (invoice,) = (await qbo.query(where(f"CustomerRef = '{made['Id']}'", "Invoice")))["Invoice"]
    assert (invoice["TxnDate"], invoice["TotalAmt"]) == ("2026-04-01", 120.5)


async def test_the_currency_is_fixed_once_there_are_transactions(qbo: Bench) -> None:
    made = await qbo.save("Customer", PLAIN)
    changed = await qbo.sparse(made, CurrencyRef={"value": "EUR"})
    assert changed["CurrencyRef"]["value"] == "EUR"
    await qbo.invoice(10, customer=made["Id"])
    body = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "CurrencyRef": {"value": "USD"}}
    assert await qbo.code("POST", "customer", body) == "6000"


async def test_merging_is_done_by_people(qbo: Bench) -> None:
    stays, goes = await qbo.customer(), await qbo.customer(DisplayName="Cedar Bookshop")
    job = await qbo.customer(DisplayName="Shelves", ParentRef={"value": goes["Id"]})
    invoice = await qbo.invoice(40, customer=goes["Id"])
    merged = await qbo.act("customers", goes, "merge", into=stays["Id"])
    assert merged["Id"] == stays["Id"]
    assert merged["SyncToken"] == "1"
    assert merged["Balance"] == 40
    assert await qbo.code("GET", f"customer/{goes['Id']}") == "610"
    moved = await qbo.read("Invoice", invoice["Id"])
    assert moved["CustomerRef"] == {"value": stays["Id"], "name": "Cedar Books"}
    assert moved["SyncToken"] == "1"
    assert (await qbo.read("Customer", job["Id"]))["FullyQualifiedName"] == "Cedar Books:Shelves"
    assert (await qbo.person("GET", f"customers/{goes['Id']}"))["status"] == "Deleted"


async def test_a_merged_customer_may_leave_a_shell(qbo: Bench) -> None:
    await qbo.switch(merged_customer="inactive_shell", merge_moves_transactions=False)
    stays, goes = await qbo.customer(), await qbo.customer(DisplayName="Cedar Bookshop")
    invoice = await qbo.invoice(40, customer=goes["Id"])
    await qbo.act("customers", goes, "merge", into=stays["Id"])
    shell = await qbo.read("Customer", goes["Id"])
    assert (shell["Active"], shell["Balance"]) == (False, 0)
    assert (await qbo.read("Invoice", invoice["Id"]))["SyncToken"] == "0"


async def test_who_cannot_be_merged(qbo: Bench) -> None:
    one = await qbo.customer()
    foreign = await qbo.customer(DisplayName="Cèdre", CurrencyRef={"value": "EUR"})
    job = await qbo.customer(DisplayName="Shelves", ParentRef={"value": one["Id"]})
    for into in (one["Id"], foreign["Id"], job["Id"], "9999", None):
        path = f"/_sandbox/quickbooks_online/customers/{one['Id']}/merge"
        assert (await qbo.call("POST", path, {"into": into})).status == 400, into


@pytest.mark.parametrize(("kind", "named"), [("always", True), ("never", False)])
async def test_a_term_may_come_without_its_name(qbo: Bench, kind: str, named: bool) -> None:
    await qbo.switch(term_name_in_reference=kind)
    made = await qbo.save("Customer", PLAIN)
    assert made["SalesTermRef"]["value"] == "3"
    assert ("name" in made["SalesTermRef"]) is named


async def test_terms_and_payment_methods(qbo: Bench) -> None:
    net = await qbo.save("Term", {"Name": "Net 7", "DueDays": 7})
    assert (net["Type"], net["Active"]) == ("STANDARD", True)
    monthly = await qbo.save("Term", {"Name": "Fifth", "DayOfMonthDue": 5, "DueNextMonthDays": 3})
    assert monthly["Type"] == "DATE_DRIVEN"
    for body, code in (
        ({"Name": "Net 7", "DueDays": 7}, "6240"),
        ({"DueDays": 7}, "2020"),
        ({"Name": "None"}, "2020"),
        ({"Name": "Both", "DueDays": 7, "DayOfMonthDue": 5}, "6000"),
        ({"Name": "x" * 32, "DueDays": 7}, "2050"),
        ({"Name": "Half", "DueDays": 7.5}, "2010"),
    ):
        assert await qbo.code("POST", "term", body) == code, body
    gone = await qbo.sparse(net, "Term", Active=False)
    assert gone["Name"] == "Net 7"
    card = await qbo.save("PaymentMethod", {"Name": "Amex", "Type": "CREDIT_CARD"})
    assert (await qbo.sparse(card, "PaymentMethod", Name="Card"))["Name"] == "Card"
    assert await qbo.code("POST", "item", {"Name": "Made here"}) == "500"


async def test_a_request_id_is_answered_once(qbo: Bench) -> None:
    first = await qbo.ask("POST", "customer?requestid=abc&minorversion=75", PLAIN)
    again = await qbo.ask("POST", "customer?requestid=abc&minorversion=4", PLAIN)
    assert again.content == first.content
    assert again.headers["intuit_tid"] != first.headers["intuit_tid"]
    refused = await qbo.ask("POST", "customer?requestid=def", PLAIN)
    assert refused.status == 400
    assert (await qbo.ask("POST", "customer?requestid=def", PLAIN)).content == refused.content
    await qbo.advance(86_400)
    qbo.token = ""
    assert await qbo.code("POST", "customer?requestid=abc", PLAIN) == "6240"
    assert await qbo.code("POST", f"customer?requestid={'x' * 51}", PLAIN) == "2050"


async def test_request_ids_are_remembered_by_company(qbo: Bench) -> None:
    second = (await qbo.companies())[1]
    token = (await qbo.refresh(second["refresh_token"])).body["access_token"]
    await qbo.ask("POST", "customer?requestid=abc", PLAIN)
    other = await qbo.ask("POST", "customer?requestid=abc", PLAIN, realm=second["Id"], token=token)
    assert other.body["Customer"]["CurrencyRef"]["value"] == "CAD"


async def test_a_cut_answer_may_be_asked_for_again(qbo: Bench) -> None:
    await qbo.order({"kind": "status", "status": 503, "operation": "POST *customer", "times": 1})
    assert (await qbo.ask("POST", "customer?requestid=abc", PLAIN)).status == 503
    first = await qbo.ask("POST", "customer?requestid=abc", PLAIN)
    assert (await qbo.ask("POST", "customer?requestid=abc", PLAIN)).content == first.content
    assert len(await qbo.ids(where("CompanyName = 'Northfold Joinery LLC'"))) == 1
