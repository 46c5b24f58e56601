"""What Wave's invoices mean: state by amounts first, Wave's word second."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ml_connector.core.money import Money
from ml_connector.flows import wave_words as words
from ml_connector.vendors.wave.objects import Address, Invoice, InvoiceCustomer, Payment

TODAY = "2026-05-04"


def invoice(status: str, total: str, paid: str, due: str | None = None, **more: Any) -> Invoice:
    left = due if due is not None else str(Decimal(total) - Decimal(paid))
    given: dict[str, Any] = {
        "id": "i", "modified_at": "2026-05-01T00:00:00.000Z", "business_id": "b",
        "status": status, "number": "INV-0042", "title": "Invoice",
        "invoice_date": "2026-04-01", "due_date": "2026-05-31", "view_url": "https://w/i",
        "customer": InvoiceCustomer(id="c", name="Acme Ltd"), "currency": "USD",
        "total": Money(Decimal(total), "USD"), "tax_total": Money(Decimal("0"), "USD"),
        "amount_due": Money(Decimal(left), "USD"), "amount_paid": Money(Decimal(paid), "USD"),
        "created_at": "2026-04-01T00:00:00.000Z",
    }  # fmt: skip
    return Invoice.model_construct(**{**given, **more})


@pytest.mark.parametrize(
    ("status", "total", "paid", "state", "label"),
    [
        ("DRAFT", "100", "0", "draft", "Draft"),
        ("SAVED", "100", "0", "draft", "Draft"),
        ("UNPAID", "100", "0", "sent", "Sent"),
        ("SENT", "100", "0", "sent", "Sent"),
        ("VIEWED", "100", "0", "viewed", "Viewed"),
        ("PARTIAL", "100", "40", "part_paid", "Part paid"),
        ("PAID", "100", "100", "paid", "Paid"),
        ("OVERPAID", "100", "120", "paid", "Overpaid"),
        ("OVERDUE", "100", "0", "overdue", "Overdue"),
        # amounts cannot be late, the word can
        ("SENT", "100", "100", "paid", "Paid"),
        ("SENT", "100", "40", "part_paid", "Part paid"),
        ("PAID", "100", "0", "sent", "Sent"),  # a payment was refunded
        ("PAID", "100", "60", "part_paid", "Part paid"),
        # a word nobody knows yet: the amounts may still tell
        ("ARCHIVED", "100", "100", "paid", "ARCHIVED"),
        ("ARCHIVED", "100", "0", None, "ARCHIVED"),
        # nothing to pay at all: only the word tells
        ("PAID", "0", "0", "paid", "Paid"),
    ],
)
def test_state_and_words(status: str, total: str, paid: str, state: str, label: str) -> None:
    told = invoice(status, total, paid)
    assert words.state_of(told, TODAY) == state
    assert words.status_label(told, TODAY) == label


def test_past_due_with_a_balance_is_overdue_whatever_the_word() -> None:
    late = invoice("PARTIAL", "100", "40", due_date="2026-05-03")
    assert words.state_of(late, TODAY) == "overdue"
    assert words.state_of(invoice("SENT", "100", "0", due_date=TODAY), TODAY) == "sent"


def payment(on: str, refund_of: str | None = None) -> Payment:
    return Payment.model_construct(id=on, date=on, refund_of=refund_of)


def test_the_last_payment_that_is_no_refund_dates_the_win() -> None:
    paid = invoice("PAID", "100", "100", payments=(
        payment("2026-04-02"), payment("2026-04-20"), payment("2026-04-25", refund_of="x"),
    ))  # fmt: skip
    assert words.last_paid_on(paid) == "2026-04-20"
    assert words.last_paid_on(invoice("SENT", "100", "0")) is None


def test_an_address_as_one_line_and_in_parts() -> None:
    address = Address.model_construct(
        line1="5 Quay St", line2=None, city="Bristol", postal_code="BS1 4XX",
        province_code=None, province_name=None, country_code="GB", country_name="United Kingdom",
    )  # fmt: skip
    told = words.postal_address(address)
    assert isinstance(told, dict)
    assert told["value"] == "5 Quay St, BS1 4XX Bristol, United Kingdom"
    assert told["locality"] == "Bristol"
    assert words.postal_address(None) is None


def test_a_short_number_is_no_reference() -> None:
    assert words.reference_marks(invoice("SENT", "1", "0", number="42", po_number=None)) == []
    told = invoice("SENT", "1", "0", number="INV-0042", po_number="#PO-7781")
    assert words.reference_marks(told) == [("reference", "inv-0042"), ("reference", "po-7781")]
