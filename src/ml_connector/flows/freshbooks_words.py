"""What FreshBooks' records mean to a sales team: the state of an invoice, its words, an address.

The state follows from the amounts first and FreshBooks' `v3_status` second, since its four statuses
disagree by design and overdue hides a part payment. By these rules:

- a payment that is deleted or lowered (a refund) makes its amount due again: the deal is reopened;
- a credit that is used counts as a payment;
- a write-off does not exist: a lower total lowers the deal's worth, and what is left of it decides;
- more paid than invoiced is paid, and called Overpaid;
- a deleted invoice (void) is marked by its source state and by nothing else.
"""

from __future__ import annotations

from ml_connector.core.values import Value
from ml_connector.vendors.freshbooks.objects import Client, Invoice

LABELS = {
    "draft": "Draft",
    "sent": "Sent",
    "viewed": "Viewed",
    "part_paid": "Part paid",
    "overdue": "Overdue",
    "disputed": "Disputed",
    "paid": "Paid",
}
"""The states of an invoice, in the order of the stages."""

_BY_WORD = {
    "created": "draft",
    "draft": "draft",
    "sent": "sent",
    "viewed": "viewed",
    "failed": "sent",
    "retry": "sent",
    "declined": "sent",
    "pending": "sent",
    "resolved": "sent",
    "partial": "part_paid",
    "deposit-partial": "part_paid",
    "deposit-paid": "part_paid",
    "overdue": "overdue",
    "disputed": "disputed",
    "success": "paid",
    "autopaid": "paid",
    "paid": "paid",
}
_FINER = {
    "failed": "Payment failed",
    "retry": "Payment retried",
    "declined": "Payment declined",
    "pending": "Payment pending",
    "resolved": "Dispute resolved",
    "deposit-partial": "Deposit part paid",
    "deposit-paid": "Deposit paid",
}
"""Words that say more than the state does, where the state is as the word has it."""

_PAID_WORDS = ("paid", "auto-paid")
"""Of `payment_status`; `v3_status` writes the second without a hyphen."""


def is_known(invoice: Invoice) -> bool:
    return invoice.v3_status in _BY_WORD


def is_draft(invoice: Invoice) -> bool:
    return _BY_WORD.get(invoice.v3_status) == "draft"


def state_of(invoice: Invoice, today: str) -> str | None:
    """A key of LABELS; None where neither amounts nor word tell, so that the stage is left."""
    word = _BY_WORD.get(invoice.v3_status)
    if word == "draft" or _is_paid(invoice, word):
        return word if word == "draft" else "paid"
    if word == "disputed" or invoice.dispute_status == "disputed":
        return "disputed"
    if not invoice.is_open:
        return word
    if word == "overdue" or invoice.past_due or (invoice.due_date or today) < today:
        return "overdue"
    if invoice.paid.is_positive:
        return "part_paid"
    return "sent" if word in ("paid", "part_paid") else word


def _is_paid(invoice: Invoice, word: str | None) -> bool:
    says_paid = word == "paid" or invoice.payment_status in _PAID_WORDS
    return not invoice.is_open and (invoice.paid.is_positive or says_paid)


def status_label(invoice: Invoice, today: str) -> str:
    """Our word for the state, Overpaid where more came in, else FreshBooks' own word as it is."""
    word = invoice.v3_status
    if not is_known(invoice):
        return word or "Unknown"
    if invoice.paid.amount > invoice.amount.amount:
        return "Overpaid"
    state = state_of(invoice, today) or _BY_WORD[word]
    return _FINER.get(word, LABELS[state]) if state == _BY_WORD[word] else LABELS[state]


def source_state(record: Client | Invoice) -> str:
    return "Archived" if record.is_archived else "Active"


def postal_address(client: Client) -> Value:
    """The billing address, else the shipping address; in one line and in parts."""
    c = client
    billing = (c.p_street, c.p_street2, c.p_city, c.p_province, c.p_country, c.p_code)
    shipping = (c.s_street, c.s_street2, c.s_city, c.s_province, c.s_country, c.s_code)
    chosen = billing if any(part.strip() for part in billing) else shipping
    street, street2, city, province, country, code = (part.strip() for part in chosen)
    lines = (street, street2, " ".join(p for p in (code, city) if p), province, country)
    line = ", ".join(part for part in lines if part)
    if not line:
        return None
    return {
        "value": line,
        "locality": city or None,
        "admin_area_level_1": province or None,
        "postal_code": code or None,
        "country": country or None,
    }
