"""Zendesk's limits: requests a minute for the account by its plan, and buckets for some endpoints.

Source: "Rate limits" in Zendesk's developer pages. The account's limit is shared by all of its
integrations, so a part is left to them. A bucket of one record (five writes a minute to an
organization or a user) is kept by the spacing of its target object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Literal
from urllib.parse import urlsplit

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Limits, Reading, Window
from ml_connector.core.wire import Response

PLANS = {
    "suite_team": 200,
    "suite_growth": 400,
    "suite_professional": 400,
    "suite_enterprise": 700,
    "suite_enterprise_plus": 2500,
    "support_team": 200,
    "support_professional": 400,
    "support_enterprise": 700,
}
"""Requests a minute."""

DEFAULT_PLAN = "suite_team"
_NO_CUSTOM_OBJECTS = ("support_team", "support_professional")

USER, INCREMENTAL = "user", "incremental"
"""Kinds of calls with a bucket of their own: writes of users, and incremental exports."""

_BUCKET = re.compile(r"zendesk-rate-?limit-(.+)")


def plan_of(settings: Mapping[str, str]) -> str:
    return settings.get("plan") or DEFAULT_PLAN


def capabilities(settings: Mapping[str, str]) -> frozenset[str]:
    """Custom objects come with each Suite plan, and of Support with Enterprise alone."""
    has_none = plan_of(settings) in _NO_CUSTOM_OBJECTS
    return frozenset() if has_none else frozenset({"custom_objects"})


def base_of(settings: Mapping[str, str]) -> str:
    """The account's own address, which a person gives. Raises Mistake where it is missing."""
    base = settings.get("base_url")
    if not base:
        raise Mistake("Say which account it is: --base-url https://yourcompany.zendesk.com.")
    return base


def zendesk_limits(
    settings: Mapping[str, str], scope: str, how: Literal["oauth", "token"]
) -> Limits:
    """What the plan grants, at the set pace. It belongs to the account, whatever the token.

    Raises Mistake where a setting is missing or no number.
    """
    pace = _pace(settings.get("pace") or "0.8")
    calls = max(1, int(PLANS[plan_of(settings)] * pace))
    return Limits(
        token_scope=f"account:{urlsplit(base_of(settings)).netloc.lower()}",
        windows=(Window(calls, 60), Window(1, 1, USER), Window(10, 60, INCREMENTAL)),
        at_once=max(4, min(16, calls // 60)),
    )


def zendesk_reading(response: Response) -> Reading:
    """What is left of the account's minute, under each name that it was seen with.

    Buckets are left out: what they say holds for one endpoint.
    """
    left = reset = None
    for family in ("x-rate-limit", "ratelimit", "rate-limit"):
        if left is None:
            left = _number(response.headers.get(f"{family}-remaining"))
        if reset is None:
            reset = _number(response.headers.get(f"{family}-reset"))
    return Reading(window_left=None if left is None else int(left), window_reset_seconds=reset)


def seconds_to_wait(response: Response) -> float:
    """After a 429: as Retry-After says, else to the reset of whatever is used up, else a minute."""
    told = _number(response.headers.get("retry-after"))
    if told is not None:
        return max(1.0, told)
    resets = [
        parts.get("resets", 60.0)
        for name, text in response.headers.items()
        if _BUCKET.fullmatch(name) and (parts := _parts(text)).get("remaining") == 0
    ]
    reading = zendesk_reading(response)
    if not resets and reading.window_left == 0 and reading.window_reset_seconds is not None:
        resets = [reading.window_reset_seconds]
    return max(1.0, *resets) if resets else 60.0


def _parts(text: str) -> dict[str, float]:
    """`total=5; remaining=4; resets=60`."""
    pairs = (part.partition("=") for part in text.split(";"))
    numbers = {name.strip(): _number(value) for name, _, value in pairs}
    return {name: number for name, number in numbers.items() if number is not None}


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _pace(told: str) -> float:
    pace = _number(told)
    if pace is None or not 0.01 <= pace <= 20:
        raise Mistake(f"pace is {told!r} and must be a number from 0.01 to 20: say --set pace=0.8.")
    return pace
