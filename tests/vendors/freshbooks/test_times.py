"""US/Eastern wall clocks: what they mean in UTC, and the hour that comes twice."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.vendors.freshbooks.times import (
    EASTERN,
    eastern_date,
    parse_http_date,
    parse_stamp,
    version_of,
)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2020-10-31 14:28:31", "2020-10-31T18:28:31+00:00"),  # beside a signup_date in UTC
        ("2026-01-15 09:00:00", "2026-01-15T14:00:00+00:00"),
        ("2026-05-04 00:30:00", "2026-05-04T04:30:00+00:00"),
        ("2021-04-16 10:31:58.480684", "2021-04-16T14:31:58.480684+00:00"),
        ("2020-06-03T17:08:32Z", "2020-06-03T17:08:32+00:00"),
        ("2026-11-01 01:30:00", "2026-11-01T05:30:00+00:00"),  # the first of the two
    ],
)
def test_a_stamp_in_utc(told: str, meant: str) -> None:
    assert parse_stamp(told) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("told", ["", "yesterday", "2026-05-219 10:00:00", "2026-05-04 10:00:74"])
def test_what_is_no_stamp(told: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_stamp(told)


def test_the_doubled_hour_is_one_version_between_its_neighbours() -> None:
    before, after = version_of("2026-11-01 00:59:59"), version_of("2026-11-01 02:00:00")
    within = {version_of(f"2026-11-01 01:{minute}:00") for minute in ("00", "10", "59")}
    assert len(within) == 1
    assert before < within.pop() < after


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(0, 7200))
def test_a_later_change_never_has_a_lower_version(moment: datetime, seconds: int) -> None:
    def told(at: float) -> str:
        local = datetime.fromtimestamp(at, UTC).astimezone(EASTERN)
        return local.strftime("%Y-%m-%d %H:%M:%S")

    at = moment.replace(tzinfo=UTC).timestamp()
    assert version_of(told(at)) <= version_of(told(at + seconds))


def test_the_eastern_date_of_a_moment() -> None:
    assert eastern_date(datetime(2026, 5, 4, 3, 59, tzinfo=UTC)) == date(2026, 5, 3)


def test_a_date_header() -> None:
    found = parse_http_date("Mon, 04 May 2026 09:00:00 GMT")
    assert found == datetime(2026, 5, 4, 9, tzinfo=UTC)
    assert parse_http_date("soon") is None
