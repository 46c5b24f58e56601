"""A record of a custom object: upserted by its external id, which tells case apart (sheet, 5.2)."""

from __future__ import annotations

import json
from typing import Any

from .account import Account, Actor
from .custom_objects import CustomObjects
from .errors import Invalid, Refusal, coded, not_found
from .shapes import RECORD, read
from .tables import Record

NOUN = "custom_object_records"
MOST_BYTES = 32 * 1024
_DELETED = "[DELETED]"


class Records:
    def __init__(self, account: Account, objects: CustomObjects) -> None:
        self.account = account
        self.objects = objects
        self._table = account.tables[NOUN]

    def alive(self, object_key: str, record_id: str) -> Record:
        self.objects.alive(object_key)
        record = self._table.alive(record_id)
        if record is None or record["custom_object_key"] != object_key:
            raise not_found()
        return record

    def by(self, index: str, object_key: str, text: str) -> Record | None:
        """By `external_id` or `name`, exactly."""
        return next(iter(self._table.find(index, f"{object_key}/{text}")), None)

    def create(self, object_key: str, given: Record, actor: Actor, unused: list[str]) -> Record:
        kind = self.objects.alive(object_key)
        if self._table.living_count >= int(self.account.switch("record_limit")):
            raise coded(422, "RecordLimitExceeded", "The account holds too many records")
        values = self._read(object_key, given, {}, unused)
        name = values.get("name")
        if kind["name_properties"]["autoincrement_enabled"]:
            if name is not None:
                raise self._refused([self.account.fault("name", "InvalidValue", value=name)])
            name = self._next_name(kind)
        values["name"] = name
        self._check(object_key, values, None)
        now = self.account.stamp()
        record_id = self.account.ids.ulid(self.account.now())
        record: Record = {
            "url": self.account.url("custom_objects", object_key, "records", record_id),
            "id": record_id,
            "name": name,
            "custom_object_key": object_key,
            "custom_object_fields": values.get("custom_object_fields", {}),
            "created_by_user_id": str(actor.user_id),
            "updated_by_user_id": str(actor.user_id),
            "created_at": now,
            "updated_at": now,
            "external_id": values.get("external_id"),
        }
        self._check_size(record)
        self.account.note_created(NOUN, actor)
        return self.account.add(NOUN, record)

    def update(self, old: Record, given: Record, actor: Actor, unused: list[str]) -> Record:
        """Only the given attributes and fields change."""
        object_key = old["custom_object_key"]
        values = self._read(object_key, given, old["custom_object_fields"], unused)
        self._check(object_key, values, old)
        self._check_size({**old, **values})
        return self.account.put(NOUN, old, **values, updated_by_user_id=str(actor.user_id))

    def upsert(
        self, object_key: str, by: str, text: str, given: Record, actor: Actor, unused: list[str]
    ) -> tuple[Record, bool]:
        """By `external_id` or by a unique `name`: the record, and whether it is new."""
        kind = self.objects.alive(object_key)
        if by == "name" and not kind["name_properties"]["is_unique"]:
            raise coded(400, "InvalidQueryParameter", "The name of this object is not unique")
        old = self.by(by, object_key, text)
        if old is None:
            return self.create(object_key, {**given, by: text}, actor, unused), True
        return self.update(old, given, actor, unused), False

    def delete(self, record: Record) -> Record:
        return self.account.bury(NOUN, record)

    def _read(self, object_key: str, given: Record, old: Record, unused: list[str]) -> Record:
        values = read(given, RECORD, "custom_object_record", unused)
        if "custom_object_fields" in values:
            book = self.objects.fields(object_key)
            try:
                values["custom_object_fields"] = book.lay_over(
                    old, values["custom_object_fields"], "custom_object_record", unused
                )
            except Invalid as invalid:
                raise self._formed(invalid) from None
        return values

    def _next_name(self, kind: Record) -> str:
        properties = kind["name_properties"]
        sequence = properties["autoincrement_next_sequence"]
        moved = {**properties, "autoincrement_next_sequence": sequence + 1}
        self.account.put("custom_objects", kind, name_properties=moved)
        padded = f"{sequence:0{properties['autoincrement_padding'] or 1}d}"
        return f"{properties['autoincrement_prefix']}{padded}"

    def _check(self, object_key: str, values: Record, old: Record | None) -> None:
        faults = []
        kind = self.objects.alive(object_key)
        if (old is None or "name" in values) and not (values.get("name") or "").strip():
            faults.append(self.account.fault("name", "BlankValue"))
        for index, unique in (
            ("external_id", True),
            ("name", kind["name_properties"]["is_unique"]),
        ):
            text = values.get(index)
            found = self.by(index, object_key, text) if unique and text else None
            if found is not None and (old is None or found["id"] != old["id"]):
                faults.append(self.account.fault(index, "DuplicateValue", value=text))
        if faults:
            raise self._refused(faults)

    def _refused(self, faults: list[tuple[str, str, str]]) -> Refusal:
        return self._formed(Invalid(faults))

    def _formed(self, invalid: Invalid) -> Refusal:
        """In the envelope that the switch says; nobody has seen it."""
        if self.account.switch("record_error_form") == "details":
            return invalid
        return coded(422, "RecordInvalid", invalid.first)

    def _check_size(self, record: Record) -> None:
        if len(json.dumps(record, default=str).encode()) > MOST_BYTES:
            raise coded(422, "RecordTooLarge", "A record holds 32 KB at most")

    def shown(self, record: Record) -> Record:
        """As the API shows it; a deleted one, in exports, with its values blotted out."""
        shown = {key: value for key, value in record.items() if key != "deleted_at"}
        book = self.objects.fields(record["custom_object_key"])
        values = book.shown(record["custom_object_fields"])
        if record["deleted_at"]:
            blotted = dict.fromkeys(values, _DELETED)
            return {**shown, "name": _DELETED, "custom_object_fields": blotted}
        if self.account.switch("numbers_as_text"):
            values = {key: _as_text(value) for key, value in values.items()}
        return {**shown, "custom_object_fields": values}


def _as_text(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else value
