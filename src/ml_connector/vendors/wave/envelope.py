"""An envelope is what Wave's GraphQL answers come in: `{data, errors}`, either of them in part.

The HTTP status says little (reports disagree whether errors come with 200 or 4xx), so the body is
read first. Reference: "Errors" of Wave's developer portal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_connector.core.wire import Response, parsed

NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One entry of `errors`. `path` leads to the field; `reference` is Wave's support id."""

    code: str
    message: str
    path: tuple[str, ...]
    reference: str

    @property
    def sentence(self) -> str:
        known = f" (Wave's support reference {self.reference})" if self.reference else ""
        return f"Wave says: {self.message or self.code or 'no reason'}{known}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """`data` is empty where the answer has none."""

    data: Mapping[str, Any]
    troubles: tuple[Trouble, ...]


def read_envelope(response: Response) -> Envelope | None:
    """The envelope, whatever the status; None where the body is no JSON object (an HTML page)."""
    try:
        body = parsed(response.body)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    data, errors = body.get("data"), body.get("errors")
    return Envelope(
        data if isinstance(data, dict) else {},
        tuple(_trouble(error) for error in errors if isinstance(error, dict))
        if isinstance(errors, list)
        else (),
    )


def _trouble(error: Mapping[str, Any]) -> Trouble:
    extensions, path = error.get("extensions"), error.get("path")
    known = extensions if isinstance(extensions, dict) else {}
    return Trouble(
        code=str(known.get("code") or ""),
        message=str(error.get("message") or ""),
        path=tuple(str(step) for step in path) if isinstance(path, list) else (),
        reference=str(known.get("id") or ""),
    )
