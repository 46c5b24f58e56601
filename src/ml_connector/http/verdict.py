"""A verdict is what one try of one request means: which fault it is, and whether to try again.

Pure. The vendor's table says what an answer means; here stands what its word may not change: a
write whose outcome nobody knows is an unknown outcome, and is never sent again by the wire.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ml_connector.core.faults import (
    Bug,
    Fault,
    NeedsPerson,
    Refused,
    TokenExpired,
    TooFast,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.wire import LONGEST_WAIT_SECONDS, Request, Response, parsed
from ml_connector.http.pauses import PATIENCE_SECONDS
from ml_connector.http.transport import NoAnswer, NotConnected, TransportError

LONGEST_WAIT = timedelta(seconds=LONGEST_WAIT_SECONDS)


class WrittenResponse(Response):
    """The answer to a write. Where it cannot be read, nobody knows what was written."""

    __slots__ = ()

    def json(self) -> Any:
        """The parsed body. Raises UnknownOutcome where it is not JSON."""
        try:
            return parsed(self.body)
        except ValueError:
            raise _unreadable(self) from None


def of_error(request: Request, error: TransportError, label: str) -> Fault:
    """The fault of a try that brought no answer."""
    if isinstance(error, NotConnected) and error.forbidden:
        return NeedsPerson(f"{label}: {error}.")
    if isinstance(error, NoAnswer) and request.writes:
        return UnknownOutcome(
            f"{label} did not answer a write, so nobody knows whether it was done: {error}."
        )
    return Unreachable(f"{label} cannot be reached: {error}.")


def was_sent(error: TransportError) -> bool:
    """Whether anything of the request can have reached the vendor."""
    return isinstance(error, NoAnswer)


def of_answer(
    request: Request, response: Response, told: Fault | None, now: datetime, label: str
) -> Fault | None:
    """The fault of an answer, or None where it is good. `told` is what the vendor's table says.

    For a write, a broken answer and a server error are unknown outcomes, unless the table knows the
    answer for something definite: some vendors answer refused data with status 500.
    """
    fault = told
    if isinstance(fault, TooFast):
        fault.until = min(fault.until, now + LONGEST_WAIT)
    if fault is None and not 200 <= response.status < 300:
        fault = of_status(response, now, label)
    if not request.writes:
        return Unreachable(fault.sentence) if isinstance(fault, UnknownOutcome) else fault
    if isinstance(fault, Unreachable | Bug):
        return UnknownOutcome(
            f"{label} answered a write with status {response.status}, so nobody knows whether it "
            f"was done. {fault.sentence}"
        )
    if fault is None and response.body.strip() and not _is_json(response.body):
        return _unreadable(response)
    return fault


def of_status(response: Response, now: datetime, label: str) -> Fault:
    """What a status means where the vendor's table has no word for it."""
    status = response.status
    said = f"{label} answered with status {status}"
    if status == 401:
        return TokenExpired(f"{said}: the token is not accepted.")
    if status == 429:
        until = now + timedelta(seconds=response.retry_after_seconds())
        return TooFast(f"{said}: too many calls.", until)
    if 300 <= status < 400:
        return NeedsPerson(f"{said}, a redirect. Is base_url the address of the vendor's API?")
    if status >= 500 or status == 408:
        return Unreachable(f"{said}.")
    return Refused(f"{said}.")


def may_repeat(fault: Fault, tries: int, most_tries: int, now: datetime) -> bool:
    """Whether the wire sends the request again, after a while and within the same call.

    Unreachable speaks of reads, and of writes that were never connected (see `of_error`); a full
    rate window refused the call before it had an effect.
    """
    if tries >= most_tries:
        return False
    if isinstance(fault, TooFast):
        return (fault.until - now).total_seconds() <= PATIENCE_SECONDS
    return isinstance(fault, Unreachable)


def _unreadable(response: Response) -> UnknownOutcome:
    kind = response.headers.get("content-type", "no content type").split(";")[0]
    return UnknownOutcome(
        f"The answer to a write (status {response.status}, {kind}) cannot be read, so nobody knows "
        "whether it was done."
    )


def _is_json(body: bytes) -> bool:
    try:
        parsed(body)
    except ValueError:
        return False
    return True
