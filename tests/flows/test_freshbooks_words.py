"""What FreshBooks' invoices mean: state by amounts first, FreshBooks' word second."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector.flows import freshbooks_words as words
from ml_connector.vendors.freshbooks.listing import parsed
from ml_connector.vendors.freshbooks.objects import CLIENTS, INVOICES, Client, Invoice
from tests.vendors.freshbooks.given import client_row, invoice_row, money, spec

TODAY = "2026-05-04"
DUE = "2026-05-31"


def invoice(
    word: str, total: str = "100.00", paid: str = "0.00", left: str = "", **more: Any
) -> Invoice:
    owed = left or f"{float(total) - float(paid):.2f}"
    sums = {"amount": money(total), "paid": money(paid), "outstanding": money(owed)}
    row = invoice_row(**{"due_date": DUE, "payment_status": "unpaid", **sums, **more},
                      v3_status=word)  # fmt: skip
    found = parsed(INVOICES, row, None)
    assert isinstance(found, Invoice)
    return found


@pytest.mark.parametrize(
    ("word", "total", "paid", "state", "label"),
    [
        # the full map of words, where the amounts agree
        ("created", "100.00", "0.00", "draft", "Draft"),
        ("draft", "100.00", "0.00", "draft", "Draft"),
        ("sent", "100.00", "0.00", "sent", "Sent"),
        ("viewed", "100.00", "0.00", "viewed", "Viewed"),
        ("failed", "100.00", "0.00", "sent", "Payment failed"),
        ("retry", "100.00", "0.00", "sent", "Payment retried"),
        ("declined", "100.00", "0.00", "sent", "Payment declined"),
        ("pending", "100.00", "0.00", "sent", "Payment pending"),
        ("resolved", "100.00", "0.00", "sent", "Dispute resolved"),
        ("disputed", "100.00", "0.00", "disputed", "Disputed"),
        ("overdue", "100.00", "0.00", "overdue", "Overdue"),
        ("partial", "100.00", "40.00", "part_paid", "Part paid"),
        ("deposit-partial", "100.00", "10.00", "part_paid", "Deposit part paid"),
        ("deposit-paid", "100.00", "20.00", "part_paid", "Deposit paid"),
        ("paid", "100.00", "100.00", "paid", "Paid"),
        ("autopaid", "100.00", "100.00", "paid", "Paid"),
        ("success", "100.00", "100.00", "paid", "Paid"),
        # amounts cannot be late, a word can
        ("sent", "100.00", "100.00", "paid", "Paid"),
        ("viewed", "100.00", "40.00", "part_paid", "Part paid"),
        ("overdue", "100.00", "100.00", "paid", "Paid"),
        ("disputed", "100.00", "100.00", "paid", "Paid"),
        ("disputed", "100.00", "40.00", "disputed", "Disputed"),
        ("overdue", "100.00", "40.00", "overdue", "Overdue"),  # payment_status keeps the part
        ("retry", "100.00", "40.00", "part_paid", "Part paid"),
        # refund: the payment was deleted, or lowered
        ("paid", "100.00", "0.00", "sent", "Sent"),
        ("autopaid", "100.00", "60.00", "part_paid", "Part paid"),
        ("partial", "100.00", "0.00", "sent", "Sent"),
        # overpayment
        ("paid", "100.00", "120.00", "paid", "Overpaid"),
        # write-off: the total was lowered to what was paid, or to nothing
        ("partial", "40.00", "40.00", "paid", "Paid"),
        ("sent", "0.00", "0.00", "sent", "Sent"),
        ("paid", "0.00", "0.00", "paid", "Paid"),
        # a word nobody knows yet: the amounts may still tell
        ("hibernating", "100.00", "100.00", "paid", "hibernating"),
        ("hibernating", "100.00", "40.00", "part_paid", "hibernating"),
        ("hibernating", "100.00", "0.00", None, "hibernating"),
        ("", "100.00", "0.00", None, "Unknown"),
    ],
)
def test_state_and_words(word: str, total: str, paid: str, state: str | None, label: str) -> None:
    told = invoice(word, total, paid)
    assert words.state_of(told, TODAY) == state
    assert words.status_label(told, TODAY) == label


def test_every_published_word_is_known_and_no_other() -> None:
    told = spec("enums.json")["v3_status"]
    assert [word for word in told if not words.is_known(invoice(word))] == []
    assert not words.is_known(invoice("hibernating"))


def test_a_credit_counts_by_the_amounts_or_by_the_payment_status() -> None:
    assert words.state_of(invoice("sent", paid="100.00"), TODAY) == "paid"
    for told in ("paid", "auto-paid"):
        covered = invoice("sent", left="0.00", payment_status=told)
        assert words.state_of(covered, TODAY) == "paid"
    assert words.state_of(invoice("sent", payment_status="paid"), TODAY) == "sent"


def test_overdue_by_the_day_whatever_the_word() -> None:
    late = invoice("viewed", due_date="2026-05-03")
    assert words.state_of(late, TODAY) == "overdue"
    assert words.state_of(invoice("viewed", due_date=TODAY), TODAY) == "viewed"
    assert words.state_of(invoice("viewed", due_date=None), TODAY) == "viewed"
    assert words.state_of(invoice("draft", due_date="2026-05-03"), TODAY) == "draft"
    assert words.state_of(invoice("viewed", past_due=True), TODAY) == "overdue"


def test_a_dispute_is_told_by_either_status() -> None:
    told = invoice("viewed", dispute_status="disputed")
    assert words.state_of(told, TODAY) == "disputed"
    assert words.status_label(told, TODAY) == "Disputed"


def test_drafts_are_two_words() -> None:
    assert [words.is_draft(invoice(w)) for w in ("draft", "created", "sent")] == [True, True, False]


def client(**more: Any) -> Client:
    found = parsed(CLIENTS, client_row(**more), None)
    assert isinstance(found, Client)
    return found


def test_the_billing_address_goes_first() -> None:
    told = words.postal_address(client(s_street="9 Dock Rd", s_city="Hull"))
    assert told == {
        "value": "1 High St, LS1 4AP Leeds, United Kingdom",
        "locality": "Leeds",
        "admin_area_level_1": None,
        "postal_code": "LS1 4AP",
        "country": "United Kingdom",
    }


def test_the_shipping_address_stands_in_for_one_that_is_blank() -> None:
    blank = dict.fromkeys(("p_street", "p_city", "p_country", "p_code"), " ")
    told = words.postal_address(client(**blank, s_street="9 Dock Rd", s_street2="Unit 4",
                                       s_city="Hull", s_province="Yorkshire"))  # fmt: skip
    assert isinstance(told, dict)
    assert told["value"] == "9 Dock Rd, Unit 4, Hull, Yorkshire"
    assert words.postal_address(client(**blank)) is None


def test_the_state_at_the_source() -> None:
    assert words.source_state(client()) == "Active"
    assert words.source_state(client(vis_state=2)) == "Archived"
    assert words.source_state(invoice("sent", vis_state=2)) == "Archived"
