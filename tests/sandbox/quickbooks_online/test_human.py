"""The human's controls: what people may do in the product, and what they are told they cannot."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench


async def test_the_objects_and_actions_of_the_contract(still: Bench) -> None:
    objects = still.app.world.vendors["quickbooks_online"].human.objects
    assert {"customers", "invoices", "payments", "credit_memos", "terms"} <= set(objects)
    assert {"deactivate", "merge"} <= set(objects["customers"])
    assert {"pay", "void"} <= set(objects["invoices"])
    assert "void" in objects["payments"]


async def test_records_are_those_of_the_api(still: Bench) -> None:
    for noun, entity in (("customers", "Customer"), ("invoices", "Invoice"), ("terms", "Term")):
        record = (await still.person("GET", noun))[0]
        assert await still.read(entity, record["Id"]) == record
        assert await still.person("GET", f"{noun}/{record['Id']}") == record


async def test_a_person_needs_no_form(qbo: Bench) -> None:
    made = await qbo.customer()
    changed = await qbo.person("PATCH", f"customers/{made['Id']}", {"DisplayName": "Cedar & Co."})
    assert (changed["DisplayName"], changed["SyncToken"]) == ("Cedar & Co.", "1")
    shown = await qbo.person("PATCH", f"customers/{made['Id']}", changed)
    assert shown["SyncToken"] == "2"
    invoice = await qbo.invoice(12.5, customer=made["Id"])
    assert (invoice["Balance"], invoice["DocNumber"]) == (12.5, str(1060 + 1))
    lines = await qbo.person(
        "PATCH", f"invoices/{invoice['Id']}", {"Line": [{"Amount": 5, "Description": "x"}]}
    )
    assert lines["TotalAmt"] == 5


async def test_paying_in_parts_and_too_much(qbo: Bench) -> None:
    invoice = await qbo.invoice(100)
    part = await qbo.act("invoices", invoice, "pay", amount="40.50", date="2026-05-02")
    assert part["Balance"] == 59.5
    over = await qbo.act("invoices", invoice, "pay", amount=80)
    assert over["Balance"] == 0
    first, second = (await qbo.person("GET", "payments"))[-2:]
    assert (first["TxnDate"], first["TotalAmt"], first["UnappliedAmt"]) == ("2026-05-02", 40.5, 0)
    assert (second["TotalAmt"], second["UnappliedAmt"]) == (80, 20.5)
    assert [link["TxnId"] for link in over["LinkedTxn"]] == [first["Id"], second["Id"]]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "customers/9999", None, 404),
        ("GET", "customers/x:1", None, 400),
        ("GET", "apps/none", None, 404),
        ("POST", "customers", {}, 400),
        ("POST", "customers", {"DisplayName": "O'Brien Roofing"}, 400),
        ("POST", "customers", {"DisplayName": "A", "realmId": "1"}, 400),
        ("POST", "items", {"Name": "A"}, 400),
        ("POST", "companies", {}, 400),
        ("PATCH", "items/1", {"Name": "A"}, 400),
        ("DELETE", "terms/1", None, 400),
        ("DELETE", "customers/1", None, 400),
        ("POST", "customers/1/void", {}, 404),
        ("POST", "payments/9999/void", {}, 404),
        ("POST", "invoices/{open}/pay", {"amount": "x"}, 400),
        ("POST", "invoices/{open}/pay", {"amount": 0}, 400),
        ("POST", "invoices/{open}/pay", {"amount": "NaN"}, 400),
        ("POST", "invoices/{open}/pay", {"date": "soon"}, 400),
        ("POST", "invoices/{open}/pay", {"sum": 5}, 400),
    ],
)
async def test_what_is_refused(qbo: Bench, method: str, path: str, body: Any, status: int) -> None:
    if "{open}" in path:
        path = path.format(open=(await qbo.invoice(10))["Id"])
    reply = await qbo.call(method, f"/_sandbox/quickbooks_online/{path}", body)
    assert (reply.status, "error" in reply.body) == (status, True)


async def test_what_is_deleted_stays_listed_and_marked(qbo: Bench) -> None:
    invoice = await qbo.invoice(10)
    gone = await qbo.person("DELETE", f"invoices/{invoice['Id']}")
    assert gone["status"] == "Deleted"
    assert (await qbo.person("GET", "invoices"))[-1] == gone
    path = f"/_sandbox/quickbooks_online/invoices/{invoice['Id']}"
    assert (await qbo.call("PATCH", path, {"PrivateNote": "x"})).status == 400
    assert (await qbo.call("POST", f"{path}/pay", {})).status == 400


async def test_the_second_company_is_reached_by_its_realm(qbo: Bench) -> None:
    second = (await qbo.companies())[1]["Id"]
    ours = await qbo.person("GET", "customers/1")
    theirs = await qbo.person("GET", f"customers/{second}:1")
    assert ours["DisplayName"] != theirs["DisplayName"]
    made = await qbo.customer(realmId=second)
    assert made["CurrencyRef"]["value"] == "CAD"
    changed = await qbo.person("PATCH", f"customers/{second}:{made['Id']}", {"Notes": "x"})
    assert changed["Notes"] == "x"


async def test_deactivate_and_reactivate(qbo: Bench) -> None:
    made = await qbo.customer()
    gone = await qbo.act("customers", made, "deactivate")
    assert (gone["Active"], gone["DisplayName"]) == (False, "Cedar Books (deleted)")
    assert (await qbo.act("customers", made, "reactivate"))["Active"] is True


async def test_every_company_can_be_connected(qbo: Bench) -> None:
    apps = {app["environment"]: app for app in await qbo.apps()}
    for company in await qbo.companies():
        await qbo.switch(host_environment=company["environment"])
        tokens = await qbo.refresh(company["refresh_token"], app=apps[company["environment"]])
        there = {"realm": company["Id"], "token": tokens.body["access_token"]}
        info = await qbo.ask("GET", f"companyinfo/{company['Id']}", **there)
        assert info.body["CompanyInfo"]["CompanyName"] == company["CompanyName"]
