"""Pipedrive's limits: a rolling window of 2 s for each token, and tokens a day for the company.

Source: "Rate limiting" in Pipedrive's developer pages. The day's tokens are shared by all users and
all integrations of the company, so only a part of them is ours. The clock of the midnight reset is
not named; the slack lets ours and theirs differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Allowance, Limits, Reading, Window
from ml_connector.core.wire import Response

WINDOW_SECONDS = 2.0
SEARCHES_PER_WINDOW = 10
SEARCH = "search"
DAY_TOKENS = 30_000
LIVE_SHARE = 0.2
RESET_SLACK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests in a window by an API token and by a grant; `multiplier` is of the day's tokens."""

    by_token: int
    by_oauth: int
    multiplier: int


PLANS = {
    "lite": Plan(20, 80, 1),
    "growth": Plan(40, 160, 2),
    "premium": Plan(100, 400, 5),
    "ultimate": Plan(120, 480, 7),
}


def pipedrive_limits(
    settings: Mapping[str, str], scope: str, how: Literal["oauth", "token"]
) -> Limits:
    """What the plan grants. Raises Mistake where a setting is no number.

    The windows are the vendor's own; the wire keeps the distance that network jitter asks for.
    """
    plan = PLANS[settings.get("plan") or "lite"]
    pace = _number(settings, "pace", "1.0", least=0.01, most=1000.0)
    calls = max(1, int((plan.by_oauth if how == "oauth" else plan.by_token) * pace))
    _number(settings, "billing_day", "1", least=1, most=31)  # a bad one shall not wait for a 402
    seats = int(_number(settings, "seats", "1", least=1, most=100_000))
    return Limits(
        token_scope=scope,
        windows=(
            Window(calls, WINDOW_SECONDS),
            Window(max(1, int(SEARCHES_PER_WINDOW * pace)), WINDOW_SECONDS, SEARCH),
        ),
        at_once=max(8, min(32, calls // 4)),
        allowance=Allowance(
            tokens=DAY_TOKENS * plan.multiplier * seats,
            share=_number(settings, "budget_share", "0.5", least=0.01, most=1.0),
            live_share=LIVE_SHARE,
            reset_slack_seconds=RESET_SLACK_SECONDS,
        ),
    )


def pipedrive_reading(response: Response) -> Reading:
    """The window's headers are documented; those of the day's tokens are seen, but not promised."""
    headers = response.headers
    left, reset = _told(headers, "x-ratelimit-remaining"), _told(headers, "x-ratelimit-reset")
    tokens_left = _told(headers, "x-daily-ratelimit-token-remaining")
    tokens_limit = _told(headers, "x-daily-ratelimit-token-limit")
    return Reading(
        window_left=None if left is None else int(left),
        window_reset_seconds=reset,
        tokens_left=None if tokens_left is None else int(tokens_left),
        tokens_limit=None if tokens_limit is None else int(tokens_limit),
    )


def _told(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _number(
    settings: Mapping[str, str], name: str, default: str, *, least: float, most: float
) -> float:
    told = settings.get(name) or default
    try:
        number = float(told)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise Mistake(
            f"{name} is {told!r} and must be a number from {least:g} to {most:g}: "
            f"say --set {name}={default}."
        )
    return number
