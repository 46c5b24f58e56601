"""Wave Accounting → Pipedrive: customers become organizations with their contact, invoices become
deals of those organizations with an activity each, and payments keep both up to date."""

from __future__ import annotations

from ml_connector.core.flow import (
    LEAVE,
    ONCE,
    UNTIL_TOUCHED,
    Flow,
    Given,
    Leave,
    Route,
    Setting,
    Settings,
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
from ml_connector.core.objects import SetupItem
from ml_connector.core.values import Value, Values
from ml_connector.flows import wave_words as words
from ml_connector.flows.common import (
    COMMON,
    is_dated_in,
    one_of,
    parse_amount,
    parse_id,
    parse_words,
    parse_yes,
    table_of,
)  # fmt: skip
from ml_connector.vendors.pipedrive import ACTIVITIES, DEALS, ORGANIZATIONS, PERSONS
from ml_connector.vendors.wave.objects import CUSTOMERS, INVOICES, Customer, Invoice


def is_customer_wanted(customer: Customer, given: Given) -> bool:
    return given.settings["since"] == "all" or not customer.is_archived


def has_contact(customer: Customer, given: Given) -> bool:
    return bool(customer.email or customer.first_name or customer.last_name)


def deleted(wrote: Values, given: Given) -> Values:
    return {"Source state": "Deleted"}


def emails(customer: Customer, given: Given) -> Value:
    return [{"value": customer.email, "primary": True, "label": "work"}] if customer.email else []


def phones(customer: Customer, given: Given) -> Value:
    told = ((customer.phone, "work"), (customer.mobile, "mobile"))
    there = [(number, label) for number, label in told if number]
    return [{"value": n, "primary": i == 0, "label": at} for i, (n, at) in enumerate(there)]


def is_invoice_kept(invoice: Invoice, given: Given) -> bool:
    s = given.settings
    return (
        (s["drafts"] or invoice.status != "DRAFT")
        and (not s["currencies"] or invoice.currency in s["currencies"])
        and (not s["statuses"] or invoice.status in s["statuses"])
        and bool(invoice.total.amount >= s["least_amount"])
    )


def is_invoice_wanted(invoice: Invoice, given: Given) -> bool:
    is_open = given.settings["since"] == "open" and words.is_open(invoice)
    return is_open or is_dated_in(invoice.invoice_date, given)


def worth(invoice: Invoice, given: Given) -> Value:
    money = invoice.net if given.settings["deal_value"] == "net" else invoice.total
    return str(money.amount)


def state(invoice: Invoice, given: Given) -> Value:
    return words.state_of(invoice, given.today)


def deal_status(invoice: Invoice, given: Given) -> Value:
    return "won" if given.settings["paid_is_won"] and state(invoice, given) == "paid" else "open"


def won_time(invoice: Invoice, given: Given) -> Value | Leave:
    paid_on = words.last_paid_on(invoice)
    return f"{paid_on}T12:00:00Z" if paid_on and deal_status(invoice, given) == "won" else LEAVE


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
        alike(lambda c, given: words.likeness_marks(c.name, c.email)),
    ),
    fields={
        "name": copy("name", owner=UNTIL_TOUCHED),
        "address": make(lambda c, given: words.postal_address(c.address), owner=UNTIL_TOUCHED),
        "owner_id": make(lambda c, given: given.settings["owner"] or LEAVE, owner=ONCE),
        "Wave customer ID": key(),
        "Billing e-mail": copy("email"),
        "Source state": make(lambda c, given: "Archived" if c.is_archived else "Active"),
    },
    gone=deleted,
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
        shared(lambda c, given: words.likeness_marks(None, c.email)),
    ),
    fields={
        "name": make(lambda c, given: words.contact_name(c), owner=UNTIL_TOUCHED),
        "emails": make(emails, owner=UNTIL_TOUCHED),
        "phones": make(phones, owner=UNTIL_TOUCHED),
        "owner_id": make(lambda c, given: given.settings["owner"] or LEAVE, owner=ONCE),
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
        "owner_id": make(lambda i, given: given.settings["owner"] or LEAVE, owner=ONCE),
        "label_ids": make(lambda i, given: given.settings["label"] or LEAVE, owner=ONCE),
        "value": make(worth),
        "currency": copy("currency"),
        "pipeline_id": make(lambda i, given: given.settings["pipeline"], owner=ONCE),
        "stage_id": choose(state, "stages", owner=UNTIL_TOUCHED),
        "status": make(deal_status, owner=UNTIL_TOUCHED),
        "won_time": make(won_time, follows="status"),
        "expected_close_date": copy("due_date", owner=UNTIL_TOUCHED),
        "Wave invoice ID": key(),
        "Invoice number": copy("number"),
        "Invoice date": copy("invoice_date"),
        "Due date": copy("due_date"),
        "Invoice status": make(lambda i, given: words.status_label(i, given.today)),
        "Amount paid": make(lambda i, given: words.money(i.amount_paid)),
        "Amount due": make(lambda i, given: words.money(i.amount_due)),
        "Invoice link": copy("view_url"),
        "Source state": make(lambda i, given: "Active"),
    },
    gone=deleted,
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
        "type": make(lambda i, given: given.settings["activity_type"], owner=ONCE),
        "owner_id": make(lambda i, given: given.settings["owner"] or LEAVE, owner=ONCE),
        "due_date": copy("due_date", owner=UNTIL_TOUCHED),
        "done": make(lambda i, given: state(i, given) == "paid", owner=UNTIL_TOUCHED),
        "note": make(lambda i, given: words.state_note(i, given.today), owner=UNTIL_TOUCHED),
    },
    reports=unknown_status,
)

