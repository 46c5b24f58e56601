"""Times at FreshBooks: accounting tells US/Eastern without saying so, a few fields tell UTC.

Both come as `YYYY-MM-DD HH:MM:SS`, so that a reader must know which is which (sheet, section 6).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
_SECONDS = "%Y-%m-%d %H:%M:%S"


def eastern_text(moment: datetime) -> str:
    """2026-05-04 05:00:00, wall time in New York."""
    return moment.astimezone(EASTERN).strftime(_SECONDS)


def version_text(moment: datetime) -> str:
    """As `eastern_text`, with microseconds: an invoice's `version`."""
    return moment.astimezone(EASTERN).strftime(f"{_SECONDS}.%f")


def utc_text(moment: datetime) -> str:
    """The same form in UTC: a client's `signup_date`, a bill's `updated_at`."""
    return moment.astimezone(UTC).strftime(_SECONDS)


def iso_text(moment: datetime) -> str:
    """2026-05-04T09:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_of(moment: datetime, zone_name: str) -> date:
    """The calendar day of a moment, `eastern` or `utc`."""
    return moment.astimezone(EASTERN if zone_name == "eastern" else UTC).date()
