"""The books are one tenant's data: its tables, its number sequences, and who hears of changes.

A unit of work collects the rows that one gesture changes and stores them together or not at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Protocol

from ml_sandbox.vendors.acumatica import values
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.tables import Key, Table, comparable

#: Table -> the key fields of its rows, by stored name.
TABLES: dict[str, tuple[str, ...]] = {
    "customers": ("CustomerID",),
    "contacts": ("ContactID",),
    "sales_orders": ("OrderType", "OrderNbr"),
    "shipments": ("ShipmentNbr",),
    "documents": ("Type", "ReferenceNbr"),
    "payments": ("Type", "ReferenceNbr"),
    "stock_items": ("InventoryID",),
    "non_stock_items": ("InventoryID",),
    "accounts": ("AccountCD",),
    "journal_transactions": ("Module", "BatchNbr"),
    "customer_classes": ("ClassID",),
    "item_classes": ("ClassID",),
    "ledgers": ("LedgerID",),
    "payment_methods": ("PaymentMethodID",),
    "tax_categories": ("TaxCategoryID",),
    "tax_zones": ("TaxZoneID",),
}


class Surroundings(Protocol):
    """What books take from the sandbox."""

    def now(self) -> datetime: ...
    def switch(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Change:
    """A row of a table before and after; None before its entry and after its deletion."""

    table: str
    old: Row | None
    new: Row | None


Listener = Callable[["Books", list[Change]], None]


class Books:
    """One tenant. `name` is its Company ID, `branches` are code and name, the first the default."""

    def __init__(self, around: Surroundings, name: str, chance: random.Random) -> None:
        self._around = around
        self._chance = chance
        self.name = name
        self.branches: tuple[tuple[str, str], ...] = (
            ("MAIN", "Bluebird Portland"),
            ("WEST", "Bluebird Seattle"),
        )
        self.base_currency = "USD"
        self.tables = {table: Table(table, _key_reader(keys)) for table, keys in TABLES.items()}
        self.custom_fields: dict[str, dict[str, str]] = {}
        self.listeners: list[Listener] = []
        self._numbers: dict[str, int] = {}

    def now(self) -> datetime:
        """The moment as stamps have it."""
        return values.tick(self.moment(), float(self.switch("stamp_tick_seconds")))

    def moment(self) -> datetime:
        """The very moment, which reads go by."""
        return self._around.now()

    def switch(self, name: str) -> Any:
        return self._around.switch(name)

    def zone(self) -> timezone:
        return values.zone(str(self.switch("document_offset")))

    def today(self) -> date:
        return self.moment().astimezone(self.zone()).date()

    def new_guid(self) -> str:
        digits = f"{self._chance.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def next_number(self, sequence: str, form: str = "{:06d}") -> str:
        """The next of a numbering sequence, such as 000123."""
        self._numbers[sequence] = self._numbers.get(sequence, 0) + 1
        return form.format(self._numbers[sequence])

    def find(self, table: str, *key: Any) -> Row | None:
        return self.tables[table].find(*(str(part) for part in key))

    def new_row(self, **given: Any) -> Row:
        now = self.now()
        return Row(self.new_guid(), now, now, dict(given))

    def item(self, inventory_id: str) -> Row | None:
        """A stock or non-stock item: they share their ids."""
        return self.find("stock_items", inventory_id) or self.find("non_stock_items", inventory_id)

    def unit(self, by_hand: bool = False) -> Unit:
        return Unit(self, by_hand)

    def told(self, changes: list[Change]) -> None:
        for listener in self.listeners:
            listener(self, changes)


class Unit:
    """A unit of work. Readers may see what was done by hand later than it is stamped."""

    def __init__(self, books: Books, by_hand: bool) -> None:
        self.books = books
        self._by_hand = by_hand
        self._drafts: dict[str, tuple[str, Row | None, Row | None]] = {}
        self._unstamped: dict[str, None] = {}
        self._stamped: dict[str, None] = {}

    def draft(self, table: str, row: Row) -> Row:
        """The working copy of a stored row; the same one however often it is asked for."""
        if row.id in self._drafts:
            copy = self._drafts[row.id][2]
            if copy is None:
                raise LookupError("the row was removed in this unit")
            return copy
        copy = row.copy()
        self._drafts[row.id] = (table, row, copy)
        return copy

    def add(self, table: str, row: Row) -> Row:
        self._drafts[row.id] = (table, None, row)
        return row

    def remove(self, table: str, row: Row) -> None:
        self._drafts[row.id] = (table, row, None)

    def leave_stamp(self, row: Row) -> None:
        """This change of a row does not move its last-modified stamp."""
        self._unstamped[row.id] = None

    def force_stamp(self, row: Row) -> None:
        """The row counts as modified, whether or not a value differs."""
        self._stamped[row.id] = None

    def commit(self) -> list[Change]:
        """Stores what differs, stamps it, and tells the listeners once."""
        now = self.books.now()
        late = float(self.books.switch("late_commit_seconds")) if self._by_hand else 0.0
        seen_from = self.books.moment() + timedelta(seconds=late)
        changes = []
        for table_name, old, new in self._drafts.values():
            if old is not None and new is not None and self._is_idle(old, new):
                continue
            table = self.books.tables[table_name]
            if new is None:
                if old is not None:
                    table.remove(old, seen_from)
            else:
                _stamp(new, old, now, keep=new.id in self._unstamped)
                table.put(new, seen_from)
            changes.append(Change(table_name, old, new))
        if changes:
            self.books.told(changes)
        return changes

    def _is_idle(self, old: Row, new: Row) -> bool:
        return new.id not in self._stamped and old.same_as(new)


def _stamp(new: Row, old: Row | None, now: datetime, keep: bool) -> None:
    if old is None:
        new.created = new.modified = now
    elif not keep:
        new.modified = now
    former = {} if old is None else {row.id: row for row in _rows_below(old)}
    for row in _rows_below(new):
        before = former.get(row.id)
        if before is None or not before.same_as(row):
            row.modified = new.modified


def _rows_below(row: Row) -> list[Row]:
    found: list[Row] = []
    for value in row.values.values():
        if isinstance(value, Row):
            found.append(value)
        elif isinstance(value, list):
            found += value
    return found


def _key_reader(fields: tuple[str, ...]) -> Callable[[Row], Key]:
    return lambda row: tuple(comparable(str(row[name])) for name in fields)
