"""A refusal is an answer of Zendesk other than 2xx, in one of its four envelopes (sheet, 9)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

#: Sentences by kind and language; only `error` codes stay English (sheet, 3.2).
_SENTENCES = {
    "en": {
        "DuplicateValue": "{title}:  {value} has already been taken",
        "BlankValue": "{title}: cannot be blank",
        "InvalidValue": "{title}: {value} is not valid",
        "TooLong": "{title}: is too long",
        "EmailTaken": "Email: {value} is already being used by another user",
    },
    "es": {
        "DuplicateValue": "{title}:  {value} ya está siendo usado",
        "BlankValue": "{title}: no puede estar en blanco",
        "InvalidValue": "{title}: {value} no es válido",
        "TooLong": "{title}: es demasiado largo",
        "EmailTaken": "Email: {value} ya está siendo usado por otro usuario",
    },
}


class Refusal(Exception):
    """One refused request: status, body (JSON value or text) and extra headers."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = headers or {}

    @property
    def content(self) -> bytes:
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


class Invalid(Refusal):
    """422 RecordInvalid: `faults` are (field, code, sentence)."""

    def __init__(self, faults: Sequence[tuple[str, str, str]]) -> None:
        details: dict[str, list[dict[str, str]]] = {}
        for field, code, sentence in faults:
            details.setdefault(field, []).append({"description": sentence, "error": code})
        body = {
            "error": "RecordInvalid",
            "description": "Record validation errors",
            "details": details,
        }
        super().__init__(422, body)

    @property
    def first(self) -> str:
        """The first sentence, as job results carry it."""
        details: dict[str, list[dict[str, str]]] = self.body["details"]
        return next(iter(details.values()))[0]["description"]


def fault(language: str, field: str, code: str, **words: object) -> tuple[str, str, str]:
    """One fault of a record, in the caller's language."""
    title = words.pop("title", field.replace("_", " ").capitalize())
    sentence = _SENTENCES[language][code].format(title=title, **words)
    error = {"EmailTaken": "DuplicateValue", "TooLong": "TooLong"}.get(code, code)
    return field, error, sentence


def plain(status: int, error: str, description: str) -> Refusal:
    """The form of most errors."""
    return Refusal(status, {"error": error, "description": description})


def coded(status: int, code: str, title: str, headers: dict[str, str] | None = None) -> Refusal:
    """The array form: custom objects, pagination and the buckets of single endpoints."""
    error = {"code": code, "status": str(status), "title": title}
    return Refusal(status, {"errors": [error]}, headers)


def titled(status: int, title: str, message: str) -> Refusal:
    """The form whose `error` is an object: permissions and types of parameters."""
    return Refusal(status, {"error": {"title": title, "message": message}})


def not_found() -> Refusal:
    return plain(404, "RecordNotFound", "Not found")


def no_endpoint() -> Refusal:
    return plain(404, "InvalidEndpoint", "Not found")


def forbidden() -> Refusal:
    return titled(
        403,
        "Forbidden",
        "You do not have access to this page. Please contact the account owner of this help desk "
        "for further help.",
    )


def unauthenticated() -> Refusal:
    return Refusal(401, {"error": "Couldn't authenticate you"})


def invalid_token() -> Refusal:
    sentence = (
        "The access token provided is expired, revoked, malformed or invalid for other reasons."
    )
    return Refusal(401, {"error": "invalid_token", "error_description": sentence})


def invalid_attribute(path: str, must: str) -> Refusal:
    """400 for a value of the wrong type: `path` is `organization.name`, `must` `a string`."""
    name = path.rpartition(".")[2]
    return titled(
        400,
        "Invalid attribute",
        f"You passed an invalid value for the {name} attribute. "
        f"Invalid parameter: {path} must be {must}",
    )


def missing_parameter(name: str) -> Refusal:
    return titled(400, "Missing parameter", f"Required parameter is missing: {name}")


def not_json() -> Refusal:
    return Refusal(422, {"error": "Unprocessable Entity", "message": "Server could not parse JSON"})


def too_many_values(description: str, **more: object) -> Refusal:
    return Refusal(400, {"error": "TooManyValues", "description": description, **more})


def no_custom_object() -> Refusal:
    return coded(404, "CustomObjectNotFound", "Custom object not found")


def feature_off() -> Refusal:
    return coded(404, "FeatureNotEnabled", "Feature not enabled")
