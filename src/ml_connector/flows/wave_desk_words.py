"""What Wave's records mean at a help desk: which of them are shown, and in which words."""

from __future__ import annotations

from ml_connector.core.flow import Given
from ml_connector.core.values import Value, likeness
from ml_connector.flows import wave_statement as account
from ml_connector.flows import wave_words as words
from ml_connector.flows.common import is_dated_in
from ml_connector.vendors.wave.objects import Customer, Invoice
from ml_connector.vendors.wave.statements import InvoicePayment, Statement, payment_key

STATUSES = {"draft": "draft", "sent": "unpaid", "viewed": "unpaid", "part_paid": "partial",
            "overdue": "overdue", "paid": "paid"}  # fmt: skip


def is_customer_wanted(customer: Customer, given: Given) -> bool:
    return given.settings["since"] == "all" or not customer.is_archived


def same_name(customer: Customer, given: Given) -> list[tuple[str, str]]:
    """An organization of that name is taken over, where the person chose so."""
    is_on = given.settings["same_name"] == "adopt"
    return [("name", likeness(customer.name))] if is_on else []


def other_name(customer: Customer, given: Given) -> Value:
    """Zendesk takes each name once."""
    number = customer.display_id or customer.id[-6:]
    return f"{customer.name} (Wave {number})"[:255]


def staff_email(customer: Customer, given: Given) -> list[tuple[str, str]]:
    return [("staff_email", likeness(customer.email))]


def user_email(customer: Customer, given: Given) -> list[tuple[str, str]]:
    return [("email", likeness(customer.email))]


def is_invoice_kept(invoice: Invoice, given: Given) -> bool:
    return given.settings["drafts"] or invoice.status != "DRAFT"


def is_invoice_wanted(invoice: Invoice, given: Given) -> bool:
    is_open = given.settings["since"] == "open" and words.is_open(invoice)
    return is_open or is_dated_in(invoice.invoice_date, given)


def has_account(statement: Statement, given: Given) -> bool:
    return is_customer_wanted(statement.customer, given) or bool(account.open_invoices(statement))


def status(invoice: Invoice, given: Given) -> Value:
    state = words.state_of(invoice, given.today)
    return STATUSES.get(state or "", "unpaid")


def last_change(invoice: Invoice, given: Given) -> Value:
    paid_on = words.last_paid_on(invoice)
    told = f"{paid_on} paid {invoice.amount_paid}" if paid_on else f"{invoice.invoice_date} issued"
    return f"{told}, {invoice.amount_due} due"


def unknown_status(invoice: Invoice, given: Given) -> str | None:
    known = words.is_known(invoice)
    return None if known else f"Wave calls the status '{invoice.status}', which is new"


def payment_marks(invoice: Invoice, given: Given) -> list[tuple[str, str]]:
    return [("payments", payment_key(invoice, p)) for p in invoice.payments or ()]


def address(customer: Customer, given: Given) -> Value:
    told = words.postal_address(customer.address)
    return told["value"] if isinstance(told, dict) else None


def source_state(customer: Customer, given: Given) -> Value:
    return "wave_archived" if customer.is_archived else "wave_active"


def phone(customer: Customer, given: Given) -> Value:
    return customer.phone or customer.mobile


def payment_name(paid: InvoicePayment, given: Given) -> Value:
    return f"{paid.invoice.number} {paid.payment.date or paid.payment.created_at[:10]}"


def payment_amount(paid: InvoicePayment, given: Given) -> Value:
    return str(paid.payment.amount.amount) if paid.payment.amount else None


def payment_currency(paid: InvoicePayment, given: Given) -> Value:
    return paid.payment.amount.currency if paid.payment.amount else None


def payment_status(paid: InvoicePayment, given: Given) -> Value:
    return "refund" if paid.payment.refund_of else "received"
