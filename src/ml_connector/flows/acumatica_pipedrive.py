"""Acumatica ↔ Pipedrive: won deals become sales orders of customers with their contacts, items
become products, and what Acumatica bills and is paid comes back to the deal."""

from __future__ import annotations

from ml_connector.core.flow import (
    LEAVE,
    UNTIL_TOUCHED,
    Back,
    Feed,
    Flow,
    Given,
    Parent,
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
)  # fmt: skip
from ml_connector.core.objects import SetupItem
from ml_connector.core.values import likeness
from ml_connector.flows import acumatica_words as words
from ml_connector.flows.common import COMMON, money, one_of, parse_words
from ml_connector.vendors.acumatica import objects as acumatica
from ml_connector.vendors.acumatica import targets as ledger
from ml_connector.vendors.pipedrive import objects as pipedrive
from ml_connector.vendors.pipedrive import sources as sales

ADDRESS = words.ADDRESS


def is_synced(record: object, given: Given) -> bool:
    """By themselves only where all are wanted; a deal that is handed over brings its own along."""
    return bool(given.settings["sync_contacts"] == "all")


def is_off(settings: Settings) -> bool:
    return bool(settings["sync_contacts"] == "off")


organizations = Route(
    name="organizations",
    label="Organizations → customers",
    reads=sales.ORGANIZATIONS,
    writes=ledger.CUSTOMERS,
    on=("organization.*",),
    enters=is_synced,
    once=is_off,
    match=(
        linked(),
        keyed("AccountRef"),
        alike(lambda o, given: [("name", likeness(o.name))]),
    ),
    fields={
        "CustomerName": make(lambda o, given: o.name[: words.LONGEST_NAME]),
        "AccountRef": key(),
        ADDRESS + "AddressLine1": make(words.street),
        ADDRESS + "City": make(words.part("locality")),
        ADDRESS + "State": make(words.region),
        ADDRESS + "PostalCode": make(words.part("postal_code")),
        ADDRESS + "Country": make(words.country),
    },
    back_to=pipedrive.ORGANIZATIONS,
    back={
        "CustomerName": Back("name", lambda f, o, given: f.get("CustomerName") or LEAVE),
        ADDRESS + "AddressLine1": Back("address", words.address_back),
        ADDRESS + "City": Back("address", words.address_back),
        ADDRESS + "PostalCode": Back("address", words.address_back),
    },
)

persons = Route(
    name="persons",
    label="Persons → contacts",
    reads=sales.PERSONS,
    writes=ledger.CONTACTS,
    on=("person.*",),
    needs="contacts",
    after={"BusinessAccount": organizations.by("org_id")},
    enters=is_synced,
    once=is_off,
    match=(
        linked(),
        keyed("ExtRefNbr"),
        alike(lambda p, given: [("email", likeness(p.email))] if p.email else []),
    ),
    fields={
        "FirstName": make(words.first_name),
        "LastName": make(words.last_name),
        "Email": copy("email"),
        "Phone1": copy("phone"),
        "ExtRefNbr": key(),
    },
    back_to=pipedrive.PERSONS,
    back={
        "FirstName": Back("name", words.name_back),
        "LastName": Back("name", words.name_back),
        "Email": Back("emails", words.entries_back("Email", "email_entries")),
        "Phone1": Back("phones", words.entries_back("Phone1", "phone_entries")),
    },
)

CONTACT = Parent("persons", "person_id", is_written=False)

deals = Route(
    name="deals",
    label="Won deals → sales orders",
    reads=sales.DEALS,
    writes=ledger.SALES_ORDERS,
    on=("deal.*",),
    when=lambda settings: settings["document"] == "order",
    after={"CustomerID": organizations.by("org_id"), "contact": CONTACT},
    scope=words.is_handed_over,
    once=lambda settings: True,
    moves=("Hold", "action"),
    rivals=("deal_invoices",),
    match=(linked(), keyed("ExternalRef")),
    fields={
        "OrderType": make(lambda d, given: given.settings["order_type"]),
        "Description": make(lambda d, given: words.described(d)),
        "ExternalRef": key(),
        "CustomerOrder": make(lambda d, given: f"Deal {d.id}"),
        "Date": make(words.won_on),
        "CurrencyID": make(lambda d, given: d.value.currency),
        "Hold": make(words.is_on_hold),
        "action": make(words.action),
        "Details": make(lambda d, given: words.lines(d, given, "OrderQty")),
    },
)

deal_invoices = Route(
    name="deal_invoices",
    label="Won deals → sales invoices",
    reads=sales.DEALS,
    writes=ledger.SALES_INVOICES,
    on=("deal.*",),
    needs="direct_invoices",
    when=lambda settings: settings["document"] == "invoice",
    after={"CustomerID": organizations.by("org_id"), "contact": CONTACT},
    scope=words.is_handed_over,
    once=lambda settings: True,
    rivals=("deals",),
    match=(linked(), keyed("ExternalRef")),
    fields={
        "Type": make(lambda d, given: "Invoice"),
        "Description": make(lambda d, given: words.described(d)),
        "ExternalRef": key(),
        "CustomerOrder": make(lambda d, given: f"Deal {d.id}"),
        "Date": make(words.won_on),
        "Currency": make(lambda d, given: d.value.currency),
        "Hold": make(words.is_on_hold),
        "Details": make(lambda d, given: words.lines(d, given, "Qty")),
    },
)

