"""Pacific time: its offset around both changes of the clocks, and what is read as a moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ml_sandbox.vendors.quickbooks_online.clocktext import read_moment, stamp, utc


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-03-08T09:59:59", "2026-03-08T01:59:59-08:00"),
        ("2026-03-08T10:00:00", "2026-03-08T03:00:00-07:00"),
        ("2026-11-01T08:59:59", "2026-11-01T01:59:59-07:00"),
        ("2026-11-01T09:00:00", "2026-11-01T01:00:00-08:00"),
        ("2027-03-14T10:00:00", "2027-03-14T03:00:00-07:00"),
        ("2028-11-05T09:00:00", "2028-11-05T01:00:00-08:00"),
    ],
)
def test_both_changes_of_the_clocks(moment: str, text: str) -> None:
    found = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert stamp(found) == text
    assert read_moment(text) == found


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04", "2026-03-04T08:00:00"),
        ("2026-07-04", "2026-07-04T07:00:00"),
        ("2026-03-04T01:02", "2026-03-04T09:02:00"),
        ("2026-03-04T01:02:03.5Z", "2026-03-04T01:02:03.500000"),
        ("2026-03-04T01:02:03.123456789Z", "2026-03-04T01:02:03.123456"),
        ("2026-03-04T01:02:03-0700", "2026-03-04T08:02:03"),
    ],
)
def test_moments_that_are_read(text: str, moment: str) -> None:
    assert read_moment(text) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "now", "2026-13-01", "2026-02-30", "2026W01", "04.03.2026", "2026-03-04T25:00Z"]
)
def test_what_is_no_moment(text: str) -> None:
    assert read_moment(text) is None


def test_digits_of_a_second() -> None:
    moment = datetime(2026, 3, 4, 17, 11, 58, 179851, UTC)
    assert utc(moment, 0) == "2026-03-04T17:11:58Z"
    assert utc(moment, 3) == "2026-03-04T17:11:58.179Z"
    assert utc(moment, 9) == "2026-03-04T17:11:58.179851000Z"
