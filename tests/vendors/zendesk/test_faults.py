"""The fault table: each shape of a bad answer of Zendesk, and what it means for us."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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
    Waiting,
)
from ml_connector.core.wire import Request, Response
from ml_connector.vendors.zendesk import VENDOR
from tests.vendors.zendesk.given import ulid

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
RECORDS = "/api/v2/custom_objects/wave_invoice/records"
GET_ONE = Request("GET", "/api/v2/organizations/9")
GET_LIST = Request("GET", "/api/v2/organizations")
POST = Request("POST", "/api/v2/organizations/create_or_update", json={}, writes=True)
PUT = Request("PUT", "/api/v2/organizations/9", json={}, writes=True)
UPSERT = Request("PATCH", RECORDS, json={}, writes=True)
PATCH = Request("PATCH", f"{RECORDS}/{ulid(1)}", json={}, writes=True)
FIELD = Request("POST", "/api/v2/organization_fields", json={}, writes=True)
PAGE = b"<!DOCTYPE html><html><title>Oops, this help center no longer exists</title></html>"


def invalid(name: str, error: str, words: str = "Name:  Acme has already been taken") -> object:
    details = {name: [{"description": words, "error": error}]}
    return {"error": "RecordInvalid", "description": "Record validation errors", "details": details}


def code(code: str, title: str = "") -> object:
    return {"errors": [{"code": code, "status": "404", "title": title or code}]}


@dataclass(frozen=True)
class Case:
    name: str
    request: Request
    status: int
    body: object
    fault: type[Fault]
    says: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    culprit: str | None = None


CASES = [
    Case("bearer", GET_ONE, 401, {"error": "invalid_token", "error_description": "expired"},
         TokenExpired),
    Case("api token", GET_ONE, 401, {"error": "Couldn't authenticate you"}, TokenExpired),
    Case("401 of no form", GET_ONE, 401, PAGE, TokenExpired),
    Case("scope too small", GET_LIST, 403, {"error": {"title": "Forbidden", "message": "No"}},
         NeedsPerson, "read write"),
    Case("role too small", FIELD, 403, {"error": "Forbidden"}, NeedsPerson, "administrator"),
    Case("creates forbidden", POST, 403, b"Forbidden", NeedsPerson, "Forbidden"),
    Case("one record forbidden", PUT, 403, {"error": {"title": "Forbidden", "message": "No"}},
         Refused, "Forbidden. No"),
    Case("not found", GET_ONE, 404, {"error": "RecordNotFound", "description": "Not found"},
         Missing, "Not found"),
    Case("gone at update", PUT, 404, {"error": "RecordNotFound", "description": "Not found"},
         Missing),
    Case("record gone at update", PATCH, 404, {"error": "RecordNotFound"}, Missing),
    Case("gone, as a list", PATCH, 404, code("RecordNotFound"), Missing),
    Case("job gone", Request("GET", "/api/v2/job_statuses/V3-603"), 404,
         {"error": "RecordNotFound"}, Missing),
    Case("something else not found", UPSERT, 404, {"error": "RecordNotFound"}, Refused),
    Case("no custom objects", GET_LIST, 404, code("FeatureNotEnabled"), NeedsPerson,
         "plan=support_team"),
    Case("object removed", UPSERT, 404, code("CustomObjectNotFound", "Custom object not found"),
         Refused, "was removed"),
    Case("no such address", GET_LIST, 404, {"error": "InvalidEndpoint", "description": "No"},
         NeedsPerson, "base_url"),
    Case("somebody else's page", GET_ONE, 404, PAGE, NeedsPerson, "base_url"),
    Case("collision", PATCH, 409, {"error": "Conflict", "description": "try again"}, Stale),
    Case("name taken", POST, 422, invalid("name", "DuplicateValue"), Refused,
         "another organization has this name already", culprit="name"),
    Case("name taken, in Spanish", POST, 422,
         invalid("name", "DuplicateValue", "Nombre: Acme ya está siendo usado"), Refused,
         "another organization has this name already. Zendesk says", culprit="name"),
    Case("e-mail taken", Request("POST", "/api/v2/users", writes=True), 422,
         invalid("email", "DuplicateValue", "Email: is already being used"), Refused,
         "another user has this e-mail", culprit="email"),
    Case("external id taken", POST, 422, invalid("external_id", "DuplicateValue", "taken"),
         Refused, "external id", culprit="external_id"),
    Case("something else taken", POST, 422, invalid("domain", "DuplicateValue", "taken"),
         Refused, "something like it", culprit="domain"),
    Case("name empty", POST, 422, invalid("name", "BlankValue", "Name: cannot be blank"), Refused,
         "cannot be blank", culprit="name"),
    Case("detail as text", POST, 422,
         {"error": "RecordInvalid", "details": {"name": ["is bad"]}}, Refused, "is bad",
         culprit="name"),
    Case("too many values", GET_LIST, 400,
         {"error": "TooManyValues", "description": "more than 100 values", "max_count": 100},
         Refused, "more than 100"),
    Case("text/plain", POST, 400, b"Invalid  request:\n name", Refused, "Invalid request: name"),
    Case("a list of errors", UPSERT, 422,
         {"errors": [{"code": "RecordInvalid", "detail": "status: is not an option"}]}, Refused,
         "is not an option"),
    Case("json, but no object", POST, 400, [], Refused, "no reason"),
    Case("lost cursor", GET_LIST, 400, code("InvalidCursor"), Refused, culprit="page[after]"),
    Case("lost cursor, other envelope", GET_LIST, 400, {"error": "InvalidPaginationParameter"},
         Refused, culprit="page[after]"),
    Case("an export that begins too late", GET_LIST, 400,
         {"error": "StartTimeTooRecent", "description": "Too recent start_time."}, Refused,
         "Too recent"),
    Case("an idempotency key used again", POST, 400,
         {"error": "IdempotentRequestError",
          "description": "Request parameters don't match the given idempotency key"}, Refused,
         "don't match"),
    Case("too large", UPSERT, 413, b"", Refused, "no reason"),
    Case("endpoint bucket", PUT, 429, code("TooManyRequests", "Too many requests to update"),
         TooFast, "Too many requests to update", {"retry-after": "20"}),
    Case("account", GET_LIST, 429, {"error": "APIRateLimitExceeded", "description": "exceeded"},
         TooFast, "exceeded"),
    Case("jobs", POST, 429, {"error": "TooManyJobs", "current_job_ids": ["V3-1"]}, TooFast),
    Case("429 of no form", GET_LIST, 429, PAGE, TooFast),
    Case("server error", GET_LIST, 500, {"error": "InternalError"}, Unreachable),
    Case("bad gateway", POST, 502, PAGE, Unreachable),
    Case("a gateway's time is up", POST, 504, PAGE, Unreachable),
    Case("maintenance", GET_LIST, 503, b"", Unreachable, headers={"retry-after": "60"}),
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
    assert "<" not in fault.sentence
    if isinstance(fault, Refused):
        assert fault.field == case.culprit


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_2xx_is_good(status: int) -> None:
    assert VENDOR.fault(POST, Response(status, {}, b"{}"), NOW, {}) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"retry-after": "17"}, 17),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "soon"}, 60),
        ({"zendesk-ratelimit-update-organization": "total=5; remaining=0; resets=42"}, 42),
        ({"zendesk-rate-limit-update-user": "total=5; remaining=0; resets=7"}, 7),
        ({"zendesk-ratelimit-update-organization": "total=5; remaining=2; resets=42"}, 60),
        ({"zendesk-ratelimit-x": "total=5; remaining=0"}, 60),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "12"}, 12),
        ({"retry-after": "3", "ratelimit-remaining": "0", "ratelimit-reset": "12"}, 3),
    ],
)
def test_a_full_window_is_waited_for_as_long_as_the_headers_say(
    headers: dict[str, str], seconds: int
) -> None:
    fault = judged(Case("", PUT, 429, code("TooManyRequests"), Fault, headers=headers))
    assert isinstance(fault, Waiting)
    assert fault.until == NOW + timedelta(seconds=seconds)
