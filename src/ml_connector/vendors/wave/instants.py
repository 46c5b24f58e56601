"""An instant of Wave: UTC text with milliseconds, `2026-04-30T06:18:01.212Z`; a date in headers."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_instant(text: str) -> datetime:
    """Aware and in UTC. Raises ValueError where the text is no instant or names no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("names no time zone")
    return moment.astimezone(UTC)


def format_instant(moment: datetime) -> str:
    """As Wave writes it; what is finer than a millisecond is cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_http_date(text: str) -> datetime | None:
    """The moment of a Date or Retry-After header, aware; None where the text is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
