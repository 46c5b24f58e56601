"""Acumatica's limits: those of the licence, which all connections to an instance share.

From half the requests a minute on, Acumatica slows every request down; only beyond a queue of
twenty, or after ten minutes in it, does it decline one. So we keep below the half. A session serves
one request at a time, and while an operation runs it serves none: one call at once. Source:
"License Restrictions for API Users" of the guide. The numbers stand on a form of the instance
(SM604000) that the API does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ml_connector.core.faults import Mistake
from ml_connector.core.limits import Limits, Reading, Window
from ml_connector.core.wire import Response


def acumatica_limits(
    settings: Mapping[str, str], scope: str, how: Literal["oauth", "token"]
) -> Limits:
    """The share `pace` of the licence's requests a minute. Raises Mistake where one is no number.

    The instance's address is the scope: sessions and requests are counted by its licence.
    """
    minute = _number(settings, "requests_per_minute", "100", most=100_000)
    calls = max(1, int(minute * _number(settings, "pace", "0.45", most=1)))
    instance = settings.get("base_url", "").rstrip("/").lower()
    return Limits(f"acumatica:{instance or scope}", (Window(calls, 60),), at_once=1)


def acumatica_reading(response: Response) -> Reading:
    """No header of Acumatica tells of its limits."""
    return Reading()


def _number(settings: Mapping[str, str], name: str, default: str, most: float) -> float:
    told = settings.get(name) or default
    try:
        number = float(told)
    except ValueError:
        number = 0.0
    if not 0 < number <= most:
        raise Mistake(f"{name} is {told!r}; say --set {name}={default}.")
    return number
