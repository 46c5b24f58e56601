"""A form is the body of a write, read strictly: unknown properties, types, lengths, references.

Empty text, null and empty objects mean "not set", as the SDKs send whole objects with blanks.
Read-only properties are passed over, since SDKs send back what they have read; a switch refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from . import errors
from .entities import Entity
from .fields import Field
from .tables import Record

#: `look_up(entity, id, element)` gives the reference as stored; raises the Fault of a bad one.
LookUp = Callable[[str, str, str], Record]
_BOX = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")


class Form:
    """Reads bodies for one company; `refuse_read_only` is a switch's value."""

    def __init__(self, look_up: LookUp, refuse_read_only: bool) -> None:
        self._look_up = look_up
        self._refuse_read_only = refuse_read_only

    def read(self, entity: Entity, body: Any) -> Record:
        """The writable properties given, in the entity's order; None where one is to be cleared.

        Raises Fault.
        """
        if not isinstance(body, Mapping):
            raise errors.unsupported_property(entity.name)
        for name in body:
            known = entity.fields.get(name)
            if known is None:
                raise errors.unsupported_property(name)
            if known.read_only and self._refuse_read_only and name not in _ENVELOPE:
                raise errors.unsupported_property(name, " : it is read only")
        return {
            name: self._value(name, field, body[name])
            for name, field in entity.fields.items()
            if name in body and not field.read_only
        }

    def _value(self, name: str, field: Field, value: Any) -> Any:
        if value is None or value == "" or value == {}:
            return None
        reader: Callable[[str, Field, Any], Any] = getattr(self, f"_{field.kind}")
        return reader(name, field, value)

    def _text(self, name: str, field: Field, value: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise errors.unsupported_property(name)
        if len(value) > field.most:
            raise errors.wrong_length(name, field.most, len(value))
        if field.choices and value not in field.choices:
            raise errors.bad_enumeration(name, value)
        return value

    def _bool(self, name: str, field: Field, value: Any) -> bool:
        if value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            raise errors.unsupported_property(name)
        return value

    def _number(self, name: str, field: Field, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise errors.unsupported_property(name)
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise errors.unsupported_property(name) from None
        if not number.is_finite() or abs(number) >= Decimal(10) ** 11:
            raise errors.unsupported_property(name)
        return number

    def _whole(self, name: str, field: Field, value: Any) -> int:
        number = self._number(name, field, value)
        if number != number.to_integral_value():
            raise errors.unsupported_property(name)
        return int(number)

    def _date(self, name: str, field: Field, value: Any) -> str:
        try:
            return date.fromisoformat(str(value)[:10]).isoformat()
        except ValueError:
            raise errors.unsupported_property(name) from None

    def _email(self, name: str, field: Field, value: Any) -> Record | None:
        """Users put several addresses into one; each must look like one."""
        if not isinstance(value, Mapping) or set(value) - {"Id", "Address", "Default", "Tag"}:
            raise errors.unsupported_property(name)
        address = self._value(f"{name}.Address", Field("text", field.most), value.get("Address"))
        if address is None:
            return None
        if not all(_BOX.fullmatch(part.strip()) for part in address.split(",")):
            raise errors.bad_email(name)
        return {"Address": address}

    def _ref(self, name: str, field: Field, value: Any) -> Record | None:
        if not isinstance(value, Mapping) or set(value) - {"value", "name", "type"}:
            raise errors.unsupported_property(name)
        key = self._value(f"{name}.value", Field("text"), value.get("value"))
        if key is None:
            return None
        return self._look_up(field.refers, key, name)

    def _part(self, name: str, field: Field, value: Any) -> Record | None:
        parts = field.parts or {}
        if not isinstance(value, Mapping):
            raise errors.unsupported_property(name)
        for inner in value:
            if inner not in parts:
                raise errors.unsupported_property(f"{name}.{inner}")
        read = {
            inner: self._value(f"{name}.{inner}", kind, value[inner])
            for inner, kind in parts.items()
            if inner in value
        }
        return {inner: found for inner, found in read.items() if found is not None} or None

    def _list(self, name: str, field: Field, value: Any) -> list[Record]:
        if not isinstance(value, list):
            raise errors.unsupported_property(name)
        read = [self._part(name, field, item) for item in value]
        return [item for item in read if item is not None]

    def _any(self, name: str, field: Field, value: Any) -> Any:
        if not isinstance(value, Mapping | list):
            raise errors.unsupported_property(name)
        return value or None


#: Every client sends these back with a record; they steer the write and are never refused.
_ENVELOPE = ("Id", "SyncToken", "MetaData", "domain", "sparse", "status")
