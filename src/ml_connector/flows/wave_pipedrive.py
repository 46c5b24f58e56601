"""Wave Accounting → Pipedrive: customers become organizations with their contact, invoices become
deals of those organizations with an activity each, and payments keep both up to date."""

from __future__ import annotations

from ml_connector.core.flow import (
    ONCE,
    UNTIL_TOUCHED,
    Flow,
    Given,
    Leave,
    Route,
    Setting,
    alike,
    choose,
    copy,
    key,
    keyed,
    linked,
    make,
    referred,
    shared,
    suggested,
)  # fmt: skip
from ml_connector.core.values import Value
from ml_connector.flows import deals
from ml_connector.flows import wave_words as words
from ml_connector.flows.common import COMMON, likeness_marks, money, one_of
from ml_connector.vendors.pipedrive import ACTIVITIES, DEALS, ORGANIZATIONS, PERSONS
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Customer, Invoice


def is_customer_wanted(customer: Customer, given: Given) -> bool:
    return given.settings["since"] == "all" or not customer.is_archived


def has_contact(customer: Customer, given: Given) -> bool:
    return bool(customer.email or customer.first_name or customer.last_name)


def emails(customer: Customer, given: Given) -> Value:
    return [{"value": customer.email, "primary": True, "label": "work"}] if customer.email else []


def phones(customer: Customer, given: Given) -> Value:
    told = ((customer.phone, "work"), (customer.mobile, "mobile"))
    there = [(number, label) for number, label in told if number]
    return [{"value": n, "primary": i == 0, "label": at} for i, (n, at) in enumerate(there)]


def is_invoice_kept(invoice: Invoice, given: Given) -> bool:
    is_draft = invoice.status == "DRAFT"
    return deals.is_kept(given, invoice.total, invoice.status, is_draft=is_draft)


def is_invoice_wanted(invoice: Invoice, given: Given) -> bool:
    return deals.is_wanted(given, invoice.invoice_date, is_open=words.is_open(invoice))


def state(invoice: Invoice, given: Given) -> str | None:
    return words.state_of(invoice, given.today)


def won_time(invoice: Invoice, given: Given) -> Value | Leave:
    return deals.won_time(given, state(invoice, given), words.last_paid_on(invoice))


def references(invoice: Invoice, given: Given) -> list[tuple[str, str]]:
    return [] if given.settings["link_deals"] == "off" else words.reference_marks(invoice)


def same_amount(invoice: Invoice, given: Given) -> list[tuple[str, str]]:
    is_on = given.settings["link_deals"] == "suggest"
    return words.same_amount_marks(invoice) if is_on else []


def unknown_status(invoice: Invoice, given: Given) -> str | None:
    if words.is_known(invoice):
        return None
    return f"Wave calls the status '{invoice.status}', which is new: the stage is left as it is"


customers = Route(
    name="customers",
    label="Customers → organizations",
    reads=CUSTOMERS,
    writes=ORGANIZATIONS,
    on=("customer.*",),
    enters=is_customer_wanted,
    match=(
        linked(),
        keyed("Wave customer ID"),
        alike(lambda c, given: likeness_marks(c.name, c.email)),
    ),
    fields={
        "name": copy("name", owner=UNTIL_TOUCHED),
        "address": make(lambda c, given: words.postal_address(c.address), owner=UNTIL_TOUCHED),
        "owner_id": deals.set_once("owner"),
        "Wave customer ID": key(),
        "Billing e-mail": copy("email"),
        "Source state": make(lambda c, given: "Archived" if c.is_archived else "Active"),
    },
    gone=deals.deleted,
)

contacts = Route(
    name="contacts",
    label="Contacts → persons",
    reads=CUSTOMERS,
    writes=PERSONS,
    on=("customer.*",),
    after={"org_id": customers.by("id", owner=UNTIL_TOUCHED)},
    scope=has_contact,
    enters=is_customer_wanted,
    match=(
        linked(),
        keyed("Wave customer ID"),
        shared(lambda c, given: likeness_marks(None, c.email)),
    ),
    fields={
        "name": make(lambda c, given: words.contact_name(c), owner=UNTIL_TOUCHED),
        "emails": make(emails, owner=UNTIL_TOUCHED),
        "phones": make(phones, owner=UNTIL_TOUCHED),
        "owner_id": deals.set_once("owner"),
        "Wave customer ID": key(),
    },
)

