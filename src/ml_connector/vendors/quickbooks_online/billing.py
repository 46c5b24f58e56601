"""Billing is what a customer's documents of the last twelve months come to, on one day.

QuickBooks Online has no such record ("There is no billing status … in the QBO Customer"). By these
rules, on the company's own calendar day:

- a void invoice comes to nothing: it is not the last one, and adds nothing to the total;
- the total is what was invoiced less what was credited by memo; a refund changes neither;
- a write-off is a credit memo there, and counts as one; an overpayment is a balance below zero;
- an invoice is overdue once its due date has passed with something open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ml_connector.core.money import Money
from ml_connector.core.objects import SourceModel
from ml_connector.vendors.quickbooks_online.documents import (
    CreditMemo,
    Document,
    Invoice,
    Payment,
)
from ml_connector.vendors.quickbooks_online.times import year_before

CENT = Decimal("0.01")


class Billing(SourceModel):
    """`home_balance` is None where no rate is known. The last invoice and payment are those of the
    last twelve months, None where there was none."""

    balance: Money
    home_balance: Money | None
    open_invoices: int
    overdue_invoices: int
    invoiced: Money
    invoiced_net: Money
    last_invoice_date: str | None
    last_invoice_number: str | None
    last_payment_date: str | None
    last_payment: Money | None


@dataclass(frozen=True, slots=True)
class Documents:
    """Those of one customer, or of a tree of jobs. All are in the customer's currency."""

    invoices: Sequence[Invoice]
    credits: Sequence[CreditMemo]
    payments: Sequence[Payment]


def billing_of(papers: Documents, balance: Money, home: str, today: date) -> Billing:
    """What they come to; `balance` is the customer's own word, `home` the company's currency."""
    since, now = year_before(today).isoformat(), today.isoformat()
    recent = [i for i in papers.invoices if i.total and since < (i.dated or "") <= now]
    credits = [c for c in papers.credits if since < (c.dated or "") <= now]
    paid = [p for p in papers.payments if p.total and (p.dated or "") > since]
    owed = [i for i in papers.invoices if i.balance > 0]
    last = max(recent, key=_order, default=None)
    payment = max(paid, key=_order, default=None)
    gross = _sum(i.total for i in recent) - _sum(c.total for c in credits)
    taxes = _sum(i.tax for i in recent) - _sum(c.tax for c in credits)
    return Billing(
        balance=balance,
        home_balance=_at_home(papers, balance, owed, home),
        open_invoices=len(owed),
        overdue_invoices=sum(1 for i in owed if (i.due or now) < now),
        invoiced=Money(gross, balance.currency),
        invoiced_net=Money(gross - taxes, balance.currency),
        last_invoice_date=last.dated if last else None,
        last_invoice_number=(last.number or None) if last else None,
        last_payment_date=payment.dated if payment else None,
        last_payment=Money(payment.total, balance.currency) if payment else None,
    )


def _order(document: Document) -> tuple[str, int]:
    """By date; of one day, by the number that was given later."""
    return document.dated or "", int(document.id) if document.id.isdecimal() else 0


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal())


def _at_home(papers: Documents, balance: Money, owed: Sequence[Invoice], home: str) -> Money | None:
    """The balance in the company's currency: each open invoice at its own rate, the rest of the
    balance (credits, payments that are not applied) at the newest one."""
    if balance.currency == home:
        return balance
    rates = [(d.dated or "", d.rate) for d in (*papers.invoices, *papers.payments) if d.rate]
    rate = max(rates, default=(None, None))[1]
    rest = balance.amount - _sum(i.balance for i in owed)
    shares = [_share(invoice, rate) for invoice in owed]
    if None in shares or (rest and rate is None):
        return None
    total = _sum(shares) + rest * (rate or 0)
    return Money(total.quantize(CENT), home)


def _share(invoice: Invoice, newest: Decimal | None) -> Decimal | None:
    if invoice.home_balance is not None:
        return invoice.home_balance
    rate = invoice.rate or newest
    return invoice.balance * rate if rate is not None else None
