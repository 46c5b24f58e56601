"""A moment of Acumatica: ISO 8601 with an offset, of which only the offset it names is believed.

Kept as UTC text with milliseconds, which sorts. A document's date is the calendar date as written:
midnight of some zone, which shifting would turn into the day before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def moment_text(told: object) -> str:
    """`2025-03-04T09:15:21.437Z`, cut to the millisecond. Raises ValueError."""
    moment = datetime.fromisoformat(str(told))
    if moment.tzinfo is None:
        raise ValueError("names no offset from UTC")
    return text_of(moment)


def text_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shifted(text: str, by: timedelta) -> str:
    return text_of(datetime.fromisoformat(text) + by)


def date_text(told: object) -> str | None:
    """The date as written; None where there is none."""
    return str(told)[:10] if told else None
