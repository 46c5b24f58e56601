"""The fault table: every form in which Acumatica says no, by status, headers and body."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ml_connector.core.faults import (
    Fault,
    Missing,
    NeedsPerson,
    Refused,
    Stale,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.wire import Request, Response
from ml_connector.vendors.acumatica.faults import (
    INSERT_ONLY,
    LONGEST_SENTENCE,
    CannotOptimize,
    NotServed,
    acumatica_fault,
)

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
ROOT = "/entity/Default/24.200.001"
READ = Request("GET", f"{ROOT}/Customer/C000123")
WRITE = Request("PATCH", f"{ROOT}/SalesOrder", json={}, writes=True)
ACTION = Request("POST", f"{ROOT}/SalesOrder/HoldOn", json={}, writes=True)
INSERT = Request("PUT", f"{ROOT}/SalesOrder", json={}, headers=INSERT_ONLY, writes=True)
LIMIT_TEXT = "The custom error module does not recognize this error."
PX = "PX.Data.PXException"


def exception(message: str, type_: str = PX, **more: Any) -> dict[str, Any]:
    told = {"message": "An error has occurred.", "exceptionMessage": message}
    return {**told, "exceptionType": type_, **more}


ORDER_ERRORS = {
    "id": "b64",
    "rowNumber": 1,
    "error": "Inserting 'Sales Order' record raised at least one error.",
    "OrderNbr": {"value": "<NEW>"},
    "CustomerID": {"value": "NOPE", "error": "'Customer' cannot be found in the system."},
    "Details": [
        {"id": "b84", "InventoryID": {"value": "X9", "error": "Inventory ID cannot be found."}}
    ],
    "BillToContact": {"Email": {"value": "x", "error": "Not an address."}},
}
CASES: list[tuple[str, Request, int, Any, type[Fault] | None, str]] = [
    ("good", READ, 200, {}, None, ""),
    ("running", WRITE, 202, None, None, ""),
    ("done", WRITE, 204, None, None, ""),
    ("token", READ, 401, None, TokenExpired, "token"),
    ("rate", READ, 429, "text:" + LIMIT_TEXT, TooFast, "licence"),
    ("rate on a write", WRITE, 429, {}, TooFast, "licence"),
    ("sessions as 429", READ, 429, "text:API Login Limit", TooFast, "sessions"),
    ("sessions as 500", READ, 500, exception("API Login Limit"), TooFast, "sessions"),
    ("sessions as HTML", READ, 403, "text:<html>API Login Limit", TooFast, "sessions"),
    ("no rights to read", READ, 403, None, NeedsPerson, "Customer"),
    ("no rights to write", WRITE, 403, exception("No access"), Refused, "No access"),
    ("no such record", READ, 404, None, NotServed, "404"),
    ("no such record to change", WRITE, 404, None, Missing, "404"),
    ("key taken", INSERT, 412, None, Refused, "key"),
    ("changed meanwhile", WRITE, 412, None, Stale, "412"),
    ("bad request", WRITE, 400, exception("Bad filter", "X"), Refused, "Bad filter"),
    ("not allowed", WRITE, 406, None, Refused, "406"),
    ("nested", WRITE, 422, ORDER_ERRORS, Refused, "CustomerID: 'Customer' cannot be found"),
    ("nested in rows", WRITE, 422, ORDER_ERRORS, Refused, "Details 1.InventoryID: Inventory"),
    ("nested in linked", WRITE, 422, ORDER_ERRORS, Refused, "BillToContact.Email: Not"),
    (
        "of an action",
        WRITE,
        422,
        {"entity": {"Status": {"value": "Open", "error": "Wrong state."}}},
        Refused,
        "says: Status: Wrong",
    ),
    (
        "mixed",
        WRITE,
        422,
        exception("Several errors", "PX.Api.ContractBased.OutcomeEntityHasErrorsException")
        | {"CustomerID": {"error": "Empty."}},
        Refused,
        "CustomerID: Empty.",
    ),
    (
        "no entity",
        READ,
        500,
        exception(
            "No entity satisfies the condition.",
            "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException",
        ),
        Missing,
        "No entity",
    ),
    (
        "optimization",
        READ,
        500,
        exception("Optimization cannot be performed.The following fields cause the error: X"),
        CannotOptimize,
        "fields cause",
    ),
    (
        "optimization by type",
        READ,
        500,
        exception("No", "PX.Api.ContractBased.CannotOptimizeException"),
        CannotOptimize,
        "",
    ),
    (
        "not configured",
        READ,
        500,
        exception("Not set up", "PX.Data.PXSetupNotEnteredException`1"),
        NeedsPerson,
        "configured",
    ),
    (
        "no such tenant",
        READ,
        500,
        exception("No tenant", "PX.Data.PXUndefinedCompanyException"),
        NeedsPerson,
        "No tenant",
    ),
    (
        "credentials",
        READ,
        500,
        exception("Invalid credentials. Please try again."),
        NeedsPerson,
        "Invalid credentials",
    ),
    ("business", WRITE, 500, exception("The order is closed."), Refused, "order is closed"),
    (
        "inner",
        WRITE,
        500,
        exception("Failed", innerException=exception("Credit limit exceeded.")),
        Refused,
        "Credit limit",
    ),
    ("server", READ, 500, exception("Timeout", "System.TimeoutException"), Unreachable, "Timeout"),
    ("server on a write", WRITE, 500, exception("x", "System.Exception"), Unreachable, ""),
    ("deadlock", WRITE, 500, exception("x", "PX.Data.PXDatabaseException"), Unreachable, ""),
    ("page", READ, 500, "text:<html>Runtime Error</html>", Unreachable, "500"),
    ("no such action", ACTION, 404, exception("No action", "X"), Missing, "No action"),
    ("token, with a body", READ, 401, exception("You are not logged in"), TokenExpired, ""),
    ("key taken, with a body", INSERT, 412, exception("It exists"), Refused, "none was made"),
    ("no body at all", WRITE, 422, None, Refused, "422"),
    ("gateway", READ, 502, None, Unreachable, "502"),
    ("a gateway's time is up", WRITE, 504, "text:<html>", Unreachable, "504"),
    ("unavailable", READ, 503, "text:<html>", Unreachable, "503"),
    ("redirect", READ, 302, None, Unreachable, "base_url"),
]


def judged(request: Request, status: int, body: Any, **headers: str) -> Fault | None:
    raw = body[5:] if isinstance(body, str) else "" if body is None else json.dumps(body)
    return acumatica_fault(request, Response(status, headers, raw.encode()), NOW, {})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_an_answer_means(case: tuple[str, Request, int, Any, type[Fault] | None, str]) -> None:
    _, request, status, body, kind, words = case
    fault = judged(request, status, body)
    assert isinstance(fault, kind or type(None))
    assert words in (fault.sentence if fault else "")


def test_a_refusal_names_the_field_at_fault() -> None:
    fault = judged(WRITE, 422, ORDER_ERRORS)
    assert isinstance(fault, Refused)
    assert fault.field == "CustomerID"
    assert len(fault.sentence) <= LONGEST_SENTENCE


@pytest.mark.parametrize(("told", "seconds"), [("5", 5), ("", 60), ("soon", 60)])
def test_a_wait_is_as_long_as_told(told: str, seconds: int) -> None:
    fault = judged(READ, 429, None, **({"retry-after": told} if told else {}))
    assert isinstance(fault, TooFast)
    assert fault.until - NOW == timedelta(seconds=seconds)
