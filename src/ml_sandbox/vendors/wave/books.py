"""The books are one business at Wave: its records, and every change that can be made to them.

Both doors write through them, the API and the human before the screen. A change is stamped, put
into the indexes, and told to the listeners, which send webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from ml_sandbox.vendors.wave import ids
from ml_sandbox.vendors.wave.currencies import Currency
from ml_sandbox.vendors.wave.index import Index, Walk
from ml_sandbox.vendors.wave.records import (
    Account,
    Address,
    Customer,
    Invoice,
    Payment,
    Product,
    SalesTax,
    Stamped,
)

RecordT = TypeVar("RecordT", bound=Stamped)


class Surroundings(Protocol):
    """What the books take from the sandbox around them."""

    def now(self) -> datetime: ...
    def switch(self, name: str) -> Any: ...
    def new_uuid(self) -> str: ...


@dataclass(frozen=True)
class Happening:
    """Something that webhooks may tell: `name` is Wave's event name, or a product text's."""

    name: str
    books: Books
    invoice: Invoice | None = None
    customer: Customer | None = None
    payment: Payment | None = None


class Table(Mapping[int, RecordT]):
    """Records of one kind by number, deleted ones included, with an index for each sort in use."""

    def __init__(
        self, kind: str, business_uuid: str, keys: Mapping[str, Callable[[RecordT], Any]]
    ) -> None:
        self.kind = kind
        self._business_uuid = business_uuid
        self._keys = keys
        self._records: dict[int, RecordT] = {}
        self._indexes: dict[str, Index[RecordT]] = {}

    def __getitem__(self, number: int) -> RecordT:
        return self._records[number]

    def __iter__(self) -> Any:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def id_of(self, number: int) -> str:
        return ids.child_id(self._business_uuid, self.kind, number)

    def put(self, record: RecordT) -> None:
        """Takes in a new record, or notes that a known one has changed."""
        self._records[record.number] = record
        for index in self._indexes.values():
            if record.is_deleted:
                index.remove(record)
            else:
                index.put(record)

    def by_id(self, key: str) -> RecordT | None:
        """The record, deleted ones included; ids are compared whole."""
        try:
            number = int(ids.decoded(key).rpartition(":")[2])
        except ValueError:
            return None
        record = self._records.get(number)
        return record if record is not None and record.id == key else None

    def alive(self) -> list[RecordT]:
        return [record for record in self._records.values() if not record.is_deleted]

    def key(self, sort: str) -> Callable[[RecordT], Any]:
        return self._keys[sort]

    def walk(
        self, sort: str, low: Any = None, high: Any = None, ends: bool = True
    ) -> Walk[RecordT]:
        """Living records by that sort's rising key, between two keys."""
        if sort not in self._indexes:
            self._indexes[sort] = Index(self._keys[sort], self.alive())
        return self._indexes[sort].between(low, high, ends)


CUSTOMER_SORTS: dict[str, Callable[[Customer], Any]] = {
    "CREATED_AT": lambda customer: customer.created_at,
    "MODIFIED_AT": lambda customer: customer.modified_at,
    "NAME": lambda customer: customer.name.casefold(),
}
PRODUCT_SORTS: dict[str, Callable[[Product], Any]] = {
    "CREATED_AT": lambda product: product.created_at,
    "MODIFIED_AT": lambda product: product.modified_at,
    "NAME": lambda product: product.name.casefold(),
}
INVOICE_SORTS: dict[str, Callable[[Invoice], Any]] = {
    "AMOUNT_DUE": lambda invoice: invoice.due_value,
    "AMOUNT_PAID": lambda invoice: invoice.paid_value,
    "CREATED_AT": lambda invoice: invoice.created_at,
    "CUSTOMER_NAME": lambda invoice: invoice.customer.name.casefold(),
    "DUE_AT": lambda invoice: invoice.due_date,
    "INVOICE_DATE": lambda invoice: invoice.invoice_date,
    "INVOICE_NUMBER": lambda invoice: _number_key(invoice.invoice_number),
    "MODIFIED_AT": lambda invoice: invoice.modified_at,
    "STATUS": lambda invoice: invoice.status,
    "TOTAL": lambda invoice: invoice.total_value,
}


def _number_key(text: str) -> tuple[int, str]:
    """Numbers in their order, then texts."""
    return (int(text), "") if text.isdecimal() and len(text) < 18 else (10**18, text)


@dataclass(eq=False)
class Books:
    """One business. Attributes that the schema has bear its names in snake case."""

    surroundings: Surroundings
    uuid: str
    name: str
    currency: Currency
    created_at: datetime
    modified_at: datetime
    address: Address | None = None
    phone: str | None = None
    website: str | None = None
    timezone: str = "Etc/UTC"
    is_archived: bool = False
    is_personal: bool = False
    email_send_enabled: bool = True
    listeners: list[Callable[[Happening], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = ids.business_id(self.uuid)
        self.link_url = "https://link.waveapps.example"
        self.customers: Table[Customer] = Table("Customer", self.uuid, CUSTOMER_SORTS)
        self.invoices: Table[Invoice] = Table("Invoice", self.uuid, INVOICE_SORTS)
        self.payments: Table[Payment] = Table(
            "InvoicePayment", self.uuid, {"CREATED_AT": lambda payment: payment.created_at}
        )
        self.products: Table[Product] = Table("Product", self.uuid, PRODUCT_SORTS)
        by_name: dict[str, Callable[[Any], Any]] = {"NAME": lambda record: record.name.casefold()}
        self.accounts: Table[Account] = Table("Account", self.uuid, by_name)
        self.sales_taxes: Table[SalesTax] = Table("SalesTax", self.uuid, by_name)
        self.invoices_of: dict[int, dict[int, Invoice]] = {}
        self._last_numbers: dict[str, int] = {}

    def now(self) -> datetime:
        return self.surroundings.now()

    def today(self) -> date:
        return self.now().date()

    def next_number(self, kind: str, first: int) -> int:
        number = self._last_numbers.get(kind, first - 1) + 1
        self._last_numbers[kind] = number
        return number

    def stamps(self, table: Table[Any], first: int, at: datetime | None = None) -> dict[str, Any]:
        """What a new record of that table begins with."""
        number = self.next_number(table.kind, first)
        moment = at or self.now()
        return {
            "business": self,
            "id": table.id_of(number),
            "number": number,
            "created_at": moment,
            "modified_at": moment,
        }

    def invoices_for(self, customer: Customer) -> list[Invoice]:
        found = self.invoices_of.get(customer.number, {})
        return [invoice for invoice in found.values() if not invoice.is_deleted]

    def tell(
        self,
        name: str,
        invoice: Invoice | None = None,
        customer: Customer | None = None,
        payment: Payment | None = None,
    ) -> None:
        happening = Happening(name, self, invoice, customer, payment)
        for listener in self.listeners:
            listener(happening)
