"""FreshBooks → Pipedrive: clients become organizations, invoices become deals of those
organizations, and payments keep these up to date. Bills never come over."""

from __future__ import annotations

from ml_connector.core.flow import (
    ONCE,
    UNTIL_TOUCHED,
    Feed,
    Flow,
    Given,
    Route,
    alike,
    choose,
    copy,
    key,
    keyed,
    linked,
    make,
)  # fmt: skip
from ml_connector.flows import deals
from ml_connector.flows import freshbooks_words as words
from ml_connector.flows.common import COMMON, likeness_marks, money
from ml_connector.vendors.freshbooks.objects import CLIENTS, INVOICES, PAYMENTS, Client, Invoice
from ml_connector.vendors.pipedrive import DEALS, ORGANIZATIONS


def is_client_wanted(client: Client, given: Given) -> bool:
    return given.settings["since"] == "all" or not client.is_archived


def is_invoice_kept(invoice: Invoice, given: Given) -> bool:
    is_draft = words.is_draft(invoice)
    return deals.is_kept(given, invoice.amount, invoice.v3_status, is_draft=is_draft)


def is_invoice_wanted(invoice: Invoice, given: Given) -> bool:
    return deals.is_wanted(given, invoice.create_date, is_open=invoice.is_open)


def state(invoice: Invoice, given: Given) -> str | None:
    return words.state_of(invoice, given.today)


def unknown_status(invoice: Invoice, given: Given) -> str | None:
    if words.is_known(invoice):
        return None
    return f"FreshBooks calls the status '{invoice.v3_status}', which is new"


clients = Route(
    name="clients",
    label="Clients → organizations",
    reads=CLIENTS,
    writes=ORGANIZATIONS,
    on=("client.*",),
    enters=is_client_wanted,
    match=(
        linked(),
        keyed("FreshBooks client ID"),
        alike(lambda c, given: likeness_marks(c.name, c.email)),
    ),
    fields={
        "name": make(lambda c, given: c.name[:255], owner=UNTIL_TOUCHED),
        "address": make(lambda c, given: words.postal_address(c), owner=UNTIL_TOUCHED),
        "owner_id": deals.set_once("owner"),
        "FreshBooks client ID": key(),
        "Currency": copy("currency_code"),
        "Source state": make(lambda c, given: words.source_state(c)),
    },
    gone=deals.deleted,
)

invoices = Route(
    name="invoices",
    label="Invoices → deals",
    reads=INVOICES,
    writes=DEALS,
    on=("invoice.*", "payment.*"),
    after={"org_id": clients.by("customer_id", owner=UNTIL_TOUCHED)},
    scope=is_invoice_kept,
    enters=is_invoice_wanted,
    match=(linked(), keyed("FreshBooks invoice ID")),
    fields={
        "title": make(lambda i, given: f"Invoice {i.number} - {i.client_name}"[:255], owner=ONCE),
        "owner_id": deals.set_once("owner"),
        "label_ids": deals.set_once("label"),
        "value": make(lambda i, given: deals.worth(given, i.amount, i.net)),
        "currency": copy("currency_code"),
        "pipeline_id": deals.set_once("pipeline"),
        "stage_id": choose(state, "stages", owner=UNTIL_TOUCHED),
        "status": make(
            lambda i, given: deals.deal_status(given, state(i, given)), owner=UNTIL_TOUCHED
        ),
        "won_time": make(
            lambda i, given: deals.won_time(given, state(i, given), i.date_paid), follows="status"
        ),
        "expected_close_date": copy("due_date", owner=UNTIL_TOUCHED),
        "FreshBooks invoice ID": key(),
        "Invoice number": copy("number"),
        "Invoice date": copy("create_date"),
        "Due date": copy("due_date"),
        "Invoice status": make(lambda i, given: words.status_label(i, given.today)),
        "Payment status": copy("payment_status"),
        "Amount paid": make(lambda i, given: money(i.paid)),
        "Amount due": make(lambda i, given: money(i.outstanding)),
        "Source state": make(lambda i, given: words.source_state(i)),
    },
    gone=deals.deleted,
    reports=unknown_status,
)

payments = Feed(
    name="payments",
    reads=PAYMENTS,
    marks=lambda payment, given: [(invoices.name, payment.invoice_id)],
)

CUSTOM_FIELDS = (
    ("organizations", "FreshBooks client ID", "varchar"),
    ("organizations", "Currency", "varchar"),
    ("organizations", "Source state", "varchar"),
    ("deals", "FreshBooks invoice ID", "varchar"),
    ("deals", "Invoice number", "varchar"),
    ("deals", "Invoice date", "date"),
    ("deals", "Due date", "date"),
    ("deals", "Invoice status", "varchar"),
    ("deals", "Payment status", "varchar"),
    ("deals", "Amount paid", "monetary"),
    ("deals", "Amount due", "monetary"),
    ("deals", "Source state", "varchar"),
)


FLOW = Flow(
    kind="freshbooks-pipedrive",
    source="freshbooks",
    target="pipedrive",
    routes=(clients, invoices),
    feeds=(payments,),
    settings=(*COMMON, *deals.deal_settings("FreshBooks", "FreshBooks invoices", words.LABELS)),
    setup=deals.setup_of(CUSTOM_FIELDS, keys="FreshBooks "),
    effects=deals.effects_of("organization or deal", "deals"),
)
