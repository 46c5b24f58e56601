"""The payment desk records money that came in, and lets the invoice follow.

A payment has no status: it is there, or it is deleted by `vis_state`, and then the invoice is owed
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from ml_sandbox.vendors.freshbooks import errors, inputs
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.client_desk import refuse_deleted, vis_verb
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.inputs import Form
from ml_sandbox.vendors.freshbooks.money import PLACES, ZERO, money, rounded
from ml_sandbox.vendors.freshbooks.records import (
    ACTIVE,
    DELETED,
    Actor,
    Invoice,
    Paper,
    Payment,
    Stage,
)
from ml_sandbox.vendors.freshbooks.times import eastern_text

TYPES = (
    "Check", "Credit", "Cash", "Bank Transfer", "Credit Card", "Debit", "PayPal", "2Checkout",
    "VISA", "MASTERCARD", "DISCOVER", "AMEX", "DINERS", "JCB", "ACH", "Other",
)  # fmt: skip
FORM = Form(
    "payment",
    {
        "invoiceid": inputs.whole(1),
        "amount": inputs.money,
        "date": inputs.day,
        "type": inputs.one_of(*TYPES),
        "note": inputs.text(5000),
        "send_client_notification": inputs.boolean,
        "orderid": inputs.text(64),
        "transactionid": inputs.text(64),
    },
    frozenset(
        {
            "id", "logid", "clientid", "creditid", "overpaymentid", "bulk_paymentid", "from_credit",
            "gateway", "updated", "accounting_systemid",
        }
    ),
)  # fmt: skip


def create(account: Account, actor: Actor, given: Mapping[str, Any]) -> Payment:
    """Raises ApiError where the invoice is not there or the money does not fit."""
    FORM.need(given, "invoiceid", "amount", "date")
    invoice = account.invoices.get(given["invoiceid"])
    if invoice is None or invoice.vis_state == DELETED:
        row = Row(errors.UNKNOWN_RESOURCE, "Invoice not found.", "invoiceid", "payment")
        raise ApiError(422, replace(row, value=str(given["invoiceid"])))
    amount = _amount(given["amount"], invoice.currency)
    payment = Payment(
        id=account.payments.new_id(),
        invoiceid=invoice.id,
        clientid=invoice.customerid,
        amount=amount,
        currency=invoice.currency,
        date=given["date"],
        type=given.get("type", "Other"),
        updated=account.now(),
        plain=_plain(given),
        overpaymentid=_overpaid(account, invoice, amount),
    )
    account.put_payment(payment)
    account.tell("payment.create", payment.id, actor)
    follow(account, actor, invoice)
    return payment


def _amount(given: tuple[Decimal, str | None], code: str) -> Decimal:
    amount, own_code = given
    if own_code not in (None, code):
        raise FORM.invalid("amount", f"must be in the invoice's currency, {code}.", own_code)
    if amount <= ZERO:
        raise FORM.invalid("amount", "must be above zero.", amount, errors.NEGATIVE)
    if rounded(amount, code) != amount:
        raise FORM.invalid("amount", f"has more than {PLACES[code]} decimals.", amount)
    return amount


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    names = ("note", "send_client_notification", "orderid", "transactionid")
    return {name: given.get(name) for name in names}


def _overpaid(account: Account, invoice: Invoice, amount: Decimal) -> int | None:
    """The credit that holds what was paid too much, where the account keeps it so."""
    excess = amount - max(ZERO, invoice.outstanding)
    if excess <= ZERO or account.switch("overpayment") != "credit":
        return None
    number = account.papers["credit_notes"].new_id()
    now = account.now()
    body = credit_body(account.id, number, invoice, excess, account.today())
    body["updated"] = eastern_text(now)
    account.put_paper("credit_notes", Paper(number, now, body))
    return number


def credit_body(
    account_id: str, number: int, invoice: Invoice, excess: Decimal, on: date
) -> dict[str, Any]:
    return {
        "id": number,
        "creditid": number,
        "accounting_systemid": account_id,
        "clientid": invoice.customerid,
        "credit_type": "overpayment",
        "credit_number": f"CN{number}",
        "create_date": on.isoformat(),
        "currency_code": invoice.currency,
        "amount": money(excess, invoice.currency),
        "status": "created",
        "payment_status": "unpaid",
        "vis_state": ACTIVE,
    }


def change(account: Account, actor: Actor, payment: Payment, given: Mapping[str, Any]) -> Payment:
    """Raises ApiError; a payment stays with its invoice."""
    refuse_deleted("payment", "logid", payment.id, payment.vis_state)
    if given.get("invoiceid", payment.invoiceid) != payment.invoiceid:
        raise FORM.invalid("invoiceid", "cannot be changed.", given["invoiceid"])
    amount = payment.amount
    if "amount" in given:
        amount = _amount(given["amount"], payment.currency)
    kept = {name: value for name, value in _plain(given).items() if name in given}
    changed = replace(
        payment,
        amount=amount,
        date=given.get("date") or payment.date,
        type=given.get("type", payment.type),
        plain={**payment.plain, **kept},
        updated=account.now(),
    )
    account.put_payment(changed)
    account.tell("payment.update", payment.id, actor)
    _follow_its(account, actor, payment)
    return changed


def set_vis_state(account: Account, actor: Actor, payment: Payment, state: int) -> Payment:
    verb = vis_verb(account, payment.vis_state, state)
    if payment.vis_state == state:
        return payment
    changed = replace(payment, vis_state=state, updated=account.now())
    account.put_payment(changed)
    if verb:
        account.tell(f"payment.{verb}", payment.id, actor)
    _follow_its(account, actor, payment)
    return changed


def _follow_its(account: Account, actor: Actor, payment: Payment) -> None:
    invoice = account.invoices.get(payment.invoiceid)
    if invoice is not None:
        follow(account, actor, invoice)


def follow(account: Account, actor: Actor, invoice: Invoice) -> Invoice:
    """The invoice shows what was paid; a draft that is paid counts as sent."""
    changed = settled(account, invoice, account.payments_of(invoice))
    if account.switch("payment_touches_invoice_updated"):
        changed = replace(changed, updated=account.now())
    account.put_invoice(changed)
    if account.switch("payment_fires_invoice_update"):
        account.tell("invoice.update", invoice.id, actor)
    return changed


def settled(account: Account, invoice: Invoice, payments: list[Payment]) -> Invoice:
    """The invoice with these payments on it."""
    paid = sum((payment.amount for payment in payments), ZERO)
    if account.switch("overpayment") == "credit":
        paid = min(paid, invoice.totals.amount)
    whole = paid >= invoice.totals.amount and paid > ZERO
    stage = Stage.SENT if payments and invoice.stage is Stage.DRAFT else invoice.stage
    last = max((payment.date for payment in payments), default=None)
    return replace(invoice, paid=paid, stage=stage, date_paid=last if whole else None)
