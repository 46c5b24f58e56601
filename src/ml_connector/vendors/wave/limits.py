"""Wave's limits. None is published; these keep below every figure that is told of.

Told are 60 requests a minute and 2 at once; the schema's `@rateLimit` and `@banLimit` directives
default to 60 in 60 seconds. 45 leaves room for a person at work in Wave with another tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Limits, Reading, Window
from ml_connector.core.wire import Response

REQUESTS_PER_MINUTE = 45
AT_ONCE = 2


def wave_limits(settings: Mapping[str, str], scope: str, how: Literal["oauth", "token"]) -> Limits:
    """The windows at the set pace, in requests per second. Raises Mistake where it is no number."""
    pace = _pace(settings.get("pace", "1.0"))
    burst = Window(calls=max(1, int(pace)), seconds=max(1.0, 1 / pace))
    minute = Window(calls=max(1, int(REQUESTS_PER_MINUTE * pace)), seconds=60)
    return Limits(token_scope=scope, windows=(burst, minute), at_once=AT_ONCE)


def wave_reading(response: Response) -> Reading:
    """No header of Wave that tells of a quota is known."""
    return Reading()


def _pace(told: str) -> float:
    try:
        pace = float(told)
    except ValueError:
        pace = 0.0
    if not 0.001 <= pace <= 1_000_000:
        raise Mistake(f"pace is {told!r}; say --set pace=1.0 for one request a second.")
    return pace
