"""A field value is what one custom field of one record holds: checked, and in its stored form.

Forms as in the sheet, section 5.2: dates come back as midnight, lookups as the target's id in text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .tables import Record

TEXT_MOST = 65_536
#: target type and the given value -> the target's id; raises LookupError where there is none.
Resolve = Callable[[str, str], str]


class Unfit(Exception):
    """The value does not fit the field: `code` as Zendesk's `error` has it."""

    def __init__(self, code: str = "InvalidValue") -> None:
        super().__init__(code)
        self.code = code


def checked(definition: Record, value: Any, resolve: Resolve, decimal_digits: int = -1) -> Any:
    """The stored form of a value that is not null. Raises Unfit."""
    kind = definition["type"]
    if kind in ("text", "textarea", "regexp"):
        return _text(definition, value)
    if kind == "checkbox":
        return _boolean(value)
    if kind == "integer":
        return _integer(value)
    if kind == "decimal":
        return _decimal(value, decimal_digits)
    if kind == "date":
        return _date(value)
    if kind == "dropdown":
        return _option(definition, value)
    if kind == "multiselect":
        if not isinstance(value, list):
            raise Unfit
        return [_option(definition, item) for item in value]
    return _lookup(definition, value, resolve)


def _text(definition: Record, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unfit
    text = str(value)
    if len(text) > TEXT_MOST:
        raise Unfit("TooLong")
    if definition["type"] == "regexp" and not re.search(definition["regexp_for_validation"], text):
        raise Unfit
    return text


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _integer(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit
    return value


def _decimal(value: Any, digits: int) -> float:
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit
    number = float(value)
    return number if digits < 0 else round(number, digits)


def _date(value: Any) -> str:
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)(T00:00:00(Z|\+00:00))?", str(value))
    if not isinstance(value, str) or match is None:
        raise Unfit
    try:
        datetime.strptime(match[1], "%Y-%m-%d")
    except ValueError:
        raise Unfit from None
    return f"{match[1]}T00:00:00+00:00"


def _option(definition: Record, value: Any) -> str:
    known = {option["value"] for option in definition["custom_field_options"]}
    if value not in known or not isinstance(value, str):
        raise Unfit
    return value


def _lookup(definition: Record, value: Any, resolve: Resolve) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unfit
    try:
        return resolve(definition["relationship_target_type"], str(value))
    except LookupError:
        raise Unfit from None
