"""What Wave's records mean to a sales team: the state of an invoice, its words, its marks.

The state follows from the amounts first and Wave's own word second, since amounts cannot be late:
a word may be new, or lag behind a payment.
"""

from __future__ import annotations

from ml_connector.core.values import Value, likeness
from ml_connector.vendors.wave.objects import Address, Customer, Invoice

LABELS = {
    "draft": "Draft",
    "sent": "Sent",
    "viewed": "Viewed",
    "part_paid": "Part paid",
    "overdue": "Overdue",
    "paid": "Paid",
}
"""The states of an invoice, in the order of the stages."""

_BY_WORD = {
    "DRAFT": "draft",
    "SAVED": "draft",
    "UNPAID": "sent",
    "SENT": "sent",
    "VIEWED": "viewed",
    "PARTIAL": "part_paid",
    "OVERDUE": "overdue",
    "PAID": "paid",
    "OVERPAID": "paid",
}
SHORTEST_REFERENCE = 4
"""A number as short as 42 stands in many a title by chance; it is no reference."""


def is_known(invoice: Invoice) -> bool:
    return invoice.status in _BY_WORD


def is_open(invoice: Invoice) -> bool:
    return invoice.amount_due.is_positive


def state_of(invoice: Invoice, today: str) -> str | None:
    """A key of LABELS; None where neither amounts nor word tell, so that the stage is left."""
    word = _BY_WORD.get(invoice.status)
    if word == "draft":
        return word
    if not invoice.amount_due.is_positive and invoice.amount_paid.is_positive:
        return "paid"
    if invoice.amount_due.is_positive:
        if invoice.due_date < today or word == "overdue":
            return "overdue"
        if invoice.amount_paid.is_positive:
            return "part_paid"
        return "sent" if word == "paid" else word
    return word


def status_label(invoice: Invoice, today: str) -> str:
    """Our word for the state, Overpaid where more came in, else Wave's own word as it is."""
    if not is_known(invoice):
        return invoice.status
    if invoice.amount_paid.amount > invoice.total.amount:
        return "Overpaid"
    return LABELS[state_of(invoice, today) or _BY_WORD[invoice.status]]


def last_paid_on(invoice: Invoice) -> str | None:
    """The date of the newest payment that was not a refund."""
    dates = [p.date for p in invoice.payments or () if p.date and not p.refund_of]
    return max(dates, default=None)


def state_note(invoice: Invoice, today: str) -> str:
    """A line that a sales person can read."""
    due = f"{invoice.amount_due} open" if is_open(invoice) else "nothing open"
    return (
        f"Invoice {invoice.number}: {status_label(invoice, today)}, {invoice.total}, {due}, "
        f"due {invoice.due_date}."
    )


def contact_name(customer: Customer) -> str:
    """The person's name; the firm's where Wave knows no person."""
    return " ".join(n for n in (customer.first_name, customer.last_name) if n) or customer.name


def postal_address(address: Address | None) -> Value:
    """As one line, with the parts that have a place of their own."""
    if address is None:
        return None
    region = address.province_name or address.province_code
    country = address.country_name or address.country_code
    street = ", ".join(line for line in (address.line1, address.line2) if line)
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    line = ", ".join(part for part in (street, town, region, country) if part)
    if not line:
        return None
    return {
        "value": line,
        "locality": address.city,
        "admin_area_level_1": region,
        "postal_code": address.postal_code,
        "country": country,
    }


def reference_marks(invoice: Invoice) -> list[tuple[str, str]]:
    """The numbers by which a sales person would name this invoice in a deal."""
    numbers = [likeness(n).strip("#.,;:()[]") for n in (invoice.number, invoice.po_number)]
    return [("reference", n) for n in numbers if len(n) >= SHORTEST_REFERENCE]


def same_amount_marks(invoice: Invoice) -> list[tuple[str, str]]:
    amount = f"{invoice.total.amount.normalize():f}"
    return [("amount", f"{amount}:{invoice.currency}")]
