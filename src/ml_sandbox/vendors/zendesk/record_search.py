"""A record search: text in the name, or a filter of comparisons (OpenAPI, filtered search).

It asks the index, which lags behind the records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .account import Account
from .errors import coded
from .fields import FieldBook
from .tables import Record

MOST_UNSORTED = 10_000
_STANDARD = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "created_by_user": "created_by_user_id",
    "updated_by_user": "updated_by_user_id",
    "name": "name",
    "external_id": "external_id",
}
_PREFIX = "custom_object_fields."
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda held, asked: held == asked,
    "$noteq": lambda held, asked: held != asked,
    "$lt": lambda held, asked: held is not None and held < asked,
    "$lte": lambda held, asked: held is not None and held <= asked,
    "$gt": lambda held, asked: held is not None and held > asked,
    "$gte": lambda held, asked: held is not None and held >= asked,
    "$contains": lambda held, asked: held is not None and str(asked).casefold() in str(held),
    "$notcontains": lambda held, asked: held is None or str(asked).casefold() not in str(held),
}


def indexed(account: Account, object_key: str) -> list[Record]:
    """The object's records as the index knows them."""
    every = account.indexed("custom_object_records")
    return [record for record in every if record["custom_object_key"] == object_key]


def by_text(account: Account, book: FieldBook, object_key: str, text: str) -> list[Record]:
    """Records that hold every word of the text in their name or a text field."""
    words = text.casefold().split()
    keys = [f["key"] for f in book.definitions() if f["type"] in ("text", "textarea")]

    def fits(record: Record) -> bool:
        values = (record["custom_object_fields"].get(key) or "" for key in keys)
        whole = " ".join((record["name"] or "", record["external_id"] or "", *values)).casefold()
        return all(word in whole for word in words)

    return [record for record in indexed(account, object_key) if fits(record)]


def by_filter(account: Account, book: FieldBook, object_key: str, filter_: Any) -> list[Record]:
    """Records that meet the filter. Raises 400 for one that cannot be understood."""
    keys = {f["key"] for f in book.definitions()}
    return [r for r in indexed(account, object_key) if _meets(r, filter_, keys)]


def _meets(record: Record, filter_: Any, keys: set[str]) -> bool:
    if not isinstance(filter_, dict) or not filter_:
        raise _not_understood("filter")
    return all(_meets_part(record, name, asked, keys) for name, asked in filter_.items())


def _meets_part(record: Record, name: str, asked: Any, keys: set[str]) -> bool:
    if name in ("$and", "$or"):
        if not isinstance(asked, list) or not asked:
            raise _not_understood(name)
        met = [_meets(record, part, keys) for part in asked]
        return all(met) if name == "$and" else any(met)
    held = _held(record, name, keys)
    if not isinstance(asked, dict) or not asked:
        raise _not_understood(name)
    return all(_compare(held, operator, value, name) for operator, value in asked.items())


def _held(record: Record, name: str, keys: set[str]) -> Any:
    if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) in keys:
        return record["custom_object_fields"].get(name.removeprefix(_PREFIX))
    if name in _STANDARD:
        return record[_STANDARD[name]]
    raise _not_understood(name)


def _compare(held: Any, operator: str, value: Any, name: str) -> bool:
    if operator not in _OPERATORS:
        raise _not_understood(f"{name}.{operator}")
    test = _OPERATORS[operator]
    if isinstance(held, str) and not isinstance(value, list):
        held, value = held.casefold(), str(value).casefold()
        if _is_date(held) and len(value) == 10:
            held = held[:10]
    if isinstance(value, list):
        return any(_compare(held, operator, item, name) for item in value)
    if isinstance(held, list):
        return any(_compare(item, operator, value, name) for item in held)
    try:
        return test(held, value)
    except TypeError:
        raise _not_understood(name) from None


def _is_date(held: str) -> bool:
    return held.endswith("t00:00:00+00:00")


def _not_understood(what: str) -> Exception:
    return coded(400, "InvalidFilter", f"Invalid filter: {what}")
