"""A moment in text, as QuickBooks Online writes and reads it: Pacific time with its offset.

Forms as in the sheet, section 1, "Times". The rule of summer time is written out here, so that no
time zone data is needed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?"
)


def _sunday(year: int, month: int, which: int) -> date:
    """That Sunday of a month, counted from 1."""
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))


@cache
def _summer(year: int) -> tuple[datetime, datetime]:
    """From 10:00 UTC of a Sunday in March to 09:00 UTC of one in November."""
    begins = datetime.combine(_sunday(year, 3, 2), datetime.min.time(), UTC)
    ends = datetime.combine(_sunday(year, 11, 1), datetime.min.time(), UTC)
    return begins + timedelta(hours=10), ends + timedelta(hours=9)


def _offset(moment: datetime) -> timedelta:
    """Pacific time's distance from UTC."""
    begins, ends = _summer(moment.year)
    return timedelta(hours=-7 if begins <= moment < ends else -8)


def pacific(moment: datetime) -> datetime:
    """The same moment on a Californian clock."""
    return moment.astimezone(timezone(_offset(moment.astimezone(UTC))))


def stamp(moment: datetime) -> str:
    """`2026-03-04T09:11:58-08:00`, as in MetaData."""
    return pacific(moment).isoformat(timespec="seconds")


def envelope(moment: datetime) -> str:
    """`2026-03-04T09:12:31.402-08:00`, as the time of an answer."""
    return pacific(moment).isoformat(timespec="milliseconds")


def epoch_ms(moment: datetime) -> int:
    """As the gateway has it."""
    return int(moment.timestamp() * 1000)


def utc(moment: datetime, digits: int) -> str:
    """`2026-03-04T17:11:58.179Z` with that many digits of the second, at most nine."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{moment.microsecond:06d}000"[:digits]
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def today(moment: datetime) -> date:
    """The company's calendar day."""
    return pacific(moment).date()


def read_moment(text: str) -> datetime | None:
    """A filter's moment; without an offset it is Pacific time. None for what is no moment."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    day, clock, fraction, offset = found.groups()
    try:
        naive = datetime.fromisoformat(f"{day}T{clock or '00:00'}")
        naive += timedelta(microseconds=int(f"{fraction or '':0<6}"[:6]))
        if offset is None:
            return _of_pacific(naive)
        return datetime.fromisoformat(f"{naive.isoformat()}{offset}").astimezone(UTC)
    except ValueError:
        return None


def _of_pacific(naive: datetime) -> datetime:
    summer = naive.replace(tzinfo=timezone(timedelta(hours=-7))).astimezone(UTC)
    if _offset(summer) == timedelta(hours=-7):
        return summer
    return naive.replace(tzinfo=timezone(timedelta(hours=-8))).astimezone(UTC)
