"""A spoil is one thing that a vendor, a gateway or the wire does to an answer; they are drawn.

An answer keeps its status, headers and body; a spoil changes one of them, at any place of it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from ml_connector.core.wire import Response
from ml_connector.http.transport import Outgoing, Transport

MOST_CALLS = 3_000
"""More than any one operation needs; a client that goes on has been led in a circle."""

RAW = {
    "@deep": "[" * 60_000 + "]" * 60_000,
    "@digits": "9" * 5_000,
    "@infinite": "1e400",
    "@long": '"' + "x" * 1_000_000 + '"',
}
"""What `json` would not write, by the text that stands for it."""

WORDS = (
    "", " ", "%", "_", "\ud800", "a\udfff b", "\x00", "NaN", "sNaN", "-Infinity", "1e999999999",
    "1E+4000000", "-0", "9" * 400, "0.1", "٣", "²", "null", "../../x", "x" * 3_000,
    "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-12:00",
    "0001-01-01T00:00:00+14:00", "2026-05-04", "2026-05-04T09:00:00", "12:00", "/Date(1)/",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**63, -(2**63), 10**30, 1e308, -1e308, 1e-320, 0.1, float("nan"))
SHAPES: tuple[Any, ...] = ([], {}, [None], [[]], [1, "x"], {"value": None}, {"id": None}, {"": {}})

junk = st.one_of(
    st.none(), st.booleans(), st.sampled_from(NUMBERS), st.sampled_from(WORDS),
    st.sampled_from(SHAPES), st.sampled_from(sorted(RAW)), st.text(max_size=6), st.integers(),
)  # fmt: skip


@dataclass(frozen=True)
class Bent:
    """One place of the JSON tree is something else: `how` is put, drop, repeat, wrap or rename."""

    at: int
    how: str
    value: Any = None

    def __call__(self, outgoing: Outgoing, answer: Response) -> Response:
        try:
            root = [json.loads(answer.body)]
        except (ValueError, RecursionError):
            return answer
        places = list(_places(root))
        holder, key = places[self.at % len(places)]
        self._bend(holder, key)
        text = json.dumps(root[0] if root else None)
        for stands, raw in RAW.items():
            text = text.replace(json.dumps(stands), raw)
        return replace(answer, body=text.encode())

    def _bend(self, holder: Any, key: Any) -> None:
        told = holder[key]
        if self.how == "drop":
            del holder[key]
        elif self.how == "repeat" and isinstance(holder, list):
            holder.append(told)
        elif self.how == "wrap":
            holder[key] = [told]
        elif self.how == "rename" and isinstance(holder, dict):
            holder[f"{key}_"] = holder.pop(key)
        else:
            holder[key] = self.value


@dataclass(frozen=True)
class Status:
    status: int

    def __call__(self, outgoing: Outgoing, answer: Response) -> Response:
        return replace(answer, status=self.status)


@dataclass(frozen=True)
class Header:
    name: str
    value: str

    def __call__(self, outgoing: Outgoing, answer: Response) -> Response:
        return replace(answer, headers={**answer.headers, self.name: self.value})


@dataclass(frozen=True)
class Whole:
    """The body is something else altogether."""

    body: bytes

    def __call__(self, outgoing: Outgoing, answer: Response) -> Response:
        return replace(answer, body=self.body)

    def __repr__(self) -> str:
        return f"Whole({self.body[:60]!r}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class Cut:
    """The body ends early, by so many thousandths of it, or has bytes of its own in that place."""

    at: int
    instead: bytes = b""

    def __call__(self, outgoing: Outgoing, answer: Response) -> Response:
        end = len(answer.body) * self.at // 1000
        rest = answer.body[end + 1 :] if self.instead else b""
        return replace(answer, body=answer.body[:end] + self.instead + rest)


@dataclass(frozen=True)
class Doubled:
    """Each object tells its first name once more, with another value."""

    value: str

    def __call__(self, outgoing: Outgoing, answer: Response) -> Response:
        try:
            told = json.loads(answer.body)
        except (ValueError, RecursionError):
            return answer
        name = next(iter(told), "data") if isinstance(told, dict) else "data"
        head = f"{json.dumps(name)}: {self.value}"
        text = json.dumps(told)
        body = text[:-1] + f", {head}}}" if text[:1] == "{" and len(text) > 2 else f"{{{head}}}"
        return replace(answer, body=body.encode())


@dataclass(frozen=True)
class Echo:
    """The answer repeats what it was sent, secrets and all, in every place for words."""

    def __call__(self, outgoing: Outgoing, answer: Response) -> Response:
        sent = f"{dict(outgoing.headers)} {(outgoing.body or b'').decode('utf-8', 'replace')}"
        words = {"code": sent, "message": sent, "detail": sent, "Message": sent, "Detail": sent}
        told = {
            "error": sent, "message": sent, "error_description": sent, "errors": [words],
            "details": {"base": [{"description": sent}]}, "exceptionMessage": sent,
            "Fault": {"Error": [words], "type": sent}, "error_info": sent, "description": sent,
            "response": {"errors": [{"message": sent, "errno": 1, "field": sent}]},
        }  # fmt: skip
        return replace(answer, body=json.dumps(told).encode())


Spoil = Callable[[Outgoing, Response], Response]

_PACKED = zlib.compressobj(wbits=31)
BOMB = _PACKED.compress(b"0" * 10_000_000) + _PACKED.flush()
BODIES = (
    b"", b" ", b"null", b"true", b"0", b'""', b"[]", b"{}", b"[null]", b"NaN", b"\xff\xfe[\x00",
    b"\xef\xbb\xbf{}", b'"\\ud800"', b"\xed\xa0\x80", b"<!doctype html><title>Sorry</title>",
    b"[" * 100_000, b'{"a":' * 50_000, b"9" * 100_000, BOMB, b"\x1f\x8b", b'{"data":{}}',
    b'{"errors":[{}]}', b'{"errors":null}', b'{"data":null}', b'{"success":true,"data":[]}',
)  # fmt: skip
STATUSES = (
    200, 201, 202, 204, 206, 299, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 406, 408, 409,
    410, 411, 412, 413, 415, 418, 422, 423, 428, 429, 431, 451, 500, 501, 502, 503, 504, 520, 599,
)  # fmt: skip
NAMES = (
    "content-type", "retry-after", "date", "location", "x-ratelimit-limit", "x-ratelimit-remaining",
    "x-ratelimit-reset", "x-daily-requests-left", "x-rate-limit-remaining", "x-rate-limit",
    "ratelimit-remaining", "ratelimit-reset", "zendesk-ratelimit-search-index", "etag", "link",
    "x-daily-ratelimit-token-remaining", "content-encoding", "intuit_tid", "www-authenticate",
)  # fmt: skip
VALUES = (
    "", "-1", "0", "1", "soon", "9" * 400, "9" * 25, "1e400", "nan", "inf", "²", "٣", "0x10",
    "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 01 Jan 0001 00:00",
    "Mon, 99 Foo 2026 99:99:99 GMT", "text/html", "gzip", "http://169.254.169.254/", "//x", "\x00",
    "total=1; remaining=", "total=x; remaining=y; resets=z", "a=1, a=2",
)  # fmt: skip

bends = st.builds(
    Bent, st.integers(0, 2_000),
    st.sampled_from(("put", "put", "put", "put", "drop", "repeat", "wrap", "rename")), junk,
)  # fmt: skip
spoils: st.SearchStrategy[Spoil] = st.one_of(
    bends, bends, bends,
    st.sampled_from(STATUSES).map(Status),
    st.builds(Header, st.sampled_from(NAMES), st.sampled_from(VALUES)),
    st.sampled_from(BODIES).map(Whole),
    st.builds(Cut, st.integers(0, 999), st.sampled_from((b"", b"", b"\xff", b"\x00", b"\xc3"))),
    st.builds(Doubled, st.sampled_from(("null", "[]", "{}", '"x"', "1", '[{"id": null}]'))),
    st.just(Echo()),
)  # fmt: skip


class Circling(BaseException):
    """No client may catch it: it was led in a circle."""


@dataclass
class Spoiling:
    """Implements `http.transport.Transport`: answers go through the spoils in force.

    `calls` are those of the answers that are spoilt, counted from the arming on; all where it is
    empty. `spared` is the beginning of the addresses whose answers are left as they are.
    """

    inner: Transport
    spared: str = ""
    spoils: tuple[Spoil, ...] = ()
    calls: tuple[int, ...] = ()
    seen: int = 0
    spoilt: list[str] = field(default_factory=list)

    def arm(self, spoils: tuple[Spoil, ...], calls: tuple[int, ...] = ()) -> None:
        self.spoils, self.calls, self.seen, self.spoilt = spoils, calls, 0, []

    def disarm(self) -> None:
        self.arm(())

    async def send(self, outgoing: Outgoing) -> Response:
        answer = await self.inner.send(outgoing)
        if not self.spoils or (self.spared and outgoing.url.startswith(self.spared)):
            return answer
        self.seen += 1
        if self.seen > MOST_CALLS:
            raise Circling(f"{MOST_CALLS} calls for one operation")
        if not self.calls or self.seen in self.calls:
            for spoil in self.spoils:
                self.spoilt.append(outgoing.method)
                answer = spoil(outgoing, answer)
        return answer


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree, as (what holds it, its key there), outer ones first."""
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    for key in keys:
        yield holder, key
    for key in keys:
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key])
