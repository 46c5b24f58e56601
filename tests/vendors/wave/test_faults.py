"""The fault table: each shape of a bad answer, and what it means for us."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ml_connector.core.faults import (
    Bug,
    Fault,
    NeedsPerson,
    Refused,
    TokenExpired,
    TooFast,
    Unreachable,
)
from ml_connector.core.wire import Request, Response
from ml_connector.vendors.wave import VENDOR
from ml_connector.vendors.wave.faults import NotFound
from tests.vendors.wave.given import spec_text

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
REQUEST = Request("POST", "/graphql/public")
REFERENCE = "00000000-0000-4000-8000-000000000001"
DATA = {"data": {"business": {"id": "b"}}}


def error(code: str | None, message: str = "Something", path: object = None) -> dict[str, Any]:
    extensions = {"id": REFERENCE} if code is None else {"id": REFERENCE, "code": code}
    return {"message": message, "path": path, "extensions": extensions}


def judged(status: int, body: object, **headers: str) -> Fault | None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return VENDOR.fault(REQUEST, Response(status, told, raw), NOW, {})


@dataclass(frozen=True)
class Case:
    name: str
    status: int
    body: object
    fault: type[Fault] | None
    says: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def errors(*entries: dict[str, Any], data: object = None) -> dict[str, Any]:
    return {"errors": list(entries), "data": data}


HTML = b"<!doctype html><html><body>Service</body></html>"

CASES = [
    Case("good", 200, DATA, None),
    Case("good, with an empty list of errors", 200, {**DATA, "errors": []}, None),
    Case("token expired, told with 200", 200, errors(error("UNAUTHENTICATED")), TokenExpired),
    Case("token expired, told with 401", 401, errors(error("UNAUTHENTICATED")), TokenExpired),
    Case("token expired, told with 400", 400, errors(error("UNAUTHENTICATED")), TokenExpired),
    Case("token expired beside data", 200,
         errors(error("X"), error("UNAUTHENTICATED"), data={"user": None}), TokenExpired),
    Case("401 without a code", 401, errors(error(None)), TokenExpired),
    Case("401 with an unknown code", 401, errors(error("ODD")), TokenExpired),
    Case("401 of OAuth", 401, {"error": "invalid_token"}, TokenExpired),
    Case("401 without a body", 401, b"", TokenExpired),
    Case("not found, told with 200", 200, errors(error("NOT_FOUND")), None),
    Case("not found, told with 404", 404, errors(error("NOT_FOUND")), NotFound),
    Case("not found, told with 400", 400, errors(error("NOT_FOUND")), NotFound),
    Case("not found twice", 200, errors(error("NOT_FOUND"), error("NOT_FOUND")), None),
    Case("not found beside trouble", 200,
         errors(error("NOT_FOUND"), error("INTERNAL_SERVER_ERROR")), Unreachable),
    Case("429 as JSON", 429, errors(error("X")), TooFast),
    Case("429 as HTML", 429, HTML, TooFast),
    Case("429 that also says the token expired", 429, errors(error("UNAUTHENTICATED")), TooFast),
    Case("a window full, told with 200", 200, errors(error("RATE_LIMIT_EXCEEDED")), TooFast),
    Case("throttled, told with 200", 200, errors(error("THROTTLED")), TooFast),
    Case("bad document, 200", 200,
         errors(error("GRAPHQL_VALIDATION_FAILED", "No field x")), Bug, "No field x"),
    Case("bad document, 400", 400,
         errors(error("GRAPHQL_VALIDATION_FAILED", "No field x")), Bug, "No field x"),
    Case("their trouble, 200", 200, errors(error("INTERNAL_SERVER_ERROR")), Unreachable),
    Case("their trouble, 500", 500, errors(error("INTERNAL_SERVER_ERROR")), Unreachable),
    Case("their trouble beside data", 200,
         errors(error("INTERNAL_SERVER_ERROR"), data=DATA["data"]), Unreachable),
    Case("their trouble with one of a batch", 200,
         errors(error("INTERNAL_SERVER_ERROR", path=["business", "r1"]),
                data={"business": {"id": "b", "r0": {"id": "i"}, "r1": None}}), Refused),
    Case("their trouble inside one of a batch", 200,
         errors(error("INTERNAL_SERVER_ERROR", path=["business", "r1", "payments"]),
                data={"business": {"id": "b", "r0": {"id": "i"}, "r1": {}}}), Refused),
    Case("their trouble inside the only one", 200,
         errors(error("INTERNAL_SERVER_ERROR", path=["business", "r0", "payments"]),
                data={"business": {"id": "b", "r0": {"id": "i"}}}), Unreachable),
    Case("their trouble with all of a batch", 200,
         errors(error("INTERNAL_SERVER_ERROR", path=["business", "r0"]),
                data={"business": {"id": "b", "r0": None, "r1": None}}), Unreachable),
    Case("their trouble with a listing", 200,
         errors(error("INTERNAL_SERVER_ERROR", path=["business", "listing"]),
                data={"business": {"id": "b", "listing": {"edges": []}}}), Unreachable),
    Case("token expired with one of a batch", 200,
         errors(error("UNAUTHENTICATED", path=["business", "r1"]),
                data={"business": {"id": "b", "r0": {"id": "i"}, "r1": None}}), TokenExpired),
    Case("an unknown code with 503", 503, errors(error("DOWN")), Unreachable),
    Case("502 as HTML", 502, HTML, Unreachable, "base_url"),
    Case("503 as other JSON", 503, {"detail": "later"}, Unreachable),
    Case("a page of HTML", 200, HTML, Unreachable, "base_url"),
    Case("403 as HTML", 403, HTML, Unreachable, "base_url"),
    Case("404 as other JSON", 404, {"detail": "Not found."}, Unreachable, "base_url"),
    Case("a redirect", 302, b"", Unreachable, "base_url"),
    Case("JSON that is not GraphQL", 200, {"ok": True}, Unreachable, "base_url"),
    Case("a cut answer", 200, b'{"data": {"business"', Unreachable),
    Case("a JSON list", 200, [], Unreachable, "base_url"),
    Case("scope missing", 200, errors(error("FORBIDDEN", "No scope")), NeedsPerson, "No scope"),
    Case("403 with an unknown code", 403, errors(error("PLAN", "No plan")), NeedsPerson, "No plan"),
    Case("403 of the API", 403, {"detail": "no"}, NeedsPerson, "Pro or Wave Advisor"),
    Case("403 without a body", 403, b"", NeedsPerson),
    Case("408", 408, b"", Unreachable),
    Case("200 without a body", 200, b"", Unreachable, "base_url"),
    Case("a wrong variable", 200, errors(error("VARIABLE_VALUE", "Bad id")), Refused, "Bad id"),
    Case("bad input", 400, errors(error("BAD_USER_INPUT", "Bad id")), Refused, "Bad id"),
    Case("a code nobody knows", 200, errors(error("EXECUTION_ERROR", "Odd")), Refused, "Odd"),
    Case("a code nobody knows, with its reference", 200, errors(error("ODD")), Refused, REFERENCE),
    Case("no code", 200, {"errors": [{"message": "Odd"}]}, Refused, "Odd"),
    Case("nothing but an error", 200, {"errors": [{}]}, Refused, "no reason"),
    Case("400 without errors", 400, {"detail": "no"}, Refused, "400"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_answer_means(case: Case) -> None:
    fault = judged(case.status, case.body)
    assert (type(fault) if fault else None) is case.fault
    if fault is not None:
        assert case.says in fault.sentence


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("unauthenticated", TokenExpired),
        ("not_found", None),
        ("validation", Bug),
        ("page", None),
        ("input_error", None),
    ],
)
def test_the_examples_of_the_contract_mean(name: str, fault: type[Fault] | None) -> None:
    examples = {entry["name"]: entry for entry in json.loads(spec_text("examples.json"))["graphql"]}
    told = judged(examples[name]["http_status"], examples[name]["body"])
    assert (type(told) if told else None) is fault


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry_after": "17"}, 17),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "9" * 30}, 86_400),
        ({"retry_after": "Fri, 01 May 2026 12:02:00 GMT"}, 120),
        ({"retry_after": "Fri, 01 May 2026 11:00:00 GMT"}, 1),
        ({"retry_after": "Fri, 01 May 2026 12:02:00 -0000"}, 120),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "-5"}, 60),
        ({}, 60),
    ],
)
def test_a_full_window_is_waited_for_and_never_tried_at_once(
    header: dict[str, str], seconds: int
) -> None:
    fault = judged(429, b"", **header)
    assert isinstance(fault, TooFast)
    assert fault.until == NOW + timedelta(seconds=seconds)
