"""A time as Zendesk writes it: ISO 8601 in UTC with whole seconds (sheet, section 1)."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """`2026-11-03T09:12:44Z`, fractions cut off; sorts as time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """The moment of a stamp. Raises ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def unix_seconds(text: str) -> int:
    """A stamp as whole seconds since 1970, as the incremental exports count."""
    return int(parse(text).timestamp())


def job_stamp(moment: datetime) -> str:
    """As a finished job's message has it: `2026-11-03 09:12:12 +0000`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
