"""QuickBooks Online → Pipedrive: customers become organizations that show how they stand with their
bills, and their contact becomes a person. Nothing flows back."""

from __future__ import annotations

from ml_connector.core.flow import (
    UNTIL_TOUCHED,
    Feed,
    Flow,
    Given,
    Route,
    Setting,
    alike,
    key,
    keyed,
    linked,
    make,
    shared,
)  # fmt: skip
from ml_connector.flows import deals
from ml_connector.flows import quickbooks_words as words
from ml_connector.flows.common import (
    COMMON,
    custom_fields,
    likeness_marks,
    one_of,
    parse_id,
    parse_yes,
)
from ml_connector.vendors.pipedrive import ORGANIZATIONS, PERSONS
from ml_connector.vendors.quickbooks_online.documents import Document
from ml_connector.vendors.quickbooks_online.objects import (
    CREDIT_MEMOS,
    CUSTOMERS,
    INVOICES,
    PAYMENTS,
    Customer,
)


def is_kept(customer: Customer, given: Given) -> bool:
    is_person = words.is_person(customer) and not given.settings["people"]
    return not is_person and not (customer.is_job and words.rolls_up(given))


def is_wanted(customer: Customer, given: Given) -> bool:
    owes = customer.whole is not None and customer.whole.open_invoices > 0
    return given.settings["since"] == "all" or customer.active or owes


def has_contact(customer: Customer, given: Given) -> bool:
    return is_kept(customer, given) and bool(customer.person or words.email(customer))


def of_job(customer: Customer, given: Given) -> list[tuple[str, str]]:
    """A job's balance and documents count for the customer at the top of its tree."""
    is_told = customer.is_job and words.rolls_up(given)
    return [(customers.name, customer.root_id)] if is_told else []


def of_document(document: Document, given: Given) -> list[tuple[str, str]]:
    whose = document.root_id if words.rolls_up(given) else document.customer_id or ""
    return [(customers.name, whose)]


customers = Route(
    name="customers",
    label="Customers → organizations",
    reads=CUSTOMERS,
    writes=ORGANIZATIONS,
    on=("customer.*", "invoice.*", "payment.*", "creditmemo.*"),
    scope=is_kept,
    enters=is_wanted,
    match=(
        linked(),
        keyed("QuickBooks customer ID"),
        alike(lambda c, given: likeness_marks(c.name, words.email(c))),
    ),
    fields={
        "name": make(lambda c, given: c.name[: words.LONGEST_NAME], owner=UNTIL_TOUCHED),
        "address": make(lambda c, given: words.postal_address(c.address), owner=UNTIL_TOUCHED),
        "owner_id": deals.set_once("owner"),
        "QuickBooks customer ID": key(),
        "Payment terms": make(lambda c, given: c.term or "none"),
        "Billing status": make(words.billing_status),
        "Balance": words.amount(lambda bill, given: bill.balance),
        "Balance in home currency": words.amount(lambda bill, given: bill.home_balance),
        "Last invoice date": words.told(lambda bill: bill.last_invoice_date),
        "Last invoice number": words.told(lambda bill: bill.last_invoice_number),
        "Open invoices": words.told(lambda bill: bill.open_invoices),
        "Twelve-month total": words.amount(words.twelve_months),
        "Last payment date": words.told(lambda bill: bill.last_payment_date),
        "Last payment": words.amount(lambda bill, given: bill.last_payment),
        "Source state": make(lambda c, given: "Active" if c.active else "Inactive"),
    },
    gone=deals.deleted,
    reports=words.remark,
)

contacts = Route(
    name="contacts",
    label="Contacts → persons",
    reads=CUSTOMERS,
    writes=PERSONS,
    on=("customer.*",),
    after={"org_id": customers.by("id", owner=UNTIL_TOUCHED)},
    scope=has_contact,
    enters=is_wanted,
    match=(
        linked(),
        keyed("QuickBooks customer ID"),
        shared(lambda c, given: likeness_marks(None, words.email(c))),
    ),
    fields={
        "name": make(
            lambda c, given: (c.person or c.name)[: words.LONGEST_NAME], owner=UNTIL_TOUCHED
        ),
        "emails": make(words.emails, owner=UNTIL_TOUCHED),
        "phones": make(words.phones, owner=UNTIL_TOUCHED),
        "owner_id": deals.set_once("owner"),
        "QuickBooks customer ID": key(),
    },
)

FEEDS = (
    Feed("jobs", CUSTOMERS, of_job, enters=lambda customer, given: customer.is_job),
    Feed("invoices", INVOICES, of_document),
    Feed("credit_memos", CREDIT_MEMOS, of_document),
    Feed("payments", PAYMENTS, of_document),
)

SETTINGS = (
    *COMMON,
    Setting("owner", "", "The Pipedrive user who owns new records; empty for ours.", parse_id),
    Setting(
        "jobs",
        "roll_up",
        "Jobs and sub-customers: roll_up counts them with the customer at the top, separate makes "
        "organizations of their own of them.",
        one_of("roll_up", "separate"),
    ),
    Setting("people", "yes", "Whether customers that are people, not firms, come over.", parse_yes),
    Setting(
        "billing_status",
        words.DEFAULT_RULE,
        "The words for how a customer stands; the first rule that holds is told, in this order.",
        words.parse_rule,
    ),
)

CUSTOM_FIELDS = (
    ("organizations", "QuickBooks customer ID", "varchar"),
    ("organizations", "Payment terms", "varchar"),
    ("organizations", "Billing status", "varchar"),
    ("organizations", "Balance", "monetary"),
    ("organizations", "Balance in home currency", "monetary"),
    ("organizations", "Last invoice date", "date"),
    ("organizations", "Last invoice number", "varchar"),
    ("organizations", "Open invoices", "double"),
    ("organizations", "Twelve-month total", "monetary"),
    ("organizations", "Last payment date", "date"),
    ("organizations", "Last payment", "monetary"),
    ("organizations", "Source state", "varchar"),
    ("persons", "QuickBooks customer ID", "varchar"),
)

FLOW = Flow(
    kind="quickbooks-pipedrive",
    source="quickbooks_online",
    target="pipedrive",
    routes=(customers, contacts),
    feeds=FEEDS,
    settings=SETTINGS,
    setup=lambda settings: custom_fields(CUSTOM_FIELDS, keys="QuickBooks "),
    effects=lambda settings: (
        "Automations that start with a new organization or person may run.",
        "Owners of new records may be notified.",
    ),
)
