"""A trouble is one error that an answer tells, in whichever clothes it comes.

{"Fault": {"Error": [{"Message", "Detail", "code", "element"}], "type"}}    the services
{"fault": {"error": [{"message", "detail", "code", "element"}], "type"}}    the gateway
<IntuitResponse><Fault><Error code="…"><Message>…</Message></Error></Fault></IntuitResponse>
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_connector.core.wire import Response, parsed

LONGEST_WORDS = 300

_ERROR = re.compile(r"<(?:\w+:)?Error\b([^>]*)>(.*?)</(?:\w+:)?Error>", re.DOTALL)
_NAMED = re.compile(r'\b(code|element)="([^"]*)"')
_CODED = re.compile(r"errorCode=0*(\d+)")


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` has no leading zeros; `element` is the property that is at fault, if one is named."""

    code: str
    message: str
    detail: str = ""
    element: str = ""

    @property
    def words(self) -> str:
        told = self.detail if self.message in self.detail else f"{self.message} {self.detail}"
        told = " ".join(told.split()).rstrip(".") or "no reason"
        return f"{told[:LONGEST_WORDS]} (code {self.code})" if self.code else told[:LONGEST_WORDS]


def troubles_of(response: Response) -> list[Trouble]:
    """The errors of an answer, whatever its status; none where it tells none."""
    if response.body.lstrip()[:1] == b"<":
        return _of_xml(response.body.decode("utf-8", "replace"))
    if b'"Fault"' not in response.body and b'"fault"' not in response.body:
        return []  # so that a good page is not parsed twice
    try:
        body = parsed(response.body)
    except ValueError:
        return []
    fault = _lower(body).get("fault")
    errors = _lower(fault).get("error")
    return [_of_json(_lower(error)) for error in errors] if isinstance(errors, list) else []


def _of_json(error: Mapping[str, Any]) -> Trouble:
    return _trouble(*(_text(error.get(name)) for name in ("code", "message", "detail", "element")))


def _of_xml(text: str) -> list[Trouble]:
    found = []
    for named, inner in _ERROR.findall(text):
        told = dict(_NAMED.findall(named))
        message, detail = (_inside(inner, name) for name in ("Message", "Detail"))
        found.append(_trouble(told.get("code", ""), message, detail, told.get("element", "")))
    return found


def _trouble(code: str, message: str, detail: str, element: str) -> Trouble:
    """The gateway's message names the code once more, with zeros before it."""
    coded = _CODED.search(message)
    number = code or (coded.group(1) if coded else "")
    return Trouble(number.lstrip("0"), message, detail, element)


def _inside(text: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>", text, re.DOTALL)
    return html.unescape(found.group(1)) if found else ""


def _lower(told: object) -> Mapping[str, Any]:
    return {k.lower(): v for k, v in told.items()} if isinstance(told, dict) else {}


def _text(told: object) -> str:
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
