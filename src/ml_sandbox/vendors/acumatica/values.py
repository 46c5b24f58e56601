"""A value on its way in and out: what JSON may hold for each type, and how it is shown.

Document dates are midnight with an offset, stamps are UTC with milliseconds (sheet, section 9).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

WHOLE = {"Int": 31, "Short": 15, "Long": 63, "Byte": 8}
GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
TICKS_PER_SECOND = 300
#: Fields of type DateTime that are moments; all others are document dates.
_MOMENTS = re.compile(r"(LastModified|Created|LastIncoming|LastOutgoing).*")


def is_moment(field: str) -> bool:
    return _MOMENTS.match(field) is not None


def zone(offset: str) -> timezone:
    """`-07:00` as a zone."""
    sign = -1 if offset.startswith("-") else 1
    hours, _, minutes = offset.lstrip("+-").partition(":")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes or 0)))


def tick(moment: datetime, tick_seconds: float) -> datetime:
    """The moment as the database keeps it: whole ticks, shown in milliseconds."""
    per_second = 1 / tick_seconds if tick_seconds > 0 else TICKS_PER_SECOND
    whole = int(moment.timestamp() * per_second)
    milliseconds = round(whole * 1000 / per_second)
    return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(
        milliseconds=milliseconds % 1000
    )


def read(kind: str, field: str, value: Any, site_zone: timezone) -> Any:
    """A JSON value as it is stored. Raises ValueError with the sentence that is answered."""
    if kind in WHOLE:
        return _whole(kind, value)
    if kind in ("Decimal", "Double"):
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValueError(f"Could not convert to {kind.lower()}: {value!r}.")
        return Decimal(str(value))
    if kind == "Boolean":
        if not isinstance(value, bool):
            raise ValueError(f"Could not convert to boolean: {value!r}.")
        return value
    if not isinstance(value, str):
        raise ValueError(f"Could not convert to {kind}: {value!r}.")
    if kind == "DateTime":
        return _moment(field, value, site_zone)
    if kind == "Guid":
        if not GUID.fullmatch(value):
            raise ValueError(f"Could not convert to Guid: {value!r}.")
        return value.lower()
    return value


def _whole(kind: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"Could not convert to integer: {value!r}.")
    if abs(value) >= 2 ** WHOLE[kind]:
        raise ValueError(f"Value was either too large or too small for {kind}.")
    return value


def _moment(field: str, text: str, site_zone: timezone) -> date | datetime:
    """A document date is the calendar date as it is written."""
    try:
        found = parse_moment(text, site_zone)
    except ValueError:
        raise ValueError(f"Could not convert string to DateTime: {text}.") from None
    return found.astimezone(UTC) if is_moment(field) else found.date()


def parse_moment(text: str, site_zone: timezone) -> datetime:
    """ISO 8601, a date alone included; without an offset it is the site's zone."""
    found = datetime.fromisoformat(text.strip())
    return found if found.tzinfo is not None else found.replace(tzinfo=site_zone)


def shown(value: Any, site_zone: timezone) -> Any:
    """A stored scalar as JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=site_zone).isoformat()
    return value


def wrapped(value: Any, site_zone: timezone, empty: str) -> dict[str, Any]:
    """A general field; `empty` is the switch's choice for an empty one."""
    if value is not None and value != "":
        return {"value": shown(value, site_zone)}
    if empty == "absent":
        return {}
    return {"value": None if empty == "null" else ""}
