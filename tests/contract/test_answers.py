"""Answers: whatever a vendor, its gateway or somebody in between says, it means something."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import (
    Bug,
    Fault,
    TokenExpired,
    UnknownOutcome,
    Unreachable,
    Waiting,
)
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Request, Response
from ml_connector.http.verdict import of_answer
from ml_connector.vendors import VENDORS

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
READ, WRITE = Request("GET", "/x/1"), Request("POST", "/x", json={}, writes=True)
STATUSES = (301, 400, 401, 402, 403, 404, 405, 408, 409, 410, 412, 413, 415, 418, 422, 429, 500,
            502, 503, 504, 599)  # fmt: skip
ODD: dict[str, bytes] = {
    "nothing": b"",
    "a page": b"<!doctype html><html><body>Sorry</body></html>",
    "xml": b'<?xml version="1.0"?><a><b/></a>',
    "a cut answer": b'{"error": {"mess',
    "null": b"null",
    "a text": b'"no"',
    "a number": b"0",
    "a list": b"[1, null, {}]",
    "an empty object": b"{}",
    "bytes": bytes(range(256)),
    "depth": b"[" * 100_000,
    "wrong kinds": json.dumps({
        name: [1, {"a": None}] for name in
        ("error", "errors", "message", "response", "fault", "Fault", "details", "data", "code")
    }).encode(),
    "wrong kinds again": json.dumps({
        name: {"error": 7, "errors": "x", "Error": None, "message": []} for name in
        ("error", "errors", "message", "response", "fault", "Fault", "details", "data", "code")
    }).encode(),
}  # fmt: skip
HEADERS = {"retry-after": "soon", "x-ratelimit-reset": "-1", "date": "yesterday"}


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def meaning(vendor: Vendor, request: Request, status: int, body: bytes) -> Fault | None:
    """As the wire judges it; what the vendor's table raises is none of its meanings."""
    response = Response(status, HEADERS, body)
    told = vendor.fault(request, response, NOW, {})
    return of_answer(request, response, told, NOW, vendor.label)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_refusal_has_a_meaning_whatever_its_body(vendor: Vendor, name: str) -> None:
    for status in STATUSES:
        for request in (READ, WRITE):
            fault = meaning(vendor, request, status, ODD[name])
            assert isinstance(fault, Fault), (status, request.method)
            assert not isinstance(fault, Bug), (status, request.method)
            assert 0 < len(fault.sentence) < 1_000
            if isinstance(fault, Waiting):
                assert fault.until > NOW


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_the_statuses_that_mean_the_same_everywhere(vendor: Vendor, name: str) -> None:
    body = ODD[name]
    assert isinstance(meaning(vendor, READ, 429, body), Waiting)
    assert isinstance(meaning(vendor, READ, 401, body), TokenExpired)
    for status in (500, 502, 503, 504):
        assert isinstance(meaning(vendor, READ, status, body), Unreachable), status
        assert isinstance(meaning(vendor, WRITE, status, body), UnknownOutcome), status


@pytest.mark.parametrize("name", [name for name in ODD if ODD[name] and not is_json(ODD[name])])
@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_a_write_whose_good_answer_cannot_be_read_has_an_unknown_outcome(
    vendor: Vendor, name: str
) -> None:
    assert isinstance(meaning(vendor, WRITE, 200, ODD[name]), UnknownOutcome)
    vendor.reading(Response(200, HEADERS, ODD[name]))
