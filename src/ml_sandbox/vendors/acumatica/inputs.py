"""An input is the body of a write, read against the contract: names, wrapping and types.

Values are wrapped; `id`, `rowNumber`, `delete`, `error`, `files` and `_links` are bare, `note` is
wrapped, custom fields have their own form (sheet, section 5). What does not fit is answered 400.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ml_sandbox.vendors.acumatica import values
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.catalogue import Contract, Field
from ml_sandbox.vendors.acumatica.errors import Failure, invalid_request

_IGNORED = frozenset({"rowNumber", "error", "files", "_links"})
_WRAPPER = frozenset({"value", "error"})


@dataclass
class Given:
    """One entity of a body. `fields` holds scalars, Given and lists of Given by the entity's own
    field names, in the order in which they came; None is the wish to empty a field.
    """

    entity: str
    raw: dict[str, Any]
    id: str | None = None
    delete: bool = False
    note: str | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        value = self.fields.get(name)
        return None if value is None else str(value)


def parsed(body: bytes) -> dict[str, Any]:
    """The body as a JSON object, decimals kept as they are written. Raises Failure 400."""
    try:
        found = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise invalid_request("entity", "Unexpected character encountered.") from None
    if not isinstance(found, dict):
        raise invalid_request("entity", "The body is a JSON object.")
    return found


class Reader:
    """Reads bodies for one tenant and one version."""

    def __init__(self, books: Books, contract: Contract) -> None:
        self._books = books
        self._contract = contract
        self._strict = books.switch("unknown_fields") == "refuse"
        self._clears = str(books.switch("clears_field"))
        self._zone = books.zone()

    def entity(self, name: str, raw: Mapping[str, Any]) -> Given:
        """Raises Failure 400 for what does not fit the contract."""
        return self._entity(name, raw, "entity", line=False)

    def _entity(self, name: str, raw: Any, place: str, line: bool) -> Given:
        if not isinstance(raw, dict):
            raise invalid_request(place, f"Error converting value {raw!r} to type '{name}'.")
        given = Given(name, dict(raw))
        known = self._contract.entities[name]
        for member, value in raw.items():
            here = f"{place}.{member}"
            if member in known:
                self._field(given, known[member], value, here)
            elif not self._system_member(given, member, value, here, line) and self._strict:
                raise invalid_request(here, f"Could not find member '{member}' on '{name}'.")
        return given

    def _system_member(self, given: Given, member: str, value: Any, place: str, line: bool) -> bool:
        """Takes the members that every entity has; says whether it is one of them."""
        if member == "id":
            if value is not None and not _is_id(value):
                raise invalid_request(place, f"Error converting value {value!r} to type 'Guid'.")
            given.id = value.lower() if value else None
        elif member == "note":
            given.note = self._note(value, place)
        elif member == "custom":
            given.custom = self._custom(given.entity, value, place)
        elif member == "delete":
            if not isinstance(value, bool) or not line:
                raise invalid_request(place, f"Error converting value {value!r} to 'delete'.")
            given.delete = value
        else:
            return member in _IGNORED
        return True

    def _note(self, value: Any, place: str) -> str | None:
        wrapped = self._wrapper(value, place)
        text = wrapped.get("value")
        if text is not None and not isinstance(text, str):
            raise invalid_request(place, "The note is a text.")
        return text

    def _wrapper(self, value: Any, place: str) -> dict[str, Any]:
        """`{"value": x}`; an echoed `error` beside it is let be."""
        if not isinstance(value, dict) or not set(value) <= _WRAPPER:
            text = f"Error converting value {value!r} to a field: it is not wrapped in 'value'."
            raise invalid_request(place, text)
        return value

    def _field(self, given: Given, known: Field, value: Any, place: str) -> None:
        if known.kind == "details":
            if not isinstance(value, list):
                raise invalid_request(place, "Cannot deserialize the current JSON into an array.")
            given.fields[known.name] = [
                self._entity(known.type, row, f"{place}[{number}]", line=True)
                for number, row in enumerate(value)
            ]
        elif known.kind == "linked":
            if value is not None:
                given.fields[known.name] = self._entity(known.type, value, place, line=False)
        else:
            self._value(given, known, self._wrapper(value, place), place)

    def _value(self, given: Given, known: Field, wrapper: dict[str, Any], place: str) -> None:
        if "value" not in wrapper:
            return
        value = wrapper["value"]
        if value is None or value == "":
            form = "null" if value is None else "text"
            if self._clears in ("both", form):
                given.fields[known.name] = None
            return
        try:
            given.fields[known.name] = values.read(known.type, known.name, value, self._zone)
        except ValueError as error:
            raise invalid_request(place, str(error)) from None

    def _custom(self, entity: str, value: Any, place: str) -> dict[str, Any]:
        """`{"View": {"Field": {"type", "value"}}}`; the type may be left out."""
        known = self._books.custom_fields.get(entity, {})
        found: dict[str, Any] = {}
        if not isinstance(value, dict) or not all(isinstance(v, dict) for v in value.values()):
            raise invalid_request(place, "Custom fields are grouped by view.")
        for view, fields in value.items():
            for name, wrapper in fields.items():
                full = f"{view}.{name}"
                if full not in known:
                    if self._strict:
                        raise invalid_request(f"{place}.{full}", f"There is no field '{full}'.")
                    continue
                found[full] = self._custom_value(known[full], wrapper, f"{place}.{full}")
        return found

    def _custom_value(self, kind: str, wrapper: Any, place: str) -> Any:
        if not isinstance(wrapper, dict) or not set(wrapper) <= {"type", "value", "error"}:
            raise invalid_request(place, "A custom field has a type and a value.")
        if wrapper.get("type", f"Custom{kind}Field") != f"Custom{kind}Field":
            raise invalid_request(place, f"The field is of type Custom{kind}Field.")
        value = wrapper.get("value")
        if value is None or value == "":
            return None
        try:
            return values.read(kind, place, value, self._zone)
        except ValueError as error:
            raise invalid_request(place, str(error)) from None


def _is_id(value: Any) -> bool:
    """A Guid, or the opaque id that a refused body was echoed with."""
    return isinstance(value, str) and bool(values.GUID.fullmatch(value))


def echoed(given: Given, errors: Mapping[tuple[str | int, ...], str]) -> Failure:
    """422: the body again, with `error` members where something is wrong (sheet, section 7).

    Places are paths of the entity's own field names and positions; `()` is the entity itself.
    """
    body: dict[str, Any] = json.loads(json.dumps(given.raw, default=float))
    for place, message in errors.items():
        spot: Any = body
        for step in place:
            spot = spot.setdefault(step, {}) if isinstance(spot, dict) else spot[int(step)]
        spot["error"] = message
    return Failure(422, body)
