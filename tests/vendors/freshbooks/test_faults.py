"""The fault table: each shape of a bad answer, and what it means for us."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ml_connector.core.faults import (
    AccountClosed,
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
from ml_connector.vendors.freshbooks import VENDOR
from ml_connector.vendors.freshbooks.faults import freshbooks_fault
from tests.vendors.freshbooks.given import SPECS, client_row, page_of, spec

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ROOT = "/accounting/account/Zx9Qw1/users/clients"
LIST = Request("GET", f"{ROOT}?page=1&per_page=100")
ONE = Request("GET", f"{ROOT}/134")
CALLBACK = Request("DELETE", "/events/account/Zx9Qw1/events/callbacks/3107", writes=True)
PUT = Request("PUT", "/events/account/Zx9Qw1/events/callbacks/3107", writes=True)
HTML = b"<!doctype html><html><body>Service</body></html>"


def errno(number: int, message: str = "Something", **more: str) -> dict[str, Any]:
    """The accounting shape without a version header."""
    return {"response": {"errors": [{"errno": number, "message": message, **more}]}}


def newer(number: int, message: str = "Something", **more: str) -> dict[str, Any]:
    """The accounting shape of a newer version."""
    metadata = {"object": "client", "message": message, "value": "", "field": "", **more}
    detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": str(number),
              "domain": "accounting.api.freshbooks.com", "metadata": metadata}  # fmt: skip
    return {"code": 5, "message": "Request failed", "details": [detail]}


def several(*numbers: int) -> dict[str, Any]:
    return {"response": {"errors": [{"errno": n, "message": f"No {n}"} for n in numbers]}}


@dataclass(frozen=True)
class Case:
    name: str
    request: Request
    status: int
    body: object
    fault: type[Fault] | None
    says: str = ""
    headers: dict[str, str] = field(default_factory=dict)


GOOD = page_of("clients", [client_row(note='she said "err" once')])
NOT_FOUND = {"message": "Client not found.", "field": "userid", "object": "client", "value": "134"}
UNAUTHENTICATED = {"error": "unauthenticated", "error_description": "This action requires it."}
EVENTS = {"errno": 422, "message": "Well-formed.", "details": ["event: Value error, Unrecognized"]}
EARLIER = {"code": 3, "message": "Invalid", "details": [
    {"@type": "type.googleapis.com/google.rpc.BadRequest",
     "fieldViolations": [{"field": "uri", "description": "is no address"}]}]}  # fmt: skip
LONG_AGO = {"retry-after": "59"}

CASES = [
    Case("good", LIST, 200, GOOD, None, headers=LONG_AGO),  # seen on good answers too
    Case("nothing, of a delete", CALLBACK, 204, b"", None),
    Case("token, auth form", LIST, 401, UNAUTHENTICATED, TokenExpired, "requires it"),
    Case("token, events form", LIST, 401, {"errno": 401, "message": "invalid_token: x"},
         TokenExpired, "invalid_token"),
    Case("token, newer accounting form", LIST, 401, newer(1003), TokenExpired),
    Case("token, with 200", LIST, 200, UNAUTHENTICATED, TokenExpired),
    Case("token, nothing said", LIST, 401, b"", TokenExpired),
    Case("scope missing", LIST, 403,
         {"error": "insufficient_scope", "error_description": "Needs user:clients:read"},
         NeedsPerson, "user:clients:read"),
    Case("scope missing, accounting form", LIST, 403, errno(1003, "No access"), NeedsPerson),
    Case("access denied, whatever the status", LIST, 422, errno(1003), NeedsPerson),
    Case("403 without a word", LIST, 403, b"", NeedsPerson, "scope"),
    Case("403 of an edge", LIST, 403, HTML, Unreachable),
    Case("read-only field", PUT, 403, errno(1038, field="due_date"), Refused),
    Case("account inactive", LIST, 403, errno(1042), AccountClosed, "once a day"),
    Case("account inactive, newer form", LIST, 400, newer(1042), AccountClosed),
    Case("payment required", LIST, 402, b"", AccountClosed),
    Case("not found", ONE, 404, errno(1012, **NOT_FOUND), Missing, "Client not found"),
    Case("not found, newer form", ONE, 404, newer(1012, **NOT_FOUND), Missing),
    Case("not found, as one object", ONE, 404,
         {"response": {"errors": {"errno": 1012, "message": "Not here"}}}, Missing),
    Case("not found, with 200", ONE, 200, errno(1012, **NOT_FOUND), Missing),
    Case("deleted", ONE, 422, errno(1011, "Deleted"), Missing),
    Case("not found, of another id", ONE, 404, errno(1012, **{**NOT_FOUND, "value": "9"}), Refused),
    Case("not found, of a listing", LIST, 404, errno(1012), Refused),
    Case("wrong account", LIST, 404, {"errno": 404, "message": "Account not found"},
         NeedsPerson, "account_id"),
    Case("wrong account, of one record", ONE, 404, errno(404, "Account not found"), NeedsPerson),
    Case("wrong address", LIST, 404, {"error": "Requested resource could not be found."},
         Unreachable, "base_url"),
    Case("wrong address, a page", LIST, 404, HTML, Unreachable, "base_url"),
    Case("wrong address, with 200", LIST, 200, HTML, None),  # the client says so
    Case("a record's address without a number is no proof", ONE, 404,
         {"error": "Requested resource could not be found."}, Unreachable),
    Case("callback gone", CALLBACK, 404, {"errno": 404, "message": "Requested resource could not"},
         Missing),
    Case("callback gone, online form", CALLBACK, 404,
         {"error_type": "not_found", "message": "No callback"}, Missing),
    Case("edited meanwhile, read", LIST, 409, errno(409), Unreachable),
    Case("edited meanwhile, write", PUT, 409, errno(409), Stale),
    Case("a wrong event", PUT, 422, EVENTS, Refused, "Unrecognized"),
    Case("a wrong address of ours, earlier form", PUT, 422, EARLIER, Refused, "is no address"),
    Case("a field in error", PUT, 400, {"errno": 2001, "error": {"title": "is missing"}},
         Refused, "is missing"),
    Case("a bad page", LIST, 422, errno(1014, "page must be", field="page"), Refused, "1014"),
    Case("several", LIST, 422, several(1004, 1042), AccountClosed),
    Case("errors of the top", LIST, 200, {"errors": [{"errno": 1004, "message": "Odd"}]}, Refused),
    Case("storage trouble", LIST, 200, errno(500), Unreachable),
    Case("trouble", LIST, 500, errno(1005), Unreachable),
    Case("trouble without a word", LIST, 503, HTML, Unreachable),
    Case("too slow", LIST, 408, b"", Unreachable),
    Case("a redirect", LIST, 302, b"", Unreachable, "base_url"),
    Case("refused without a word", LIST, 400, b"", Refused),
    Case("odd JSON", LIST, 400, [1], Unreachable),
    Case("odd errors", LIST, 422, {"response": {"errors": ["x"]}}, Refused),
    Case("nested too deeply", LIST, 422, b"[" * 100_000, Unreachable),
    Case("too fast", LIST, 429, b"", TooFast),
    Case("too fast, told as an error", LIST, 200, errno(429), TooFast),
]  # fmt: skip


def judged(case: Case) -> Fault | None:
    raw = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    return freshbooks_fault(case.request, Response(case.status, case.headers, raw), NOW, {})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_answer_means(case: Case) -> None:
    fault = judged(case)
    assert type(fault) is (case.fault or type(None)), fault
    assert case.says in (fault.sentence if fault else "")


def test_the_field_in_error_is_named() -> None:
    for case in CASES:
        fault = judged(case)
        if isinstance(fault, Refused) and case.name in ("read-only field", "a bad page"):
            assert fault.field in ("due_date", "page")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "Mon, 04 May 2026 09:00:30 GMT"}, 30),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "9999999"}, 86_400),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 12)}, 12),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) - 12)}, 1),
        ({"x-ratelimit-reset": "9" * 30}, 60),
        ({"retry-after": "5", "x-ratelimit-reset": str(int(NOW.timestamp()) + 40)}, 5),
    ],
)
def test_how_long_a_full_window_is_waited_for(headers: dict[str, str], seconds: int) -> None:
    fault = freshbooks_fault(LIST, Response(429, headers, b""), NOW, {})
    assert isinstance(fault, TooFast)
    assert fault.until == NOW + timedelta(seconds=seconds)


def test_a_closed_account_is_asked_again_tomorrow() -> None:
    fault = freshbooks_fault(LIST, Response(402, {}, b""), NOW, {})
    assert isinstance(fault, AccountClosed)
    assert fault.until == NOW + timedelta(days=1)


RECORDED = {
    "python-sdk/auth_me_response__no_auth": (401, LIST, TokenExpired),
    "python-sdk/get_callback_response__no_auth": (401, CALLBACK, TokenExpired),
    "python-sdk/get_callback_response__not_found": (404, CALLBACK, Missing),
    "python-sdk/get_client_response__not_found": (404, Request("GET", f"{ROOT}/12345"), Missing),
    "python-sdk/create_callback_response__validation_error": (422, PUT, Refused),
    "java-sdk/get_client_response__no_auth": (401, ONE, TokenExpired),
    "java-sdk/get_client_response__not_found_new": (404, Request("GET", f"{ROOT}/12345"), Missing),
    "java-sdk/get_client_response__not_found_old": (404, Request("GET", f"{ROOT}/12345"), Missing),
}


@pytest.mark.parametrize("name", RECORDED)
def test_the_recorded_errors_of_the_official_sdks(name: str) -> None:
    body = spec(f"fixtures/{name}.json")
    status, request, expected = RECORDED[name]
    fault = freshbooks_fault(request, Response(status, {}, json.dumps(body).encode()), NOW, {})
    assert type(fault) is expected


def test_the_recorded_good_bodies_are_good() -> None:
    spec("enums.json")  # skips where nothing is at hand
    for path in sorted((SPECS / "fixtures").glob("*/*.json")):
        is_bad = any(word in path.name for word in ("__no_auth", "__not_found", "__validation"))
        if is_bad or "project" in path.name:
            continue
        response = Response(200, {}, path.read_bytes())
        assert VENDOR.fault(LIST, response, NOW, {}) is None, path.name


def test_every_number_of_the_published_table_has_a_meaning() -> None:
    for row in spec("accounting-errors.json")["errno"]:
        fault = freshbooks_fault(
            LIST, Response(422, {}, json.dumps(errno(row["errno"])).encode()), NOW, {}
        )
        assert fault is not None
        assert str(row["errno"]) in fault.sentence