items = Route(
    name="items",
    label="Items → products",
    reads=acumatica.ITEMS,
    writes=pipedrive.PRODUCTS,
    match=(linked(), alike(lambda i, given: [("code", likeness(i.id))])),
    fields={
        "name": make(lambda i, given: (i.description or i.id)[:255], owner=UNTIL_TOUCHED),
        "code": copy("id"),
        "unit": copy("unit"),
        "prices": make(lambda i, given: words.prices(i)),
    },
)

billing = Route(
    name="billing",
    label="Orders and invoices → fields of deals",
    reads=acumatica.BILLING,
    writes=pipedrive.DEALS,
    after={"deal": deals.back_from("id")},
    match=(linked(), itself("deal")),
    fields={
        "Acumatica order": copy("id"),
        "Order status": copy("status"),
        "Billing status": make(words.billing_state),
        "Invoices": make(words.invoice_states),
        "Invoiced": make(lambda b, given: money(b.total_of("amount"))),
        "Balance due": make(lambda b, given: money(b.total_of("balance"))),
        "Paid": make(lambda b, given: money(words.paid(b))),
        "Due date": make(words.next_due),
        "Last payment": make(words.last_paid),
    },
)

invoice_billing = Route(
    name="invoice_billing",
    label="Invoices → fields of deals",
    reads=acumatica.SALES_INVOICES,
    writes=pipedrive.DEALS,
    when=lambda settings: settings["document"] == "invoice",
    after={"deal": deal_invoices.back_from("id")},
    match=(linked(), itself("deal")),
    fields={
        "Billing status": make(words.invoice_state),
        "Invoices": make(lambda i, given: f"{i.number} {i.status or ''}".strip()),
        "Invoiced": make(lambda i, given: money(i.amount)),
        "Balance due": make(lambda i, given: money(i.balance)),
        "Paid": make(lambda i, given: money(i.amount.minus(i.balance))),
        "Due date": copy("due_date"),
    },
)

FEEDS = (
    Feed(
        "orders", acumatica.SALES_ORDERS, lambda o, given: words.billed(o.orders), is_watched=True
    ),
    Feed(
        "invoices",
        acumatica.SALES_INVOICES,
        lambda i, given: words.billed(i.orders),
        is_watched=True,
    ),
    Feed("payments", acumatica.PAYMENTS, lambda p, given: words.billed(p.orders), is_watched=True),
    Feed(
        "customers",
        acumatica.CUSTOMERS,
        lambda c, given: [("organizations", c.id)],
        of_targets=True,
    ),
    Feed("contacts", acumatica.CONTACTS, lambda c, given: [("persons", c.id)], of_targets=True),
)

SETTINGS = (
    *(setting for setting in COMMON if setting.name != "deal_value"),
    Setting("pipelines", "", "Ids of the pipelines whose won deals count; empty for all.",
            parse_words),
    Setting("sync_contacts", "linked",
            "Organizations and persons: of deals that are handed over (linked), all, or off.",
            one_of("linked", "all", "off")),
    Setting("value_item", "",
            "The item that a deal's value is put on where the deal has no products."),
    Setting("document", "order", "What a won deal becomes: a sales order or a sales invoice.",
            one_of("order", "invoice")),
    Setting("order_type", "SO", "The type of the orders, as in Acumatica."),
    Setting("open_stages", "",
            "Ids of stages in which a deal's order is released; it is on hold in all others.",
            parse_words),
    Setting("cancel_stages", "", "Ids of stages in which the order of a won deal is cancelled.",
            parse_words),
)  # fmt: skip

FIELDS = (
    ("Acumatica order", "varchar"),
    ("Order status", "varchar"),
    ("Billing status", "varchar"),
    ("Invoices", "varchar"),
    ("Invoiced", "monetary"),
    ("Balance due", "monetary"),
    ("Paid", "monetary"),
    ("Due date", "date"),
    ("Last payment", "date"),
)


def setup(settings: Settings) -> tuple[SetupItem, ...]:
    return tuple(SetupItem("field", name, object="deals", type=kind) for name, kind in FIELDS)


def effects(settings: Settings) -> tuple[str, ...]:
    return (
        "Customers, contacts and orders are made in Acumatica; orders stay on hold unless set.",
        "Automations in Pipedrive that start with a changed deal or a new product may run.",
    )


FLOW = Flow(
    kind="acumatica-pipedrive",
    source="acumatica",
    target="pipedrive",
    routes=(organizations, persons, deals, deal_invoices, items, billing, invoice_billing),
    settings=SETTINGS,
    setup=setup,
    effects=effects,
    feeds=FEEDS,
)
