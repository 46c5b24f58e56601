"""A time of FreshBooks: US/Eastern wall clock without a mark, `2026-05-01 14:28:31`.

So are `updated` and `created_at` of clients, invoices and payments (the official Python and Node
SDKs convert them so). In the hour that comes twice each November it is not told which one is meant:
it is read as the first.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def parse_stamp(text: str) -> datetime:
    """Aware and in UTC. Raises ValueError where the text is no time."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=EASTERN)).astimezone(UTC)


def version_of(text: str) -> str:
    """A stamp as text that never sorts before an earlier one: the doubled hour is one version."""
    moment = parse_stamp(text)
    local = moment.astimezone(EASTERN)
    is_doubled = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    if is_doubled:
        first = local.replace(fold=0, minute=0, second=0, microsecond=0)
        moment = first.astimezone(UTC)
    return format_instant(moment)


def eastern_date(moment: datetime) -> date:
    return moment.astimezone(EASTERN).date()


def format_instant(moment: datetime) -> str:
    """As a cursor keeps it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_http_date(text: str) -> datetime | None:
    """The moment of a Date or Retry-After header, aware; None where the text is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


DAY = timedelta(days=1)
