"""Limits: what each plan grants, and what the headers say is left."""

from __future__ import annotations

from typing import Literal

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Reading, Window
from ml_connector.core.wire import Response
from ml_connector.vendors.pipedrive import VENDOR


@pytest.mark.parametrize(
    ("plan", "by_token", "by_oauth", "tokens"),
    [
        ("lite", 20, 80, 30_000),
        ("growth", 40, 160, 60_000),
        ("premium", 100, 400, 150_000),
        ("ultimate", 120, 480, 210_000),
    ],
)
def test_each_plan(plan: str, by_token: int, by_oauth: int, tokens: int) -> None:
    ways: tuple[tuple[Literal["oauth", "token"], int], ...] = (
        ("token", by_token),
        ("oauth", by_oauth),
    )
    for how, calls in ways:
        limits = VENDOR.limits({"plan": plan, "seats": "3"}, "token:1", how)
        assert limits.token_scope == "token:1"
        assert limits.windows == (Window(calls, 2.0), Window(10, 2.0, "search"))
        assert limits.allowance is not None
        assert limits.allowance.tokens == tokens * 3
        assert limits.allowance.share == 0.5


def test_pace_slows_the_windows_and_leaves_at_least_one_call() -> None:
    slow = VENDOR.limits({"pace": "0.5"}, "t", "token")
    assert [window.calls for window in slow.windows] == [10, 5]
    slowest = VENDOR.limits({"pace": "0.01"}, "t", "token")
    assert [window.calls for window in slowest.windows] == [1, 1]


@pytest.mark.parametrize(
    ("name", "told"),
    [("seats", "many"), ("seats", "0"), ("budget_share", "1.5"), ("pace", "nan"), ("pace", "0")],
)
def test_a_setting_that_is_no_number_is_a_mistake_that_names_it(name: str, told: str) -> None:
    with pytest.raises(Mistake, match=name):
        VENDOR.limits({name: told}, "t", "token")


def test_headers_correct_the_count() -> None:
    headers = {
        "x-ratelimit-limit": "80",
        "x-ratelimit-remaining": "79",
        "x-ratelimit-reset": "2",
        "x-daily-ratelimit-token-limit": "30000",
        "x-daily-ratelimit-token-remaining": "12345",
    }
    assert VENDOR.reading(Response(200, headers, b"")) == Reading(79, 2.0, 12345, 30000)


def test_absent_and_unreadable_headers_say_nothing() -> None:
    assert VENDOR.reading(Response(200, {}, b"")) == Reading()
    headers = {"x-ratelimit-remaining": "some", "x-ratelimit-reset": "-1"}
    assert VENDOR.reading(Response(200, headers, b"")) == Reading()
