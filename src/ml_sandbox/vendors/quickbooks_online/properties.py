"""A property is a name that a query may filter or sort by: what it is of a record, and its type.

Not every property is filterable; the safe ones are those of the sheet, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .clocktext import read_moment
from .entities import Entity
from .errors import invalid_query
from .query_text import Condition, Value
from .tables import Record

_MOMENTS = {"metadata.createtime": "CreateTime", "metadata.lastupdatedtime": "LastUpdatedTime"}


@dataclass(frozen=True)
class Property:
    """`kind` is text, id, bool, number, date or moment; `read` gives it of a record, or None."""

    name: str
    kind: str
    read: Callable[[Record], Any]


def find(entity: Entity, name: str) -> Property:
    """The property of that name. Raises Fault 4001 for one that is unknown or not filterable."""
    moment = _MOMENTS.get(name.lower())
    if moment is not None:
        return Property(name, "moment", lambda data: read_moment(data["MetaData"][moment]))
    known = {field.lower(): field for field in entity.fields}
    exact = known.get(name.lower())
    if exact is None:
        raise invalid_query(f"Property {name} not found for Entity {entity.name}")
    field = entity.fields[exact]
    if not field.query:
        raise invalid_query(f"property '{name}' is not queryable")
    kind = "id" if exact == "Id" else {"ref": "id", "email": "text"}.get(field.kind, field.kind)
    return Property(exact, kind, _reader(exact, field.kind))


def _reader(name: str, kind: str) -> Callable[[Record], Any]:
    inner = {"ref": "value", "email": "Address"}.get(kind)
    if inner is not None:
        return lambda data: (data.get(name) or {}).get(inner)
    if kind == "date":
        return lambda data: None if name not in data else date.fromisoformat(data[name])
    return lambda data: data.get(name)


def test(found: Property, condition: Condition, ignore_case: bool) -> Callable[[Record], bool]:
    """Whether a record meets a condition. Raises Fault 4001 where the two do not fit."""
    operator = condition.operator
    if operator == "LIKE":
        return _like(found, condition.values[0], ignore_case)
    wanted = [_fold(_literal(found, value), ignore_case) for value in condition.values]
    if found.kind == "bool" and operator not in ("=", "IN"):
        raise invalid_query(f"operator {operator} is not supported for property '{found.name}'")
    compare = _COMPARE[operator]

    def meets(data: Record) -> bool:
        have = found.read(data)
        if have is None:
            return False
        return compare(_fold(have, ignore_case) if found.kind != "id" else _id(have), wanted)

    return meets


_COMPARE: dict[str, Callable[[Any, list[Any]], bool]] = {
    "=": lambda have, wanted: bool(have == wanted[0]),
    "IN": lambda have, wanted: have in wanted,
    "<": lambda have, wanted: bool(have < wanted[0]),
    ">": lambda have, wanted: bool(have > wanted[0]),
    "<=": lambda have, wanted: bool(have <= wanted[0]),
    ">=": lambda have, wanted: bool(have >= wanted[0]),
}


def _fold(value: Any, ignore_case: bool) -> Any:
    return value.casefold() if ignore_case and isinstance(value, str) else value


def _id(text: str) -> tuple[int, str]:
    """Ids sort as numbers; what is none sorts behind them."""
    return (int(text), "") if text.isdigit() else (10**18, text)


def _literal(found: Property, value: Value) -> Any:
    """The value as the property's type. Raises Fault 4001."""
    text = value.text
    read: Any = None
    match found.kind:
        case "bool":
            read = None if value.quoted or text not in ("true", "false") else text == "true"
        case "number":
            read = _decimal(text)
        case "date":
            moment = read_moment(text) if value.quoted else None
            read = None if moment is None else date.fromisoformat(text[:10])
        case "moment":
            read = read_moment(text) if value.quoted else None
        case "id":
            read = _id(text)
        case _:
            read = text if value.quoted else None
    if read is None:
        raise invalid_query(f"value '{text}' is not valid for property '{found.name}'")
    return read


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _like(found: Property, value: Value, ignore_case: bool) -> Callable[[Record], bool]:
    """`%` is the only wildcard."""
    if found.kind not in ("text", "id") or not value.quoted:
        raise invalid_query(f"operator LIKE is not supported for property '{found.name}'")
    pattern = ".*".join(re.escape(part) for part in value.text.split("%"))
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    wanted = re.compile(pattern, flags)
    return lambda data: wanted.fullmatch(str(found.read(data) or "")) is not None


def sort_key(found: Property) -> Callable[[Record], Any]:
    """What is not set comes last."""

    def key(data: Record) -> Any:
        have = found.read(data)
        if have is None:
            return (1, 0)
        shown = _id(have) if found.kind == "id" else have
        return (0, shown.casefold() if isinstance(shown, str) else shown)

    return key


def stamped(data: Record) -> datetime:
    """LastUpdatedTime of a record."""
    return read_moment(data["MetaData"]["LastUpdatedTime"]) or datetime.max
