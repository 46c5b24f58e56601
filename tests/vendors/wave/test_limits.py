"""The pace is a person's, in requests per second; the minute's budget goes along with it."""

from __future__ import annotations

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Window
from ml_connector.vendors.wave.limits import wave_limits


@pytest.mark.parametrize(
    ("pace", "windows"),
    [
        ("1.0", (Window(1, 1.0), Window(45, 60))),
        ("0.5", (Window(1, 2.0), Window(22, 60))),
        ("0.001", (Window(1, 1000.0), Window(1, 60))),
        ("20", (Window(20, 1.0), Window(900, 60))),
    ],
)
def test_the_windows_follow_the_pace(pace: str, windows: tuple[Window, ...]) -> None:
    limits = wave_limits({"pace": pace}, "app-1", "oauth")
    assert (limits.token_scope, limits.windows, limits.at_once) == ("app-1", windows, 2)


def test_without_a_setting_it_is_one_a_second() -> None:
    assert wave_limits({}, "app-1", "token").windows[0] == Window(1, 1.0)


@pytest.mark.parametrize("pace", ["", "fast", "0", "-1", "nan", "inf"])
def test_a_pace_that_is_none_is_a_mistake(pace: str) -> None:
    with pytest.raises(Mistake, match="pace"):
        wave_limits({"pace": pace}, "app-1", "oauth")
