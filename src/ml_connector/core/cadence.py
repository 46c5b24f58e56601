"""A cadence is how often a person wants a source to be polled: every so many minutes, or daily."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ml_connector.core.faults import Mistake

MENDING = "write minutes, such as 5, or daily times with a zone, such as daily 06:30,18:00 UTC"

SHORTEST_MINUTES, LONGEST_MINUTES = 0.01, 366 * 1_440.0
"""Less than a second, and a year: what lies beyond is a slip, and no clock can add it."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """Either `minutes` is set, or `times` with their `zone`."""

    minutes: float = 0
    times: tuple[time, ...] = ()
    zone: str = "UTC"

    def next_after(self, last: datetime | None, now: datetime) -> datetime:
        """When the next poll is due, after the last one; at once where there was none."""
        if last is None:
            return now
        if not self.times:
            return last + timedelta(minutes=self.minutes)
        local = last.astimezone(ZoneInfo(self.zone))
        moments = [
            datetime.combine(local.date() + timedelta(days=day), at, ZoneInfo(self.zone))
            for day in (0, 1)
            for at in sorted(self.times)
        ]
        return next(m for m in moments if m.timestamp() > last.timestamp())

    def count_between(self, begin: datetime, end: datetime) -> int:
        """How many polls are due after `begin` and before `end`."""
        if not self.times:
            return max(0, ceil((end - begin) / timedelta(minutes=self.minutes)) - 1)
        count, due = 0, self.next_after(begin, begin)
        while due < end:
            count, due = count + 1, self.next_after(due, due)
        return count


def parse_cadence(text: str) -> Cadence:
    """`5`, or `daily 06:30,18:00 Europe/Berlin`. Raises Mistake."""
    words = text.split()
    try:
        if words[:1] != ["daily"]:
            minutes = float(text)
            if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
                raise ValueError
            return Cadence(minutes=minutes)
        _, told, zone = words if len(words) > 2 else (*words, "UTC")
        times = tuple(time.fromisoformat(each) for each in told.split(","))
        ZoneInfo(zone)
        if any(each.tzinfo is not None for each in times):
            raise ValueError  # the zone stands behind the times
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise Mistake(f"poll={text} cannot be read: {MENDING}.") from None
    return Cadence(times=times, zone=zone)
