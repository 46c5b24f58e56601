"""Push notifications: inquiries of form SM302000 that an administrator has set up (sheet, 12).

Bodies are rows before and after with bare values under the inquiry's own column names. The only
proof is one static header. At most five attempts are made; what failed is kept for two days.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ml_sandbox.deliveries import Delivery, Posting, is_success
from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Record, Site
from ml_sandbox.vendors.acumatica.books import Books, Change
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rules import RULES
from ml_sandbox.vendors.acumatica.values import shown

RETRY_SECONDS = (5.0, 30.0, 120.0, 600.0)
KEPT = timedelta(days=2)
_TICKS_TO_1970 = 621_355_968_000_000_000


@dataclass(frozen=True)
class Inquiry:
    """A generic inquiry over one entity: `columns` are stored names by column."""

    noun: str
    entity: str
    table: str
    columns: dict[str, str]

    @property
    def name(self) -> str:
        return "ML-" + "".join(word.capitalize() for word in self.noun.split("_"))


def _columns(stamp: str, *names: str, **renamed: str) -> dict[str, str]:
    return {**{name: name for name in names}, **renamed, stamp: "@modified"}


INQUIRIES: dict[str, Inquiry] = {
    inquiry.noun: inquiry
    for inquiry in (
        Inquiry(
            "customers", "Customer", "customers",
            _columns("Customer_lastModifiedDateTime", "CustomerID", "CustomerName", "Status"),
        ),
        Inquiry(
            "contacts", "Contact", "contacts",
            _columns("Contact_lastModifiedDateTime", "ContactID", "DisplayName", "Email"),
        ),
        Inquiry(
            "sales_orders", "SalesOrder", "sales_orders",
            _columns(
                "SOOrder_lastModifiedDateTime", "OrderType", "OrderNbr", "Status", "OrderTotal"
            ),
        ),
        Inquiry(
            "sales_invoices", "SalesInvoice", "documents",
            _columns("ARInvoice_lastModifiedDateTime", "Type", "ReferenceNbr", "Status", "Balance"),
        ),
        Inquiry(
            "invoices", "Invoice", "documents",
            _columns("ARInvoice_lastModifiedDateTime", "Type", "ReferenceNbr", "Status", "Balance"),
        ),
        Inquiry(
            "payments", "Payment", "payments",
            _columns("ARPayment_lastModifiedDateTime", "Type", "ReferenceNbr", "Status"),
        ),
        Inquiry(
            "stock_items", "StockItem", "stock_items",
            _columns("InventoryItem_lastModifiedDateTime", "InventoryID", "ItemStatus"),
        ),
        Inquiry(
            "non_stock_items", "NonStockItem", "non_stock_items",
            _columns("InventoryItem_lastModifiedDateTime", "InventoryID", "ItemStatus"),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Destination:
    url: str
    header: str
    secret: str
    nouns: tuple[str, ...]


@dataclass
class Message:
    """A message as it is kept: its state is sent, delivered or failed."""

    number: int
    inquiry: Inquiry
    body: dict[str, Any]
    at: datetime
    state: str = "sent"


class Push:
    """The one destination of the site, and what was told to it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._destination: Destination | None = None
        self._messages: list[Message] = []

    def set_destination(self, url: str, secret: str, nouns: Sequence[str]) -> Record:
        """An empty address takes the destination away. Raises Refusal."""
        unknown = [noun for noun in nouns if noun not in INQUIRIES]
        if unknown:
            raise Refusal(400, f"there is no inquiry on {unknown[0]!r}", sorted(INQUIRIES))
        if url and not self._site.accepts_receiver(url):
            raise Refusal(400, "webhooks go to this machine only")
        header = str(self._site.switch("push_header"))
        chosen = tuple(nouns) or tuple(INQUIRIES)
        self._destination = Destination(url, header, secret, chosen) if url else None
        return {
            "url": url,
            "header": header,
            "events": list(chosen),
            "queries": [INQUIRIES[noun].name for noun in chosen],
        }

    def tell(self, books: Books, changes: list[Change]) -> None:
        """One transaction: a message for each inquiry that it concerns, all with one Id."""
        if self._destination is None:
            return
        transaction = books.new_guid()
        for noun in self._destination.nouns:
            inquiry = INQUIRIES[noun]
            concerned = [c for c in changes if self._concerns(inquiry, c)]
            if not concerned:
                continue
            if self._site.switch("push_splits_transaction"):
                for change in concerned:
                    self._send(books, inquiry, [change], transaction)
            else:
                self._send(books, inquiry, concerned, transaction)

    def _concerns(self, inquiry: Inquiry, change: Change) -> bool:
        row = change.new or change.old
        if change.table != inquiry.table or row is None:
            return False
        return RULES[inquiry.table].shows(inquiry.entity, row)

    def _send(
        self, books: Books, inquiry: Inquiry, changes: list[Change], transaction: str
    ) -> None:
        now = self._site.now()
        if not self._site.switch("push_in_order"):
            now -= timedelta(seconds=len(self._messages) % 3)
        body = {
            "Inserted": [_row(books, inquiry, c.new) for c in changes if c.new is not None],
            "Deleted": [_row(books, inquiry, c.old) for c in changes if c.old is not None],
            "Query": inquiry.name,
            "CompanyId": books.name,
            "Id": transaction,
            "TimeStamp": ticks(now),
            "AdditionalInfo": {},
        }
        message = Message(len(self._messages) + 1, inquiry, body, self._site.now())
        self._messages.append(message)
        self._deliver(message)

    def _deliver(self, message: Message) -> None:
        content = json.dumps(message.body).encode()

        def prepare(attempt: int) -> Posting | None:
            to = self._destination
            if to is None:
                return None
            headers = {to.header: to.secret, "content-type": "application/json"}
            return Posting(to.url, {**headers, "accept": "application/json"}, content)

        def after(attempt: int, status: int | None) -> float | None:
            if is_success(status):
                message.state = "delivered"
                return None
            if attempt > len(RETRY_SECONDS):
                message.state = "failed"
                return None
            return RETRY_SECONDS[attempt - 1]

        self._site.deliver(Delivery(self._site.name, message.inquiry.noun, prepare, after))

    def kept(self) -> list[Record]:
        """Form SM502000: what was told in the last two days, and what became of it."""
        oldest = self._site.now() - KEPT
        return [
            {"id": str(m.number), "Query": m.inquiry.name, "Status": m.state, "Id": m.body["Id"]}
            for m in self._messages
            if m.at >= oldest
        ]

    def resend(self, number: str) -> Record:
        """Sends a kept message again, by hand. Raises Refusal."""
        for shown_message in self.kept():
            if shown_message["id"] == number:
                self._deliver(self._messages[int(number) - 1])
                return shown_message
        raise Refusal(404, f"there is no message {number!r}")


def ticks(moment: datetime) -> int:
    """A moment in .NET ticks: tenths of microseconds since the year 1, in UTC."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds
    return _TICKS_TO_1970 + microseconds * 10


def _row(books: Books, inquiry: Inquiry, row: Row) -> dict[str, Any]:
    """A row of the inquiry: bare values, and stamps in the site's own time without an offset."""
    found: dict[str, Any] = {}
    for column, stored in inquiry.columns.items():
        if stored == "@modified":
            local = row.modified.astimezone(books.zone()).replace(tzinfo=None)
            found[column] = local.isoformat(timespec="milliseconds")
        else:
            found[column] = shown(row[stored], books.zone())
    return found
