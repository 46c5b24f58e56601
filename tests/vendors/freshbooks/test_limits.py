"""The pace, and what the headers that were once captured say."""

from __future__ import annotations

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Window
from ml_connector.core.wire import Response
from ml_connector.vendors.freshbooks import VENDOR
from tests.vendors.freshbooks.wires import DATE

EPOCH = 1777885200  # the moment of DATE


def test_five_a_second_four_at_once_and_few_identities() -> None:
    limits = VENDOR.limits({}, "grant:1", "oauth")
    assert limits.at_once == 4
    assert limits.windows == (Window(300, 60), Window(5, 1.0), Window(15, 60, "identity"))
    assert limits.allowance is None


@pytest.mark.parametrize(
    ("pace", "minute", "burst"),
    [("0.5", 30, Window(1, 2.0)), ("20", 450, Window(20, 1.0)), ("", 300, Window(5, 1.0))],
)
def test_the_pace_is_a_setting(pace: str, minute: int, burst: Window) -> None:
    windows = VENDOR.limits({"pace": pace}, "grant:1", "oauth").windows
    assert windows[:2] == (Window(minute, 60), burst)


@pytest.mark.parametrize("pace", ["fast", "0", "-1", "inf", "nan"])
def test_a_bad_pace_is_a_mistake(pace: str) -> None:
    with pytest.raises(Mistake, match="pace"):
        VENDOR.limits({"pace": pace}, "grant:1", "oauth")


@pytest.mark.parametrize(
    ("headers", "left", "reset"),
    [
        ({}, None, None),
        ({"x-ratelimit-limit": "500", "x-ratelimit-remaining": "12"}, 12, None),
        ({"x-ratelimit-limit": "500", "x-ratelimit-remaining": "12",
          "x-ratelimit-reset": str(EPOCH + 41), "date": DATE}, 12, 41),
        ({"x-ratelimit-limit": "500", "x-ratelimit-remaining": "12",
          "x-ratelimit-reset": str(EPOCH - 41), "date": DATE}, 12, None),
        ({"x-ratelimit-limit": "20", "x-ratelimit-remaining": "3"}, None, None),  # the identity's
        ({"x-ratelimit-limit": "500", "x-ratelimit-remaining": "few"}, None, None),
        ({"x-ratelimit-remaining": "3"}, None, None),
    ],
)  # fmt: skip
def test_the_headers(headers: dict[str, str], left: int | None, reset: float | None) -> None:
    told = VENDOR.reading(Response(200, headers, b""))
    assert (told.window_left, told.window_reset_seconds) == (left, reset)
