"""Checklist 10: push notifications with a static header, five attempts, and no order promised."""

from __future__ import annotations

from typing import Any

import pytest

from ml_sandbox.vendors.acumatica.push import ticks
from tests.support.clock import START

from .bench import RECEIVER, SECRET, Bench, value, wrap


async def changed(erp: Bench, name: str = "Cedar") -> dict[str, Any]:
    """A customer changed by hand, and what was posted about it."""
    body = wrap(CustomerName=name)
    await erp.control("PATCH", "acumatica/customers/C000001", body)
    await erp.advance(0)
    found: dict[str, Any] = erp.last.json
    return found


async def test_the_portal_names_header_and_inquiries(erp: Bench) -> None:
    shown = await erp.listen("sales_invoices", "payments")
    assert shown["header"] == erp.settings["push_header"]
    assert shown["queries"] == ["ML-SalesInvoices", "ML-Payments"]
    for body in (
        {"url": RECEIVER, "secret": "", "events": ["deals"]},
        {"url": "http://198.51.100.1/x", "secret": "", "events": []},
    ):
        reply = await erp.call("PUT", "/_sandbox/acumatica/webhook", body)
        assert reply.status == 400


async def test_an_update_is_told_before_and_after(erp: Bench) -> None:
    await erp.listen("customers")
    told = await changed(erp)
    assert erp.last.url == RECEIVER
    assert erp.last.headers[erp.settings["push_header"]] == SECRET
    assert set(told) == {
        "Inserted", "Deleted", "Query", "CompanyId", "Id", "TimeStamp", "AdditionalInfo",
    }  # fmt: skip
    assert told["Query"] == "ML-Customers"
    assert told["CompanyId"] == erp.settings["tenant"]
    assert [row["CustomerName"] for row in told["Inserted"]] == ["Cedar"]
    assert [row["CustomerName"] for row in told["Deleted"]] == ["Häberle & Söhne GmbH"]
    assert told["TimeStamp"] == ticks(START)
    stamp = told["Inserted"][0]["Customer_lastModifiedDateTime"]
    assert stamp == "2026-05-04T02:00:00.000"  # the site's own time, without an offset


async def test_an_insert_and_a_deletion(erp: Bench) -> None:
    await erp.listen("contacts")
    made = await erp.human("contacts", **wrap(LastName="Trần"))
    await erp.advance(0)
    assert (len(erp.last.json["Inserted"]), erp.last.json["Deleted"]) == (1, [])
    await erp.control("DELETE", f"acumatica/contacts/{made['id']}")
    await erp.advance(0)
    assert (erp.last.json["Inserted"], len(erp.last.json["Deleted"])) == ([], 1)


async def test_one_transaction_has_one_id_over_all_inquiries(erp: Bench) -> None:
    await erp.listen("invoices", "payments")
    document = (await erp.get("Invoice", filter="Status eq 'Open'"))[0]
    await erp.human("invoices", document["id"], "pay")
    await erp.advance(0)
    told = [posted.json for posted in erp.outbox.posted]
    assert sorted(message["Query"] for message in told) == ["ML-Invoices", "ML-Payments"]
    assert len({message["Id"] for message in told}) == 1
    paid = next(m for m in told if m["Query"] == "ML-Invoices")
    assert paid["Inserted"][0]["Balance"] == 0.0
    assert paid["Inserted"][0]["Status"] == "Closed"
    assert paid["Deleted"][0]["Balance"] == value(document, "Balance")


@pytest.mark.parametrize("split", [False, True])
async def test_a_transaction_may_be_split_into_messages_with_one_id(
    erp: Bench, split: bool
) -> None:
    line = wrap(ExtendedPrice=5)
    bills = [
        await erp.put("Invoice", wrap(Customer="C000002", Details=[line]), select="ReferenceNbr")
        for _ in range(2)
    ]
    for bill in bills:
        await erp.human("invoices", bill["id"], "release")
    await erp.switch(push_splits_transaction=split, actions_at_once=True)
    await erp.listen("invoices")
    lines = [wrap(ReferenceNbr=value(bill, "ReferenceNbr"), AmountPaid=5) for bill in bills]
    body = wrap(CustomerID="C000002", PaymentAmount=10, DocumentsToApply=lines)
    paid = await erp.put("Payment", body, select="Type,ReferenceNbr")
    await erp.done(
        "Payment", "ReleasePayment", **{n: value(paid, n) for n in ("Type", "ReferenceNbr")}
    )
    await erp.advance(0)
    told = [posted.json for posted in erp.outbox.posted]
    assert [len(message["Inserted"]) for message in told] == ([1, 1] if split else [2])
    assert len({message["Id"] for message in told}) == 1


async def test_plain_invoices_are_no_sales_invoices(erp: Bench) -> None:
    await erp.listen("sales_invoices", "invoices")
    line = wrap(ExtendedPrice=5)
    await erp.put("Invoice", wrap(Customer="C000002", Details=[line]))
    await erp.advance(0)
    assert [posted.json["Query"] for posted in erp.outbox.posted] == ["ML-Invoices"]


async def test_five_attempts_and_then_a_person_may_resend(erp: Bench) -> None:
    await erp.listen("customers")
    erp.outbox.answers = [500, None, 404, 302, 503]
    await changed(erp)
    await erp.clock.advance(5000)
    assert len(erp.outbox.posted) == 5
    assert len({posted.body for posted in erp.outbox.posted}) == 1
    (kept,) = await erp.control("GET", "acumatica/push_messages")
    assert kept["Status"] == "failed"
    await erp.human("push_messages", kept["id"], "resend")
    await erp.clock.advance(1)
    assert len(erp.outbox.posted) == 6
    (kept,) = await erp.control("GET", "acumatica/push_messages")
    assert kept["Status"] == "delivered"
    await erp.advance(2 * 86_400 + 1)
    assert await erp.control("GET", "acumatica/push_messages") == []


async def test_duplicates_and_messages_out_of_order(erp: Bench) -> None:
    await erp.listen("customers")
    await erp.order({"kind": "webhook_duplicate", "operation": "customers", "times": 1})
    await changed(erp)
    assert len({posted.json["Id"] for posted in erp.outbox.posted}) == 1
    assert len(erp.outbox.posted) == 2
    await erp.order({"kind": "webhook_reorder", "times": 1})
    await changed(erp, "Oak")
    await changed(erp, "Elm")
    names = [posted.json["Inserted"][0]["CustomerName"] for posted in erp.outbox.posted]
    assert names[2:] == ["Elm", "Oak"]
    await erp.switch(push_in_order=False)
    stamps = [(await changed(erp, name))["TimeStamp"] for name in ("A", "B", "C")]
    assert stamps != sorted(stamps)


async def test_writes_over_the_interface_are_told_too_and_idle_ones_not(erp: Bench) -> None:
    await erp.listen("sales_orders")
    made = await erp.new_order(Description="x")
    await erp.put("SalesOrder", {"id": made["id"]} | wrap(Description="x"))
    await erp.advance(0)
    assert len(erp.outbox.posted) == 1


async def test_without_an_address_nothing_is_told(erp: Bench) -> None:
    await erp.listen("customers")
    await erp.control("PUT", "acumatica/webhook", {"url": "", "secret": "", "events": []})
    await erp.control("PATCH", "acumatica/customers/C000001", wrap(CustomerName="Oak"))
    await erp.advance(0)
    assert erp.outbox.posted == []
