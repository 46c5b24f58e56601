"""A company is one set of books, named by its realm: tables, numbering, stamps, and who listens.

Ids are short decimal numbers that count in each company for itself, so two companies hold equal
ids for different records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from . import errors
from .clocktext import stamp, today
from .entities import ENTITIES
from .forms import Form
from .money import CURRENCIES, currency_ref
from .tables import Record, Row, Table

_FIRST_IDS = {"transactions": 101}


class Surroundings(Protocol):
    """What books take from the sandbox."""

    def now(self) -> datetime: ...
    def switch(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Happening:
    """What a webhook may tell; `verb`: created, updated, deleted, merged, voided, emailed."""

    realm: str
    entity: str
    id: str
    verb: str
    at: datetime
    deleted_id: str = ""


class Company:
    """One realm. `environment` is production or sandbox; its money is `currency`."""

    def __init__(
        self,
        surroundings: Surroundings,
        realm: str,
        name: str,
        environment: str,
        currency: str = "USD",
    ) -> None:
        self._surroundings = surroundings
        self.realm = realm
        self.name = name
        self.environment = environment
        self.currency = currency
        self.tables = {entity: Table(ENTITIES[entity]) for entity in ENTITIES}
        self.listeners: list[Callable[[Happening], None]] = []
        #: Every customer's transactions, deleted ones included.
        self.transactions: dict[str, list[Row]] = {}
        #: The ids of jobs and sub-customers, by the id of the customer above.
        self.children: dict[str, list[str]] = {}
        self.doc_numbers: dict[str, set[str]] = {"Invoice": set(), "CreditMemo": set()}
        self.rates: dict[str, Decimal] = {}
        self._next: dict[str, int] = {}

    def now(self) -> datetime:
        """To the second, as MetaData has it."""
        return self._surroundings.now().replace(microsecond=0)

    def today(self) -> date:
        return today(self._surroundings.now())

    def switch(self, name: str) -> Any:
        return self._surroundings.switch(name)

    def form(self) -> Form:
        return Form(self.look_up, bool(self.switch("refuse_read_only_properties")))

    def number(self, series: str) -> str:
        """The next id of a series."""
        number = self._next.get(series, _FIRST_IDS.get(series, 1))
        self._next[series] = number + 1
        return str(number)

    # --- finding ---

    def rows(self, entity: str) -> Iterable[Row]:
        """Those that are not deleted."""
        return (row for row in self.tables[entity] if not row.is_deleted)

    def row(self, entity: str, key: str) -> Row:
        """Raises Fault 610 for what is not there, or no more."""
        row = self.tables[entity].get(key)
        if row is None or row.is_deleted:
            raise errors.not_found()
        return row

    def look_up(self, entity: str, key: str, element: str) -> Record:
        """A reference as it is stored. Raises Fault 2500, or 610 for what was made inactive."""
        if not entity:
            return {"value": key}
        if entity == "Currency":
            if key not in CURRENCIES:
                raise errors.bad_reference(element, key)
            return currency_ref(key)
        row = self.tables[entity].get(key)
        if row is None or row.is_deleted:
            raise errors.bad_reference(element, key)
        if not row.active() and entity == "Customer":
            raise errors.not_found()
        return self.reference(row)

    def reference(self, row: Row) -> Record:
        name = row.data.get("DisplayName") or row.data.get("Name")
        return {"value": row.id, "name": name} if name else {"value": row.id}

    # --- changing ---

    def add(self, entity: str, data: Record, at: datetime | None = None) -> Row:
        """A new row with its id and stamps; tells nobody."""
        kind = ENTITIES[entity]
        moment = at or self.now()
        head = {
            "Id": self.number(kind.series),
            "SyncToken": "0",
            "MetaData": {"CreateTime": stamp(moment), "LastUpdatedTime": stamp(moment)},
            "domain": "QBO",
            "sparse": False,
        }
        record = ordered(kind.fields, {**head, **data})
        row = Row(kind, str(head["Id"]), record, moment, moment)
        if at is None:
            row.past.append((self._surroundings.now(), None))
        self.tables[entity].put(row)
        if "DocNumber" in record and entity in self.doc_numbers:
            self.doc_numbers[entity].add(record["DocNumber"])
        return row

    def change(self, row: Row, changes: Record, at: datetime | None = None) -> None:
        """Puts these in (None takes one out), a new SyncToken and stamp; tells nobody."""
        moment = max(at or self.now(), row.updated)
        meta = {**row.data["MetaData"], "LastUpdatedTime": stamp(moment)}
        token = str(int(row.data["SyncToken"]) + 1)
        self.set_quietly(row, {**changes, "SyncToken": token, "MetaData": meta}, at is None)
        row.updated = moment

    def set_quietly(self, row: Row, changes: Record, remember: bool = True) -> None:
        """Puts properties in without a trace in stamps, as balances are."""
        if remember:
            row.past.append((self._surroundings.now(), row.data))
        number = row.data.get("DocNumber")
        numbers = self.doc_numbers.get(row.entity.name)
        row.data = ordered(row.entity.fields, {**row.data, **changes})
        if numbers is not None and row.data.get("DocNumber") != number:
            numbers.discard(str(number))
            if "DocNumber" in row.data:
                numbers.add(row.data["DocNumber"])
        self.tables[row.entity.name].version += 1

    def remove(self, row: Row, at: datetime | None = None) -> None:
        """The row answers no read any more; change data capture shows that it was deleted."""
        if at is None:
            row.past.append((self._surroundings.now(), row.data))
        moment = max(at or self.now(), row.updated)
        meta = {**row.data["MetaData"], "LastUpdatedTime": stamp(moment)}
        row.data = {**row.data, "MetaData": meta, "status": "Deleted"}
        row.is_deleted = True
        row.updated = moment
        numbers = self.doc_numbers.get(row.entity.name)
        if numbers is not None:
            numbers.discard(str(row.data.get("DocNumber")))
        self.tables[row.entity.name].version += 1

    def tell(self, row: Row, verb: str, deleted_id: str = "") -> None:
        happening = Happening(self.realm, row.entity.name, row.id, verb, self.now(), deleted_id)
        for listener in self.listeners:
            listener(happening)

    def rate(self, currency: str) -> Decimal:
        """What one unit of a money is worth at home, as last used; 1 for the company's own."""
        return self.rates.get(currency, Decimal(1))


def ordered(fields: Iterable[str], data: Record) -> Record:
    """The properties that are set, in the entity's order, then what the order does not name."""
    known = {name: data[name] for name in fields if data.get(name) is not None}
    more = {name: v for name, v in data.items() if name not in known and v is not None}
    return {**known, **more}
