"""The fault table: each shape of a bad answer of Pipedrive, and what it means for us."""

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
    Mistake,
    NeedsPerson,
    OutOfBudget,
    Refused,
    TokenExpired,
    TooFast,
    Unreachable,
    Waiting,
)
from ml_connector.core.wire import Request, Response
from ml_connector.vendors.pipedrive import VENDOR
from ml_connector.vendors.pipedrive.faults import next_billing_day

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
GET_ONE = Request("GET", "/api/v2/deals/9")
GET_LIST = Request("GET", "/api/v2/deals")
POST = Request("POST", "/api/v2/deals", json={}, writes=True)
PATCH = Request("PATCH", "/api/v2/deals/9", json={}, writes=True)
HOOK = Request("POST", "/api/v1/webhooks", json={}, writes=True)
FIELD = Request("POST", "/api/v2/organizationFields", json={}, writes=True)
PAGE = b"<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title></html>"
INFO = "Please check developers.pipedrive.com"
LIMIT = {"success": False, "error": "Rate limit exceeded", "errorCode": 429, "error_info": INFO}
GONE = {"success": False, "error": "Entity was not found", "error_info": "Object was not found."}
NOT_ALLOWED = "title: Parameter 'colour' is not allowed for this request"


def invalid(sentence: str) -> dict[str, Any]:
    error = f"Validation failed: {sentence}"
    return {"success": False, "error": error, "code": "ERR_SCHEMA_VALIDATION_FAILED"}


@dataclass(frozen=True)
class Case:
    name: str
    request: Request
    status: int
    body: object
    fault: type[Fault]
    says: str = ""
    headers: dict[str, str] = field(default_factory=dict)


CASES = [
    Case("gateway 401", GET_ONE, 401,
         {"success": False, "error": "unauthorized access", "errorCode": 401, "error_info": INFO},
         TokenExpired, headers={"x-401-by-gw": "true"}),
    Case("v1 401", GET_ONE, 401, {"success": False, "error": "You need to be authorized"},
         TokenExpired),
    Case("401 of no form", GET_ONE, 401, PAGE, TokenExpired),
    Case("account not open", GET_LIST, 402, {"success": False, "error": "Payment required"},
         AccountClosed, "2026-06-01"),
    Case("edge block", POST, 403, PAGE, TooFast, "edge"),
    Case("edge block, cut", GET_LIST, 403, b"", TooFast, "edge"),
    Case("scope of deals", POST, 403,
         {"error": "Scope and URL mismatch", "errorCode": 403, "error_info": INFO},
         NeedsPerson, "deals:full"),
    Case("scope of fields", FIELD, 403,
         {"success": False, "error": "Scope and URL mismatch", "errorCode": 403},
         NeedsPerson, "contact-fields:full"),
    Case("webhooks forbidden", HOOK, 403, {"success": False, "message": "Forbidden"},
         NeedsPerson, "admin"),
    Case("plan's limit of deals", POST, 403,
         {"success": False, "error": "Deals limit", "code": "feature_capping_deals_limit"},
         Refused, "Deals limit"),
    Case("one record forbidden", PATCH, 403, {"success": False, "error": "No permission"},
         Refused, "No permission"),
    Case("a listing forbidden", GET_LIST, 403, {"success": False, "error": "No permission"},
         NeedsPerson, "No permission"),
    Case("not found", GET_ONE, 404, GONE, Missing, "Object was not found."),
    Case("not found at update", PATCH, 404, GONE, Missing),
    Case("purged", GET_ONE, 410, {"success": False, "error": "Gone"}, Missing),
    Case("webhook not found", Request("DELETE", "/api/v1/webhooks/5", writes=True), 404,
         {"status": "error", "success": False, "errors": {"id": ["not found"]}}, Missing, "id"),
    Case("no such address", GET_LIST, 404, GONE, Unreachable, "base_url"),
    Case("somebody else's page", GET_ONE, 404, PAGE, Unreachable, "base_url"),
    Case("no such method", GET_ONE, 405, {"success": False, "error": "Nope"}, Refused, "Nope"),
    Case("feature off", POST, 415, {"success": False, "error": "Feature"}, Refused, "not enabled"),
    Case("webhooks full", HOOK, 422, {"status": "error", "success": False}, Refused, "40 webhooks"),
    Case("unreachable address", HOOK, 400,
         {"status": "error", "errors": {"subscription_url": ["invalid or non-re"]}},
         Refused, "subscription_url: invalid or non-re"),
    Case("schema", POST, 400, invalid(NOT_ALLOWED), Refused, NOT_ALLOWED),
    Case("v1, of any kind", GET_LIST, 400,
         {"success": False, "error": "Bad request", "error_info": INFO, "data": None,
          "additional_data": None}, Refused, "Bad request"),
    Case("a field that was removed", PATCH, 400,
         invalid("custom_fields: Parameter '9f0c' is not allowed for this request"), Refused,
         "9f0c"),
    Case("several at once", POST, 400, invalid(f"{NOT_ALLOWED}; value: must be a number"),
         Refused, "; value: must be a number"),
    Case("contact sync off", Request("POST", "/api/v2/persons", json={}, writes=True), 403,
         {"success": False, "error": "Contact sync is not enabled", "error_info": INFO},
         Refused, "Contact sync"),
    Case("400 of no form", POST, 400, PAGE, Refused, "no reason"),
    Case("window full", GET_LIST, 429, LIMIT, TooFast),
    Case("window full, HTML", GET_LIST, 429, PAGE, TooFast),
    Case("day spent", GET_LIST, 429, LIMIT, OutOfBudget,
         headers={"x-daily-ratelimit-token-remaining": "0"}),
    Case("server error", GET_LIST, 500,
         {"success": False, "error": "Internal Server Error", "code": "ERR_UNKNOWN"}, Unreachable),
    Case("server error, HTML", POST, 502, PAGE, Unreachable),
    Case("maintenance", GET_LIST, 503, PAGE, Unreachable, "maintained"),
    Case("a gateway's time is up", POST, 504, PAGE, Unreachable),
    Case("not implemented", GET_LIST, 501, [], Unreachable),
    Case("redirect", GET_LIST, 302, b"", NeedsPerson, "base_url"),
]  # fmt: skip


