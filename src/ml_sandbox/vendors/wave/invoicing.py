"""How an invoice adds up, and which of the nine statuses it has. Pure rules.

The exact transitions are not published; this is the sheet's working model: DRAFT is approved to
SAVED (or UNPAID), sent to SENT, opened to VIEWED; payments lead to PARTIAL, PAID and OVERPAID; past
due with a balance is OVERDUE (section 4).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_sandbox.vendors.wave.money import rounded
from ml_sandbox.vendors.wave.records import Invoice

_STAGES = ("DRAFT", "APPROVED", "SENT", "VIEWED")
_NOTHING = Decimal(0)


def reckon(invoice: Invoice) -> None:
    """Works out every sum of the invoice from its lines, discount, taxes and payments."""
    money = invoice.currency
    for item in invoice.items:
        item.subtotal_value = rounded(item.quantity_value * item.price_value, money)
    subtotal = sum((item.subtotal_value for item in invoice.items), _NOTHING)
    discount = min(_discount(invoice, subtotal), subtotal)
    kept = 1 - discount / subtotal if subtotal else _NOTHING
    for item in invoice.items:
        for tax in item.taxes:
            tax.value = rounded(item.subtotal_value * kept * tax.sales_tax.rate_value, money)
    taxes = sum((tax.value for item in invoice.items for tax in item.taxes), _NOTHING)
    invoice.subtotal_value = rounded(subtotal, money)
    invoice.discount_value = rounded(discount, money)
    invoice.tax_value = rounded(taxes, money)
    invoice.total_value = rounded(subtotal - discount + taxes, money)
    paid = sum((p.value for p in invoice.payment_list if not p.is_deleted), _NOTHING)
    invoice.paid_value = rounded(paid, money)


def _discount(invoice: Invoice, subtotal: Decimal) -> Decimal:
    found = _NOTHING
    for discount in invoice.discount_list:
        if discount.percentage_value is not None:
            found += subtotal * discount.percentage_value / 100
        elif discount.amount_value is not None:
            found += discount.amount_value
    return rounded(found, invoice.currency)


def status_of(invoice: Invoice, today: date, approved_status: str) -> str:
    """The status on that day; `approved_status` is what an approved, unsent invoice shows."""
    if invoice.stage == "DRAFT":
        return "DRAFT"
    paid, due = invoice.paid_value, invoice.due_value
    if paid > 0 and due < 0:
        return "OVERPAID"
    if paid > 0 and due == 0:
        return "PAID"
    if due > 0 and invoice.due_date < today:
        return "OVERDUE"
    if paid > 0:
        return "PARTIAL"
    return approved_status if invoice.stage == "APPROVED" else invoice.stage


def further(stage: str, reached: str) -> str:
    """The later of two stages: viewing does not undo, sending again does not un-view."""
    return max(stage, reached, key=_STAGES.index)
