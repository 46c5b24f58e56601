"""The fault table: what an answer of Pipedrive means for us.

Each layer answers in a form of its own (gateway, v2 services, v1, the webhooks service, the edge
before them): whatever is JSON is read for its sentence, and whatever is not goes by its status.
Sources: "HTTP status codes", "Responses" and "Rate limiting" in Pipedrive's developer pages.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ml_connector.core.faults import (
    AccountClosed,
    Fault,
    Missing,
    Mistake,
    NeedsPerson,
    OutOfBudget,
    Refused,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.wire import Request, Response, parsed
from ml_connector.vendors.pipedrive.limits import (
    RESET_SLACK_SECONDS,
    WINDOW_SECONDS,
    pipedrive_reading,
)

EDGE_WAIT = timedelta(minutes=15)
"""How long nothing is sent after the edge shut the door; its own time is not documented."""

LONGEST_SENTENCE = 400

_FAULTY_NAME = re.compile(r"^Validation failed: (?:custom_fields\.)?([\w.\[\]]+)")
_RECORD_PATH = re.compile(r"/(?:\d+|[0-9a-f]{40})$")
_SCOPES = (
    (r"/(webhooks|pipelines|stages)\b", "admin"),
    (r"/dealFields\b", "deal-fields:full"),
    (r"/(organization|person)Fields\b", "contact-fields:full"),
    (r"/productFields\b", "product-fields:full"),
    (r"/deals\b", "deals:full"),
    (r"/products\b", "products:full"),
    (r"/(organizations|persons)\b", "contacts:full"),
    (r"/activities\b", "activities:full"),
)
"""The scope that our calls below a path need (`security` in the OpenAPI files)."""


def pipedrive_fault(
    request: Request, response: Response, now: datetime, settings: Mapping[str, str]
) -> Fault | None:
    """What the answer means, or None where it is good. `now` is aware."""
    status = response.status
    if status < 300:
        return None
    body = _body(response)
    if status == 401:
        return TokenExpired("Pipedrive did not take the access token.")
    if status == 402:
        return _closed(now, settings)
    if status == 403:
        return _forbidden(request, body, now)
    if status in (404, 410):
        return _absent(request, body, status)
    if status == 429:
        return _too_many(response, now)
    if status >= 500 or status < 400:
        return _unavailable(status)
    return _refused(body, status)


def _body(response: Response) -> Mapping[str, Any] | None:
    """None where the answer is no JSON object: an HTML page, a cut answer."""
    try:
        body = parsed(response.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _sentence(body: Mapping[str, Any] | None, status: int) -> str:
    """The vendor's own words, with its explanation where it adds something."""
    told = body or {}
    words = [str(told.get(key) or "") for key in ("error", "message", "error_info")]
    errors = told.get("errors")
    for name, faults in errors.items() if isinstance(errors, dict) else ():
        each = faults if isinstance(faults, list) else [faults] if faults else []
        words.append(f"{name}: {', '.join(map(str, each)) or 'refused'}")
    said = ". ".join(dict.fromkeys(w for w in words if w and "developers.pipedrive.com" not in w))
    return f"Pipedrive says: {said or 'no reason'} (status {status})"[:LONGEST_SENTENCE]


def _closed(now: datetime, settings: Mapping[str, str]) -> Fault:
    """402 is not a spent quota: the trial is over, or no payment came."""
    until = next_billing_day(now, settings.get("billing_day") or "1")
    return AccountClosed(
        "The Pipedrive account is not open: its trial or its payment has lapsed. "
        f"It is asked again at the next billing day, {until:%Y-%m-%d}.",
        until,
    )


def next_billing_day(now: datetime, billing_day: str) -> datetime:
    """Midnight UTC of the next such day after today; a short month's last day stands for it."""
    if not billing_day.isdecimal() or not 1 <= int(billing_day) <= 31:
        raise Mistake(f"billing_day is {billing_day!r} and must be a day of the month, 1 to 31.")
    today = now.astimezone(UTC).date()
    day = _in_month(today.year, today.month, int(billing_day))
    if day <= today:
        year, month = (today.year + today.month // 12, today.month % 12 + 1)
        day = _in_month(year, month, int(billing_day))
    return datetime.combine(day, time(), UTC)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _forbidden(request: Request, body: Mapping[str, Any] | None, now: datetime) -> Fault:
    if body is None:
        return TooFast(
            "Pipedrive's edge has shut the door after too many calls (an HTML page, status 403).",
            now + EDGE_WAIT,
        )
    sentence = _sentence(body, 403)
    if str(body.get("code") or "").startswith("feature_capping"):
        return Refused(sentence)
    if body.get("error") == "Scope and URL mismatch" or body.get("message") == "Forbidden":
        return NeedsPerson(
            f"{sentence}. Give the app the scope {_scope_of(request.path)} and connect again, "
            "or use the token of a user who may do this."
        )
    return Refused(sentence) if request.writes else NeedsPerson(sentence)


def _scope_of(path: str) -> str:
    return next((scope for form, scope in _SCOPES if re.search(form, path)), "base")


def _absent(request: Request, body: Mapping[str, Any] | None, status: int) -> Fault:
    """Only an answer in Pipedrive's own form to the address of one record says that it is gone."""
    if body is not None and _RECORD_PATH.search(request.path):
        return Missing(_sentence(body, status))
    return Unreachable(
        f"There is nothing at {request.path} (status {status}). "
        "Is base_url the address of Pipedrive's API, such as https://company.pipedrive.com?"
    )


def _too_many(response: Response, now: datetime) -> Fault:
    """A full window and a spent day look alike but for one header, which may be missing."""
    reading = pipedrive_reading(response)
    if reading.tokens_left == 0:
        until = midnight_after(now) + timedelta(seconds=RESET_SLACK_SECONDS)
        return OutOfBudget("The company's API tokens for today are spent.", until)
    waits = (
        WINDOW_SECONDS,
        reading.window_reset_seconds or 0.0,
        response.retry_after_seconds(0.0),
    )
    return TooFast("Pipedrive's rate window is full.", now + timedelta(seconds=max(waits)))


def midnight_after(now: datetime) -> datetime:
    """The next midnight UTC."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def _unavailable(status: int) -> Fault:
    if status < 400:
        return NeedsPerson(f"Pipedrive redirects (status {status}). Is base_url right?")
    maintenance = " It is being maintained." if status == 503 else ""
    return Unreachable(f"Pipedrive answered with status {status}.{maintenance}")


def _refused(body: Mapping[str, Any] | None, status: int) -> Fault:
    """400 of a validation names its field; 415: not in the plan; 422: 40 webhooks stand already."""
    sentence = _sentence(body, status)
    if status == 415:
        sentence += ". The feature is not enabled in this Pipedrive account."
    if status == 422:
        sentence += ". A user may have 40 webhooks; delete one at Pipedrive."
    told = body or {}
    named = _FAULTY_NAME.match(str(told.get("error") or ""))
    errors = told.get("errors")
    first = next(iter(errors), None) if isinstance(errors, dict) else None
    return Refused(sentence, named.group(1) if named else first)
