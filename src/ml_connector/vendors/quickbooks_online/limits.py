"""Intuit's limits: requests of a company by second and minute, metered reads of an app by month.

Published are 10 requests a second and 500 a minute for each company, and 10 at once; the pace keeps
below them. Reads of an app in all its companies are metered by the month ("CorePlus"): 500,000 in
the free tier, then every read is refused until the next one. Writes are not, nor is the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Allowance, Limits, Reading, Window
from ml_connector.core.wire import Response

PACE = "8"
AT_ONCE = 5
MOST_PER_MINUTE = 450
MONTHLY_READS = "500000"
SHARE = 0.95
"""A person may try something with the app's keys too."""

LIVE_SHARE = 0.2
ZONE_SLACK_SECONDS = 9 * 3600
"""In whose zone the month begins is not told; in California it is the last."""


def quickbooks_limits(
    settings: Mapping[str, str], scope: str, how: Literal["oauth", "token"]
) -> Limits:
    """Windows of the realm, and the app's month. Raises Mistake where a setting is no number."""
    pace = _number(settings, "pace", PACE, least=0.1)
    reads = int(_number(settings, "monthly_reads", MONTHLY_READS, least=0))
    is_metered = settings.get("environment") != "sandbox" and reads > 0
    realm = settings.get("realm_id", "")
    return Limits(
        token_scope=f"intuit:{realm}" if realm else scope,
        windows=(
            Window(calls=max(1, int(pace)), seconds=max(1.0, 1 / pace)),
            Window(calls=max(1, min(int(pace * 60), MOST_PER_MINUTE)), seconds=60),
        ),
        at_once=AT_ONCE,
        allowance=Allowance(
            reads, SHARE, LIVE_SHARE, ZONE_SLACK_SECONDS, period="month", belongs_to="app"
        )
        if is_metered
        else None,
    )


def quickbooks_reading(response: Response) -> Reading:
    """No documented header tells what is left."""
    return Reading()


def _number(settings: Mapping[str, str], name: str, default: str, least: float) -> float:
    told = settings.get(name) or default
    try:
        number = float(told)
    except ValueError:
        number = -1.0
    if not least <= number < float("inf"):
        raise Mistake(f"{name} is {told!r}; say --set {name}={default}.")
    return number
