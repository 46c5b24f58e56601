"""Values: what goes out to the wire, and one form for what REST and webhooks bring back."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector.core.faults import Refused
from ml_connector.core.values import Value, same
from ml_connector.vendors.pipedrive import ACTIVITIES, DEALS, ORGANIZATIONS, PERSONS
from ml_connector.vendors.pipedrive.values import custom_from_wire, from_wire, to_wire
from tests.vendors.pipedrive.given import FIELD_CODE, OTHER_CODE, event_body

ADDRESS: dict[str, Value] = {"value": "5 Quay St", "locality": "Bristol", "country": None}

CUSTOM_VALUES: dict[str, tuple[Any, Any, Value]] = {
    "varchar": ("abc", {"type": "varchar", "value": "abc"}, "abc"),
    "text": ("a\nb", {"type": "text", "value": "a\nb"}, "a\nb"),
    "varchar_auto": ("abc", {"type": "varchar_auto", "value": "abc"}, "abc"),
    "double": (12.5, {"type": "double", "value": 12.5}, 12.5),
    "monetary": (
        {"value": 5, "currency": "USD"},
        {"type": "monetary", "value": 5, "currency": "USD"},
        {"value": 5, "currency": "USD"},
    ),
    "phone": ("+44 117", {"type": "phone", "value": "+44 117"}, "+44 117"),
    "enum": (17, {"type": "enum", "id": 17}, 17),
    "set": ([13, 14], {"type": "set", "values": [{"id": 13}, {"id": 14}]}, [13, 14]),
    "org": (42, {"type": "org", "id": 42}, 42),
    "people": (42, {"type": "people", "id": 42}, 42),
    "user": (42, {"type": "user", "id": 42}, 42),
    "date": ("2026-01-31", {"type": "date", "value": "2026-01-31"}, "2026-01-31"),
    "daterange": (
        {"value": "2026-01-01", "until": "2026-01-31"},
        {"type": "daterange", "from": "2026-01-01", "until": "2026-01-31"},
        {"value": "2026-01-01", "until": "2026-01-31"},
    ),
    "address": (
        {"value": "5 Quay St", "locality": "Bristol", "formatted_address": "5 Quay St, UK"},
        {"type": "address", "value": "5 Quay St", "locality": "Bristol", "route": None},
        {"value": "5 Quay St", "locality": "Bristol"},
    ),
    "unset": (None, None, None),
}


@pytest.mark.parametrize("kind", CUSTOM_VALUES)
def test_rest_and_webhook_bring_one_form(kind: str) -> None:
    rest, webhook, form = CUSTOM_VALUES[kind]
    assert custom_from_wire(rest) == form
    assert custom_from_wire(webhook) == form


def test_a_time_zone_is_kept_where_it_has_a_name() -> None:
    named = {"value": "09:00:00", "timezone_name": "Europe/Tallinn"}
    assert custom_from_wire(named) == named
    numbered = {"type": "time", "value": "09:00:00", "timezone_id": 341}
    assert custom_from_wire(numbered) == {"value": "09:00:00"}
    span = {"type": "timerange", "from": "09:00:00", "until": "10:00:00", "timezone_id": 341}
    assert custom_from_wire(span) == {"value": "09:00:00", "until": "10:00:00"}


@pytest.mark.parametrize(
    ("told", "number"),
    [("1200.50", 1200.5), ("1200.00", 1200), ("0.10", 0.1), ("-3", -3), ("12345678901.237", None)],
)
def test_an_amount_goes_out_as_exactly_that_number(told: str, number: float | None) -> None:
    sent = to_wire(DEALS, {"value": told}, {})["value"]
    assert repr(sent) == told if number is None else sent == number
    assert same(told, sent)


def test_an_amount_that_no_number_holds_is_refused_by_name() -> None:
    with pytest.raises(Refused) as refused:
        to_wire(DEALS, {"value": "12345678901234567.89"}, {})
    assert refused.value.field == "value"


@pytest.mark.parametrize("name", ["value", "org_id"])
def test_what_is_no_number_is_refused_by_name(name: str) -> None:
    with pytest.raises(Refused) as refused:
        to_wire(DEALS, {name: "a lot"}, {})
    assert refused.value.field == name


def test_standard_fields_take_the_wires_form() -> None:
    fields: dict[str, Value] = {
        "title": "INV-77",
        "org_id": "42",
        "stage_id": "5",
        "value": "10.00",
        "currency": "EUR",
        "won_time": "2026-01-02T03:04:05.678Z",
        "expected_close_date": "2026-02-01",
        "label_ids": ["1", "2"],
        "person_id": None,
        "lost_time": "",
    }
    assert to_wire(DEALS, fields, {}) == {
        "title": "INV-77",
        "org_id": 42,
        "stage_id": 5,
        "value": 10,
        "currency": "EUR",
        "won_time": "2026-01-02T03:04:05Z",
        "expected_close_date": "2026-02-01",
        "label_ids": [1, 2],
        "person_id": None,
        "lost_time": None,
    }


def test_absent_parts_of_an_address_are_left_out() -> None:
    body = to_wire(ORGANIZATIONS, {"address": ADDRESS}, {})
    assert body == {"address": {"value": "5 Quay St", "locality": "Bristol"}}
    assert to_wire(ORGANIZATIONS, {"address": {"value": None}}, {}) == {"address": None}


def test_ids_within_participants_are_numbers_on_the_wire() -> None:
    wrote: dict[str, Value] = {"participants": [{"person_id": "77", "primary": True}]}
    body = to_wire(ACTIVITIES, wrote, {})
    assert body == {"participants": [{"person_id": 77, "primary": True}]}
    assert from_wire(ACTIVITIES, body) == wrote


def test_custom_fields_stand_in_an_object_of_their_own_by_their_type() -> None:
    types = {"a": "varchar", "b": "double", "c": "enum"}
    fields: dict[str, Value] = {
        "a": "1042",
        "b": "12.50",
        "c": "17",
        "d": {"value": "12.50", "currency": "EUR"},
        "e": "",
        "f": [],
        "g": ["13"],
    }
    assert to_wire(DEALS, fields, types) == {
        "custom_fields": {
            "a": "1042",
            "b": 12.5,
            "c": 17,
            "d": {"value": 12.5, "currency": "EUR"},
            "e": None,
            "f": None,
            "g": [13],
        }
    }


def test_what_was_written_is_the_same_as_what_comes_back() -> None:
    wrote: dict[str, Value] = {
        "name": "Ada Byron",
        "org_id": "42",
        "emails": [{"value": "ada@northwind.example", "primary": True, "label": "work"}],
        "phones": [],
        "label_ids": ["3"],
        FIELD_CODE: {"value": "12.50", "currency": "EUR"},
    }
    back = from_wire(PERSONS, to_wire(PERSONS, wrote, {}))
    assert back["org_id"] == "42"
    assert back.keys() == wrote.keys()
    assert all(same(wrote[name], back[name]) for name in wrote)


def test_a_webhook_reads_as_the_record_does() -> None:
    told = from_wire(DEALS, event_body("change.deal")["data"])
    assert told["org_id"] == "42"
    assert told["visible_to"] == 3
    assert told[FIELD_CODE] == "INV-77"
    assert told[OTHER_CODE] == {"value": 200, "currency": "EUR"}
    assert "add_time" not in told
