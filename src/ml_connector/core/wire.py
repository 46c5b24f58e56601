"""The wire as a vendor's client sees it: a request goes in, a good answer or a fault comes out.

What lies between (redaction, pacing, authentication, retry, the fault table) is the business of
`http`; a client only says what it wants to send and what that costs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isinf
from typing import Any, Literal, Protocol

from ml_connector.core.faults import Unreachable
from ml_connector.core.limits import Price

Work = Literal["live", "retry", "backfill"]
"""The class of work a call is made for: live changes go first, a backfill uses what is left."""

LONGEST_WAIT_SECONDS = 86_400.0
"""No vendor makes us wait for longer by a header; who says so is mistaken."""

_HALF = re.compile("[\ud800-\udfff]")
_MARKS = (b"\\u", b"\xed", b"\0")
"""One of them is in every body that holds half a character: written as an escape, in its bytes, or
in UTF-16 or UTF-32, which have zeroes."""


def parsed(body: bytes, number: Callable[[str], Any] = float) -> Any:
    """What a JSON body says; `number` makes the numbers that have a fraction or an exponent.

    Half a character, which no store and no wire takes, becomes the sign for an unknown one. Raises
    ValueError for what is not JSON by its standard (NaN, a number without end), or nested too deep.
    """
    try:
        told = json.loads(body, parse_float=_bounded(number), parse_constant=_refused)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return _whole(told) if any(mark in body for mark in _MARKS) else told


def _bounded(number: Callable[[str], Any]) -> Callable[[str], Any]:
    def make(text: str) -> Any:
        """A number too great is refused, one too small is nothing: either would fill pages."""
        near = float(text)
        return _refused(text) if isinf(near) else number(text if near else "0.0")

    return make


def _refused(text: str) -> Any:
    raise ValueError(f"{text[:20]} is no number of JSON")


def _whole(told: Any) -> Any:
    """The same without half characters, in keys too."""
    if isinstance(told, str):
        return _HALF.sub("\ufffd", told)
    if isinstance(told, list):
        return [_whole(each) for each in told]
    if isinstance(told, dict):
        return {_whole(name): _whole(each) for name, each in told.items()}
    return told


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as the audit keeps it; `path` has no query and no secret in it."""

    method: str
    path: str
    status: int
    ms: int
    tokens: int

    def as_json(self) -> dict[str, Any]:
        return {
            "method": self.method, "path": self.path, "status": self.status,
            "ms": self.ms, "tokens": self.tokens,
        }  # fmt: skip


@dataclass(slots=True)
class Errand:
    """On whose behalf calls are made: the class of work, and a list of what was sent for it."""

    work: Work = "live"
    sent: list[Sent] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return len(self.sent)

    @property
    def tokens(self) -> int:
        return sum(sent.tokens for sent in self.sent)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client wants to send.

    `path` is below the connection's base URL, or whole where it begins with http. `writes` tells
    that it changes a record, so that it is never sent twice by the wire. `price` is what it draws.
    `timeout_seconds` is for vendors that let calls wait in a queue of theirs; 0 is the wire's own.
    `after_seconds` is waited before it is sent, as between two looks at an operation that runs.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    """A body that is neither JSON nor a form; the headers name its content type."""
    headers: Mapping[str, str] = field(default_factory=dict)
    price: Price = field(default_factory=Price)
    writes: bool = False
    authenticated: bool = True
    timeout_seconds: float = 0.0
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def answered_at(self) -> datetime | None:
        """The vendor's clock when it answered, by its `Date` header; None where it tells none."""
        try:
            moment = parsedate_to_datetime(self.headers.get("date", ""))
            return moment.astimezone(UTC) if moment.tzinfo else None
        except (ValueError, OverflowError):
            return None

    def retry_after_seconds(self, default_seconds: float = 60.0) -> float:
        """The seconds of a Retry-After header, at most a day's; the default where it is a date or
        there is none."""
        told = self.headers.get("retry-after", "").strip()
        is_told = told.isascii() and told.isdecimal()
        return min(float(told), LONGEST_WAIT_SECONDS) if is_told else default_seconds

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("content-type", "")

    def json(self) -> Any:
        """The parsed body. Raises Unreachable where it is not JSON (an HTML page, a cut answer)."""
        try:
            return parsed(self.body)
        except ValueError:
            kind = self.headers.get("content-type", "no content type").split(";")[0]
            raise Unreachable(
                f"The answer (status {self.status}, {kind}) is not JSON. "
                "Is base_url the address of the vendor's API?"
            ) from None


class Wire(Protocol):
    """Sends for one connection."""

    async def send(self, request: Request, errand: Errand) -> Response:
        """A 2xx answer. Anything else is raised as a fault of `core.faults`."""
        ...
