"""What a customer's documents come to, by the written rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ml_connector.core.money import Money
from ml_connector.vendors.quickbooks_online.billing import Billing, Documents, billing_of
from ml_connector.vendors.quickbooks_online.documents import CreditMemo, Invoice, Payment
from ml_connector.vendors.quickbooks_online.times import year_before
from tests.vendors.quickbooks_online.given import invoice_row, payment_row

TODAY = date(2026, 5, 4)


def decimals(row: dict[str, Any]) -> dict[str, Any]:
    """As the client parses JSON."""
    return {
        k: decimals(v) if isinstance(v, dict) else Decimal(str(v)) if isinstance(v, float) else v
        for k, v in row.items()
    }


def invoice(id: str = "301", **more: Any) -> Invoice:
    return Invoice.model_validate(decimals(invoice_row(id, **more)))


def credit(**more: Any) -> CreditMemo:
    return CreditMemo.model_validate(decimals(invoice_row("340", **{"Balance": 0, **more})))


def payment(id: str = "330", **more: Any) -> Payment:
    return Payment.model_validate(decimals(payment_row(id, **more)))


def bill(
    *documents: Invoice | CreditMemo | Payment, balance: str = "0", currency: str = "USD",
    home: str = "USD", today: date = TODAY,
) -> Billing:  # fmt: skip
    papers = Documents(
        [d for d in documents if isinstance(d, Invoice)],
        [d for d in documents if isinstance(d, CreditMemo)],
        [d for d in documents if isinstance(d, Payment)],
    )
    return billing_of(papers, Money(Decimal(balance), currency), home, today)


def test_nothing_comes_to_nothing() -> None:
    found = bill()
    assert (found.open_invoices, found.overdue_invoices) == (0, 0)
    assert found.invoiced == Money(Decimal(), "USD")
    assert found.last_invoice_date is None
    assert found.last_payment is None


def test_the_last_invoice_and_payment_are_those_of_the_newest_day() -> None:
    found = bill(
        invoice("9", TxnDate="2026-03-01", DocNumber="old"),
        invoice("302", TxnDate="2026-04-01", DocNumber="B"),
        invoice("1301", TxnDate="2026-04-01", DocNumber="C"),
        invoice("400", TxnDate="2026-06-01", DocNumber="future"),
        payment("7", TxnDate="2026-04-02", TotalAmt=12.5),
        payment("8", TxnDate="2026-04-01"),
    )
    assert (found.last_invoice_number, found.last_invoice_date) == ("C", "2026-04-01")
    assert found.last_payment == Money(Decimal("12.5"), "USD")
    assert found.last_payment_date == "2026-04-02"


def test_a_void_invoice_is_not_the_last_one() -> None:
    void = invoice("302", TxnDate="2026-05-01", TotalAmt=0, Balance=0, PrivateNote="Voided")
    found = bill(invoice(DocNumber="A"), void)
    assert found.last_invoice_number == "A"
    assert found.invoiced.amount == 110


def test_credits_are_taken_off_and_taxes_where_net_is_asked_for() -> None:
    found = bill(invoice(), credit(TotalAmt=33, TxnTaxDetail={"TotalTax": 3}))
    assert [found.invoiced.amount, found.invoiced_net.amount] == [77, 70]


def test_the_year_begins_after_the_same_day_of_the_last_one() -> None:
    inside, outside = invoice(TxnDate="2025-05-05"), invoice("2", TxnDate="2025-05-04")
    found = bill(inside, outside)
    assert found.invoiced.amount == 110
    assert found.open_invoices == 2
    assert year_before(date(2028, 2, 29)) == date(2027, 2, 28)


def test_overdue_is_after_the_day_and_only_with_something_open() -> None:
    assert bill(invoice(DueDate="2026-05-04")).overdue_invoices == 0
    assert bill(invoice(DueDate="2026-05-03")).overdue_invoices == 1
    assert bill(invoice(DueDate="2026-05-03", Balance=0)).overdue_invoices == 0


def test_the_balance_at_home() -> None:
    own = bill(invoice(), balance="100", currency="EUR", home="EUR")
    assert own.home_balance == own.balance
    shown = bill(invoice(HomeBalance=130.55), balance="100", currency="EUR")
    assert shown.home_balance == Money(Decimal("130.55"), "USD")
    rated = bill(
        invoice(ExchangeRate=1.25), payment(ExchangeRate=1.3, TxnDate="2026-04-30"),
        balance="60", currency="EUR",
    )  # fmt: skip
    # 100 at 1.25, and 40 paid in advance at the newest rate
    assert rated.home_balance == Money(Decimal("73.00"), "USD")
    assert bill(invoice(), balance="100", currency="EUR").home_balance is None
    assert bill(balance="0", currency="EUR").home_balance == Money(Decimal("0.00"), "USD")
    assert bill(balance="5", currency="EUR").home_balance is None
