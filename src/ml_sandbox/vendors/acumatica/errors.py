"""The errors of the REST interface in the vendor's own bodies (sheet, section 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

JSON = "application/json; charset=utf-8"
HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>Runtime Error</title></head><body><h1>Server Error in "
    "'/' Application.</h1><h2><i>Runtime Error</i></h2></body></html>"
)
#: What one client has recorded in the place of a body.
TEXT_429 = "The custom error module does not recognize this error."


class Failure(Exception):
    """An answer that is not a success: a status, a body (JSON, text or none), and headers."""

    def __init__(
        self, status: int, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    @property
    def content_type(self) -> str:
        if not isinstance(self.body, str):
            return JSON
        return "text/html; charset=utf-8" if self.body.startswith("<") else "text/plain"

    @property
    def sentence(self) -> str:
        """What a person would read of it."""
        if not isinstance(self.body, dict):
            return str(self.body or f"status {self.status}")
        found = first_error(self.body)
        return str(self.body.get("exceptionMessage") or found or self.body.get("message") or "")


def first_error(body: Any) -> str | None:
    """The first `error` in an echoed entity, the fields' own before the entity's."""
    if isinstance(body, list):
        return next((found for part in body if (found := first_error(part))), None)
    if not isinstance(body, dict):
        return None
    nested = next((f for name, part in body.items() if (f := first_error(part))), None)
    own = body.get("error")
    return nested or (own if isinstance(own, str) else None)


def px(status: int, message: str, kind: str = "PX.Data.PXException") -> Failure:
    """The ErrorMessage form, which 500 and most others have."""
    return Failure(
        status,
        {
            "message": "An error has occurred.",
            "exceptionMessage": message,
            "exceptionType": kind,
            "stackTrace": "   at PX.Api.ContractBased.EntityService.Invoke()",
        },
    )


def no_entity(status: int) -> Failure:
    kind = "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
    return px(status, "No entity satisfies the condition.", kind)


def odata(message: str) -> Failure:
    return px(500, message, "Microsoft.Data.OData.ODataException")


def unknown_property(name: str, entity: str) -> Failure:
    return odata(f"Could not find a property named '{name}' on type '{entity}'.")


def cannot_optimize(entity: str, fields: str) -> Failure:
    text = (
        "Optimization cannot be performed. The following fields cause the error: "
        f"{entity}: {fields}. Deselect the fields or read the records one by one."
    )
    return px(500, text, "PX.Api.ContractBased.CannotOptimizeException")


def invalid_request(place: str, message: str) -> Failure:
    """A body that cannot be read as the entity."""
    state = {place: [message]}
    return Failure(400, {"message": "The request is invalid.", "modelState": state})


def forbidden(screen: str) -> Failure:
    text = f"You have insufficient rights to access the object ({screen})."
    return px(403, text, "PX.Data.PXNotEnoughRightsException")


def disabled(button: str) -> Failure:
    text = f"The {button} button is disabled."
    return px(500, text, "PX.Data.PXActionDisabledException")


def not_found(form: str, message: str) -> Failure:
    """404 has no documented body; `form` is the switch's choice."""
    if form == "empty":
        return Failure(404)
    return Failure(404, HTML_PAGE if form == "html" else {"message": message})
