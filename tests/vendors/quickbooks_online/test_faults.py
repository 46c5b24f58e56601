"""The fault table, row by row, in all the clothes that errors come in."""

from __future__ import annotations

import json
from datetime import timedelta
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
from ml_connector.vendors.quickbooks_online.faults import quickbooks_fault
from tests.support.clock import START
from tests.vendors.quickbooks_online.given import customer_row, fault, gateway, queried, spec_bytes

ONE = "/v3/company/1/customer/58?minorversion=75"
QUERY = "/v3/company/1/query?query=x"
XML = (
    '<?xml version="1.0"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3">'
    '<Fault type="SERVICE"><Error code="{code}"><Message>message={message}; errorCode=00{code};'
    " statusCode={status}</Message><Detail>It is so</Detail></Error></Fault></IntuitResponse>"
)


def told(status: int, body: Any, path: str = QUERY, **headers: str) -> Fault | None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return quickbooks_fault(Request("GET", path), Response(status, headers, raw), START, {})


ROWS = [
    (401, gateway("3200", "message=AuthenticationFailed; errorCode=003200"), TokenExpired),
    (401, gateway("100", "message=GeneralAuthenticationError"), TokenExpired),
    (401, b"", TokenExpired),
    (401, XML.format(code="100", message="x", status=401).encode(), TokenExpired),
    (403, gateway("3100", "message=AuthorizationFailed; errorCode=003100"), NeedsPerson),
    (403, b"<html>Forbidden</html>", NeedsPerson),
    (403, gateway("3001", "message=ThrottleExceeded"), TooFast),
    (429, gateway("3001", "message=ThrottleExceeded"), TooFast),
    (429, b"", TooFast),
    (429, XML.format(code="3001", message="Throttle", status=429).encode(), TooFast),
    (400, fault("120", "Authorization Failure"), NeedsPerson),
    (403, fault("120", "Authorization Failure"), NeedsPerson),
    (400, fault("5010", "Stale Object Error"), Stale),
    (400, fault("6190", "Invalid Company Status"), AccountClosed),
    (400, fault("6240", "Duplicate Name Exists Error"), Refused),
    (400, fault("6140", "Duplicate Document Number Error"), Refused),
    (400, fault("6210", "Account Period Closed"), Refused),
    (400, fault("6000", "Business validation"), Refused),
    (400, fault("2010", "Unsupported property"), Refused),
    (400, fault("2020", "Required param missing"), Refused),
    (400, fault("2050", "String length"), Refused),
    (400, fault("2170", "Invalid Enumeration"), Refused),
    (400, fault("2210", "Invalid email"), Refused),
    (400, fault("2500", "Invalid Reference Id"), Refused),
    (400, fault("4000", "Error parsing query"), Refused),
    (400, fault("4001", "Invalid query"), Refused),
    (400, fault("500", "Unsupported Operation"), Refused),
    (400, b"", Unreachable),
    (400, XML.format(code="120", message="AuthorizationFailure", status=400).encode(), NeedsPerson),
    (403, XML.format(code="3100", message="x", status=403).encode(), NeedsPerson),
    (408, b"", Unreachable),
    (413, b"<html>Too large</html>", Unreachable),
    (404, b"<html>Not here</html>", Unreachable),
    (500, fault("10000", "An application error"), Unreachable),
    (500, b"", Unreachable),
    (502, b"<html>Bad gateway</html>", Unreachable),
    (503, b"", Unreachable),
    (504, b"", Unreachable),
    (200, fault("5010", "Stale Object Error"), Stale),
    (200, fault("10000", "An application error"), Unreachable),
    (200, gateway("3200", "message=AuthenticationFailed"), TokenExpired),
]


@pytest.mark.parametrize(("status", "body", "kind"), ROWS)
def test_each_answer_means_what_the_table_says(status: int, body: Any, kind: type[Fault]) -> None:
    assert type(told(status, body)) is kind


def test_a_record_is_missing_only_where_it_was_asked_for_by_its_id() -> None:
    missing = fault("610", "Object Not Found", "Object Not Found : made inactive")
    assert type(told(400, missing, ONE)) is Missing
    assert type(told(200, missing, ONE)) is Missing
    assert type(told(400, missing, QUERY)) is Refused


def test_the_worst_of_several_decides() -> None:
    both = fault("610", "Object Not Found")
    both["Fault"]["Error"].append({"Message": "Lapsed", "code": "6190"})
    assert type(told(400, both, ONE)) is AccountClosed


def test_a_full_window_waits_a_minute_at_least_and_longer_where_it_is_told() -> None:
    for headers, seconds in (({}, 60), ({"retry-after": "5"}, 60), ({"retry-after": "90"}, 90),
                             ({"retry-after": "soon"}, 60)):  # fmt: skip
        found = told(429, b"", QUERY, **headers)
        assert isinstance(found, TooFast)
        assert found.until == START + timedelta(seconds=seconds)


def test_the_vendors_own_words_are_told() -> None:
    found = told(400, fault("2050", "String length", "Max:500 supported", "DisplayName"))
    assert isinstance(found, Refused)
    assert found.field == "DisplayName"
    assert found.sentence == "QuickBooks says: String length Max:500 supported (code 2050)."
    xml = told(429, XML.format(code="3001", message="Throttle", status=429).encode())
    assert "It is so (code 3001)" in str(xml)


def test_a_good_answer_is_good_whatever_stands_in_it() -> None:
    row = customer_row(Notes='He said "Fault" and "fault"', DefaultTaxCodeRef={"value": "2"})
    assert told(200, queried("Customer", row)) is None
    assert told(200, b"") is None


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("fault_400_4001_query.json", 400, Refused),
        ("fault_400_5010_stale.json", 400, Stale),
        ("fault_400_610_not_found.json", 400, Missing),
        ("fault_400_6240_duplicate_name.json", 400, Refused),
        ("gateway_401_3200.json", 401, TokenExpired),
        ("gateway_403_3100.json", 403, NeedsPerson),
        ("gateway_429_3001.json", 429, TooFast),
        ("gateway_429_3001.xml", 429, TooFast),
    ],
)
def test_the_published_examples(name: str, status: int, kind: type[Fault]) -> None:
    assert type(told(status, spec_bytes(f"examples/{name}"), ONE)) is kind


@pytest.mark.parametrize(
    "name", ["customer_duplicate_error", "generic_error", "query_validation_error"]
)
def test_the_recorded_xml_errors(name: str) -> None:
    found = told(400, spec_bytes(f"fixtures_xml/{name}.xml"))
    assert isinstance(found, Refused | Unreachable)
    assert "QuickBooks says" in str(found)
