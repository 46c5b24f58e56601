"""Acumatica wraps every field's value, `{"value": x}`, and leaves an empty one as `{}`.

Bare are `id`, `rowNumber`, `delete`, `files`, `_links` and `error`; custom values carry a type
besides ("Representation of an Entity in JSON", guide). Names with dots stand for linked entities:
`MainContact.Email` is `{"MainContact": {"Email": {"value": …}}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ml_connector.core.faults import Refused
from ml_connector.core.values import Value, decimal_of

BARE = frozenset({"id", "rowNumber", "delete", "files", "_links", "error"})
_WRAPPER = frozenset({"value", "error", "type"})
LINE_NUMBERS = frozenset({"OrderQty", "Qty", "UnitPrice", "DiscountPercent", "DiscountAmount"})


def plain(told: Any) -> Any:
    """The same without its wraps; an empty value and an empty text are None."""
    if isinstance(told, list):
        return [plain(item) for item in told]
    if not isinstance(told, dict):
        return None if told == "" else told
    if told.keys() <= _WRAPPER:
        value = told.get("value")
        return None if value == "" else value
    return {name: inner if name in BARE else plain(inner) for name, inner in told.items()}


def wrapped(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A body of these fields: dots open linked entities, a list holds detail rows."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        *path, last = name.split(".")
        at = body
        for step in path:
            at = at.setdefault(step, {})
        if isinstance(value, list):
            at[last] = [wrapped(row) for row in value]
        else:
            at[last] = value if last in BARE else {"value": value}
    return body


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path of an unwrapped row; None where a step is missing."""
    at: Any = row
    for step in path.split("."):
        at = at.get(step) if isinstance(at, Mapping) else None
    return at


def number(name: str, value: Value) -> int | float | None:
    """A JSON number that is exactly the decimal. Raises Refused where there is none."""
    if value in (None, ""):
        return None
    try:
        told = decimal_of(value)
        if told is None:
            raise ValueError("is no number")
        near: int | float = int(told) if told == told.to_integral_value() else float(told)
        if Decimal(repr(near)) == told:
            return near
    except (ValueError, OverflowError):
        pass
    raise Refused(f"'{name}' must be a number that JSON can hold exactly, and is {value!r}.", name)