SETTINGS = (
    *COMMON,
    Setting("pipeline", "Wave invoices", "The pipeline for deals; created if it does not exist."),
    Setting(
        "stages",
        ", ".join(f"{name}={label}" for name, label in words.LABELS.items()),
        "The stage for each state of an invoice; stages that do not exist are created.",
        table_of(*words.STATES),
    ),
    Setting("paid_is_won", "yes", "Whether the deal of a paid invoice is won.", parse_yes),
    Setting("drafts", "yes", "Whether invoices that are still drafts become deals.", parse_yes),
    Setting("currencies", "", "Only invoices in these currencies; empty for all.", parse_words),
    Setting("statuses", "", "Only invoices that Wave calls so; empty for all.", parse_words),
    Setting("least_amount", "0", "Only invoices of at least this total.", parse_amount),
    Setting("owner", "", "The Pipedrive user who owns new records; empty for ours.", parse_id),
    Setting("activity_type", "task", "The type of the activities, by its key in Pipedrive."),
    Setting(
        "label",
        "",
        "The id of a deal label for new deals; empty for none.",
        lambda text: [parse_id(text)] if text else None,
    ),
    Setting(
        "link_deals",
        "by_reference",
        "Take a deal that names the invoice (by_reference), propose equal amounts too, or neither.",
        one_of("off", "by_reference", "suggest"),
    ),
)  # fmt: skip


def setup(settings: Settings) -> tuple[SetupItem, ...]:
    pipeline = settings["pipeline"]
    stages = dict.fromkeys(settings["stages"][state] for state in words.STATES)
    fields = (
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
    return (
        SetupItem("pipeline", pipeline),
        *(SetupItem("stage", stage, parent=pipeline) for stage in stages),
        *(
            SetupItem("field", name, object=obj, type=kind, is_key=name.startswith("Wave "))
            for obj, name, kind in fields
        ),
    )


def effects(settings: Settings) -> tuple[str, ...]:
    return (
        "Automations that start with a new organization, person, deal or activity may run.",
        "Owners of new deals and activities may be notified.",
        "Reports will count these deals"
        + (", and paid ones as won." if settings["paid_is_won"] else "."),
    )


FLOW = Flow(
    kind="wave-pipedrive",
    source="wave",
    target="pipedrive",
    routes=(customers, contacts, invoices, activities),
    settings=SETTINGS,
    setup=setup,
    effects=effects,
)
