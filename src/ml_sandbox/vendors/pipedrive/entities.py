"""An entity is a kind of record with its rules of writing: defaults, checks, and what follows.

The base class is the recipe of create, update and delete; a kind overrides its named steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .account import Account, Actor, without_nulls
from .bodies import Body
from .errors import Invalid, not_found
from .field_values import ADDRESS_KEYS
from .tables import Record, Table

Faults = list[tuple[str, str]]


class Entity:
    """One kind of record. Subclasses name their table, models and references."""

    kind: ClassVar[str]
    table_name: ClassVar[str]
    post: ClassVar[type[Body]]
    patch: ClassVar[type[Body]]
    #: body field -> what it refers to, as `Account.exists` names it
    references: ClassVar[tuple[tuple[str, str], ...]] = ()
    addresses: ClassVar[tuple[str, ...]] = ()
    has_custom_fields: ClassVar[bool] = True

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def table(self) -> Table:
        return self.account.tables[self.table_name]

    def create(self, given: Mapping[str, Any], actor: Actor) -> Record:
        """The new record; raises Invalid naming every fault."""
        values = self._checked(given)
        record = {**self.defaults(actor), **values}
        if self.has_custom_fields:
            record["custom_fields"] = without_nulls(record.get("custom_fields", {}))
        record["id"] = self.table.take_id()
        record = self.settle(record, None, given)
        self.table.add(record)
        self.account.publish("create", self.kind, record, None, actor)
        return record

    def update(self, record_id: int, given: Mapping[str, Any], actor: Actor) -> Record:
        """The changed record; every write moves `update_time`, last write wins."""
        old = self.table.alive(record_id)
        if old is None:
            raise not_found()
        values = self._checked(given)
        record = {**old, **values}
        if "custom_fields" in values:
            laid_over = {**old["custom_fields"], **values["custom_fields"]}
            record["custom_fields"] = without_nulls(laid_over)
        record = self.settle(record, old, given)
        return self.store(record, old, actor)

    def store(self, record: Record, old: Record, actor: Actor) -> Record:
        """Puts a changed state in place and tells about it, if anything but the time differs."""
        record = {**record, "update_time": self.account.stamp()}
        self.table.replace(record)
        if any(record[key] != old.get(key) for key in record if key != "update_time"):
            self.account.publish("change", self.kind, record, old, actor)
        return record

    def delete(self, record_id: int, actor: Actor) -> None:
        """A soft delete: marked, out of the lists, purged after thirty days."""
        old = self.table.alive(record_id)
        if old is None:
            raise not_found()
        self.mark_deleted(old)
        self.account.publish("delete", self.kind, None, old, actor)

    def mark_deleted(self, old: Record) -> None:
        now = self.account.stamp()
        self.table.replace({**old, "is_deleted": True, "update_time": now})
        self.table.note_deleted(old["id"], now)

    def defaults(self, actor: Actor) -> Record:
        """What a new record holds before the request's values are laid over it."""
        raise LookupError(f"{type(self).__name__} does not say what a new record holds")

    def settle(self, record: Record, old: Record | None, given: Mapping[str, Any]) -> Record:
        """What follows from the new values by the kind's own rules."""
        return record

    def check(self, values: Record, faults: Faults) -> None:
        """Adds the kind's own faults; may replace values by their stored form."""

    def _checked(self, given: Mapping[str, Any]) -> Record:
        values = dict(given)
        faults: Faults = []
        self._check_references(values, faults)
        self._check_labels(values, faults)
        for name in self.addresses:
            if values.get(name) is not None:
                values[name] = {key: values[name].get(key) for key in ADDRESS_KEYS}
        if "custom_fields" in values:
            book = self.account.fields[self.kind]
            values["custom_fields"], wrong = book.check(
                values["custom_fields"], self.account.exists
            )
            faults += wrong
        self.check(values, faults)
        if faults:
            raise Invalid(faults)
        return values

    def _check_references(self, values: Record, faults: Faults) -> None:
        for name, kind in self.references:
            key = values.get(name)
            if key is not None and not self.account.exists(kind, key):
                faults.append((name, f"no {kind} with id {key}"))

    def _check_labels(self, values: Record, faults: Faults) -> None:
        labels = values.get("label_ids")
        if not labels:
            return
        options = self.account.fields[self.kind].definitions["label_ids"]["options"]
        known = {option["id"] for option in options}
        faults += [("label_ids", f"no label with id {key}") for key in labels if key not in known]
