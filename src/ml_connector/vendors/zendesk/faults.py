"""The fault table: what an answer of Zendesk means for us.

An error comes in one of several envelopes: `{"error": "Code", "description"}` with or without
`details`, `{"errors": [{"code", "title"}]}`, `{"error": {"title", "message"}}`, OAuth's
`{"error", "error_description"}`, or plain text. All are read into one `Told`. Codes decide;
sentences are in the caller's language, and are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from ml_connector.vendors.zendesk.limits import seconds_to_wait

LONGEST_SENTENCE = 400

_RECORD_PATH = re.compile(r"/(?:\d+|[0-9A-HJKMNP-TV-Z]{26}|V3-\w+)$")
"""The address of one record: a number, a ULID, a job."""

CURSOR = "page[after]"
"""The field that a refusal names where a page's cursor is not known any more."""

_TAKEN = {
    "name": "another organization has this name already",
    "email": "another user has this e-mail already",
    "external_id": "another record has this external id already",
    "key": "something else has this key already",
}


@dataclass(frozen=True, slots=True)
class Told:
    """`field` and `is_duplicate` are of the first detail."""

    code: str = ""
    words: str = ""
    field: str | None = None
    is_duplicate: bool = False

    def sentence(self, status: int) -> str:
        words = ". ".join(dict.fromkeys(w for w in (self.code, self.words) if w))
        return f"Zendesk says: {words or 'no reason'} (status {status})"[:LONGEST_SENTENCE]


def zendesk_fault(
    request: Request, response: Response, now: datetime, settings: Mapping[str, str]
) -> Fault | None:
    """What the answer means, or None where it is good. `now` is aware."""
    status = response.status
    if status < 300:
        return None
    told = told_in(response)
    if status == 401:
        return TokenExpired("Zendesk did not take the access token.")
    if status == 403:
        return _forbidden(request, told)
    if status in (404, 410):
        return _absent(request, told, status)
    if status == 409:
        return Stale(told.sentence(status))
    if status == 429:
        until = now + timedelta(seconds=seconds_to_wait(response))
        return TooFast(f"Zendesk's rate limit is reached. {told.sentence(status)}", until)
    if status < 400:
        return NeedsPerson(f"Zendesk redirects (status {status}). Is base_url right?")
    return Unreachable(told.sentence(status)) if status >= 500 else _refused(told, status)


def told_in(response: Response) -> Told:
    """Whatever the envelope; an HTML page tells nothing."""
    try:
        body = parsed(response.body)
    except ValueError:
        text = response.body.decode("utf-8", "replace").strip()
        return Told(words="" if text.startswith("<") else " ".join(text.split())[:LONGEST_SENTENCE])
    if not isinstance(body, dict):
        return Told()
    error, errors = body.get("error"), body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        first = errors[0]
        words = first.get("detail") or first.get("title") or first.get("message")
        return Told(_text(first.get("code")), _text(words))
    if isinstance(error, dict):
        return Told(_text(error.get("title")), _text(error.get("message")))
    words = body.get("description") or body.get("error_description") or body.get("message")
    details = list(_details(body.get("details")))
    if not details:
        return Told(_text(error), _text(words))
    field, _, code = details[0]
    said = "; ".join(dict.fromkeys(sentence for _, sentence, _ in details))
    return Told(_text(error), said, field, code == "DuplicateValue")


def _details(details: Any) -> Iterator[tuple[str, str, str]]:
    """(field, sentence, code) of each; some come as a plain text."""
    for field, faults in details.items() if isinstance(details, dict) else ():
        for fault in faults if isinstance(faults, list) else [faults]:
            if isinstance(fault, dict):
                yield str(field), _text(fault.get("description")), _text(fault.get("error"))
            else:
                yield str(field), _text(fault), ""


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _forbidden(request: Request, told: Told) -> Fault:
    """A role, a scope or a plan. One record that may not be touched does not stop the others."""
    sentence = told.sentence(403)
    if request.writes and _RECORD_PATH.search(request.path):
        return Refused(sentence)
    return NeedsPerson(
        f"{sentence}. Connect as an administrator of the account, with the scope 'read write'."
    )


def _absent(request: Request, told: Told, status: int) -> Fault:
    """Only `RecordNotFound` at the address of one record says that it is gone."""
    sentence = told.sentence(status)
    if told.code == "RecordNotFound":
        return Missing(sentence) if _RECORD_PATH.search(request.path) else Refused(sentence)
    if told.code == "FeatureNotEnabled":
        return NeedsPerson(
            f"{sentence}. Custom objects are switched on in the Admin Center under Objects and "
            "rules; where the plan has none, say so with --set plan=support_team."
        )
    if told.code == "CustomObjectNotFound":
        return Refused(f"{sentence}. The custom object was removed at Zendesk.")
    return NeedsPerson(
        f"There is nothing at {request.path} (status {status}). "
        "Is base_url the account's address, such as https://yourcompany.zendesk.com?"
    )


def _refused(told: Told, status: int) -> Fault:
    sentence = told.sentence(status)
    if told.is_duplicate:
        taken = _TAKEN.get(told.field or "", "something like it is there already")
        sentence = f"At Zendesk {taken}. {sentence}"
    is_cursor = told.code in ("InvalidCursor", "InvalidPaginationParameter")
    return Refused(sentence, CURSOR if is_cursor else told.field)
