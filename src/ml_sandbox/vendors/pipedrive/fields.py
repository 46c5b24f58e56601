"""A field book holds the field definitions of one entity, built-in and custom.

Custom fields are known by a random 40-hex code that never changes; names are not unique (sheet,
section 6). The book checks and renders the `custom_fields` object of every record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import field_catalog
from .errors import Invalid, generic, not_found
from .field_values import Exists, check_value, searchable_text, webhook_value

Definition = dict[str, Any]


class FieldBook:
    """The definitions of one entity in order of creation.

    `new_code()` gives a 40-hex code, `new_option_id()` an account-wide option id.
    """

    def __init__(
        self,
        entity: str,
        new_code: Callable[[], str],
        new_option_id: Callable[[], int],
        stamp: Callable[[], str],
    ) -> None:
        self.entity = entity
        self._new_code = new_code
        self._new_option_id = new_option_id
        self._stamp = stamp
        self._next_number = 12_400
        self.numbers: dict[str, int] = {}
        self.definitions: dict[str, Definition] = {}
        self.custom: dict[str, Definition] = {}
        #: deleted custom fields, as they were
        self.gone: dict[str, Definition] = {}
        for definition in field_catalog.built_in(entity):
            self._put(definition)

    def _put(self, definition: Definition) -> None:
        code = definition["field_code"]
        self.definitions[code] = definition
        if code not in self.numbers:
            self.numbers[code] = self._next_number
            self._next_number += 1
        if definition["is_custom_field"]:
            self.custom[code] = definition

    def find(self, code: str) -> Definition:
        """Raises a 404 refusal for an unknown or deleted field."""
        definition = self.definitions.get(code)
        if definition is None:
            raise not_found()
        return definition

    def create(
        self, name: str, kind: str, labels: Iterable[str], extra: Mapping[str, Any]
    ) -> Definition:
        options = [self._new_option(label) for label in labels]
        if bool(options) != (kind in ("enum", "set")):
            raise Invalid([("options", "is required for enum and set fields, and only for them")])
        definition = field_catalog.definition(
            self.entity, self._new_code(), name, kind, options or None, custom=True
        )
        definition = _merged(definition, extra)
        self._put(definition)
        return definition

    def patch(self, code: str, changes: Mapping[str, Any]) -> Definition:
        definition = _merged(self._editable(code), changes)
        self._put(definition)
        return definition

    def delete(self, code: str) -> Definition:
        definition = self._editable(code)
        del self.definitions[code]
        del self.custom[code]
        self.gone[code] = definition
        return definition

    def _editable(self, code: str) -> Definition:
        definition = self.find(code)
        if not definition["is_custom_field"]:
            raise generic(403, "Built-in fields cannot be changed or deleted")
        return definition

    def _new_option(self, label: str) -> dict[str, Any]:
        return field_catalog.option(self._new_option_id(), label, self._stamp(), None)

    def _with_options(self, code: str) -> Definition:
        definition = self.find(code)
        if definition["options"] is None or not definition["is_custom_field"]:
            raise generic(400, "The field does not support options")
        return definition

    def add_options(self, code: str, labels: Iterable[str]) -> list[dict[str, Any]]:
        definition = self._with_options(code)
        added = [self._new_option(label) for label in labels]
        self._put({**definition, "options": [*definition["options"], *added]})
        return added

    def patch_options(self, code: str, changes: Mapping[int, str]) -> list[dict[str, Any]]:
        definition = self._with_options(code)
        self._check_option_ids(definition, changes)
        kept = [
            {**option, "label": changes[option["id"]], "update_time": self._stamp()}
            if option["id"] in changes
            else option
            for option in definition["options"]
        ]
        self._put({**definition, "options": kept})
        return [option for option in kept if option["id"] in changes]

    def delete_options(self, code: str, ids: Iterable[int]) -> list[dict[str, Any]]:
        definition = self._with_options(code)
        gone = set(ids)
        self._check_option_ids(definition, gone)
        kept = [option for option in definition["options"] if option["id"] not in gone]
        if not kept:
            raise generic(400, "At least one option must remain")
        self._put({**definition, "options": kept})
        return [option for option in definition["options"] if option["id"] in gone]

    def _check_option_ids(self, definition: Definition, ids: Iterable[int]) -> None:
        known = {option["id"] for option in definition["options"]}
        unknown = sorted(set(ids) - known)
        if unknown:
            raise Invalid([("id", f"has no option with id {number}") for number in unknown])

    def check(
        self, values: Mapping[str, Any], exists: Exists
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The values as stored, and the faults, each named by its field code."""
        stored: dict[str, Any] = {}
        faults: list[tuple[str, str]] = []
        for code, value in values.items():
            definition = self.custom.get(code)
            if definition is None:
                name = f"custom_fields.{code}"
                faults.append((name, f"Parameter '{code}' is not allowed for this request"))
                continue
            try:
                stored[code] = check_value(definition, value, exists)
            except ValueError as fault:
                faults.append((f"custom_fields.{code}", str(fault)))
        return stored, faults

    def render(
        self, values: Mapping[str, Any], keys: Iterable[str] | None, *, nulls: bool, labels: bool
    ) -> dict[str, Any]:
        """The `custom_fields` object of a REST answer, for all fields or only for `keys`."""
        codes = self.custom if keys is None else [key for key in keys if key in self.custom]
        shown = {code: values.get(code) for code in codes if nulls or values.get(code) is not None}
        if labels:
            return {code: self._labelled(code, value) for code, value in shown.items()}
        return shown

    def _labelled(self, code: str, value: Any) -> Any:
        definition = self.custom[code]
        if value is None or definition["options"] is None:
            return value
        names = {option["id"]: option["label"] for option in definition["options"]}
        if isinstance(value, list):
            return [{"id": item, "label": names.get(item)} for item in value]
        return {"id": value, "label": names.get(value)}

    def webhook(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Every custom field in the webhook form, null where unset."""
        return {
            code: webhook_value(definition["field_type"], values.get(code))
            for code, definition in self.custom.items()
        }

    def searchable(self, values: Mapping[str, Any]) -> list[str]:
        texts = (
            searchable_text(self.custom[code]["field_type"], value)
            for code, value in values.items()
            if code in self.custom
        )
        return [text for text in texts if text]


def _merged(definition: Definition, changes: Mapping[str, Any]) -> Definition:
    """Nested parts are laid over the old ones key by key."""
    merged = dict(definition)
    for key, value in changes.items():
        old = merged.get(key)
        nested = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = {**dict(old or {}), **value} if nested else value
    if merged["description"] is None:
        merged["description"] = ""
    return merged