invoices = Route(
    name="invoices",
    label="Invoices → deals",
    reads=INVOICES,
    writes=DEALS,
    on=("invoice.*", "payment.*"),
    after={"org_id": customers.by("customer.id", owner=UNTIL_TOUCHED)},
    scope=is_invoice_kept,
    enters=is_invoice_wanted,
    match=(
        linked(),
        keyed("Wave invoice ID"),
        referred(references, parent="org_id"),
        suggested(same_amount, parent="org_id"),
    ),
    fields={
        "title": make(lambda i, given: f"Invoice {i.number} - {i.customer.name}"[:255], owner=ONCE),
        "owner_id": deals.set_once("owner"),
        "label_ids": deals.set_once("label"),
        "value": make(lambda i, given: deals.worth(given, i.total, i.net)),
        "currency": copy("currency"),
        "pipeline_id": deals.set_once("pipeline"),
        "stage_id": choose(state, "stages", owner=UNTIL_TOUCHED),
        "status": make(
            lambda i, given: deals.deal_status(given, state(i, given)), owner=UNTIL_TOUCHED
        ),
        "won_time": make(won_time, follows="status"),
        "expected_close_date": copy("due_date", owner=UNTIL_TOUCHED),
        "Wave invoice ID": key(),
        "Invoice number": copy("number"),
        "Invoice date": copy("invoice_date"),
        "Due date": copy("due_date"),
        "Invoice status": make(lambda i, given: words.status_label(i, given.today)),
        "Amount paid": make(lambda i, given: money(i.amount_paid)),
        "Amount due": make(lambda i, given: money(i.amount_due)),
        "Invoice link": copy("view_url"),
        "Source state": make(lambda i, given: "Active"),
    },
    gone=deals.deleted,
    reports=unknown_status,
)

activities = Route(
    name="activities",
    label="Invoices → activities",
    reads=INVOICES,
    writes=ACTIVITIES,
    on=("invoice.*", "payment.*"),
    after={"deal_id": invoices.by("id"), "org_id": customers.by("customer.id")},
    scope=is_invoice_kept,
    enters=is_invoice_wanted,
    match=(linked(), keyed("note")),
    fields={
        "subject": make(lambda i, given: f"Payment of invoice {i.number}"[:255], owner=ONCE),
        "type": deals.set_once("activity_type"),
        "owner_id": deals.set_once("owner"),
        "due_date": copy("due_date", owner=UNTIL_TOUCHED),
        "done": make(lambda i, given: state(i, given) == "paid", owner=UNTIL_TOUCHED),
        "note": make(lambda i, given: words.state_note(i, given.today), owner=UNTIL_TOUCHED),
    },
    reports=unknown_status,
)

SETTINGS = (
    *COMMON,
    *deals.deal_settings("Wave", "Wave invoices", words.LABELS),
    Setting("activity_type", "task", "The type of the activities, by its key in Pipedrive."),
    Setting(
        "link_deals",
        "by_reference",
        "Take a deal that names the invoice (by_reference), propose equal amounts too, or neither.",
        one_of("off", "by_reference", "suggest"),
    ),
)

CUSTOM_FIELDS = (
    ("organizations", "Wave customer ID", "varchar"),
    ("organizations", "Billing e-mail", "varchar"),
    ("organizations", "Source state", "varchar"),
    ("persons", "Wave customer ID", "varchar"),
    ("deals", "Wave invoice ID", "varchar"),
    ("deals", "Invoice number", "varchar"),
    ("deals", "Invoice date", "date"),
    ("deals", "Due date", "date"),
    ("deals", "Invoice status", "varchar"),
    ("deals", "Amount paid", "monetary"),
    ("deals", "Amount due", "monetary"),
    ("deals", "Invoice link", "varchar"),
    ("deals", "Source state", "varchar"),
)


FLOW = Flow(
    kind="wave-pipedrive",
    source="wave",
    target="pipedrive",
    routes=(customers, contacts, invoices, activities),
    settings=SETTINGS,
    setup=deals.setup_of(CUSTOM_FIELDS, keys="Wave "),
    effects=deals.effects_of("organization, person, deal or activity", "deals and activities"),
)
