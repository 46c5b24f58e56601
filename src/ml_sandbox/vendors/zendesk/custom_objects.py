"""A custom object is a kind of record that an administrator defined (sheet, section 5.1)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from .account import Account, Actor
from .errors import Invalid, coded, feature_off, no_custom_object
from .fields import FieldBook
from .lookups import resolver
from .shapes import CUSTOM_OBJECT, read
from .tables import Record

NOUN = "custom_objects"
_KEY = re.compile(r"(?!\d+$)[a-z0-9_]{1,60}")
#: What may be set on the standard field `standard::name`.
NAME_PROPERTIES: Record = {
    "is_unique": False,
    "autoincrement_enabled": False,
    "autoincrement_prefix": "",
    "autoincrement_padding": 0,
    "autoincrement_next_sequence": 1,
}


class CustomObjects:
    def __init__(self, account: Account) -> None:
        self.account = account
        self._table = account.tables[NOUN]

    def check_feature(self) -> None:
        """404 where the plan has no custom objects, or nobody switched them on."""
        if not self.account.plan.objects or not self.account.switch("custom_objects_enabled"):
            raise feature_off()

    def alive(self, key: str) -> Record:
        """Raises 404 CustomObjectNotFound."""
        self.check_feature()
        found = self._table.find("key", key)
        if not found:
            raise no_custom_object()
        return found[0]

    def living(self) -> list[Record]:
        return list(self._table.living())

    def fields(self, key: str) -> FieldBook:
        """The field book of that object."""
        return FieldBook(
            self.account,
            "custom_object_fields",
            partial(resolver, self.account),
            "custom_object_fields",
            "custom_object_records",
            key,
        )

    def create(self, given: Record, actor: Actor, unused: list[str]) -> Record:
        self.check_feature()
        values = read(given, CUSTOM_OBJECT, "custom_object", unused)
        faults = self._faults(values)
        if faults:
            raise Invalid(faults)
        if len(self.living()) >= self.account.plan.objects:
            raise coded(422, "CustomObjectLimitExceeded", "Too many custom objects")
        now, number = self.account.stamp(), self.account.ids.number()
        title, plural = values["title"], values["title_pluralized"]
        record: Record = {
            "id": number,
            "url": self.account.url(NOUN, values["key"]),
            "key": values["key"],
            "title": title,
            "raw_title": title,
            "title_pluralized": plural,
            "raw_title_pluralized": plural,
            "description": values.get("description") or "",
            "raw_description": values.get("description") or "",
            "include_in_list_view": values.get("include_in_list_view", False),
            "allows_attachments": values.get("allows_attachments", False),
            "allows_photos": values.get("allows_photos", False),
            "created_by_user_id": str(actor.user_id),
            "updated_by_user_id": str(actor.user_id),
            "created_at": now,
            "updated_at": now,
            "name_properties": dict(NAME_PROPERTIES),
        }
        self.account.note_created(NOUN, actor)
        return self.account.add(NOUN, record)

    def _faults(self, values: Record) -> list[tuple[str, str, str]]:
        fault, faults = self.account.fault, []
        key = values.get("key")
        if not key:
            faults.append(fault("key", "BlankValue"))
        elif not _KEY.fullmatch(key):
            faults.append(fault("key", "InvalidValue", value=key))
        elif self._table.find("key", key):
            faults.append(fault("key", "DuplicateValue", value=key))
        for name in ("title", "title_pluralized"):
            if not values.get(name):
                faults.append(fault(name, "BlankValue"))
        return faults

    def update(self, key: str, given: Record, actor: Actor, unused: list[str]) -> Record:
        """The key stays as it is."""
        old = self.alive(key)
        values = read(given, CUSTOM_OBJECT, "custom_object", unused)
        if values.pop("key", key) != key:
            unused.append("custom_object.key")
        for name in ("title", "title_pluralized"):
            if name in values:
                values[f"raw_{name}"] = values[name]
        return self.account.put(NOUN, old, **values, updated_by_user_id=str(actor.user_id))

    def delete(self, key: str) -> Record:
        """For good, with its fields and records."""
        old = self.alive(key)
        for noun in ("custom_object_records", "custom_object_fields"):
            for record in list(self.account.tables[noun].find("custom_object_key", key)):
                self.account.bury(noun, record)
        return self.account.bury(NOUN, old)

    def set_name_behaviour(self, key: str, properties: Any) -> Record:
        """Unique and counted names exclude each other; fixed once records exist."""
        old = self.alive(key)
        if not isinstance(properties, dict) or set(properties) - set(NAME_PROPERTIES):
            raise Invalid([self.account.fault("properties", "InvalidValue", value=properties)])
        if self.account.tables["custom_object_records"].find("custom_object_key", key):
            raise coded(422, "RecordsExist", "The name cannot be changed once records exist")
        if any(type(v) is not type(NAME_PROPERTIES[k]) for k, v in properties.items()):
            raise Invalid([self.account.fault("properties", "InvalidValue", value=properties)])
        merged = {**old["name_properties"], **properties}
        too_long = len(merged["autoincrement_prefix"]) > 30
        padded = not 0 <= merged["autoincrement_padding"] <= 9
        if too_long or padded or (merged["is_unique"] and merged["autoincrement_enabled"]):
            raise Invalid([self.account.fault("properties", "InvalidValue", value=properties)])
        return self.account.put(NOUN, old, name_properties=merged)

    def standard_fields(self, record: Record) -> list[Record]:
        """`standard::name` and `standard::external_id`, as fields."""
        shared = {
            "type": "text",
            "position": 0,
            "active": True,
            "system": True,
            "description": "",
            "raw_description": "",
            "regexp_for_validation": None,
            "created_at": record["created_at"],
            "updated_at": record["updated_at"],
        }
        return [
            {
                "id": record["id"] + number,
                "url": self.account.url(NOUN, record["key"], "fields", f"standard::{name}"),
                "key": f"standard::{name}",
                "title": title,
                "raw_title": title,
                **shared,
                **({"properties": record["name_properties"]} if name == "name" else {}),
            }
            for number, (name, title) in enumerate(
                (("name", "Name"), ("external_id", "External ID")), start=1
            )
        ]


def shown_object(record: Record) -> Record:
    """An object as the API shows it."""
    hidden = ("id", "deleted_at", "name_properties")
    return {key: value for key, value in record.items() if key not in hidden}
