"""What a customer's statement says to somebody at a help desk: balances, the oldest debt, what
happened last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from ml_connector.core.flow import Given
from ml_connector.core.values import Value
from ml_connector.flows import wave_words as words
from ml_connector.vendors.wave.objects import Invoice, Payment
from ml_connector.vendors.wave.statements import Statement

MOST_CHANGES = 10
MOST_INVOICES = 20


def main_currency(statement: Statement) -> str:
    """The customer's own currency; else the one of the newest invoice."""
    newest = max(statement.invoices, key=lambda i: i.invoice_date, default=None)
    return statement.customer.currency or (newest.currency if newest else "")


def open_invoices(statement: Statement) -> list[Invoice]:
    """Oldest due first. A draft is owed by nobody yet."""
    owed = [i for i in statement.invoices if words.is_open(i) and words.state_of(i, "") != "draft"]
    return sorted(owed, key=lambda i: (i.due_date, i.number))


def overdue_invoices(statement: Statement, today: str) -> list[Invoice]:
    return [i for i in open_invoices(statement) if words.state_of(i, today) == "overdue"]


def _sum(invoices: list[Invoice], currency: str) -> Value:
    owed = [i.amount_due.amount for i in invoices if i.currency == currency]
    return str(sum(owed, Decimal(0)))


def open_balance(statement: Statement, given: Given) -> Value:
    """What is owed in the main currency, as a plain decimal; other currencies are in `balances`."""
    return _sum(open_invoices(statement), main_currency(statement))


def overdue_balance(statement: Statement, given: Given) -> Value:
    return _sum(overdue_invoices(statement, given.today), main_currency(statement))


def balances(statement: Statement, given: Given) -> Value:
    """What is owed in each currency: `420.50 CAD, 12.00 USD`."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in open_invoices(statement):
        sums[invoice.currency] += invoice.amount_due.amount
    return ", ".join(f"{sums[currency]} {currency}" for currency in sorted(sums))


def open_count(statement: Statement, given: Given) -> Value:
    return len(open_invoices(statement))


def overdue_count(statement: Statement, given: Given) -> Value:
    return len(overdue_invoices(statement, given.today))


def oldest_due(statement: Statement, given: Given) -> Value:
    return next((i.due_date for i in open_invoices(statement)), None)


def billing_status(statement: Statement, given: Given) -> Value:
    if overdue_invoices(statement, given.today):
        return "wave_overdue"
    return "wave_open" if open_invoices(statement) else "wave_clear"


def _payments(statement: Statement) -> Iterator[tuple[Invoice, Payment]]:
    """Payments and refunds that are dated, with their invoices."""
    for invoice in statement.paid:
        for payment in invoice.payments or ():
            if payment.date and payment.amount is not None:
                yield invoice, payment


def last_payment(statement: Statement, given: Given) -> Value:
    """`2026-11-03 779.50 CAD`, or nothing."""
    told = [(p.date, str(p.amount)) for _, p in _payments(statement) if not p.refund_of]
    newest = max(told, default=None)
    return f"{newest[0]} {newest[1]}" if newest else ""


def recent_changes(statement: Statement, given: Given) -> Value:
    """The last dated lines, newest first: what was issued, paid, and given back."""
    lines = [
        (i.invoice_date, f"{i.invoice_date} Invoice {i.number} issued, {i.total}")
        for i in statement.invoices
        if words.state_of(i, "") != "draft"
    ]
    for invoice, payment in _payments(statement):
        what = "refund" if payment.refund_of else "payment"
        line = f"{payment.date} Invoice {invoice.number}: {what} of {payment.amount}"
        lines.append((payment.date or "", line))
    newest = sorted(lines, reverse=True)[:MOST_CHANGES]
    return "\n".join(line for _, line in newest)


def invoice_list(statement: Statement, given: Given) -> Value:
    """The open invoices, a line each, oldest due first."""
    owed = open_invoices(statement)[:MOST_INVOICES]
    return "\n".join(words.state_note(i, given.today) for i in owed)


def as_of(statement: Statement, given: Given) -> Value:
    return given.now.strftime("%Y-%m-%dT%H:%M:%SZ")
