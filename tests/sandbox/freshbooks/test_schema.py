"""Answers against the published descriptions: the community OpenAPI, and the recorded bodies.

The OpenAPI's known faults (its README lists them) are mended here: payment ids are numbers, `qty`
is text, percentages are text (the recorded tax too), and `/users/me` has no `result`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from .bench import Bench

SPECS = Path(__file__).resolve().parents[4] / "shared" / "specs" / "freshbooks"
pytestmark = pytest.mark.skipif(
    not SPECS.exists(), reason="the descriptions lie outside of this repository, not there"
)
INCLUDE = {"include[]": ["lines", "presentation"]}


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SPECS / "openapi-community.yaml").read_text())
    schemas = found["components"]["schemas"]
    for name in ("id", "invoiceid", "clientid"):
        schemas["Payment"]["properties"][name] = {"type": "integer"}
    line = schemas["Line"]["properties"]
    for name in ("lineid", "invoiceid"):
        line[name] = {"type": "integer"}
    for name in ("qty", "taxAmount1", "taxAmount2"):
        line[name] = {"type": "string"}
    invoice = schemas["Invoice"]["properties"]
    invoice["deposit_amount"] = {"oneOf": [invoice["deposit_amount"], {"type": "null"}]}
    schemas["Payment"]["properties"]["note"] = {"type": ["string", "null"]}
    schemas["AutoBillStatus"]["enum"].append(None)
    schemas["Tax"]["properties"]["amount"] = {"type": "string"}
    return found


def check(schema: str, body: Any) -> None:
    whole = {**document(), "$ref": f"#/components/schemas/{schema}"}
    errors = [
        f"{'.'.join(map(str, e.absolute_path))}: {e.message}"
        for e in Draft202012Validator(whole).iter_errors(body)
    ]
    assert errors == []


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SPECS / "fixtures" / name).read_text())
    return found


@pytest.mark.parametrize(
    ("noun", "schema"),
    [("clients", "Client"), ("invoices", "Invoice"), ("payments", "Payment")],
)
async def test_lists_and_single_records(books: Bench, noun: str, schema: str) -> None:
    reply = await books.ask("GET", books.path(noun), per_page=100, **INCLUDE)
    check(f"{schema}ListResponse", reply.body)
    number = reply.body["response"]["result"][noun][0]["id"]
    check(f"{schema}Response", (await books.ask("GET", books.path(noun, number), **INCLUDE)).body)


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("bills/bills", "BillListResponse"),
        ("bill_vendors/bill_vendors", "BillVendorListResponse"),
        ("items/items", "ItemListResponse"),
        ("taxes/taxes", "TaxListResponse"),
    ],
)
async def test_papers(books: Bench, path: str, schema: str) -> None:
    await books.login("")
    reply = await books.ask("GET", f"/accounting/account/{books.account_id}/{path}")
    assert reply.status == 200
    check(schema, reply.body)


async def test_callbacks(books: Bench) -> None:
    reply = await books.ask(
        "POST", books.callbacks, {"callback": {"event": "client", "uri": "https://a.example/x"}}
    )
    check("CallbackResponse", reply.body)
    check("CallbackListResponse", (await books.ask("GET", books.callbacks)).body)
    fixture = recorded("python-sdk/get_callback_response.json")
    same_form(reply.body, fixture)


def same_form(ours: Any, theirs: Any, at: str = "") -> None:
    """Every field of a recorded body is there, with a value of the same kind or null."""
    if ours is None or theirs is None:
        return
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), at
        for name, value in theirs.items():
            assert name in ours, f"{at}.{name}"
            same_form(ours[name], value, f"{at}.{name}")
    elif isinstance(theirs, list) and theirs and ours:
        same_form(ours[0], theirs[0], f"{at}[0]")
    else:
        assert type(ours) is type(theirs), f"{at}: {ours!r} is no {theirs!r}"


async def test_bodies_have_the_form_of_recorded_ones(books: Bench) -> None:
    client = await books.write("POST", "clients", email="john.doe@abcorp.example")
    same_form(client.body, recorded("python-sdk/create_client_response.json"))
    clients = (await books.ask("GET", books.path("clients"))).body
    same_form(clients, recorded("python-sdk/list_clients_response.json"))
    invoices = (await books.ask("GET", books.path("invoices"), **INCLUDE)).body
    same_form(invoices, recorded("java-sdk/list_invoices_response.json"))
    number = invoices["response"]["result"]["invoices"][0]["id"]
    one = (await books.ask("GET", books.path("invoices", number), **INCLUDE)).body
    same_form(one, recorded("java-sdk/get_invoice_response.json"))
    payments = (await books.ask("GET", books.path("payments"))).body
    same_form(payments, recorded("java-sdk/list_payments_response.json"))


async def test_identity_and_token_have_the_form_of_recorded_ones(books: Bench) -> None:
    me = (await books.ask("GET", "/auth/api/v1/users/me")).body
    fixture = recorded("python-sdk/auth_me_response.json")
    for name in ("permissions", "subscription_statuses"):
        del fixture["response"][name]  # keyed by account
    same_form(me, fixture)
    token = await books.consented("user:profile:read")
    fixture = recorded("python-sdk/auth_token_response.json")
    del fixture["id_token"]
    same_form(token, fixture)


async def test_enums_and_events_are_the_published_ones(books: Bench) -> None:
    enums = json.loads((SPECS / "enums.json").read_text())
    for invoice in await books.control("GET", "freshbooks/invoices"):
        assert str(invoice["status"]) in enums["status"]
        for name in ("v3_status", "display_status", "payment_status", "deposit_status"):
            assert invoice[name] in enums[name]
        assert invoice["autobill_status"] in enums["autobill_status"]
    for payment in await books.control("GET", "freshbooks/payments"):
        assert payment["type"] in enums["payment.type"]
    await books.login("")
    events = json.loads((SPECS / "webhook-events.json").read_text())
    for noun, about in events["nouns"].items():
        for event in (noun, *about["events"]):
            await books.register(event)


async def test_every_errno_that_is_answered_is_a_published_one() -> None:
    from ml_sandbox.vendors.freshbooks import errors

    table = json.loads((SPECS / "accounting-errors.json").read_text())
    known = {row["errno"] for row in table["errno"]}
    ours = {v for n, v in vars(errors).items() if n.isupper() and isinstance(v, int)}
    assert ours <= known
