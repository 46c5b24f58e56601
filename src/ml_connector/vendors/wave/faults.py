"""The fault table: what an answer of Wave means for us.

The codes are those of "Errors" in Wave's developer portal and those that public clients met. A code
that nobody has described is Wave's own refusal, told in Wave's sentence. NOT_FOUND is no fault of
the call: the client knows whether it was asked for that very id, so it gets the answer, under
whatever status it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ml_connector.core.faults import (
    Bug,
    Fault,
    Missing,
    NeedsPerson,
    Refused,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.wire import Request, Response
from ml_connector.vendors.wave.documents import is_alias
from ml_connector.vendors.wave.envelope import NOT_FOUND, Envelope, Trouble, read_envelope
from ml_connector.vendors.wave.instants import parse_http_date

RATE_WAIT_SECONDS = 60
"""The duration that the schema's @rateLimit and @banLimit directives have by default."""

LONGEST_WAIT_SECONDS = 86_400

_RATE_WORDS = ("RATE_LIMIT", "BAN_LIMIT", "TOO_MANY", "THROTTL")
"""No code for a full window is documented; these are parts of what it may be called."""

_WRONG_ADDRESS = "The answer is not Wave's GraphQL. Is base_url the address of Wave's API?"


class NotFound(Missing):
    """Wave says NOT_FOUND with a status that is not 2xx; `response` is the answer."""

    def __init__(self, sentence: str, response: Response) -> None:
        super().__init__(sentence)
        self.response = response


def wave_fault(
    request: Request, response: Response, now: datetime, settings: Mapping[str, str]
) -> Fault | None:
    """What the answer means, or None where it is good or says only NOT_FOUND, with status 2xx."""
    if response.status == 429:
        return TooFast("Wave's rate window is full.", _wait_until(response, now))
    envelope = read_envelope(response)
    if envelope is not None and envelope.troubles:
        return _of_troubles(envelope, response, now)
    if response.status < 300 and envelope is not None and envelope.data:
        return None
    return _of_status(response.status, is_page=envelope is None and bool(response.body.strip()))


def _of_troubles(envelope: Envelope, response: Response, now: datetime) -> Fault | None:
    """The gravest of them decides, in the order of `_of_code`."""
    troubles = [trouble for trouble in envelope.troubles if trouble.code != NOT_FOUND]
    ranked = [_of_code(trouble, envelope, response, now) for trouble in troubles]
    if ranked:
        return min(ranked, key=lambda judged: judged[0])[1]
    if response.status < 300:
        return None
    return NotFound(envelope.troubles[0].sentence, response)


def _of_code(
    trouble: Trouble, envelope: Envelope, response: Response, now: datetime
) -> tuple[int, Fault]:
    code, sentence = trouble.code, trouble.sentence
    if code == "UNAUTHENTICATED" or response.status == 401:
        return 0, TokenExpired(sentence)
    if any(word in code for word in _RATE_WORDS):
        return 1, TooFast(sentence, _wait_until(response, now))
    if code == "GRAPHQL_VALIDATION_FAILED":
        return 2, Bug(f"Wave does not understand our document. {sentence}")
    if code == "FORBIDDEN" or response.status == 403:
        return 3, NeedsPerson(f"{sentence} Reconnect Wave and allow all scopes asked for.")
    is_theirs = code == "INTERNAL_SERVER_ERROR" or response.status >= 500
    if is_theirs and not _spares_others(trouble, envelope):
        return 4, Unreachable(sentence)
    return 5, Refused(sentence)


def _spares_others(trouble: Trouble, envelope: Envelope) -> bool:
    """Whether only one record of a batch is in trouble and another of it came.

    The batch is refused then, so that it is halved and the one alone is tried again later.
    """
    business = envelope.data.get("business")
    records = business if isinstance(business, dict) else {}
    culprit = trouble.path[1] if trouble.path[:1] == ("business",) and trouble.path[1:] else ""
    came = [alias for alias, node in records.items() if is_alias(alias) and node]
    return is_alias(culprit) and any(alias != culprit for alias in came)


def _of_status(status: int, *, is_page: bool) -> Fault:
    """What an answer without `errors` and without data means; a page is HTML or the like."""
    if status == 401:
        return TokenExpired("Wave did not take the access token.")
    if is_page:
        return Unreachable(f"Status {status}. {_WRONG_ADDRESS}")
    if status >= 500 or status == 408:
        return Unreachable(f"Wave answered with status {status}.")
    if status == 403:
        return NeedsPerson(
            "Wave denies access (status 403): the business needs an active Pro or Wave Advisor "
            "subscription, and the grant the scopes asked for."
        )
    if status < 400 or status == 404:
        return Unreachable(f"Status {status}. {_WRONG_ADDRESS}")
    return Refused(f"Wave refused the request with status {status} and gave no reason.")


def _wait_until(response: Response, now: datetime) -> datetime:
    """Retry-After (seconds or a date) where it is told; never at once, a ban is said to follow."""
    told = response.headers.get("retry-after", "").strip()
    soonest = now + timedelta(seconds=1)
    if told.isdecimal():
        return max(soonest, now + timedelta(seconds=min(int(told), LONGEST_WAIT_SECONDS)))
    return max(soonest, parse_http_date(told) or now + timedelta(seconds=RATE_WAIT_SECONDS))
