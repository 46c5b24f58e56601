"""The account is one Pipedrive company: its users, its lists, its tables and its field books.

Everything that changes a record ends here in `publish`, which hands an Event to whoever sends
webhooks. Soft-deleted records are purged after thirty days (sheet, section 5).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .clocktext import stamp
from .fields import FieldBook
from .tables import Record, Table

PURGE_AFTER = timedelta(days=30)
_SORTS: dict[str, tuple[str, ...]] = {
    "organizations": ("id", "update_time", "add_time"),
    "persons": ("id", "update_time", "add_time"),
    "deals": ("id", "update_time", "add_time"),
    "activities": ("id", "update_time", "add_time", "due_date"),
    "products": ("id", "update_time", "add_time", "name"),
    "deal_products": ("id", "update_time", "add_time", "order_nr", "deal_id"),
    "pipelines": ("id", "update_time", "add_time"),
    "stages": ("id", "update_time", "add_time", "order_nr"),
    "notes": ("id", "update_time", "add_time"),
}
FIELD_ENTITIES = ("deal", "organization", "person", "product", "activity")

ReadSwitch = Callable[[str], Any]


@dataclass(frozen=True)
class Actor:
    """Who writes: a user, over the API (of an app, if it is one) or in Pipedrive's own pages."""

    user_id: int
    source: str = "api"
    client_id: str | None = None


@dataclass(frozen=True)
class Event:
    """One change of one record; `previous` is the whole state before it."""

    action: str
    entity: str
    record_id: int
    current: Record | None
    previous: Record | None
    actor: Actor
    at: datetime
    correlation_id: str
    merged_to: int | None = None
    merged_from: int | None = None


class Account:
    """One company's data. `now()` is the sandbox's clock, `switch(name)` reads a switch."""

    def __init__(
        self, now: Callable[[], datetime], switch: ReadSwitch, randomness: random.Random
    ) -> None:
        self.now = now
        self.switch = switch
        self.randomness = randomness
        self.company: dict[str, Any] = {}
        self.users: dict[int, Record] = {}
        self.currencies: dict[str, Record] = {}
        self.activity_types: dict[str, Record] = {}
        self.tables = {name: Table(name, sorts) for name, sorts in _SORTS.items()}
        self.option_number = 100
        self.fields = {
            entity: FieldBook(entity, self._new_code, self._new_option_id, self.stamp)
            for entity in FIELD_ENTITIES
        }
        self.listeners: list[Callable[[Event], None]] = []
        self.purge_checked = ""

    def stamp(self) -> str:
        return stamp(self.now())

    def new_uuid(self) -> str:
        digits = f"{self.randomness.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], digits[16:20], digits[20:]))

    def _new_code(self) -> str:
        return f"{self.randomness.getrandbits(160):040x}"

    def _new_option_id(self) -> int:
        self.option_number += 1
        return self.option_number

    def default_user(self) -> Record:
        return next(iter(self.users.values()))

    def default_visibility(self) -> int:
        """The whole company: 3 where the plan has two levels, 7 where it has four (OpenAPI)."""
        return 7 if self.switch("plan") in ("premium", "ultimate") else 3

    def exists(self, kind: str, key: Any) -> bool:
        """Whether a thing that a value refers to is there and alive."""
        if kind == "user":
            return key in self.users and bool(self.users[key]["active_flag"])
        if kind == "currency":
            return key in self.currencies
        table = {"org": "organizations", "people": "persons"}.get(kind, kind)
        return self.tables[table].alive(key) is not None

    def publish(
        self,
        action: str,
        entity: str,
        current: Record | None,
        previous: Record | None,
        actor: Actor,
        correlation_id: str | None = None,
        merged_to: int | None = None,
        merged_from: int | None = None,
    ) -> None:
        if not self.listeners:
            return
        record = current if current is not None else previous
        event = Event(
            action,
            entity,
            0 if record is None else record["id"],
            current,
            previous,
            actor,
            self.now(),
            correlation_id or self.new_uuid(),
            merged_to,
            merged_from,
        )
        for listener in self.listeners:
            listener(event)

    def purge(self) -> None:
        """Forgets what was deleted more than thirty days ago; cheap to call on every request."""
        before = stamp(self.now() - PURGE_AFTER)
        if before[:13] == self.purge_checked:
            return
        self.purge_checked = before[:13]
        for table in self.tables.values():
            table.purge(before)


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
