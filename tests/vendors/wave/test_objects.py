"""Nodes become strict records; what cannot be read is named by its field."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ml_connector.core.faults import Refused
from ml_connector.core.money import Money
from ml_connector.vendors.wave.listing import listed, parsed
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Customer, Glimpse, Invoice
from tests.vendors.wave.given import BUSINESS, CUSTOMER, INVOICE

MOMENT = "2026-04-30T06:18:01.212Z"


def money(minor_units: object, code: str = "USD", exponent: object = 2) -> dict[str, Any]:
    return {"minorUnitValue": minor_units, "currency": {"code": code, "exponent": exponent}}


def invoice_node(**changed: Any) -> dict[str, Any]:
    node = {
        "id": INVOICE, "status": "SENT", "invoiceNumber": "17", "title": "Invoice",
        "poNumber": None, "invoiceDate": "2026-04-01", "dueDate": "2026-05-01",
        "viewUrl": "https://next.waveapps.example/17", "createdAt": MOMENT, "modifiedAt": MOMENT,
        "currency": {"code": "USD"},
        "customer": {"id": CUSTOMER, "name": "Acme Ltd", "email": None},
        "total": money("24200"), "taxTotal": money("4200"),
        "amountDue": money("24200"), "amountPaid": money("0"),
    }  # fmt: skip
    return {**node, **changed}


def invoice(**changed: Any) -> Invoice:
    record = parsed(INVOICES, invoice_node(**changed), BUSINESS)
    assert isinstance(record, Invoice)
    return record


def payment_node(**changed: Any) -> dict[str, Any]:
    return {"id": "p1", "amount": "100.5", "createdAt": MOMENT, "modifiedAt": MOMENT,
            "paymentCurrency": {"code": "USD", "exponent": 2}, **changed}  # fmt: skip


def test_a_record_says_its_key_its_version_and_when_it_changed() -> None:
    record = invoice()
    assert (record.key(), record.version()) == (INVOICE, MOMENT)
    assert record.changed_at() == datetime(2026, 4, 30, 6, 18, 1, 212000, tzinfo=UTC)
    assert record.business_id == BUSINESS


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        (money("12345"), Money(Decimal("123.45"), "USD")),
        (money(12345), Money(Decimal("123.45"), "USD")),
        (money(12345.0), Money(Decimal("123.45"), "USD")),
        (money("12345.00"), Money(Decimal("123.45"), "USD")),
        (money("-500"), Money(Decimal("-5.00"), "USD")),
        (money("1,234,500"), Money(Decimal("12345.00"), "USD")),
        (money("900", "JPY", 0), Money(Decimal("900"), "JPY")),
        (money("12345", "BHD", 3), Money(Decimal("12.345"), "BHD")),
        (money("1", "XXQ"), Money(Decimal("0.01"), "XXQ")),
    ],
)
def test_money_is_read_in_minor_units(told: dict[str, Any], amount: Money) -> None:
    assert invoice(total=told).total == amount


@pytest.mark.parametrize(
    "told",
    [
        money("14.99"), money(""), money("NaN"), money("1e3"), money(True), money(None),
        money("5", ""), money("5", "USD", None), money("5", "USD", True), money("5", "USD", -1),
        {"minorUnitValue": "5"}, None, "5",
    ],
)  # fmt: skip
def test_money_that_is_not_surely_in_minor_units_is_refused(told: object) -> None:
    with pytest.raises(Refused, match="total") as refused:
        invoice(total=told)
    assert refused.value.field == "total"


def test_net_is_the_total_without_taxes() -> None:
    assert invoice().net == Money(Decimal("200.00"), "USD")


def test_a_status_that_nobody_knows_survives() -> None:
    assert invoice(status="FACTORED").status == "FACTORED"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"dueDate": "20260501"}, "dueDate"),
        ({"dueDate": "2026-13-01"}, "dueDate"),
        ({"modifiedAt": "2026-04-30T06:18:01"}, "modifiedAt"),
        ({"status": None}, "status"),
        ({"customer": None}, "customer"),
    ],
)
def test_what_cannot_be_read_is_named_without_what_it_holds(
    changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused, match=field) as refused:
        invoice(**changed)
    assert INVOICE in refused.value.sentence
    held = str(next(iter(changed.values())))
    assert held == "None" or held not in refused.value.sentence


def test_payments_are_unknown_in_a_listing_and_known_in_a_single_read() -> None:
    assert invoice().payments is None
    assert invoice(payments=None).payments == ()
    told = invoice(payments=[None, payment_node()]).payments
    assert told is not None
    assert [(p.id, p.amount) for p in told] == [("p1", Money(Decimal("100.50"), "USD"))]


def test_a_payment_takes_its_own_currency_and_else_the_invoices() -> None:
    yen, dollar = {"code": "JPY", "exponent": 0}, {"code": "USD", "exponent": 2}
    both = [
        payment_node(amount="1,500", paymentCurrency=yen, invoiceCurrency=dollar),
        payment_node(amount="12", paymentCurrency=None, invoiceCurrency=dollar),
        payment_node(amount=None, paymentCurrency=None, invoiceCurrency=None),
    ]
    told = invoice(payments=both).payments
    assert told is not None
    amounts = [payment.amount for payment in told]
    assert amounts == [Money(Decimal(1500), "JPY"), Money(Decimal("12.00"), "USD"), None]


def test_a_refund_names_the_payment_it_gives_back() -> None:
    told = invoice(payments=[payment_node(originInvoicePayment={"id": "p0"})]).payments
    assert told is not None
    assert told[0].refund_of == "p0"


def test_a_payment_that_cannot_be_read_refuses_its_invoice() -> None:
    with pytest.raises(Refused, match="payments"):
        invoice(payments=[payment_node(amount="about ten")])


def test_a_customer_may_have_hardly_anything() -> None:
    node = {"id": CUSTOMER, "name": "Acme", "createdAt": MOMENT, "modifiedAt": MOMENT,
            "currency": None, "isArchived": None, "address": None}  # fmt: skip
    record = parsed(CUSTOMERS, node, BUSINESS)
    assert isinstance(record, Customer)
    assert (record.address, record.currency, record.email) == (None, None, None)


def test_an_address_is_flat_and_tells_codes_and_names() -> None:
    address = {"addressLine1": "1 Main St", "addressLine2": None, "city": "Mesa",
               "postalCode": "85201", "province": {"code": "US-AZ", "name": "Arizona"},
               "country": {"code": "US", "name": "United States"}}  # fmt: skip
    node = {"id": CUSTOMER, "name": "Acme", "createdAt": MOMENT, "modifiedAt": MOMENT,
            "currency": {"code": "USD"}, "address": address}  # fmt: skip
    record = parsed(CUSTOMERS, node, BUSINESS)
    assert isinstance(record, Customer)
    told = record.address
    assert told is not None
    assert (told.line1, told.line2, told.city, told.postal_code) == (
        "1 Main St", None, "Mesa", "85201"
    )  # fmt: skip
    assert (told.province_code, told.province_name) == ("US-AZ", "Arizona")
    assert (told.country_code, told.country_name, record.currency) == ("US", "United States", "USD")


def test_a_listed_record_that_cannot_be_read_is_still_seen_to_have_changed() -> None:
    record = listed(INVOICES, invoice_node(total=money("14.99")), BUSINESS)
    assert isinstance(record, Glimpse)
    assert (record.key(), record.version()) == (INVOICE, MOMENT)


def test_a_listed_record_without_id_or_time_is_refused() -> None:
    with pytest.raises(Refused, match="modifiedAt"):
        listed(INVOICES, {"id": INVOICE}, BUSINESS)
