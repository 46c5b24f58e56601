"""What must stand in Zendesk before Wave's records can: fields of organizations on every plan, and
two custom objects where the plan has them.

Keys are chosen once for all: the sidebar app reads them.
"""

from __future__ import annotations

from ml_connector.core.flow import Settings
from ml_connector.core.objects import SetupItem
from ml_connector.vendors.zendesk.objects import INVOICES as INVOICE_RECORDS
from ml_connector.vendors.zendesk.objects import PAYMENTS as PAYMENT_RECORDS

SOURCE_STATES = (("wave_active", "Active"), ("wave_archived", "Archived"),
                 ("wave_deleted", "Deleted"))  # fmt: skip
ORGANIZATION_FIELDS = (
    ("Wave customer ID", "text", "wave_customer_id"),
    ("Billing e-mail", "text", "billing_email"),
    ("Wave: open balance", "decimal", "wave_open_balance"),
    ("Wave: overdue balance", "decimal", "wave_overdue_balance"),
    ("Wave: balances", "text", "wave_balances"),
    ("Wave: open invoices", "integer", "wave_open_invoices"),
    ("Wave: overdue invoices", "integer", "wave_overdue_invoices"),
    ("Wave: oldest due", "date", "wave_oldest_due"),
    ("Wave: last payment", "text", "wave_last_payment"),
    ("Wave: recent changes", "textarea", "wave_recent_changes"),
    ("Wave: open invoice list", "textarea", "wave_invoice_list"),
    ("Wave: as of", "text", "wave_synced_at"),
)
INVOICE_FIELDS = (
    ("Total", "decimal", "total"),
    ("Amount due", "decimal", "amount_due"),
    ("Amount paid", "decimal", "amount_paid"),
    ("Amount", "text", "amount_text"),
    ("Currency", "text", "currency"),
    ("Invoice date", "date", "invoice_date"),
    ("Due date", "date", "due_date"),
    ("Last change", "text", "last_change"),
    ("Changed in Wave", "text", "source_modified_at"),
    ("Invoice link", "text", "view_url"),
)
PAYMENT_FIELDS = (
    ("Date", "date", "date"),
    ("Amount", "decimal", "amount"),
    ("Currency", "text", "currency"),
    ("Method", "text", "method"),
    ("Memo", "text", "memo"),
    ("Status", "text", "status"),
)


def setup(settings: Settings) -> tuple[SetupItem, ...]:
    clear = (("wave_clear", "Clear"), ("wave_open", "Open"), ("wave_overdue", "Overdue"))
    shown = ("draft", "unpaid", "partial", "paid", "overdue", "void", "deleted")
    orgs, inv, paid = "organizations", INVOICE_RECORDS.name, PAYMENT_RECORDS.name
    return (
        *_fields(orgs, ORGANIZATION_FIELDS),
        _field(orgs, "Wave: source state", "dropdown", "wave_source_state", SOURCE_STATES),
        _field(orgs, "Wave: billing status", "dropdown", "wave_billing_status", clear),
        SetupItem("object", "Wave invoice", key=inv),
        SetupItem("field", "Organization", inv, "lookup", key="organization", to=orgs),
        _field(inv, "Status", "dropdown", "status", tuple((s, s.capitalize()) for s in shown)),
        *_fields(inv, INVOICE_FIELDS),
        SetupItem("object", "Wave payment", key=paid),
        SetupItem("field", "Organization", paid, "lookup", key="organization", to=orgs),
        SetupItem("field", "Invoice", paid, "lookup", key="invoice", to=inv),
        *_fields(paid, PAYMENT_FIELDS),
    )


def _field(
    obj: str, name: str, type: str, key: str, options: tuple[tuple[str, str], ...]
) -> SetupItem:
    return SetupItem("field", name, obj, type, key=key, options=options)


def _fields(obj: str, listed: tuple[tuple[str, str, str], ...]) -> list[SetupItem]:
    return [SetupItem("field", name, obj, type, key=key) for name, type, key in listed]
