"""The records as models: the recorded bodies, names, money, states, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ml_connector.core.faults import Refused
from ml_connector.core.money import Money
from ml_connector.core.objects import SourceObject
from ml_connector.vendors.freshbooks.listing import listed, parsed
from ml_connector.vendors.freshbooks.objects import (
    CLIENTS,
    INVOICES,
    PAYMENTS,
    Client,
    Glimpse,
    Invoice,
    Payment,
)
from tests.vendors.freshbooks.given import client_row, invoice_row, money, payment_row, spec

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def invoice(**more: Any) -> Invoice:
    found = parsed(INVOICES, invoice_row(**more), NOW)
    assert isinstance(found, Invoice)
    return found


def client(**more: Any) -> Client:
    found = parsed(CLIENTS, client_row(**more), NOW)
    assert isinstance(found, Client)
    return found


def test_a_recorded_invoice() -> None:
    row = spec("fixtures/java-sdk/get_invoice_response.json")["response"]["result"]["invoice"]
    found = parsed(INVOICES, row, NOW)
    assert isinstance(found, Invoice)
    assert (found.key(), found.number, found.customer_id) == ("987654", "ACM0002", "12345")
    assert found.amount == Money(Decimal("41.94"), "CAD")
    assert found.outstanding == Money(Decimal("21.94"), "CAD")
    assert (found.v3_status, found.payment_status) == ("partial", "partial")
    assert found.net == Money(Decimal("39.60"), "CAD")
    assert found.changed_at() == datetime(2021, 4, 16, 14, 31, 58, tzinfo=UTC)
    assert found.called() == "ACM0002 (Gordon Shumway)"


def test_a_recorded_client_and_payment() -> None:
    row = spec("fixtures/java-sdk/get_client_response.json")["response"]["result"]["client"]
    found = parsed(CLIENTS, row, NOW)
    assert isinstance(found, Client)
    assert (found.key(), found.name, found.p_province) == ("12345", "American Cyanamid", "ON")
    row = spec("fixtures/java-sdk/get_payment_response.json")["response"]["result"]["payment"]
    payment = parsed(PAYMENTS, row, NOW)
    assert isinstance(payment, Payment)
    assert (payment.key(), payment.invoice_id) == ("235435", "987654")


def test_the_recorded_lists_can_be_read() -> None:
    for obj, name in ((CLIENTS, "clients"), (INVOICES, "invoices"), (PAYMENTS, "payments")):
        for row in spec(f"fixtures/java-sdk/list_{name}_response.json")["response"]["result"][name]:
            assert not isinstance(listed(obj, row, NOW), Glimpse)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({}, "Acme Ltd"),
        ({"organization": ""}, "Ada Moss"),
        ({"organization": None, "fname": ""}, "Moss"),
        ({"organization": " ", "fname": None, "lname": None}, "ada@acme.example"),
        ({"organization": "", "fname": "", "lname": "", "email": ""}, "42"),
    ],
)
def test_the_name_of_a_client(told: dict[str, Any], name: str) -> None:
    assert client(**told).name == name


@pytest.mark.parametrize(
    ("told", "is_late"),
    [
        ({}, True),
        ({"due_date": "2026-05-03"}, True),
        ({"due_date": "2026-05-04"}, False),  # due today
        ({"due_date": None}, False),
        ({"v3_status": "draft"}, False),
        ({"outstanding": money("0.00")}, False),
    ],
)
def test_past_due_is_by_the_vendors_clock(told: dict[str, Any], is_late: bool) -> None:
    assert invoice(**told).past_due is is_late


def test_the_day_ends_at_midnight_in_the_east() -> None:
    row = invoice_row(due_date="2026-05-03")
    late_evening = datetime(2026, 5, 4, 3, 59, tzinfo=UTC)
    for moment, is_late in ((late_evening, False), (NOW, True), (None, False)):
        found = parsed(INVOICES, row, moment)
        assert isinstance(found, Invoice)
        assert found.past_due is is_late


def test_net_needs_the_lines_and_takes_a_discount_of_either_sign() -> None:
    lines = [{"amount": money("20.00"), "lineid": 1}, {"amount": money("24.00"), "lineid": 2}]
    assert invoice().net is None
    for told in ("-4.40", "4.40"):
        found = invoice(lines=lines, discount_total=money(told))
        assert found.net == Money(Decimal("39.60"), "CAD")
    assert invoice(lines=lines, discount_total=None).net == Money(Decimal("44.00"), "CAD")


def test_states_of_visibility() -> None:
    assert [(c.is_deleted, c.is_archived) for c in (client(vis_state=n) for n in (0, 1, 2))] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_a_payment_without_an_invoice_speaks_for_none() -> None:
    for told in (0, None):
        found = parsed(PAYMENTS, payment_row(invoiceid=told), NOW)
        assert isinstance(found, Payment)
        assert found.invoice_id == ""


@pytest.mark.parametrize(
    ("obj", "row", "field"),
    [
        (INVOICES, invoice_row(amount={"amount": "lots", "code": "CAD"}), "amount"),
        (INVOICES, invoice_row(amount={"amount": "NaN", "code": "CAD"}), "amount"),
        (INVOICES, invoice_row(paid={"amount": "1.00", "code": ""}), "paid"),
        (INVOICES, invoice_row(due_date="05/04/2026"), "due_date"),
        (INVOICES, invoice_row(customerid=None), "customerid"),
        (INVOICES, invoice_row(currency_code=""), "currency_code"),
        (CLIENTS, client_row(fname=7), "fname"),
        (CLIENTS, client_row(updated="2026-05-04 10:00:74"), "updated"),
        (PAYMENTS, payment_row(invoiceid=True), "invoiceid"),
    ],
)
def test_what_cannot_be_read_is_named_and_glimpsed(
    obj: SourceObject, row: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused, match=field) as told:
        parsed(obj, row, NOW)
    assert told.value.field == field
    assert "lots" not in told.value.sentence
    found = listed(obj, row, NOW)
    assert isinstance(found, Glimpse)
    assert found.key() == str(row["id"])


def test_a_glimpse_without_a_time_is_old() -> None:
    found = listed(CLIENTS, client_row(updated=None), NOW)
    assert isinstance(found, Glimpse)
    assert found.changed_at().year == 1
    assert found.version() == ""


def test_a_row_without_an_id_is_refused() -> None:
    with pytest.raises(Refused, match="id"):
        listed(CLIENTS, client_row(id=0), NOW)


def test_a_listing_shows_no_lines_even_where_the_vendor_does() -> None:
    found = listed(INVOICES, invoice_row(lines=[{"amount": money("1.00")}]), NOW)
    assert isinstance(found, Invoice)
    assert found.lines is None
