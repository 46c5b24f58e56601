"""The fault table: what an answer of Acumatica means for us.

The status says little: a record that is not there is a 500 with an exception's name, a full session
list may have any status and any body. So the body is read first. Business exceptions are of the
`PX.` family; anything else under a 500 is a server in trouble. Sources: operations and error bodies
of the integration guide, error models of the vendor's SDK.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ml_connector.core.faults import (
    Fault,
    Missing,
    NeedsPerson,
    Refused,
    Stale,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.wire import Request, Response, parsed

LOGIN_LIMIT = "API Login Limit"
WAIT = timedelta(seconds=60)
"""No header tells how long; the limit is one of requests in a minute, and sessions end by hand."""

LONGEST_SENTENCE = 400
_TECHNICAL = ("Database", "Timeout", "LockViolation")
"""Exceptions of the `PX.` family that speak of the server and not of the data."""

INSERT_ONLY = {"If-None-Match": "*"}


class NotServed(Missing):
    """A 404: the record, the entity, or the whole endpoint version is not there."""


class CannotOptimize(Refused):
    """A listing touches a field that cannot be read in one query."""


def acumatica_fault(
    request: Request, response: Response, now: datetime, settings: Mapping[str, str]
) -> Fault | None:
    """What the answer means, or None where it is good."""
    status = response.status
    if status < 300:
        return None
    body = _body(response)
    if LOGIN_LIMIT.encode() in response.body:
        return TooFast("All API sessions that Acumatica's licence allows are open.", now + WAIT)
    if status == 429:
        wait = timedelta(seconds=response.retry_after_seconds(WAIT.total_seconds()))
        return TooFast("Acumatica's licence allows no more requests for now.", now + wait)
    if status == 401:
        return TokenExpired("Acumatica did not take the access token.")
    if status == 403:
        return _forbidden(request, body)
    if status == 404:
        return NotServed(_sentence(body, status))
    if status == 412:
        if "If-None-Match" in request.headers:
            return Refused("Acumatica has a record with this key already; none was made.")
        return Stale(_sentence(body, status))
    if status in (400, 406, 422):
        return _refused(body, status)
    return _broken(body, status)


def _body(response: Response) -> Mapping[str, Any]:
    """Empty where the answer is no JSON object: plain text of IIS, an HTML page."""
    try:
        body = parsed(response.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _forbidden(request: Request, body: Mapping[str, Any]) -> Fault:
    entity = request.path.split("/")[4:5]
    sentence = (
        f"Acumatica denies {' '.join(entity) or 'this'} (status 403): the user lacks the rights to "
        f"its screen, or the feature is not enabled.{_said(body)}"
    )
    return Refused(sentence) if request.writes else NeedsPerson(sentence)


def _broken(body: Mapping[str, Any], status: int) -> Fault:
    """500 and whatever else is left."""
    type_, sentence = _text(body, "exceptionType"), _sentence(body, status)
    if "NoEntitySatisfiesTheCondition" in type_:
        return Missing(sentence)
    if "CannotOptimize" in type_ or "Optimization cannot be performed" in sentence:
        return CannotOptimize(sentence)
    if "PXSetupNotEntered" in type_:
        return NeedsPerson(f"{sentence} The module has to be configured in Acumatica first.")
    if "PXUndefinedCompany" in type_ or "Invalid credentials" in sentence:
        return NeedsPerson(sentence)
    is_technical = any(word in type_ for word in _TECHNICAL)
    if status == 500 and ((type_.startswith("PX.") and not is_technical) or any(_errors(body))):
        return _refused(body, status)
    if status < 400:
        return Unreachable(f"Acumatica redirects (status {status}). Is base_url the instance's?")
    return Unreachable(sentence)


def _refused(body: Mapping[str, Any], status: int) -> Refused:
    """In Acumatica's words, with the field at fault."""
    found = list(_errors(body))
    field = next((path for path, _ in found if path), None)
    told = [f"{path}: {words}" if path else words for path, words in found]
    if not told:
        return Refused(_sentence(body, status))
    return Refused(f"Acumatica says: {'; '.join(dict.fromkeys(told))}"[:LONGEST_SENTENCE], field)


def _errors(told: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, words) of every `error`, however deep: of the entity, a field, a row, a linked one."""
    if isinstance(told, list):
        for number, row in enumerate(told, 1):
            yield from _errors(row, f"{path} {number}")
    elif isinstance(told, dict):
        if isinstance(told.get("error"), str) and told["error"]:
            yield path, told["error"]
        for name, inner in told.items():
            step = "" if name == "entity" else name  # an action echoes the record under that name
            yield from _errors(inner, ".".join(part for part in (path, step) if part))


def _sentence(body: Mapping[str, Any], status: int) -> str:
    return f"Acumatica answered with status {status}.{_said(body)}"[:LONGEST_SENTENCE]


def _said(body: Mapping[str, Any]) -> str:
    """The innermost exception is the one that says what was wrong."""
    words = [_text(body, "exceptionMessage") or _text(body, "message")]
    inner = body.get("innerException")
    while isinstance(inner, dict):
        words.append(_text(inner, "exceptionMessage"))
        inner = inner.get("innerException")
    said = " ".join(dict.fromkeys(w for w in words if w))
    return f" It says: {said}" if said else ""


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""
