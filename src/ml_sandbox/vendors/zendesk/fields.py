"""A field book holds the custom fields of one kind of record: organizations, users, an object's.

It checks what is written under their keys and shows what is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from .account import Account, Actor
from .errors import Invalid, coded, not_found
from .field_values import Resolve, Unfit, checked
from .tables import Record

TYPES = (
    "text",
    "textarea",
    "checkbox",
    "date",
    "integer",
    "decimal",
    "regexp",
    "dropdown",
    "multiselect",
    "lookup",
)
_KEY = re.compile(r"(?!\d+$)[A-Za-z0-9_]+")
_TARGET = re.compile(r"zen:(user|ticket|organization|article|custom_object:[a-z0-9_]+)")
_CHANGING = (
    "title",
    "raw_title",
    "description",
    "raw_description",
    "position",
    "active",
    "regexp_for_validation",
    "tag",
    "custom_field_options",
    "relationship_filter",
)
_OBJECT_FIELDS = 100


class FieldBook:
    """`noun` names the table; `holders` are the records that carry values under `values_key`."""

    def __init__(
        self,
        account: Account,
        noun: str,
        resolve: Resolve,
        values_key: str,
        holders_table: str,
        object_key: str | None = None,
    ) -> None:
        self.account = account
        self.noun = noun
        self.values_key = values_key
        self._resolve = resolve
        self._holders_table = holders_table
        self._object_key = object_key

    @property
    def _table(self) -> Any:
        return self.account.tables[self.noun]

    def definitions(self) -> list[Record]:
        """The living fields, in the order in which they are shown."""
        found: Iterable[Record] = self._table.living()
        if self._object_key is not None:
            found = self._table.find("custom_object_key", self._object_key)
        return sorted(found, key=lambda f: (f["position"], f["id"]))

    def find(self, reference: str) -> Record:
        """The field of that id or key. Raises 404."""
        for definition in self.definitions():
            if reference in (str(definition["id"]), definition["key"]):
                return definition
        raise not_found()

    # --- definitions ---

    def create(self, given: Record, actor: Actor) -> Record:
        """A new field. Raises 422 naming every fault."""
        given = {"type": "text", **given}
        faults = self._definition_faults(given)
        if faults:
            raise Invalid(faults)
        self._check_limits(given)
        now = self.account.stamp()
        number = self.account.ids.number()
        title = given.get("title") or given["raw_title"]
        record: Record = {
            "id": number,
            "url": self._url(number),
            "key": given["key"],
            "type": given["type"],
            "title": title,
            "raw_title": title,
            "description": given.get("description") or "",
            "raw_description": given.get("description") or "",
            "position": given.get("position", 9999),
            "active": given.get("active", True),
            "system": False,
            "regexp_for_validation": given.get("regexp_for_validation"),
            "created_at": now,
            "updated_at": now,
            "custom_object_key": self._object_key,
        }
        record.update(self._extras(given))
        self.account.note_created(self.noun, actor)
        return self.account.add(self.noun, record)

    def _url(self, number: int) -> str:
        if self._object_key is None:
            return self.account.url(self.noun, number)
        return self.account.url("custom_objects", self._object_key, "fields", number)

    def _extras(self, given: Record) -> Record:
        kind = given["type"]
        if kind == "checkbox":
            return {"tag": given.get("tag")}
        if kind in ("dropdown", "multiselect"):
            return {"custom_field_options": self._options(given["custom_field_options"], [])}
        if kind == "lookup":
            return {
                "relationship_target_type": given["relationship_target_type"],
                "relationship_filter": given.get("relationship_filter", {"all": [], "any": []}),
            }
        return {}

    def _options(self, given: list[Record], old: list[Record]) -> list[Record]:
        known = {option["value"]: option["id"] for option in old}
        return [
            {
                "id": known.get(option["value"]) or self.account.ids.number(),
                "name": option["name"],
                "raw_name": option["name"],
                "value": option["value"],
                "position": position,
            }
            for position, option in enumerate(given)
        ]

    def _definition_faults(self, given: Record) -> list[tuple[str, str, str]]:
        fault = self.account.fault
        faults = []
        key, kind = given.get("key"), given["type"]
        if not key:
            faults.append(fault("key", "BlankValue"))
        elif not _KEY.fullmatch(key):
            faults.append(fault("key", "InvalidValue", value=key))
        elif any(f["key"].casefold() == key.casefold() for f in self.definitions()):
            faults.append(fault("key", "DuplicateValue", value=key))
        if not (given.get("title") or given.get("raw_title")):
            faults.append(fault("title", "BlankValue"))
        if kind not in TYPES:
            faults.append(fault("type", "InvalidValue", value=kind))
        if kind in ("dropdown", "multiselect"):
            faults += self._option_faults(given.get("custom_field_options"))
        if kind == "regexp" and not _compiles(given.get("regexp_for_validation")):
            faults.append(fault("regexp_for_validation", "BlankValue"))
        if kind == "lookup":
            faults += self._target_faults(given.get("relationship_target_type"))
        return faults

    def _option_faults(self, options: Any) -> list[tuple[str, str, str]]:
        fault = self.account.fault
        if not options:
            return [fault("custom_field_options", "BlankValue")]
        for option in options:
            named = isinstance(option, dict) and option.get("name") and option.get("value")
            if not named or not all(isinstance(option[k], str) for k in ("name", "value")):
                return [fault("custom_field_options", "InvalidValue", value=option)]
        values = [option["value"].casefold() for option in options]
        if len(set(values)) < len(values):
            return [fault("custom_field_options", "DuplicateValue", value=values[0])]
        return []

    def _target_faults(self, target: Any) -> list[tuple[str, str, str]]:
        fault = self.account.fault("relationship_target_type", "InvalidValue", value=target)
        if not isinstance(target, str) or not _TARGET.fullmatch(target):
            return [fault]
        object_key = target.removeprefix("zen:custom_object:")
        known = object_key == target or self.account.tables["custom_objects"].find(
            "key", object_key
        )
        return [] if known else [fault]

    def _check_limits(self, given: Record) -> None:
        count = len(self.definitions())
        limit = int(self.account.switch("fields_limit")) or count + 1
        if self._object_key is not None:
            limit = _OBJECT_FIELDS
            lookups = sum(f["type"] == "lookup" for f in self.definitions())
            if given["type"] == "lookup" and lookups >= self.account.plan.lookups_per_object:
                raise coded(422, "LookupFieldLimitExceeded", "Too many lookup fields")
        if count >= limit:
            raise coded(422, "FieldLimitExceeded", "Too many custom fields")

    def update(self, reference: str, given: Record, unused: list[str]) -> Record:
        """Key and type stay; options that are left out vanish from every record."""
        old = self.find(reference)
        unused += [f"{self.noun[:-1]}.{name}" for name in given if name not in _CHANGING]
        changes = {name: value for name, value in given.items() if name in _CHANGING}
        if "title" in changes:
            if not changes["title"]:
                raise Invalid([self.account.fault("title", "BlankValue")])
            changes["raw_title"] = changes["title"]
        if "custom_field_options" in changes:
            faults = self._option_faults(changes["custom_field_options"])
            if faults:
                raise Invalid(faults)
            changes["custom_field_options"] = self._options(
                changes["custom_field_options"], old.get("custom_field_options", [])
            )
        changed = self.account.put(self.noun, old, **changes)
        if "custom_field_options" in changes:
            known = {option["value"] for option in changes["custom_field_options"]}
            self._scrub(old["key"], lambda value: _kept(value, known))
        return changed

    def delete(self, reference: str) -> Record:
        """The field and every value of it are gone."""
        old = self.find(reference)
        buried = self.account.bury(self.noun, old)
        self._scrub(old["key"], lambda value: None)
        return buried

    def _scrub(self, key: str, kept: Callable[[Any], Any]) -> None:
        table = self.account.tables[self._holders_table]
        for holder in list(table.living()):
            if self._object_key not in (None, holder.get("custom_object_key")):
                continue
            values = holder[self.values_key]
            if key in values and kept(values[key]) != values[key]:
                left = {k: v for k, v in values.items() if k != key}
                new = kept(values[key])
                if new is not None:
                    left[key] = new
                table.replace({**holder, self.values_key: left}, self.account.now())

    def reorder(self, numbers: list[int]) -> None:
        for position, number in enumerate(numbers):
            self.account.put(self.noun, self.find(str(number)), position=position)

    # --- values ---

    def lay_over(self, old: Record, given: Record, prefix: str, unused: list[str]) -> Record:
        """The old values with the given ones over them. Raises 422 naming every unfit one."""
        known = {f["key"]: f for f in self.definitions() if f["active"]}
        laid, faults = dict(old), []
        for key, value in given.items():
            if key not in known:
                if self.account.switch("unknown_field_key") == "error":
                    faults.append(self.account.fault(key, "InvalidValue", title=key, value=value))
                unused.append(f"{prefix}.{self.values_key}.{key}")
            elif value is None or value == "":
                if self.account.switch("null_clears_field"):
                    laid.pop(key, None)
            else:
                try:
                    laid[key] = self._checked(known[key], value)
                except Unfit as unfit:
                    title = known[key]["title"]
                    faults.append(self.account.fault(key, unfit.code, title=title, value=value))
        if faults:
            raise Invalid(faults)
        return laid

    def _checked(self, definition: Record, value: Any) -> Any:
        digits = int(self.account.switch("decimal_digits"))
        return checked(definition, value, self._resolve, digits)

    def shown(self, values: Record) -> Record:
        """A value for every active field: null where there is none, false for a checkbox."""
        found: Record = {}
        for definition in self.definitions():
            if definition["active"]:
                empty = False if definition["type"] == "checkbox" else None
                found[definition["key"]] = values.get(definition["key"], empty)
        return found

    def tags(self, values: Record) -> list[str]:
        """The dropdown values, which may count as tags."""
        return [
            values[f["key"]]
            for f in self.definitions()
            if f["type"] == "dropdown" and values.get(f["key"])
        ]


def shown_definition(record: Record) -> Record:
    """A field as the API shows it."""
    return {k: v for k, v in record.items() if k not in ("deleted_at", "custom_object_key")}


def _compiles(pattern: Any) -> bool:
    try:
        return bool(pattern) and re.compile(pattern) is not None
    except re.error:
        return False


def _kept(value: Any, known: set[str]) -> Any:
    if isinstance(value, list):
        return [item for item in value if item in known]
    return value if value in known else None
