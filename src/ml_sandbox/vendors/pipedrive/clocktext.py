"""A time as Pipedrive writes it: RFC 3339 whole seconds in v2, a space and no zone in v1.

The store keeps v2 text: it sorts as time does, and whole seconds are all that Pipedrive has.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

RFC3339_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
V1_SECONDS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
DURATION = re.compile(r"\d{1,3}:[0-5]\d(:[0-5]\d)?")
CALENDAR_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def stamp(moment: datetime) -> str:
    """`2026-01-02T03:04:05Z`, fractions cut off."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_ms(moment: datetime) -> str:
    """`2026-01-02T03:04:05.678Z`, as webhooks write it."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def to_v1(text: str | None) -> str | None:
    """`2026-01-02 03:04:05` out of v2 text."""
    return None if text is None else text[:19].replace("T", " ")


def from_v1(text: str) -> str:
    """v2 text out of `2026-01-02 03:04:05`; ValueError if it is not that."""
    if not V1_SECONDS.fullmatch(text):
        raise ValueError("must be in the format YYYY-MM-DD HH:MM:SS")
    return stamp(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))


def parse_seconds(text: str) -> str:
    """v2 text out of RFC 3339 with a zone and no fraction; ValueError otherwise.

    Milliseconds are refused by the real service too (sheet, section 4).
    """
    if not RFC3339_SECONDS.fullmatch(text):
        raise ValueError("must be a valid RFC3339 date-time without fractional seconds")
    return stamp(datetime.fromisoformat(text))


def parse_day(text: str) -> str:
    if not CALENDAR_DAY.fullmatch(text):
        raise ValueError("must be a date in the format YYYY-MM-DD")
    return date.fromisoformat(text).isoformat()


def parse_clock_time(text: str) -> str:
    """`HH:MM[:SS]` as `HH:MM:SS`."""
    if not CLOCK_TIME.fullmatch(text):
        raise ValueError("must be a time in the format HH:MM or HH:MM:SS")
    return text if len(text) == 8 else f"{text}:00"


def parse_duration(text: str) -> str:
    if not DURATION.fullmatch(text):
        raise ValueError("must be a duration in the format HH:MM or HH:MM:SS")
    hours, _, rest = text.partition(":")
    return f"{int(hours):02d}:{rest if len(rest) == 5 else rest + ':00'}"


def midnight_after(moment: datetime) -> datetime:
    utc = moment.astimezone(UTC)
    return utc.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
