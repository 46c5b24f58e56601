"""Wave Accounting → Zendesk: customers become organizations and their contacts end users; invoices
and payments become records where the plan has custom objects, and a summary of each customer's
account stands in its organization on every plan."""

from __future__ import annotations

from ml_connector.core.flow import (
    UNTIL_TOUCHED,
    Distinct,
    Feed,
    Flow,
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
from ml_connector.flows import wave_desk_words as words
from ml_connector.flows import wave_statement as account
from ml_connector.flows.common import COMMON, one_of, parse_yes
from ml_connector.flows.wave_words import contact_name
from ml_connector.flows.wave_zendesk_setup import setup
from ml_connector.vendors.wave import objects as wave
from ml_connector.vendors.wave import statements
from ml_connector.vendors.zendesk import objects as zendesk

RECORDS = "custom_objects"

customers = Route(
    name="customers",
    label="Customers → organizations",
    reads=wave.CUSTOMERS,
    writes=zendesk.ORGANIZATIONS,
    on=("customer.*",),
    enters=words.is_customer_wanted,
    match=(linked(), keyed("external_id"), alike(words.same_name)),
    distinct=Distinct("name", "name", words.other_name),
    fields={
        "name": copy("name", owner=UNTIL_TOUCHED),
        "external_id": key(),
        "details": make(words.address, owner=UNTIL_TOUCHED),
        "Wave customer ID": copy("id"),
        "Billing e-mail": copy("email"),
        "Wave: source state": make(words.source_state),
    },
    gone=lambda wrote, given: {"Wave: source state": "wave_deleted"},
)

contacts = Route(
    name="contacts",
    label="Contacts → end users",
    reads=wave.CUSTOMERS,
    writes=zendesk.USERS,
    on=("customer.*",),
    after={"organization_id": customers.by("id", owner=UNTIL_TOUCHED)},
    scope=lambda c, given: bool(c.email),
    enters=words.is_customer_wanted,
    match=(linked(), keyed("external_id"), spared(words.staff_email), shared(words.user_email)),
    fields={
        "name": make(lambda c, given: contact_name(c), owner=UNTIL_TOUCHED),
        "email": copy("email", owner=UNTIL_TOUCHED),
        "external_id": key(),
        "phone": make(words.phone, owner=UNTIL_TOUCHED),
    },
)

invoices = Route(
    name="invoices",
    label="Invoices → invoice records",
    reads=wave.INVOICES,
    writes=zendesk.INVOICES,
    on=("invoice.*", "payment.*"),
    needs=RECORDS,
    whole=True,
    after={"Organization": customers.by("customer.id")},
    scope=words.is_invoice_kept,
    enters=words.is_invoice_wanted,
    match=(linked(), keyed("external_id")),
    fields={
        "name": copy("number"),
        "external_id": key(),
        "Status": make(words.status),
        "Total": make(lambda i, given: str(i.total.amount)),
        "Amount due": make(lambda i, given: str(i.amount_due.amount)),
        "Amount paid": make(lambda i, given: str(i.amount_paid.amount)),
        "Amount": make(lambda i, given: f"{i.amount_due} of {i.total} open"),
        "Currency": copy("currency"),
        "Invoice date": copy("invoice_date"),
        "Due date": copy("due_date"),
        "Last change": make(words.last_change),
        "Changed in Wave": copy("modified_at"),
        "Invoice link": copy("view_url"),
    },
    gone=lambda wrote, given: {"Status": "deleted"},
    reports=words.unknown_status,
)

payments = Route(
    name="payments",
    label="Payments → payment records",
    reads=statements.PAYMENTS,
    writes=zendesk.PAYMENTS,
    on=("invoice.*", "payment.*"),
    needs=RECORDS,
    whole=True,
    after={
        "Invoice": invoices.by("invoice.id"),
        "Organization": customers.by("invoice.customer.id"),
    },
    match=(linked(), keyed("external_id")),
    fields={
        "name": make(words.payment_name),
        "external_id": key(),
        "Date": copy("payment.date"),
        "Amount": make(words.payment_amount),
        "Currency": make(words.payment_currency),
        "Method": copy("payment.method"),
        "Memo": copy("payment.memo"),
        "Status": make(words.payment_status),
    },
    gone=lambda wrote, given: {"Status": "deleted"},
)

summaries = Route(
    name="summaries",
    label="Accounts → fields of organizations",
    reads=statements.STATEMENTS,
    writes=zendesk.ORGANIZATIONS,
    on=("invoice.*", "payment.*"),
    after={"organization": customers.itself("customer.id")},
    enters=words.has_account,
    match=(linked(), itself("organization")),
    fields={
        "Wave: open balance": make(account.open_balance),
        "Wave: overdue balance": make(account.overdue_balance),
        "Wave: balances": make(account.balances),
        "Wave: open invoices": make(account.open_count),
        "Wave: overdue invoices": make(account.overdue_count),
        "Wave: oldest due": make(account.oldest_due),
        "Wave: last payment": make(account.last_payment),
        "Wave: billing status": make(account.billing_status),
        "Wave: recent changes": make(account.recent_changes),
        "Wave: open invoice list": make(account.invoice_list),
        "Wave: as of": make(account.as_of, follows="*"),
    },
)

FEEDS = (
    Feed("customer_accounts", wave.CUSTOMERS, lambda c, given: [("summaries", c.id)]),
    Feed(
        "invoice_accounts", wave.INVOICES, lambda i, given: [("summaries", i.customer.id)],
        is_watched=True,
    ),
    Feed(
        "invoice_payments", wave.INVOICES, words.payment_marks, enters=words.is_invoice_wanted,
        needs=RECORDS, is_read_alone=True,
    ),
)  # fmt: skip

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
