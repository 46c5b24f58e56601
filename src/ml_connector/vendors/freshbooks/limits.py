"""FreshBooks' limits. No number is published; these keep below those once captured.

The official Postman collection (2019) shows 500 calls a minute for the accounting API and 20 for
the identity. Whether a token, an account or an address is metered is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Limits, Reading, Window
from ml_connector.core.wire import Response

PACE = "5.0"
AT_ONCE = 4
MOST_PER_MINUTE = 450
IDENTITY = "identity"
IDENTITY_PER_MINUTE = 15
IDENTITY_LIMIT = 20
"""What `X-RateLimit-Limit` says in an answer about the identity, whose window is another one."""


def freshbooks_limits(
    settings: Mapping[str, str], scope: str, how: Literal["oauth", "token"]
) -> Limits:
    """The windows at the set pace, in requests per second. Raises Mistake where it is no number."""
    pace = _pace(settings.get("pace") or PACE)
    return Limits(
        token_scope=scope,
        windows=(
            Window(calls=max(1, min(int(pace * 60), MOST_PER_MINUTE)), seconds=60),
            Window(calls=max(1, int(pace)), seconds=max(1.0, 1 / pace)),
            Window(calls=IDENTITY_PER_MINUTE, seconds=60, kind=IDENTITY),
        ),
        at_once=AT_ONCE,
    )


def freshbooks_reading(response: Response) -> Reading:
    """What is left of the accounting API's minute, where the headers still say so."""
    limit, left = _told(response, "x-ratelimit-limit"), _told(response, "x-ratelimit-remaining")
    if limit is None or left is None or limit <= IDENTITY_LIMIT:
        return Reading()
    reset, clock = _told(response, "x-ratelimit-reset"), response.answered_at
    seconds = reset - clock.timestamp() if reset is not None and clock is not None else None
    is_sane = seconds is not None and 0 <= seconds <= 3600
    return Reading(window_left=left, window_reset_seconds=seconds if is_sane else None)


def _told(response: Response, name: str) -> int | None:
    text = response.headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() else None


def _pace(told: str) -> float:
    try:
        pace = float(told)
    except ValueError:
        pace = 0.0
    if not 0 < pace < float("inf"):
        raise Mistake(f"pace is {told!r}; say --set pace={PACE} for five requests a second.")
    return pace
