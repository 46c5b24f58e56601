"""What is put together of several of Wave's records: a payment with its invoice, and a customer's
statement of account.

Wave lists neither. A payment stands only inside its single invoice, so its key names both; a
statement is the customer with all invoices, and the payments of those that changed last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.vendors.wave.objects import Customer, Invoice, Payment

STATEMENT_BATCH = 10
PAID_LOOKED_AT = 10
"""The newest payment is looked for on so many paid invoices, those that changed last."""
UNPAID_LOOKED_AT = 15
"""And on so many of which nothing is paid: all of it may have been given back, which no listing
tells. Together they are one request."""


class InvoicePayment(SourceModel):
    """A payment and the invoice that it is on."""

    payment: Payment
    invoice: Invoice

    def key(self) -> str:
        return payment_key(self.invoice, self.payment)

    def version(self) -> str:
        return self.payment.modified_at

    def called(self) -> str:
        return f"payment on {self.invoice.called()}"


class Statement(SourceModel):
    """A customer's account. `invoices` are all of them, listed; `paid` are some, with payments."""

    customer: Customer
    invoices: tuple[Invoice, ...]
    paid: tuple[Invoice, ...]

    def key(self) -> str:
        return self.customer.id

    def version(self) -> str:
        return ""  # it has none of its own

    def called(self) -> str:
        return self.customer.name


PAYMENTS = SourceObject(
    "wave", "payments", InvoicePayment, "payment", read_batch=25, is_listed=False
)
STATEMENTS = SourceObject(
    "wave", "statements", Statement, "statement", read_batch=STATEMENT_BATCH, is_listed=False
)


def payment_key(invoice: Invoice, payment: Payment) -> str:
    """Both ids; neither holds a bar."""
    return f"{invoice.id}|{payment.id}"


def invoice_of(key: str) -> str:
    return key.partition("|")[0]


def payments_of(
    keys: Sequence[str], invoices: Mapping[str, SourceModel | None]
) -> dict[str, SourceModel | None]:
    """The payments of these keys, found in their invoices; None where one is not there."""
    found: dict[str, SourceModel | None] = dict.fromkeys(keys)
    for invoice in invoices.values():
        if isinstance(invoice, Invoice):
            for payment in invoice.payments or ():
                key = payment_key(invoice, payment)
                if key in found:
                    found[key] = InvoicePayment(payment=payment, invoice=invoice)
    return found


def looked_at(invoices: Sequence[Invoice]) -> list[str]:
    """The ids of the invoices among which the newest payment is."""
    newest = sorted(invoices, key=lambda invoice: invoice.changed_at(), reverse=True)
    paid = [invoice.id for invoice in newest if invoice.amount_paid.is_positive]
    unpaid = [i.id for i in newest if not i.amount_paid.is_positive and i.status != "DRAFT"]
    return [*paid[:PAID_LOOKED_AT], *unpaid[:UNPAID_LOOKED_AT]]
