"""The account is one Zendesk: its tables, its clock, its ids, and who hears of a change.

Reads that lag behind on purpose see the records as they were at a horizon, which is set for one
request at a time; writes always see the present.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .clocktext import stamp
from .errors import fault
from .ids import Ids
from .plans import Plan, plan_of
from .tables import Key, Record, Table, each_folded, exact, folded

ReadSwitch = Callable[[str], Any]
ADMIN, AGENT, END_USER = "admin", "agent", "end-user"


@dataclass(frozen=True)
class Actor:
    """Who acts: a user by role; `over_api` is false for a person at Zendesk's own screens."""

    user_id: int
    role: str
    over_api: bool = True


@dataclass(frozen=True)
class Event:
    """One change that webhooks may tell; `kind` is `organization.name_changed`."""

    kind: str
    record: Record
    change: Mapping[str, Any] = field(default_factory=dict)


def _fresh_tables() -> dict[str, Table]:
    named = {"external_id": folded("external_id"), "name": folded("name")}
    domains = {"domain": each_folded("domain_names")}
    return {
        "organizations": Table("organizations", {**named, **domains}),
        "users": Table("users", named),
        "identities": Table("identities", {"user_id": exact("user_id"), "value": folded("value")}),
        "memberships": Table(
            "memberships",
            {
                "user_id": exact("user_id"),
                "organization_id": exact("organization_id"),
                "pair": exact("user_id", "organization_id"),
            },
        ),
        "groups": Table("groups"),
        "tickets": Table(
            "tickets",
            {"organization_id": exact("organization_id"), "requester_id": exact("requester_id")},
        ),
        "comments": Table("comments", {"ticket_id": exact("ticket_id")}),
        "organization_fields": Table("organization_fields", {"key": exact("key")}),
        "user_fields": Table("user_fields", {"key": exact("key")}),
        "custom_objects": Table("custom_objects", {"key": exact("key")}),
        "custom_object_fields": Table(
            "custom_object_fields",
            {
                "custom_object_key": exact("custom_object_key"),
                "key": exact("custom_object_key", "key"),
            },
        ),
        "custom_object_records": Table(
            "custom_object_records",
            {
                "custom_object_key": exact("custom_object_key"),
                "external_id": exact("custom_object_key", "external_id"),
                "name": exact("custom_object_key", "name"),
            },
        ),
        "organization_merges": Table("organization_merges"),
        "webhooks": Table("webhooks"),
        "apps": Table("apps"),
        "installations": Table("installations"),
    }


class Account:
    """`now()` is the sandbox's clock, `switch(name)` reads a switch without prefix.

    `created(noun)` is told of every record made over the API.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        switch: ReadSwitch,
        chance: random.Random,
        base_url: str,
        created: Callable[[str], None],
    ) -> None:
        self.now = now
        self.switch = switch
        self.chance = chance
        self.base_url = base_url
        self.ids = Ids(chance)
        self.account_id = 10_000_000 + chance.randrange(10_000_000)
        self.tables = _fresh_tables()
        self.listeners: list[Callable[[Event], None]] = []
        self.read_lag_seconds = 0.0
        self.index_lag_seconds = 0.0
        self.owner_id = 0
        self._created = created

    @property
    def plan(self) -> Plan:
        return plan_of(str(self.switch("plan")))

    @property
    def language(self) -> str:
        return str(self.switch("language"))

    def stamp(self) -> str:
        return stamp(self.now())

    def url(self, *path: object) -> str:
        """The `url` of a record: `…/api/v2/organizations/1.json`."""
        return f"{self.base_url}/api/v2/{'/'.join(map(str, path))}.json"

    def fault(self, name: str, code: str, **words: object) -> tuple[str, str, str]:
        return fault(self.language, name, code, **words)

    def note_created(self, noun: str, actor: Actor) -> None:
        if actor.over_api:
            self._created(noun)

    def publish(self, kind: str, record: Record, **change: Any) -> None:
        for listener in self.listeners:
            listener(Event(kind, record, change))

    # --- writing ---

    def add(self, table: str, record: Record) -> Record:
        record.setdefault("deleted_at", None)
        self.tables[table].add(record, self.now())
        return record

    def put(self, table: str, record: Record, **changes: Any) -> Record:
        """The record with those changes, stamped as updated."""
        changed = {**record, **changes, "updated_at": self.stamp()}
        self.tables[table].replace(changed, self.now())
        return changed

    def bury(self, table: str, record: Record) -> Record:
        now = self.stamp()
        return self.put(table, record, deleted_at=now)

    # --- reading ---

    def listed(self, table: str) -> list[Record]:
        """The living records as a list shows them, by rising id."""
        return self.tables[table].as_of(self._horizon(self.read_lag_seconds))

    def listed_by(self, table: str, index: str, *parts: object) -> list[Record]:
        """As `listed`, of those whose fields behind the index hold the parts."""
        text = "/".join(map(str, parts))
        if self.read_lag_seconds <= 0:
            return self.tables[table].find(index, text)
        return [r for r in self.listed(table) if text in self.tables[table].keys(index, r)]

    def shown(self, table: str, key: Key) -> Record | None:
        """One living record as a read shows it."""
        record = self.tables[table].one_as_of(key, self._horizon(self.read_lag_seconds))
        return None if record is None or record["deleted_at"] else record

    def indexed(self, table: str) -> list[Record]:
        """The living records as the search index knows them."""
        lag = max(self.read_lag_seconds, self.index_lag_seconds)
        return self.tables[table].as_of(self._horizon(lag))

    def _horizon(self, seconds: float) -> datetime | None:
        return self.now() - timedelta(seconds=seconds) if seconds > 0 else None
