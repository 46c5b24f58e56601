"""How many polls a cadence brings until a moment: for forecasts of what they will cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ml_connector.core.cadence import parse_cadence

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cadence", "left", "polls"),
    [
        ("5", timedelta(hours=1), 11),
        ("5", timedelta(minutes=5), 0),
        ("5", timedelta(minutes=5, seconds=1), 1),
        ("0.5", timedelta(minutes=2), 3),
        ("60", timedelta(minutes=-1), 0),
        ("daily 08:00,18:00 UTC", timedelta(hours=15), 1),
        ("daily 08:00,18:00 UTC", timedelta(days=3), 6),
        ("daily 08:00 America/New_York", timedelta(hours=4), 1),
    ],
)
def test_polls_to_come(cadence: str, left: timedelta, polls: int) -> None:
    assert parse_cadence(cadence).count_between(NOW, NOW + left) == polls
