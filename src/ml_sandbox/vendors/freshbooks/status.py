"""The four status fields of an invoice, which disagree by design.

`status` tells what was done with it, `v3_status` adds money and calendar, `payment_status` is about
money alone, `display_status` about sending alone. A recorded invoice has status 2, display_status
sent, payment_status partial and v3_status partial at once (sheet, section 6).
"""

from __future__ import annotations

from datetime import date

from ml_sandbox.vendors.freshbooks.money import ZERO
from ml_sandbox.vendors.freshbooks.records import Invoice, Stage

V3_STATUSES = (
    "created", "draft", "sent", "viewed", "failed", "retry", "success", "autopaid", "paid",
    "partial", "disputed", "resolved", "overdue", "declined", "pending", "deposit-partial",
    "deposit-paid",
)  # fmt: skip
_NUMBERS = {"retry": 6, "failed": 7}
_AUTOBILL = ("retry", "failed", "success")
_LAST_ORDER = ("pending", "declined", "success")
_DEPOSIT = {"deposit-partial": "partial", "deposit-paid": "paid"}


def is_paid(invoice: Invoice) -> bool:
    """A draft is never paid, and neither is an invoice over nothing."""
    nothing_left = invoice.outstanding <= ZERO and invoice.paid > ZERO
    return nothing_left and invoice.stage is not Stage.DRAFT


def is_overdue(invoice: Invoice, today: date) -> bool:
    """By the clock: sent, due before today, and something is left to pay."""
    sent = invoice.stage in (Stage.SENT, Stage.VIEWED)
    return sent and invoice.due_date < today and invoice.outstanding > ZERO


def number(invoice: Invoice) -> int:
    """`status`: a partly paid invoice keeps the number of what was done with it."""
    if invoice.told_status in _NUMBERS:
        return _NUMBERS[invoice.told_status]
    if is_paid(invoice):
        return 5 if invoice.auto_paid else 4
    return int(invoice.stage)


def v3(invoice: Invoice, today: date) -> str:
    """`overdue` hides that a part was paid."""
    if invoice.told_status is not None:
        return invoice.told_status
    if invoice.stage is Stage.DISPUTED:
        return "disputed"
    if is_paid(invoice):
        return "autopaid" if invoice.auto_paid else "paid"
    if is_overdue(invoice, today):
        return "overdue"
    if invoice.paid > ZERO and invoice.stage is not Stage.DRAFT:
        return "partial"
    return invoice.stage.name.lower()


def payment(invoice: Invoice) -> str:
    if is_paid(invoice):
        return "auto-paid" if invoice.auto_paid else "paid"
    return "partial" if invoice.paid > ZERO else "unpaid"


def display(invoice: Invoice) -> str:
    return "outstanding" if invoice.stage is Stage.DISPUTED else invoice.stage.name.lower()


def autobill(invoice: Invoice) -> str | None:
    if invoice.auto_paid and is_paid(invoice):
        return "success"
    return invoice.told_status if invoice.told_status in _AUTOBILL else None


def last_order(invoice: Invoice) -> str | None:
    return invoice.told_status if invoice.told_status in _LAST_ORDER else None


def deposit(invoice: Invoice) -> str:
    return _DEPOSIT.get(invoice.told_status or "", "none")


def dispute(invoice: Invoice) -> str | None:
    return "disputed" if invoice.stage is Stage.DISPUTED else None