def judged(case: Case) -> Fault | None:
    raw = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
    return VENDOR.fault(case.request, Response(case.status, case.headers, raw), NOW, {})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_answer_has_its_meaning(case: Case) -> None:
    fault = judged(case)
    assert type(fault) is case.fault
    assert case.says in fault.sentence
    assert "developers.pipedrive.com" not in fault.sentence


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_2xx_is_good(status: int) -> None:
    assert VENDOR.fault(POST, Response(status, {}, b"{}"), NOW, {}) is None


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        (NOT_ALLOWED, "title"),
        ("custom_fields.9f0c: must be a string; value: must be a number", "9f0c"),
        ("emails[0].value: must be a string", "emails[0].value"),
    ],
)
def test_a_refusal_names_its_field(sentence: str, name: str) -> None:
    refused = judged(Case("", POST, 400, invalid(sentence), Refused))
    assert isinstance(refused, Refused)
    assert refused.field == name


def until(headers: dict[str, str]) -> datetime:
    fault = judged(Case("", GET_LIST, 429, LIMIT, Fault, headers=headers))
    assert isinstance(fault, Waiting)
    return fault.until


def test_a_full_window_is_waited_for_as_long_as_any_header_says_and_two_seconds_at_least() -> None:
    assert until({}) == NOW + timedelta(seconds=2)
    assert until({"x-ratelimit-reset": "1"}) == NOW + timedelta(seconds=2)
    assert until({"x-ratelimit-reset": "5"}) == NOW + timedelta(seconds=5)
    assert until({"retry-after": "30"}) == NOW + timedelta(seconds=30)
    assert until({"retry-after": "soon", "x-ratelimit-reset": "nan"}) == NOW + timedelta(seconds=2)


def test_a_spent_day_ends_after_midnight_utc() -> None:
    spent = {"x-daily-ratelimit-token-remaining": "0"}
    assert until(spent) == datetime(2026, 5, 5, 0, 5, tzinfo=UTC)
    assert until({"x-daily-ratelimit-token-remaining": "1"}) == NOW + timedelta(seconds=2)


@pytest.mark.parametrize(
    ("now", "day", "expected"),
    [
        ("2026-05-04", "5", "2026-05-05"),
        ("2026-05-04", "4", "2026-06-04"),
        ("2026-05-04", "3", "2026-06-03"),
        ("2026-01-31", "31", "2026-02-28"),
        ("2026-12-31", "31", "2027-01-31"),
        ("2028-02-28", "30", "2028-02-29"),
    ],
)
def test_the_next_billing_day(now: str, day: str, expected: str) -> None:
    moment = datetime.fromisoformat(f"{now}T23:59:59+00:00")
    assert next_billing_day(moment, day).isoformat() == f"{expected}T00:00:00+00:00"


@pytest.mark.parametrize("day", ["0", "32", "first", "1.5"])
def test_a_billing_day_that_is_none_is_a_mistake(day: str) -> None:
    with pytest.raises(Mistake, match="billing_day"):
        next_billing_day(NOW, day)
