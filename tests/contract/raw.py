"""A raw record is one as the sandbox keeps it, in the vendor's own names: what can be said of it
without knowing the vendor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from .stand import Raw

Leaves = dict[tuple[str, ...], Any]


def plain(value: Any) -> Any:
    """What a value comes to where a vendor wraps each in an object of its own."""
    if isinstance(value, dict) and set(value) == {"value"}:
        return value["value"]
    return value


def wrapped_like(old: Any, new: Any) -> Any:
    """The new value in the form of the old one."""
    return {"value": new} if isinstance(old, dict) else new


def leaves(value: Any, path: tuple[str, ...] = ()) -> Leaves:
    """Every single value in a record, by its path."""
    if isinstance(value, dict):
        return {k: v for name, one in value.items() for k, v in leaves(one, (*path, name)).items()}
    if isinstance(value, list):
        parts = enumerate(value)
        return {k: v for i, one in parts for k, v in leaves(one, (*path, str(i))).items()}
    return {path: value}


def texts(record: Raw) -> Iterator[tuple[str, str]]:
    """The top fields that hold a text, and that text."""
    for name, value in record.items():
        if isinstance(text := plain(value), str) and text:
            yield name, text


def is_moment(value: Any) -> bool:
    """Whether it is a stamp: a date with a time, or the seconds of an epoch."""
    if isinstance(value, int | float):
        return not isinstance(value, bool) and 1_500_000_000 < value < 3_000_000_000
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return len(str(value)) > len("2026-05-04")
