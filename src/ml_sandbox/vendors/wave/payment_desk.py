"""What can be done to payments: record, correct, remove, refund."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ml_sandbox.vendors.wave.books import Books
from ml_sandbox.vendors.wave.errors import Invalid
from ml_sandbox.vendors.wave.invoice_desk import changing
from ml_sandbox.vendors.wave.money import rounded
from ml_sandbox.vendors.wave.records import Account, Invoice, Payment, keep_past

FIRST_PAYMENT = 3001
_TOLD = {"PAID": "invoice.paid", "OVERPAID": "invoice.overpaid"}


def enter(
    books: Books,
    invoice: Invoice,
    value: Decimal,
    on: date,
    account: Account,
    at: datetime | None = None,
    **more: Any,
) -> Payment:
    """Puts a payment into the books as it is; sums are the caller's."""
    stamps = books.stamps(books.payments, FIRST_PAYMENT, at)
    payment = Payment(
        **stamps, invoice=invoice, account=account, value=value, payment_date=on, **more
    )
    books.payments.put(payment)
    invoice.payment_list = [*invoice.payment_list, payment]
    return payment


def _account(books: Books, key: str) -> Account:
    account = books.accounts.by_id(key)
    if account is None or account.subtype_value not in ("CASH_AND_BANK", "CREDIT_CARD"):
        raise Invalid("Select an existing payment account.", "paymentAccountId")
    return account


def _amount(invoice: Invoice, amount: Decimal) -> Decimal:
    value = rounded(amount, invoice.currency)
    if value <= 0 or value != amount:
        raise Invalid("Enter a valid amount.", "amount")
    return value


def pay(books: Books, invoice: Invoice, given: Mapping[str, Any]) -> Payment:
    """A payment from an InvoicePaymentCreateManualInput. Raises Invalid."""
    if invoice.stage == "DRAFT":
        raise Invalid("Approve the invoice before recording a payment.", "invoiceId")
    value = _amount(invoice, given["amount"])
    account = _account(books, given["paymentAccountId"])
    if given["exchangeRate"] <= 0:
        raise Invalid("The exchange rate is above zero.", "exchangeRate")
    with changing(books, invoice, _touches(books)):
        payment = enter(
            books,
            invoice,
            value,
            given["paymentDate"],
            account,
            payment_method=given["paymentMethod"],
            exchange_rate_value=given["exchangeRate"],
            memo=given.get("memo"),
        )
    books.tell("payment.created", invoice, payment=payment)
    books.tell(_TOLD.get(invoice.status, "invoice.partially_paid"), invoice)
    return payment


def _touches(books: Books) -> bool:
    return bool(books.surroundings.switch("payment_touches_modified"))


def change(books: Books, payment: Payment, given: Mapping[str, Any]) -> None:
    """Fields that are given are set. Raises Invalid."""
    fields: dict[str, Any] = {}
    if given.get("amount") is not None:
        fields["value"] = _amount(payment.invoice, given["amount"])
    if given.get("paymentAccountId") is not None:
        fields["account"] = _account(books, given["paymentAccountId"])
    if given.get("exchangeRate") is not None:
        fields["exchange_rate_value"] = given["exchangeRate"]
    for theirs, ours in (("paymentDate", "payment_date"), ("paymentMethod", "payment_method")):
        if given.get(theirs) is not None:
            fields[ours] = given[theirs]
    if "memo" in given:
        fields["memo"] = given["memo"]
    keep_past(payment, books.now())
    with changing(books, payment.invoice, _touches(books)):
        for name, value in fields.items():
            setattr(payment, name, value)
    payment.modified_at = books.now()
    books.payments.put(payment)


def delete(books: Books, payment: Payment) -> None:
    """The payment never was; the invoice goes back to what it was before."""
    keep_past(payment, books.now())
    with changing(books, payment.invoice, _touches(books)):
        payment.is_deleted = True
    payment.modified_at = books.now()
    books.payments.put(payment)


def refund(books: Books, invoice: Invoice, amount: Decimal | None, on: date) -> Payment:
    """Money back, all that was paid unless an amount is given. Raises Invalid."""
    most = invoice.paid_value
    value = most if amount is None else _amount(invoice, amount)
    paid = [p for p in invoice.payment_list if not p.is_deleted and p.refund_of is None]
    if not paid or value <= 0 or value > most:
        raise Invalid("There is not that much to refund.", "amount")
    with changing(books, invoice, _touches(books)):
        source = paid[-1]
        return enter(
            books,
            invoice,
            -value,
            on,
            source.account,
            payment_method=source.payment_method,
            refund_of=source,
        )
