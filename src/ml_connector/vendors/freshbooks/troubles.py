"""A trouble is one error of an answer, in whichever of FreshBooks' shapes it came.

    {"response": {"errors": [{"errno", "field", "message", "object", "value"}]}}   accounting; also
                                                       one object, also under status 200
    {"code", "message", "details": [{"reason", "metadata": {…}}]}   accounting, newer version
    {"errno", "message", "details": ["field: reason"]}              events
    {"code", "message", "details": [{"fieldViolations": […]}]}      events, earlier
    {"error", "error_description"}                                  auth, and a bad token anywhere
    {"error": "…"} · {"errno", "error": {field: text}} · {"error_type", "message"}   the others

Shapes: the recorded bodies of the official SDKs and their tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml_connector.core.wire import Response, parsed

LONGEST_SENTENCE = 400


@dataclass(frozen=True, slots=True)
class Trouble:
    """`errno` is 0 where none is told; `value` is what the vendor found wrong; `word` is the code
    of the auth form."""

    errno: int
    message: str
    field: str = ""
    value: str = ""
    word: str = ""

    @property
    def sentence(self) -> str:
        number = f" (errno {self.errno})" if self.errno else ""
        return f"FreshBooks says: {self.message or 'no reason'}{number}"[:LONGEST_SENTENCE]


def troubles_of(response: Response) -> list[Trouble] | None:
    """The errors of an answer, whatever its status; None where the body is no JSON object."""
    if response.status < 300 and b'"err' not in response.body:
        return []  # so that a good page is not parsed twice
    try:
        body = parsed(response.body)
    except ValueError:
        return None
    return list(_troubles(body)) if isinstance(body, dict) else None


def _troubles(body: Mapping[str, Any]) -> Iterator[Trouble]:
    inner = body.get("response")
    for told in (inner.get("errors") if isinstance(inner, dict) else None, body.get("errors")):
        yield from (_plain(row) for row in _rows(told))
    details, error = body.get("details"), body.get("error")
    message = _text(body.get("message"))
    told = list(_details(details, _number(body.get("errno")), message))
    yield from told
    if told:
        return
    if isinstance(error, dict):
        for field, words in error.items():
            yield Trouble(_number(body.get("errno")), _text(words), str(field))
    elif error or "errno" in body or "error_type" in body or ("code" in body and message):
        words = message or _text(body.get("error_description")) or _text(error)
        yield Trouble(_number(body.get("errno")), words, word=_text(error))


def _details(details: object, errno: int, message: str) -> Iterator[Trouble]:
    for row in details if isinstance(details, list) else ():
        if isinstance(row, str):
            field, colon, _ = row.partition(": ")
            yield Trouble(errno, f"{message} {row}".strip(), field if colon else "")
        elif isinstance(row, dict) and "fieldViolations" in row:
            for broken in _rows(row["fieldViolations"]):
                yield Trouble(errno, _text(broken.get("description")), _text(broken.get("field")))
        elif isinstance(row, dict):
            yield _plain({"errno": row.get("reason"), "message": message, **_dict(row, "metadata")})


def _plain(row: Mapping[str, Any]) -> Trouble:
    words = _text(row.get("message"))
    return Trouble(
        _number(row.get("errno")), words, _text(row.get("field")), _text(row.get("value"))
    )


def _rows(told: object) -> list[Mapping[str, Any]]:
    if isinstance(told, dict):
        return [told]
    return [row for row in told if isinstance(row, dict)] if isinstance(told, list) else []


def _dict(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    told = row.get(name)
    return {k: v for k, v in told.items() if v} if isinstance(told, dict) else {}


def _number(told: object) -> int:
    text = str(told)
    return int(text) if text.isascii() and text.isdecimal() else 0


def _text(told: object) -> str:
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
