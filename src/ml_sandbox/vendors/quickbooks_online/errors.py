"""QuickBooks Online's ways of saying no: a service's Fault, and the gateway's own error.

Codes and sentences as in the sheet, section 8, and the recorded answers beside it. A Fault is
capitalised and comes with 400; the gateway writes in lower case, or in XML, or nothing at all.
"""

from __future__ import annotations

from typing import Any

VALIDATION = "ValidationFault"


class Fault(Exception):  # becomes an answer, not a failure
    """A service's no. `status` is that of HTTP, `kind` the Fault's type."""

    def __init__(
        self,
        code: str,
        message: str,
        detail: str,
        element: str = "",
        status: int = 400,
        kind: str = VALIDATION,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.message = message
        self.detail = detail
        self.element = element
        self.status = status
        self.kind = kind

    def body(self) -> dict[str, Any]:
        error = {
            "Message": self.message,
            "Detail": self.detail,
            "code": self.code,
            "element": self.element,
        }
        return {"Error": [error], "type": self.kind}


class GatewayNo(Exception):  # becomes an answer, not a failure
    """The gateway's no, before any service is asked. `form` is json, xml or empty."""

    def __init__(
        self,
        status: int,
        code: str,
        word: str,
        detail: str | None,
        kind: str,
        form: str = "json",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(word)
        self.status = status
        self.code = code
        self.message = f"message={word}; errorCode={code.zfill(6)}; statusCode={status}"
        self.detail = detail
        self.kind = kind
        self.form = form
        self.headers = headers or {}


class WrongUrl(Exception):  # becomes an answer, not a failure
    """There is nothing at that address."""


def unsupported_property(name: str, more: str = "") -> Fault:
    detail = f"Property Name:{name} specified is unsupported or invalid{more}"
    return Fault("2010", "Request has invalid or unsupported property", detail, name)


def missing(name: str) -> Fault:
    return Fault(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        name,
    )


def wrong_length(name: str, most: int, given: int) -> Fault:
    return Fault(
        "2050",
        "String length is either shorter or longer than supported by specification",
        f"String length specified does not match the supported length. Min:0 Max:{most} "
        f"supported. Supplied length:{given}",
        name,
    )


def bad_enumeration(name: str, value: object) -> Fault:
    return Fault("2170", "Invalid Enumeration", f"Invalid Enumeration : {value}", name)


def bad_email(name: str) -> Fault:
    return Fault(
        "2210",
        "Email Address does not conform to the syntax rules of RFC 822.",
        "Email Address does not conform to the syntax rules of RFC 822.",
        name,
    )


def bad_reference(name: str, key: str) -> Fault:
    detail = f"Invalid Reference Id : {name} element id {key} not found"
    return Fault("2500", "Invalid Reference Id", detail, name)


def not_found() -> Fault:
    detail = "Object Not Found : Something you're trying to use has been made inactive."
    return Fault("610", "Object Not Found", detail)


def stale() -> Fault:
    detail = "Stale Object Error : You and Pat Lee were working on this at the same time."
    return Fault("5010", "Stale Object Error", detail)


def duplicate_name(noun: str) -> Fault:
    detail = f"The name supplied already exists. : Another {noun} is already using this name."
    return Fault("6240", "Duplicate Name Exists Error", detail)


def duplicate_number(number: str) -> Fault:
    detail = f"Duplicate Document Number Error : DocNumber={number} is assigned to another one"
    return Fault("6140", "Duplicate Document Number Error", detail)


def business(detail: str) -> Fault:
    message = "A business validation error has occurred while processing your request"
    return Fault("6000", message, f"Business Validation Error: {detail}")


def unsupported(what: str) -> Fault:
    return Fault("500", "Unsupported Operation", f"Operation {what} is not supported.")


def unparsed(detail: str) -> Fault:
    return Fault("4000", "Error parsing query", f"QueryParserError: {detail}")


def invalid_query(detail: str) -> Fault:
    return Fault("4001", "Invalid query", f"QueryValidationError: {detail}")


def closed_period() -> Fault:
    detail = "The account period has closed and the account books cannot be updated"
    return Fault("6210", "Account Period Closed", detail)


def subscription_ended() -> Fault:
    detail = "Subscription period has ended or canceled or there was a billing problem"
    return Fault("6190", "Invalid Company Status", detail)


def lost_access(status: int) -> Fault:
    detail = "The user is no longer authorized to access this company"
    return Fault("120", "Authorization Failure", detail, "", status, "AuthorizationFault")


def application_error() -> Fault:
    message = "An application error has occurred while processing your request"
    detail = "System Failure Error: Could not find resource for relative"
    return Fault("10000", message, detail, "", 500, "SystemFault")
