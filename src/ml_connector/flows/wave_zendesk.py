"""Wave Accounting → Zendesk: customers become organizations and their contacts end users; invoices
and payments become records where the plan has custom objects, and a summary of each customer's
account stands in its organization on every plan."""

from __future__ import annotations

from ml_connector.core.flow import (
    UNTIL_TOUCHED,
    Distinct,
    Feed,
    Flow,
    Given,
    MatchRule,
    Route,
    Setting,
    Settings,
    alike,
    copy,
    itself,
    key,
    keyed,
    linked,
    make,
    shared,
    spared,
)  # fmt: skip
from ml_connector.core.objects import SetupItem
from ml_connector.core.values import Value, likeness
from ml_connector.flows import wave_statement as account
from ml_connector.flows import wave_words as words
from ml_connector.flows.common import COMMON, is_dated_in, one_of, parse_yes
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Customer, Invoice
from ml_connector.vendors.wave.statements import (
    PAYMENTS,
    STATEMENTS,
    InvoicePayment,
    Statement,
    payment_key,
)
from ml_connector.vendors.zendesk.objects import INVOICES as INVOICE_RECORDS
from ml_connector.vendors.zendesk.objects import ORGANIZATIONS, USERS
from ml_connector.vendors.zendesk.objects import PAYMENTS as PAYMENT_RECORDS

RECORDS = "custom_objects"
SOURCE_STATES = (("wave_active", "Active"), ("wave_archived", "Archived"),
                 ("wave_deleted", "Deleted"))  # fmt: skip
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


def by_email(kind: str) -> list[MatchRule]:
    def telling(customer: Customer, given: Given) -> list[tuple[str, str]]:
        return [(kind, likeness(customer.email))] if customer.email else []

    return [spared(telling) if kind == "staff_email" else shared(telling)]


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


customers = Route(
    name="customers",
    label="Customers → organizations",
    reads=CUSTOMERS,
    writes=ORGANIZATIONS,
    on=("customer.*",),
    enters=is_customer_wanted,
    match=(linked(), keyed("external_id"), alike(same_name)),
    distinct=Distinct("name", "name", other_name),
    fields={
        "name": copy("name", owner=UNTIL_TOUCHED),
        "external_id": key(),
        "details": make(lambda c, given: _address(c), owner=UNTIL_TOUCHED),
        "Wave customer ID": copy("id"),
        "Billing e-mail": copy("email"),
        "Wave: source state": make(
            lambda c, given: "wave_archived" if c.is_archived else "wave_active"
        ),
    },
    gone=lambda wrote, given: {"Wave: source state": "wave_deleted"},
)

contacts = Route(
    name="contacts",
    label="Contacts → end users",
    reads=CUSTOMERS,
    writes=USERS,
    on=("customer.*",),
    after={"organization_id": customers.by("id", owner=UNTIL_TOUCHED)},
    scope=lambda c, given: bool(c.email),
    enters=is_customer_wanted,
    match=(linked(), keyed("external_id"), *by_email("staff_email"), *by_email("email")),
    fields={
        "name": make(lambda c, given: words.contact_name(c), owner=UNTIL_TOUCHED),
        "email": copy("email", owner=UNTIL_TOUCHED),
        "external_id": key(),
        "phone": make(lambda c, given: c.phone or c.mobile, owner=UNTIL_TOUCHED),
    },
)

invoices = Route(
    name="invoices",
    label="Invoices → invoice records",
    reads=INVOICES,
    writes=INVOICE_RECORDS,
    on=("invoice.*", "payment.*"),
    needs=RECORDS,
    whole=True,
    after={"Organization": customers.by("customer.id")},
    scope=is_invoice_kept,
    enters=is_invoice_wanted,
    match=(linked(), keyed("external_id")),
    fields={
        "name": copy("number"),
        "external_id": key(),
        "Status": make(status),
        "Total": make(lambda i, given: str(i.total.amount)),
        "Amount due": make(lambda i, given: str(i.amount_due.amount)),
        "Amount paid": make(lambda i, given: str(i.amount_paid.amount)),
        "Amount": make(lambda i, given: f"{i.amount_due} of {i.total} open"),
        "Currency": copy("currency"),
        "Invoice date": copy("invoice_date"),
        "Due date": copy("due_date"),
        "Last change": make(last_change),
        "Changed in Wave": copy("modified_at"),
        "Invoice link": copy("view_url"),
    },
    gone=lambda wrote, given: {"Status": "deleted"},
    reports=unknown_status,
)

