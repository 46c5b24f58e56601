"""The forecast of the day and the warnings of a consent's end: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ml_connector.core.objects import Costs
from ml_connector.engine.consents import days_of_warning
from ml_connector.engine.standing import Backlog, forecast_tokens

NOW = datetime(2026, 3, 1, tzinfo=UTC)
COSTS = Costs(create=5, update=5, read=1, page=10)


@pytest.mark.parametrize(
    ("backlogs", "tokens"),
    [
        ([], 100),
        ([Backlog(0, 0, COSTS)], 100),
        ([Backlog(3, 3, COSTS)], 100 + 3 * 5 + 10),
        ([Backlog(3, 0, COSTS)], 100 + 3 * (5 + 1)),
        ([Backlog(2, 1, COSTS), Backlog(1, 1, COSTS)], 100 + 5 + 10 + 6 + 5 + 10),
    ],
)
def test_the_forecast_is_what_was_spent_and_what_is_pending(
    backlogs: list[Backlog], tokens: int
) -> None:
    assert forecast_tokens(100, backlogs) == tokens


@pytest.mark.parametrize(
    ("left", "warned"),
    [
        (timedelta(days=15), None),
        (timedelta(days=14, seconds=1), None),
        (timedelta(days=14), 14),
        (timedelta(days=3, seconds=1), 14),
        (timedelta(days=3), 3),
        (timedelta(days=1), 1),
        (timedelta(seconds=-1), 1),
    ],
)
def test_an_end_is_warned_of_14_3_and_1_days_ahead(left: timedelta, warned: int | None) -> None:
    assert days_of_warning(NOW + left, NOW) == warned
