"""The fault table: what an answer of FreshBooks means for us.

An error's number tells more than the status: some errors were met with status 200. Source: "Errors"
of the API's pages, and the table in the official Postman collection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

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
from ml_connector.vendors.freshbooks.times import DAY, parse_http_date
from ml_connector.vendors.freshbooks.troubles import Trouble, troubles_of

RATE_WAIT = timedelta(seconds=60)
"""The captured windows are a minute long."""

LONGEST_WAIT = DAY

DELETED_RESOURCE, UNKNOWN_RESOURCE = 1011, 1012
ACCESS_DENIED, WRITE_ACCESS_DENIED, INACTIVE_ACCOUNT = 1003, 1038, 1042

_ONE_RECORD = re.compile(r"/(\d+)$")
_WRONG_ADDRESS = "Is base_url the address of FreshBooks' API?"


def freshbooks_fault(
    request: Request, response: Response, now: datetime, settings: Mapping[str, str]
) -> Fault | None:
    """What the answer means, or None where it is good. `now` is aware."""
    if response.status == 429:
        return TooFast("FreshBooks' rate window is full.", _wait_until(response, now))
    troubles = troubles_of(response)
    if troubles:
        ranked = [_of_trouble(trouble, request, response, now) for trouble in troubles]
        return min(ranked, key=lambda judged: judged[0])[1]
    if response.status < 300 and troubles is not None:
        return None
    return _of_status(response.status, now, is_page=troubles is None and bool(response.body))


def _of_trouble(
    trouble: Trouble, request: Request, response: Response, now: datetime
) -> tuple[int, Fault]:
    """With its rank: of several, the one that stops most decides."""
    errno, sentence, status = trouble.errno, trouble.sentence, response.status
    if status == 401 or errno == 401 or trouble.word == "unauthenticated":
        return 0, TokenExpired(sentence)
    if errno == 429:
        return 1, TooFast(sentence, _wait_until(response, now))
    if errno == INACTIVE_ACCOUNT or status == 402:
        return 2, _closed(sentence, now)
    if errno in (DELETED_RESOURCE, UNKNOWN_RESOURCE):
        return 6, _absent(trouble, request)
    if errno == 404 or status == 404:
        return 3, _nothing_there(trouble, request)
    if errno == WRITE_ACCESS_DENIED:
        return 5, Refused(sentence, trouble.field or None)
    if errno == ACCESS_DENIED or status == 403:
        return 3, NeedsPerson(
            f"{sentence}. Connect FreshBooks again and allow every scope that is asked for; each "
            "must be enabled where the app is registered. A user needs the right to see invoices."
        )
    if errno == 409 or status == 409:
        return 4, Stale(sentence) if request.writes else Unreachable(sentence)
    if errno == 500 or status >= 500 or status == 408:
        return 4, Unreachable(sentence)
    return 5, Refused(sentence, trouble.field or None)


def _closed(sentence: str, now: datetime) -> Fault:
    return AccountClosed(
        f"{sentence}. The FreshBooks account is not active; it is asked again once a day.",
        now + DAY,
    )


def _absent(trouble: Trouble, request: Request) -> Fault:
    """Only said of the very id that was asked for does it mean that the record is gone."""
    asked = _ONE_RECORD.search(_path(request))
    if asked and trouble.value in ("", asked.group(1)):
        return Missing(trouble.sentence)
    return Refused(trouble.sentence, trouble.field or None)


def _nothing_there(trouble: Trouble, request: Request) -> Fault:
    if "account" in trouble.message.lower():
        return NeedsPerson(
            f"{trouble.sentence}. Is account_id right, and does this user still see the business?"
        )
    if "/events/" in request.path and _ONE_RECORD.search(_path(request)):
        return Missing(trouble.sentence)
    return Unreachable(f"{trouble.sentence}. {_WRONG_ADDRESS}")


def _path(request: Request) -> str:
    return request.path.partition("?")[0]


def _of_status(status: int, now: datetime, *, is_page: bool) -> Fault:
    """What an answer without a readable error means; a page is HTML or the like."""
    said = f"FreshBooks answered with status {status}"
    if status == 401:
        return TokenExpired("FreshBooks did not take the access token.")
    if status == 402:
        return _closed(said, now)
    if status >= 500 or status == 408:
        return Unreachable(f"{said}.")
    if is_page or status < 400 or status == 404:
        return Unreachable(f"{said}, and not as its API does. {_WRONG_ADDRESS}")
    if status == 403:
        return NeedsPerson(f"{said}: access is denied. Connect again and allow every scope.")
    return Refused(f"{said} and gave no reason.")


def _wait_until(response: Response, now: datetime) -> datetime:
    """Retry-After, else the captured header's moment, else a minute; never at once.

    Retry-After was seen on good answers too: it counts only where a call was refused.
    """
    told = response.headers.get("retry-after", "").strip()
    reset = response.headers.get("x-ratelimit-reset", "").strip()
    until = parse_http_date(told)
    if told.isascii() and told.isdecimal():
        until = now + timedelta(seconds=min(int(told), LONGEST_WAIT.total_seconds()))
    elif until is None and reset.isascii() and reset.isdecimal() and len(reset) <= 11:
        until = datetime.fromtimestamp(int(reset), UTC)
    until = until or now + RATE_WAIT
    return min(max(until, now + timedelta(seconds=1)), now + LONGEST_WAIT)
