"""An account is one business at FreshBooks: its records, their ids, and who hears of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from ml_sandbox.vendors.freshbooks.records import (
    DELETED,
    Actor,
    Callback,
    Client,
    Invoice,
    Paper,
    Payment,
)
from ml_sandbox.vendors.freshbooks.tables import Table
from ml_sandbox.vendors.freshbooks.times import day_of

#: Kinds that are stored as they are shown, by the name of their list.
PAPERS = (
    "bills",
    "bill_vendors",
    "items",
    "taxes",
    "expenses",
    "estimates",
    "credit_notes",
)


class Surroundings(Protocol):
    """What an account takes from the sandbox around it."""

    def now(self) -> datetime: ...
    def switch(self, name: str) -> Any: ...
    def new_uuid(self) -> str: ...
    def new_word(self, length: int) -> str: ...


@dataclass(frozen=True)
class Happening:
    """Something that callbacks may tell: `name` is `<noun>.<verb>`."""

    account: Account
    name: str
    object_id: int
    actor: Actor


@dataclass(frozen=True)
class FirstIds:
    """Where the ids of each kind begin; two accounts may well share the numbers of clients."""

    client: int = 214001
    invoice: int = 2621001
    payment: int = 735001
    callback: int = 3101
    paper: int = 4301


@dataclass(eq=False)
class Account:
    """`id` is the short text of the paths, `business_id` another number for the same business."""

    surroundings: Surroundings
    id: str
    business_id: int
    business_uuid: str
    name: str
    currency: str
    owner: Actor
    first_ids: FirstIds = field(default_factory=FirstIds)
    listeners: list[Callable[[Happening], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids = self.first_ids
        self.clients: Table[Client] = Table(ids.client)
        self.invoices: Table[Invoice] = Table(ids.invoice)
        self.payments: Table[Payment] = Table(ids.payment)
        self.callbacks: Table[Callback] = Table(ids.callback)
        self.papers: dict[str, Table[Paper]] = {name: Table(ids.paper) for name in PAPERS}
        #: Counts every change, so that a sorted list can be kept until the next one.
        self.revision = 0
        self._payments_of: dict[int, list[int]] = {}
        self._invoices_of: dict[int, list[int]] = {}
        self._last_number = 0

    # --- surroundings ---

    def now(self) -> datetime:
        return self.surroundings.now()

    def switch(self, name: str) -> Any:
        return self.surroundings.switch(name)

    def today(self) -> date:
        """The day that decides what is overdue and how days are filtered."""
        return day_of(self.now(), self.switch("day_boundary_zone"))

    # --- records ---

    def put_client(self, client: Client) -> Client:
        self.clients.put(client, self.now())
        self.revision += 1
        return client

    def put_invoice(self, invoice: Invoice) -> Invoice:
        self._index(self._invoices_of, invoice.customerid, invoice.id)
        self._note_number(invoice.number)
        self.invoices.put(invoice, self.now())
        self.revision += 1
        return invoice

    def put_payment(self, payment: Payment) -> Payment:
        self._index(self._payments_of, payment.invoiceid, payment.id)
        self.payments.put(payment, self.now())
        self.revision += 1
        return payment

    def put_callback(self, callback: Callback) -> Callback:
        self.callbacks.put(callback, self.now())
        self.revision += 1
        return callback

    def put_paper(self, kind: str, paper: Paper) -> Paper:
        self.papers[kind].put(paper, self.now())
        self.revision += 1
        return paper

    def seed_invoice(self, invoice: Invoice) -> None:
        self._index(self._invoices_of, invoice.customerid, invoice.id)
        self._note_number(invoice.number)
        self.invoices.seed(invoice)

    def seed_payment(self, payment: Payment) -> None:
        self._index(self._payments_of, payment.invoiceid, payment.id)
        self.payments.seed(payment)

    def _index(self, index: dict[int, list[int]], key: int, number: int) -> None:
        found = index.setdefault(key, [])
        if number not in found:
            found.append(number)

    def _note_number(self, number: str) -> None:
        if number.isdecimal() and len(number) < 12:
            self._last_number = max(self._last_number, int(number))

    def next_number(self) -> str:
        """The label of the next invoice, as the product counts on."""
        return f"{self._last_number + 1:07d}"

    def payments_of(self, invoice: Invoice) -> list[Payment]:
        """The payments of an invoice that are not deleted."""
        found = (self.payments.get(number) for number in self._payments_of.get(invoice.id, ()))
        return [payment for payment in found if payment and payment.vis_state != DELETED]

    def invoices_of(self, client: Client) -> list[Invoice]:
        """The invoices of a client that are not deleted."""
        found = (self.invoices.get(number) for number in self._invoices_of.get(client.id, ()))
        return [
            invoice
            for invoice in found
            if invoice and invoice.vis_state != DELETED and invoice.customerid == client.id
        ]

    def tell(self, name: str, object_id: int, actor: Actor) -> None:
        happening = Happening(self, name, object_id, actor)
        for listener in self.listeners:
            listener(happening)
