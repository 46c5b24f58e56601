"""An error is raised once and shown in the shape of the family of paths it happened in.

Shapes as in the sheet, section 5: accounting has an old and a newer one, chosen by a version
header; events, identity, business paths and online payments each have their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: google.rpc codes that the newer bodies carry, by HTTP status.
_RPC = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 409: 10, 422: 3, 429: 8, 500: 13}
_RPC_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_RPC_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
NOT_AUTHORIZED = "The server could not verify that you are authorized to access the URL requested."
UNAUTHENTICATED = {
    "error": "unauthenticated",
    "error_description": "This action requires authentication to continue.",
}
SEMANTIC = "The request was well-formed but was unable to be followed due to semantic errors."
NOT_FOUND = "Requested resource could not be found."

CONFLICT = 409
REQUIRED = 1001
ACCESS_DENIED = 1003
INVALID_VALUE = 1004
PARSE_ERROR = 1005
MAPPING_ERROR = 1006
DELETED_RESOURCE = 1011
UNKNOWN_RESOURCE = 1012
INVALID_PER_PAGE = 1013
INVALID_PAGE = 1014
NOT_A_NUMBER = 1015
TOO_LONG = 1017
INVALID_PERCENT = 1018
FILTER_DATE = 1023
FILTER_NUMBER = 1024
NEGATIVE = 1025
DUPLICATE_VALUE = 1029
NOT_BOOLEAN = 1031
FILTER_BOOLEAN = 1032
NOT_A_DATE = 1033
FILTER_LIST = 1034
WRONG_KIND = 1035
FILTER_SCALAR = 1037
READ_ONLY = 1038
INACTIVE_ACCOUNT = 1042
NAMELESS_CLIENT = 7012


@dataclass(frozen=True)
class Row:
    """One thing that is wrong; what is None is left out of the old shape."""

    errno: int
    message: str
    field: str | None = None
    object: str | None = None
    value: str | None = None

    def old(self) -> dict[str, Any]:
        pairs = {
            "errno": self.errno,
            "field": self.field,
            "message": self.message,
            "object": self.object,
            "value": self.value,
        }
        return {name: value for name, value in pairs.items() if value is not None}

    def newer(self) -> dict[str, Any]:
        metadata = {
            "object": self.object or "",
            "message": self.message,
            "value": self.value or "",
            "field": self.field or "",
        }
        return {
            "@type": _RPC_INFO,
            "reason": str(self.errno),
            "domain": "accounting.api.freshbooks.com",
            "metadata": metadata,
        }


class ApiError(Exception):  # an error here is an answer, not a fault of the sandbox
    """A status and what is wrong, in the words of the accounting family."""

    def __init__(self, status: int, *rows: Row) -> None:
        super().__init__(rows[0].message)
        self.status = status
        self.rows = rows


def not_found(noun: str, field: str, value: object) -> ApiError:
    row = Row(UNKNOWN_RESOURCE, f"{noun.capitalize()} not found.", field, noun, str(value))
    return ApiError(404, row)


def unauthorized() -> ApiError:
    return ApiError(401, Row(ACCESS_DENIED, NOT_AUTHORIZED))


def accounting_body(error: ApiError, newer: bool, as_object: bool) -> dict[str, Any]:
    """Old: `response.errors`, a list or one object. Newer: code, message, details."""
    if newer:
        return {
            "code": _RPC.get(error.status, 2),
            "message": f"Request failed with status_code: {error.status}",
            "details": [row.newer() for row in error.rows],
        }
    if error.status == 401:
        return UNAUTHENTICATED
    rows: Any = [row.old() for row in error.rows]
    return {"response": {"errors": rows[0] if as_object else rows}}


def events_body(error: ApiError, violations: bool) -> dict[str, Any]:
    """Current: errno, message, details as texts. Earlier: code and fieldViolations."""
    fields = [row for row in error.rows if row.field is not None and error.status == 422]
    if violations:
        described = [{"field": row.field, "description": row.message} for row in fields]
        details = [{"@type": _RPC_REQUEST, "fieldViolations": described}] if described else []
        return {
            "code": _RPC.get(error.status, 2),
            "message": _events_message(error),
            "details": details,
        }
    body: dict[str, Any] = {"errno": error.status, "message": _events_message(error)}
    if fields:
        body["details"] = [f"{row.field}: {row.message}" for row in fields]
    return body


def _events_message(error: ApiError) -> str:
    known = {
        401: "invalid_token: The request token failed to authenticate or validate.",
        404: NOT_FOUND,
        422: SEMANTIC,
    }
    return known.get(error.status, error.rows[0].message)


def auth_body(error: ApiError) -> dict[str, Any]:
    if error.status == 401:
        return UNAUTHENTICATED
    name = {403: "insufficient_scope", 404: "not_found", 429: "rate_limited"}
    return {
        "error": name.get(error.status, "invalid_request"),
        "error_description": error.rows[0].message,
    }


def business_body(error: ApiError) -> dict[str, Any]:
    """Projects and time: one sentence, or errno 2001 with a text for each field."""
    if error.status == 401:
        return {"message": NOT_AUTHORIZED}
    if error.status == 404:
        return {"error": NOT_FOUND}
    fields = {row.field: row.message for row in error.rows if row.field is not None}
    if fields:
        return {"errno": 2001, "error": fields}
    return {"error": error.rows[0].message}


def payments_body(error: ApiError) -> dict[str, Any]:
    kinds = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 429: "rate_limited"}
    return {
        "error_type": kinds.get(error.status, "invalid_request"),
        "message": error.rows[0].message,
    }


def ledger_body(error: ApiError) -> dict[str, Any]:
    """The newer resources on `business_uuid` paths."""
    details = [
        {"reason": row.message, "metadata": {"message": row.message, "field": row.field}}
        for row in error.rows
    ]
    message = f"Request failed with status code {error.status}"
    return {"errors": {"message": message, "status": error.status, "details": details}}
