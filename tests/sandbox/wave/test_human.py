"""The human at Wave, and the days that turn."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from .bench import Bench


def keyed(record: dict[str, Any]) -> str:
    return quote(record["id"], safe="")


async def test_a_customer_by_hand(wave: Bench) -> None:
    made = await wave.customer(address={"countryCode": "US", "provinceCode": "US-AZ"})
    path = f"wave/customers/{keyed(made)}"
    assert await wave.control("GET", path) == made
    await wave.advance(60)
    changed = await wave.control("PATCH", path, {"name": "Cedar & Son", "address": made["address"]})
    assert changed["name"] == "Cedar & Son"
    assert changed["address"] == made["address"]
    assert changed["modifiedAt"] == "2026-05-04T09:01:00.000Z"
    archived = await wave.act(made, "archive")
    assert archived["isArchived"] is True
    assert (await wave.act(made, "restore"))["isArchived"] is False
    assert (await wave.control("PATCH", path, {"isArchived": True}))["isArchived"] is True
    gone = await wave.control("DELETE", path)
    assert gone["isDeleted"] is True
    assert (await wave.call("PATCH", f"/_sandbox/{path}", {"name": "x"})).status == 400


async def test_a_currency_by_code_or_as_shown(wave: Bench) -> None:
    made = await wave.customer(currency={"code": "EUR", "name": "Euro"})
    assert made["currency"]["code"] == "EUR"


async def test_an_invoice_by_hand(wave: Bench) -> None:
    made = await wave.invoice("12.50", dueDate="2026-06-01")
    assert made["status"] == "DRAFT"
    path = f"wave/invoices/{keyed(made)}"
    changed = await wave.control("PATCH", path, {"dueDate": "2026-07-01", "poNumber": "PO-9"})
    assert (changed["dueDate"], changed["poNumber"]) == ("2026-07-01", "PO-9")
    assert (await wave.control("DELETE", path))["isDeleted"] is True
    sent = await wave.invoice("12.50", "send")
    reply = await wave.call("DELETE", f"/_sandbox/wave/invoices/{keyed(sent)}")
    assert reply.status == 400
    listed = await wave.control("GET", "wave/invoices")
    assert {r["id"]: r["isDeleted"] for r in listed}[made["id"]] is True


async def test_paying_and_paying_back(wave: Bench) -> None:
    made = await wave.invoice("100.00", "send", dueDate="2026-06-01")
    part = await wave.act(made, "pay", amount=40, date="2026-05-02")
    assert (part["status"], part["amountDue"]["value"]) == ("PARTIAL", "60.00")
    assert part["payments"][0]["paymentDate"] == "2026-05-02"
    whole = await wave.act(made, "pay")
    assert (whole["status"], whole["amountDue"]["minorUnitValue"]) == ("PAID", "0")
    over = await wave.act(made, "pay", amount="5.00")
    assert (over["status"], over["amountDue"]["value"]) == ("OVERPAID", "-5.00")
    back = await wave.act(made, "refund", amount="5.00")
    assert back["status"] == "PAID"
    assert back["payments"][-1]["originInvoicePayment"]["id"] == back["payments"][-2]["id"]
    nothing = await wave.act(made, "refund")
    assert (nothing["status"], nothing["amountPaid"]["value"]) == ("SENT", "0.00")
    refused = await wave.call("POST", f"/_sandbox/wave/invoices/{keyed(made)}/refund", {})
    assert refused.status == 400


async def test_payments_are_listed_and_removed(wave: Bench) -> None:
    made = await wave.invoice("100.00", "send")
    paid = await wave.control("POST", "wave/payments", {"invoiceId": made["id"], "amount": "10"})
    assert paid["invoice"]["id"] == made["id"]
    removed = await wave.control("DELETE", f"wave/payments/{keyed(paid)}")
    assert removed["isDeleted"] is True
    assert removed["active"] is False
    again = await wave.control("GET", f"wave/invoices/{keyed(made)}")
    assert (again["status"], again["payments"]) == ("SENT", [])


@pytest.mark.parametrize(
    ("noun", "body"),
    [
        ("customers", {}),
        ("customers", {"name": "X", "email": "no"}),
        ("customers", {"name": "X", "colour": "blue"}),
        ("customers", {"name": "X", "currency": "XYZ"}),
        ("customers", {"name": "X", "businessId": "QnVz"}),
        ("invoices", {}),
        ("invoices", {"customerId": "QnVz"}),
        ("invoices", {"customerId": "QnVz", "items": "two"}),
        ("products", {"name": "X"}),
        ("payments", {"invoiceId": "QnVz"}),
    ],
)
async def test_what_a_human_cannot_enter(wave: Bench, noun: str, body: Any) -> None:
    reply = await wave.call("POST", f"/_sandbox/wave/{noun}", body)
    assert reply.status in (400, 404)
    assert reply.body["error"]


@pytest.mark.parametrize(
    ("action", "body"),
    [("pay", {"amount": "ten"}), ("pay", {"amount": "1.005"}), ("pay", {"date": "soon"}),
     ("view", {}), ("approve", {})],
)  # fmt: skip
async def test_what_a_human_cannot_do(wave: Bench, action: str, body: Any) -> None:
    made = await wave.invoice("10.00", *(["approve"] if action == "approve" else []))
    reply = await wave.call("POST", f"/_sandbox/wave/invoices/{keyed(made)}/{action}", body)
    assert reply.status == 400


async def test_another_business_by_name(wave: Bench) -> None:
    found = await wave.data("{ businesses { edges { node { id } } } }")
    second = found["businesses"]["edges"][1]["node"]["id"]
    made = await wave.customer(businessId=second)
    assert made["businessId"] == second
    assert (await wave.control("GET", f"wave/customers/{keyed(made)}"))["id"] == made["id"]
    listed = await wave.control("GET", "wave/customers")
    assert {record["businessId"] for record in listed} == {wave.business_id}


async def test_invoices_fall_due_when_the_day_turns(wave: Bench) -> None:
    made = await wave.invoice("10.00", "send", dueDate="2026-05-04")
    draft = await wave.invoice("10.00", dueDate="2026-05-04")
    await wave.advance(14 * 3600)
    path = f"wave/invoices/{keyed(made)}"
    assert (await wave.control("GET", path))["status"] == "SENT"
    await wave.clock.advance(3600)  # midnight passes by itself
    after = await wave.control("GET", path)
    assert after["status"] == "OVERDUE"
    assert after["modifiedAt"] == made["modifiedAt"]
    assert (await wave.control("GET", f"wave/invoices/{keyed(draft)}"))["status"] == "DRAFT"
    await wave.act(made, "pay", amount="4.00")
    assert (await wave.control("GET", path))["status"] == "OVERDUE"
    later = await wave.control("PATCH", path, {"dueDate": "2026-06-01"})
    assert later["status"] == "PARTIAL"


@pytest.mark.parametrize(
    ("switch", "action"),
    [("payment_touches_modified", "pay"), ("view_touches_modified", "view")],
)
@pytest.mark.parametrize("touches", [True, False])
async def test_what_moves_modified_at(wave: Bench, switch: str, action: str, touches: bool) -> None:
    await wave.switch(**{switch: touches})
    made = await wave.invoice("10.00", "send")
    await wave.advance(60)
    after = await wave.act(made, action)
    assert (after["modifiedAt"] != made["modifiedAt"]) is touches


async def test_falling_due_may_move_modified_at(wave: Bench) -> None:
    await wave.switch(overdue_touches_modified=True)
    made = await wave.invoice("10.00", "send", dueDate="2026-05-04")
    await wave.advance(86_400)
    after = await wave.control("GET", f"wave/invoices/{keyed(made)}")
    assert after["modifiedAt"] == "2026-05-05T09:00:00.000Z"


async def test_what_a_customer_owes(wave: Bench) -> None:
    customer = await wave.customer()
    for due, action in (("2026-05-04", "send"), ("2026-06-30", "send"), ("2026-05-04", None)):
        actions = [action] if action else []
        await wave.invoice("25.00", *actions, customerId=customer["id"], dueDate=due)
    await wave.advance(86_400)
    owed = await wave.control("GET", f"wave/customers/{keyed(customer)}")
    assert owed["outstandingAmount"]["value"] == "50.00"
    assert owed["overdueAmount"]["value"] == "25.00"
