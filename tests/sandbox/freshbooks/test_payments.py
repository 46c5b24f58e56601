"""Payments: what they need, how the invoice follows, deletion, overpayment."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench


@pytest.fixture
async def owed(books: Bench) -> int:
    """An invoice over 100.00 USD that was sent."""
    return int((await books.invoice("100.00", "send", due_offset_days=30))["id"])


def given(number: int, amount: str = "40.00", **more: Any) -> dict[str, Any]:
    return {
        "invoiceid": number,
        "amount": {"amount": amount, "code": "USD"},
        "date": "2026-05-04",
        "type": "Check",
        **more,
    }


async def test_a_payment_and_its_invoice(books: Bench, owed: int) -> None:
    made = await books.done("POST", "payments", **given(owed, note="Thanks", orderid="7"))
    assert made["id"] == made["logid"]
    assert (made["type"], made["note"], made["vis_state"]) == ("Check", "Thanks", 0)
    assert made["amount"] == {"amount": "40.00", "code": "USD"}
    assert made["orderid"] == "7"
    assert "status" not in made
    half = await books.read("invoices", owed)
    assert made["clientid"] == half["customerid"]
    assert (half["v3_status"], half["outstanding"]["amount"]) == ("partial", "60.00")
    await books.done("POST", "payments", **given(owed, "60.00", date="2026-05-05"))
    whole = await books.read("invoices", owed)
    assert (whole["status"], whole["v3_status"], whole["payment_status"]) == (4, "paid", "paid")
    assert (whole["date_paid"], whole["outstanding"]["amount"]) == ("2026-05-05", "0.00")


async def test_a_deleted_payment_is_owed_again(books: Bench, owed: int) -> None:
    made = await books.done("POST", "payments", **given(owed, "100.00"))
    gone = await books.done("PUT", "payments", made["id"], vis_state=1)
    assert gone["vis_state"] == 1
    again = await books.read("invoices", owed)
    assert (again["v3_status"], again["paid"]["amount"]) == ("sent", "0.00")
    assert again["date_paid"] is None
    await books.done("PUT", "payments", made["id"], vis_state=0)
    assert (await books.read("invoices", owed))["v3_status"] == "paid"


async def test_a_changed_amount(books: Bench, owed: int) -> None:
    made = await books.done("POST", "payments", **given(owed, "100.00"))
    await books.done("PUT", "payments", made["id"], amount={"amount": "70.00"}, type="Cash")
    read = await books.read("payments", made["id"])
    assert (read["type"], read["amount"]["amount"]) == ("Cash", "70.00")
    assert (await books.read("invoices", owed))["outstanding"]["amount"] == "30.00"


async def test_a_payment_sends_a_draft(books: Bench) -> None:
    draft = await books.invoice("100.00")
    await books.done("POST", "payments", **given(draft["id"]))
    assert (await books.read("invoices", draft["id"]))["display_status"] == "sent"


@pytest.mark.parametrize("field", ["invoiceid", "amount", "date"])
async def test_what_a_create_needs(books: Bench, owed: int, field: str) -> None:
    body = given(owed)
    del body[field]
    reply = await books.write("POST", "payments", **body)
    assert (reply.status, await books.errnos(reply)) == (422, [1001])


@pytest.mark.parametrize(
    ("more", "status", "errno"),
    [
        ({"type": "Shells"}, 422, 1004),
        ({"amount": "40.00"}, 422, 1035),
        ({"amount": {"amount": 40.0, "code": "USD"}}, 422, 1004),
        ({"amount": {"amount": "40.00", "code": "EUR"}}, 422, 1004),
        ({"amount": {"amount": "-1.00", "code": "USD"}}, 422, 1025),
        ({"amount": {"amount": "1.001"}}, 422, 1004),
        ({"date": "today"}, 422, 1033),
        ({"invoiceid": "1"}, 422, 1015),
        ({"invoiceid": 1}, 422, 1012),
        ({"clientid": 1}, 403, 1038),
        ({"gateway": "x"}, 403, 1038),
        ({"status": "paid"}, 422, 1006),
    ],
)
async def test_refused_fields(
    books: Bench, owed: int, more: dict[str, Any], status: int, errno: int
) -> None:
    reply = await books.write("POST", "payments", **{**given(owed), **more})
    assert reply.status == status, reply.body
    assert await books.errnos(reply) == [errno]


async def test_too_much_becomes_a_credit_or_a_negative_rest(books: Bench, owed: int) -> None:
    made = await books.done("POST", "payments", **given(owed, "130.00"))
    assert made["amount"]["amount"] == "130.00"
    read = await books.read("invoices", owed)
    assert (read["outstanding"]["amount"], read["v3_status"]) == ("0.00", "paid")
    await books.login("user:credit_notes:read")
    base = f"/accounting/account/{books.account_id}/credit_notes/credit_notes"
    note = await books.ask("GET", f"{base}/{made['overpaymentid']}")
    assert note.body["response"]["result"]["credit_note"]["amount"]["amount"] == "30.00"
    await books.switch(overpayment="negative")
    other = await books.invoice("10.00", "send")
    after = await books.act("invoices", other["id"], "pay", amount=12.5)
    assert (after["outstanding"]["amount"], after["v3_status"]) == ("-2.50", "paid")


@pytest.mark.parametrize("touches", [True, False])
async def test_whether_a_payment_moves_the_invoices_updated(
    books: Bench, owed: int, touches: bool
) -> None:
    await books.switch(payment_touches_invoice_updated=touches)
    before = await books.read("invoices", owed)
    await books.advance(60)
    await books.done("POST", "payments", **given(owed))
    after = await books.read("invoices", owed)
    assert (after["updated"] != before["updated"]) is touches
    assert (after["version"] != before["version"]) is touches
