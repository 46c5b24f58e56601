"""Moments as QuickBooks Online tells them: with an offset, and up to nine digits of the second."""

from __future__ import annotations

from datetime import UTC, date, datetime


def parse_instant(text: str) -> datetime:
    """Aware, in UTC. Raises ValueError, also where no offset is told."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError("has no offset")
    return moment.astimezone(UTC)


def format_instant(moment: datetime) -> str:
    """In UTC and whole seconds, which filters take without any doubt about the zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def year_before(day: date) -> date:
    """The same day a year ago; 28 February for the 29th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
