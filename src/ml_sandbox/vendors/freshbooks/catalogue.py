"""The catalogue of lists: for each, its filters, its sorts, and how a record is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_sandbox.vendors.freshbooks import status
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.money import ZERO
from ml_sandbox.vendors.freshbooks.records import Client, Invoice, Payment, Stage
from ml_sandbox.vendors.freshbooks.search import (
    Filter,
    amounts,
    flag,
    like,
    number,
    numbers,
    span,
    word,
)
from ml_sandbox.vendors.freshbooks.shown import (
    Shown,
    shown_callback,
    shown_client,
    shown_invoice,
    shown_payment,
)
from ml_sandbox.vendors.freshbooks.tables import Table


@dataclass(frozen=True)
class Shelf:
    """One list: the names of the whole and of one, its records, filters and sorts."""

    plural: str
    single: str
    id_field: str
    table: Callable[[Account], Table[Any]]
    show: Callable[[Account, Any, Collection[str]], Shown]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    soft_deletes: bool = True


def _plain(name: str) -> Callable[[Account, Client], Any]:
    return lambda account, client: client.plain[name]


def _some(*names: str) -> Callable[[Account, Client], list[Any]]:
    return lambda account, client: [client.plain[name] for name in names]


def _owed(test: Callable[[Account, Invoice], bool]) -> Callable[[Account, Client], bool]:
    return lambda account, client: any(
        test(account, invoice) for invoice in account.invoices_of(client)
    )


def _is_open(account: Account, invoice: Invoice) -> bool:
    return invoice.stage is not Stage.DRAFT and invoice.outstanding > ZERO


_ADDRESS = tuple(
    f"p_{part}" for part in ("street", "street2", "city", "province", "country", "code")
)

CLIENTS = Shelf(
    "clients",
    "client",
    "userid",
    lambda account: account.clients,
    shown_client,
    {
        "email": word(_plain("email")),
        "userid": number(lambda client: client.id),
        "userids": numbers(lambda client: client.id),
        "username": word(lambda account, client: client.username),
        "fname_like": like(_some("fname")),
        "lname_like": like(_some("lname")),
        "organization_like": like(_some("organization")),
        "address_like": like(_some(*_ADDRESS)),
        "note_like": like(_some("note")),
        "phone_like": like(_some("bus_phone", "mob_phone", "home_phone")),
        "user_like": like(_some("fname", "lname", "organization", "email")),
        **span("updated", lambda client: client.updated),
        "has_credit": flag(lambda account, client: False),
        "has_draft": flag(_owed(lambda account, invoice: invoice.stage is Stage.DRAFT)),
        "has_outstanding": flag(_owed(_is_open)),
        "has_overdue": flag(
            _owed(lambda account, invoice: status.is_overdue(invoice, account.today()))
        ),
    },
    {
        "updated": lambda client: client.updated,
        "email": lambda client: (client.plain["email"] or "").casefold(),
        "organization_name": lambda client: (client.plain["organization"] or "").casefold(),
        "fullname": lambda client: " ".join(
            str(client.plain[name] or "") for name in ("fname", "lname")
        ).casefold(),
    },
)

INVOICES = Shelf(
    "invoices",
    "invoice",
    "invoiceid",
    lambda account: account.invoices,
    shown_invoice,
    {
        "customerid": number(lambda invoice: invoice.customerid),
        "customerids": numbers(lambda invoice: invoice.customerid),
        "invoiceid": number(lambda invoice: invoice.id),
        "invoiceids": numbers(lambda invoice: invoice.id),
        "invoice_number": word(lambda account, invoice: invoice.number),
        **span("date", lambda invoice: invoice.create_date),
        **span("updated", lambda invoice: invoice.updated),
        "v3_status": word(lambda account, invoice: status.v3(invoice, account.today())),
        "paid": flag(lambda account, invoice: status.is_paid(invoice)),
        "outstanding": flag(_is_open),
    },
    {"invoice_date": lambda invoice: invoice.create_date},
)


def _client_name(account: Account, payment: Payment) -> list[Any]:
    client = account.clients.get(payment.clientid)
    names = ("organization", "fname", "lname")
    return [] if client is None else [client.plain[name] for name in names]


def _invoice_number(account: Account, payment: Payment) -> str:
    invoice = account.invoices.get(payment.invoiceid)
    return "" if invoice is None else invoice.number


PAYMENTS = Shelf(
    "payments",
    "payment",
    "logid",
    lambda account: account.payments,
    shown_payment,
    {
        "invoiceid": number(lambda payment: payment.invoiceid),
        "clientid": number(lambda payment: payment.clientid),
        "clientids": numbers(lambda payment: payment.clientid),
        "customerid": number(lambda payment: payment.clientid),
        "customerids": numbers(lambda payment: payment.clientid),
        "logid": number(lambda payment: payment.id),
        "logids": numbers(lambda payment: payment.id),
        **span("date", lambda payment: payment.date),
        **span("updated", lambda payment: payment.updated),
        "amount_min": amounts(lambda payment: payment.amount, least=True),
        "amount_max": amounts(lambda payment: payment.amount, least=False),
        "type": word(lambda account, payment: payment.type),
        "currency": word(lambda account, payment: payment.currency),
        "notes": like(lambda account, payment: [payment.plain.get("note")]),
        "from_credit": flag(lambda account, payment: payment.from_credit),
        "client_name": like(_client_name),
        "number": word(_invoice_number),
        "payment_or_credit": word(
            lambda account, payment: "credit" if payment.from_credit else "payment"
        ),
    },
)


def _parent_too(account: Account, asked: Any) -> Callable[[Any], bool]:
    """A search for `invoice.create` also finds callbacks of the bare noun (docs: webhooks)."""
    names = (asked.value, asked.value.partition(".")[0])
    return lambda callback: callback.event in names


CALLBACKS = Shelf(
    "callbacks",
    "callback",
    "callbackid",
    lambda account: account.callbacks,
    lambda account, callback, include: shown_callback(account, callback),
    {"event": _parent_too},
    soft_deletes=False,
)


def _paper(plural: str, single: str) -> Shelf:
    return Shelf(
        plural,
        single,
        f"{single}id",
        lambda account: account.papers[plural],
        lambda account, paper, include: dict(paper.body),
        span("updated", lambda paper: paper.updated),
    )


#: By the path below the account; the scope's object follows.
ACCOUNTING: dict[str, tuple[Shelf, str]] = {
    "users/clients": (CLIENTS, "clients"),
    "invoices/invoices": (INVOICES, "invoices"),
    "payments/payments": (PAYMENTS, "payments"),
    "items/items": (_paper("items", "item"), "billable_items"),
    "taxes/taxes": (_paper("taxes", "tax"), "taxes"),
    "expenses/expenses": (_paper("expenses", "expense"), "expenses"),
    "estimates/estimates": (_paper("estimates", "estimate"), "estimates"),
    "credit_notes/credit_notes": (_paper("credit_notes", "credit_note"), "credit_notes"),
    "bills/bills": (_paper("bills", "bill"), "bills"),
    "bill_vendors/bill_vendors": (_paper("bill_vendors", "bill_vendor"), "bill_vendors"),
}