payments = Route(
    name="payments",
    label="Payments → payment records",
    reads=PAYMENTS,
    writes=PAYMENT_RECORDS,
    on=("invoice.*", "payment.*"),
    needs=RECORDS,
    whole=True,
    after={
        "Invoice": invoices.by("invoice.id"),
        "Organization": customers.by("invoice.customer.id"),
    },
    match=(linked(), keyed("external_id")),
    fields={
        "name": make(lambda p, given: _payment_name(p)),
        "external_id": key(),
        "Date": copy("payment.date"),
        "Amount": make(lambda p, given: _amount(p)),
        "Currency": make(lambda p, given: p.payment.amount.currency if p.payment.amount else None),
        "Method": copy("payment.method"),
        "Memo": copy("payment.memo"),
        "Status": make(lambda p, given: "refund" if p.payment.refund_of else "received"),
    },
    gone=lambda wrote, given: {"Status": "deleted"},
)

summaries = Route(
    name="summaries",
    label="Accounts → fields of organizations",
    reads=STATEMENTS,
    writes=ORGANIZATIONS,
    on=("invoice.*", "payment.*"),
    after={"organization": customers.itself("customer.id")},
    enters=has_account,
    match=(linked(), itself("organization")),
    fields={
        "Wave: open balance": make(
            lambda s, given: account.balance(account.open_invoices(s), account.main_currency(s))
        ),
        "Wave: overdue balance": make(
            lambda s, given: account.balance(
                account.overdue_invoices(s, given.today), account.main_currency(s)
            )
        ),
        "Wave: balances": make(lambda s, given: account.balance_text(account.open_invoices(s))),
        "Wave: open invoices": make(lambda s, given: len(account.open_invoices(s))),
        "Wave: overdue invoices": make(
            lambda s, given: len(account.overdue_invoices(s, given.today))
        ),
        "Wave: oldest due": make(
            lambda s, given: next((i.due_date for i in account.open_invoices(s)), None)
        ),
        "Wave: last payment": make(lambda s, given: account.last_payment(s)),
        "Wave: billing status": make(lambda s, given: account.billing_status(s, given.today)),
        "Wave: recent changes": make(lambda s, given: account.recent_changes(s)),
        "Wave: open invoice list": make(lambda s, given: account.invoice_list(s, given.today)),
        "Wave: as of": make(lambda s, given: _moment(given), follows="*"),
    },
)

FEEDS = (
    Feed("customer_accounts", CUSTOMERS, lambda c, given: [("summaries", c.id)]),
    Feed("invoice_accounts", INVOICES, lambda i, given: [("summaries", i.customer.id)]),
    Feed(
        "invoice_payments",
        INVOICES,
        payment_marks,
        enters=is_invoice_wanted,
        needs=RECORDS,
        is_read_alone=True,
    ),
)


def _address(customer: Customer) -> Value:
    address = words.postal_address(customer.address)
    return address["value"] if isinstance(address, dict) else None


def _payment_name(paid: InvoicePayment) -> str:
    return f"{paid.invoice.number} {paid.payment.date or paid.payment.created_at[:10]}"


def _amount(paid: InvoicePayment) -> Value:
    return str(paid.payment.amount.amount) if paid.payment.amount else None


def _moment(given: Given) -> str:
    return given.now.strftime("%Y-%m-%dT%H:%M:%SZ")


SETTINGS = (
    *(setting for setting in COMMON if setting.name != "deal_value"),
    Setting(
        "same_name",
        "adopt",
        "An organization of a customer's name: take it over (adopt), or make another (suffix).",
        one_of("adopt", "suffix"),
    ),
    Setting("drafts", "no", "Whether invoices that are still drafts are shown.", parse_yes),
)

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


def effects(settings: Settings) -> tuple[str, ...]:
    return (
        "Triggers and automations that look at organizations or users may run.",
        "New end users get no mail to verify their address.",
    )


FLOW = Flow(
    kind="wave-zendesk",
    source="wave",
    target="zendesk",
    routes=(customers, contacts, invoices, payments, summaries),
    settings=SETTINGS,
    setup=setup,
    effects=effects,
    feeds=FEEDS,
)
