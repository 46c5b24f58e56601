"""When a cadence brings a poll, how many until a moment (for forecasts), and how it is read."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from ml_connector.core.cadence import LONGEST_MINUTES, SHORTEST_MINUTES, Cadence, parse_cadence
from ml_connector.core.faults import Mistake

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cadence", "left", "polls"),
    [
        ("5", timedelta(hours=1), 11),
        ("5", timedelta(minutes=5), 0),
        ("5", timedelta(minutes=5, seconds=1), 1),
        ("0.5", timedelta(minutes=2), 3),
        ("60", timedelta(minutes=-1), 0),
        ("daily 08:00,18:00 UTC", timedelta(hours=9), 0),
        ("daily 08:00,18:00 UTC", timedelta(hours=15), 1),
        ("daily 08:00,18:00 UTC", timedelta(days=3), 6),
        ("daily 08:00 America/New_York", timedelta(hours=4), 1),
    ],
)
def test_polls_to_come(cadence: str, left: timedelta, polls: int) -> None:
    assert parse_cadence(cadence).count_between(NOW, NOW + left) == polls


def test_a_cadence_in_minutes() -> None:
    assert parse_cadence("30").next_after(NOW, NOW + timedelta(hours=5)) == NOW + timedelta(
        minutes=30
    )
    assert parse_cadence("30").next_after(None, NOW) == NOW


def test_the_first_poll_of_a_daily_cadence_is_at_once() -> None:
    assert parse_cadence("daily 06:30").next_after(None, NOW) == NOW


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (datetime(2026, 5, 4, 6, 29, tzinfo=UTC), datetime(2026, 5, 4, 6, 30, tzinfo=UTC)),
        (datetime(2026, 5, 4, 6, 30, tzinfo=UTC), datetime(2026, 5, 4, 18, tzinfo=UTC)),
        (datetime(2026, 5, 4, 18, 1, tzinfo=UTC), datetime(2026, 5, 5, 6, 30, tzinfo=UTC)),
    ],
)
def test_daily_times_follow_each_other_in_whatever_order_they_were_written(
    last: datetime, due: datetime
) -> None:
    assert parse_cadence("daily 18:00,06:30 UTC").next_after(last, last) == due


def test_a_daily_time_is_of_its_own_zones_day() -> None:
    """In Tokyo it is the next morning already."""
    evening = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    due = parse_cadence("daily 08:00 Asia/Tokyo").next_after(evening, evening)
    assert due == datetime(2026, 5, 5, 23, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [SHORTEST_MINUTES, LONGEST_MINUTES])
def test_the_shortest_and_the_longest_cadence_are_taken(minutes: float) -> None:
    assert parse_cadence(str(minutes)) == Cadence(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    ["0.009", "527041", "daily", "daily 06:30+02:00 UTC", "daily 06:30, 18:00 UTC"],
)
def test_what_lies_beyond_them_is_not_nor_what_would_be_taken_in_part(text: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_cadence(text)
    assert caught.value.sentence == (
        f"poll={text} cannot be read: write minutes, such as 5, or daily times with a zone, "
        "such as daily 06:30,18:00 UTC."
    )


def test_daily_times_without_a_zone_are_in_utc() -> None:
    assert parse_cadence("daily 06:30") == Cadence(times=(time(6, 30),), zone="UTC")
