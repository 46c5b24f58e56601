"""The fault table: what an answer of QuickBooks Online means for us.

The status goes first, since a gateway before the API answers in other clothes: in lower case, in
XML, as HTML or with no body. A good status may still carry a Fault. Source: "Error codes" and
"Handling common errors" of the developer pages, recorded answers in the SDKs' issues.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from ml_connector.core.faults import (
    AccountClosed,
    Fault,
    Missing,
    NeedsPerson,
    Refused,
    Stale,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.wire import Request, Response
from ml_connector.vendors.quickbooks_online.troubles import Trouble, troubles_of

RATE_WAIT = timedelta(seconds=60)
"""What the page on limits asks for; a Retry-After is honoured where it comes."""

LONGEST_WAIT = timedelta(days=1)

THROTTLED, NO_TOKEN, NO_COMPANY, NO_ACCESS = "3001", "3200", "3100", "120"
NOT_FOUND, STALE, LAPSED, BROKEN = "610", "5010", "6190", "10000"

_ONE_RECORD = re.compile(r"/v3/company/[^/]+/[a-z]+/([^/?]+)(\?|$)")


def quickbooks_fault(
    request: Request, response: Response, now: datetime, settings: Mapping[str, str]
) -> Fault | None:
    """What the answer means, or None where it is good. `now` is aware."""
    troubles = troubles_of(response)
    if response.status < 300 and not troubles:
        return None
    codes = {trouble.code for trouble in troubles}
    told = _sentence(troubles, response.status)
    return _of_gateway(codes, told, response, now) or _of_service(codes, troubles, told, request)


def _of_gateway(codes: set[str], told: str, response: Response, now: datetime) -> Fault | None:
    """What stops more than this one call."""
    status = response.status
    if status == 429 or THROTTLED in codes:
        return TooFast(f"{told} Too many requests.", _wait_until(response, now))
    if status == 401 or NO_TOKEN in codes:
        return TokenExpired(told)
    if NO_ACCESS in codes:
        return NeedsPerson(f"{told} The user lost access: an administrator must connect again.")
    if status == 403 or NO_COMPANY in codes:
        return NeedsPerson(
            f"{told} The token is not for this company. Are realm_id and environment right? Keys "
            "for development work with sandbox companies only, those for production with live ones."
        )
    if LAPSED in codes:
        return AccountClosed(
            f"{told} The company's subscription has ended; it is asked again once a day.",
            now + LONGEST_WAIT,
        )
    if status >= 500 or status == 408 or BROKEN in codes:
        return Unreachable(told)
    return None


def _of_service(codes: set[str], troubles: list[Trouble], told: str, request: Request) -> Fault:
    if NOT_FOUND in codes and _ONE_RECORD.search(request.path):
        return Missing(told)
    if STALE in codes:
        return Stale(told)
    if not troubles:
        return Unreachable(f"{told} Is base_url the address of QuickBooks' API?")
    return Refused(told, next((t.element for t in troubles if t.element), None))


def _sentence(troubles: list[Trouble], status: int) -> str:
    if not troubles:
        return f"QuickBooks answered with status {status}."
    return f"QuickBooks says: {'; '.join(trouble.words for trouble in troubles)}."


def _wait_until(response: Response, now: datetime) -> datetime:
    told = response.headers.get("retry-after", "").strip()
    seconds = int(told) if told.isascii() and told.isdecimal() and len(told) < 8 else 0
    return now + min(max(timedelta(seconds=seconds), RATE_WAIT), LONGEST_WAIT)
