"""A custom field's value: what each type accepts in REST v2, and how a webhook writes it.

The two forms differ (sheet, section 6): REST has bare values, webhooks wrap each in an object
that names its type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from . import clocktext

ADDRESS_KEYS = (
    "value",
    "country",
    "admin_area_level_1",
    "admin_area_level_2",
    "locality",
    "sublocality",
    "route",
    "street_number",
    "subpremise",
    "postal_code",
)
CREATABLE_TYPES = (
    "varchar",
    "text",
    "double",
    "phone",
    "date",
    "daterange",
    "time",
    "timerange",
    "set",
    "enum",
    "varchar_auto",
    "address",
    "monetary",
    "org",
    "people",
    "user",
)
SEARCHABLE_TYPES = frozenset(
    {"address", "varchar", "text", "varchar_auto", "double", "monetary", "phone"}
)
VARCHAR_MAX = 255
TEXT_MAX = 65_535
TIMEZONE_IDS = {"UTC": 310, "Europe/London": 330, "Europe/Tallinn": 341, "Europe/Berlin": 314}
_ZONE_NAME = re.compile(r"[A-Za-z]+(/[A-Za-z_+\-0-9]+)*")

#: Says whether a referenced thing exists: ("org" | "people" | "user" | "currency", id).
Exists = Callable[[str, Any], bool]


def check_value(field: Mapping[str, Any], value: Any, exists: Exists) -> Any:
    """The value as stored; ValueError with the fault's text. `None` clears and is always fine."""
    if value is None:
        return None
    kind = str(field["field_type"])
    if kind in _LENGTHS:
        return _text(value, _LENGTHS[kind])
    if kind in ("org", "people", "user"):
        return _reference(kind, value, exists)
    if kind == "enum":
        return _option(field, value)
    if kind == "set":
        return _options(field, value)
    return _STRUCTURED[kind](value, exists)


_LENGTHS = {
    "varchar": VARCHAR_MAX,
    "varchar_auto": VARCHAR_MAX,
    "phone": VARCHAR_MAX,
    "text": TEXT_MAX,
}


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if len(value) > longest:
        raise ValueError(f"must not be longer than {longest} characters")
    return value


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any, _exists: Exists) -> int | float:
    if not _is_number(value):
        raise ValueError("must be a number")
    number: int | float = value
    return number


def _reference(kind: str, value: Any, exists: Exists) -> int:
    if not _is_int(value):
        raise ValueError("must be an integer id")
    if not exists(kind, value):
        raise ValueError(f"no {kind} with id {value}")
    return int(value)


def _option(field: Mapping[str, Any], value: Any) -> int:
    if not _is_int(value):
        raise ValueError("must be the integer id of an option")
    if all(option["id"] != value for option in field["options"] or ()):
        raise ValueError(f"has no option with id {value}")
    return int(value)


def _options(field: Mapping[str, Any], value: Any) -> list[int]:
    if not isinstance(value, list):
        raise ValueError("must be an array of option ids")
    if not value:
        raise ValueError("must not be an empty array, use null to clear it")
    chosen = [_option(field, item) for item in value]
    if len(set(chosen)) != len(chosen):
        raise ValueError("must not repeat an option")
    return chosen


def _keys(value: Any, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    unknown = [key for key in value if key not in required + optional]
    if unknown:
        raise ValueError(f"has unknown keys {', '.join(unknown)}")
    missing = [key for key in required if value.get(key) is None]
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}")
    return value


def _monetary(value: Any, exists: Exists) -> dict[str, Any]:
    given = _keys(value, ("value", "currency"))
    amount = _number(given["value"], exists)
    if not isinstance(given["currency"], str) or not exists("currency", given["currency"]):
        raise ValueError("must have the code of a known currency")
    return {"value": amount, "currency": given["currency"]}


def _parsed(value: Any, parse: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return parse(value)


def _day(value: Any, _exists: Exists) -> str:
    return _parsed(value, clocktext.parse_day)


def _day_range(value: Any, _exists: Exists) -> dict[str, Any]:
    given = _keys(value, ("value", "until"))
    return {key: _parsed(given[key], clocktext.parse_day) for key in ("value", "until")}


def _zone(given: Mapping[str, Any]) -> str:
    zone = given.get("timezone_name", "UTC")
    if not isinstance(zone, str) or not _ZONE_NAME.fullmatch(zone):
        raise ValueError("must have the name of a time zone")
    return zone


def _time(value: Any, _exists: Exists) -> dict[str, Any]:
    given = _keys(value, ("value",), ("timezone_name",))
    at = _parsed(given["value"], clocktext.parse_clock_time)
    return {"value": at, "timezone_name": _zone(given)}


def _time_range(value: Any, _exists: Exists) -> dict[str, Any]:
    given = _keys(value, ("value", "until"), ("timezone_name",))
    bounds = {key: _parsed(given[key], clocktext.parse_clock_time) for key in ("value", "until")}
    return {**bounds, "timezone_name": _zone(given)}


def _address(value: Any, _exists: Exists) -> dict[str, Any]:
    given = _keys(value, ("value",), (*ADDRESS_KEYS[1:], "formatted_address"))
    for part in given.values():
        if part is not None:
            _text(part, TEXT_MAX)
    return {key: given.get(key) for key in (*ADDRESS_KEYS, "formatted_address")}


_STRUCTURED: dict[str, Callable[[Any, Exists], Any]] = {
    "double": _number,
    "monetary": _monetary,
    "date": _day,
    "daterange": _day_range,
    "time": _time,
    "timerange": _time_range,
    "address": _address,
}


def webhook_value(kind: str, value: Any) -> dict[str, Any] | None:
    """The value as webhooks v2 write it; null where nothing is set."""
    if value is None:
        return None
    if kind in ("enum", "org", "people", "user"):
        return {"type": kind, "id": value}
    if kind == "set":
        return {"type": kind, "values": [{"id": item} for item in value]}
    if kind == "daterange":
        return {"type": kind, "from": value["value"], "until": value["until"]}
    if kind == "time":
        zone_id = TIMEZONE_IDS.get(value["timezone_name"], 310)
        return {"type": kind, "value": value["value"], "timezone_id": zone_id}
    if kind == "timerange":
        zone_id = TIMEZONE_IDS.get(value["timezone_name"], 310)
        bounds = {"from": value["value"], "until": value["until"]}
        return {"type": kind, **bounds, "timezone_id": zone_id}
    if isinstance(value, dict):
        return {"type": kind, **value}
    return {"type": kind, "value": value}


def searchable_text(kind: str, value: Any) -> str | None:
    """What the index holds for this value; None where the type is not searchable."""
    if value is None or kind not in SEARCHABLE_TYPES:
        return None
    if isinstance(value, dict):
        return str(value["value"])
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
