"""Values: wrapped and unwrapped, with the members that stay bare; moments; numbers."""

from __future__ import annotations

import pytest

from ml_connector.core.faults import Refused
from ml_connector.core.values import Value
from ml_connector.vendors.acumatica.moments import date_text, moment_text
from ml_connector.vendors.acumatica.values import number, plain, value_at, wrapped


def test_a_record_is_unwrapped_with_all_its_forms_of_empty() -> None:
    told = {
        "id": "5c1f",
        "rowNumber": 1,
        "note": {"value": "a note"},
        "CustomerID": {"value": "C000123"},
        "AccountRef": {},
        "TaxZone": {"value": None},
        "Terms": {"value": ""},
        "Hold": {"value": False},
        "MainContact": {"id": "7", "Email": {"value": "a@b.example"}, "Address": {"City": {}}},
        "Details": [{"id": "8", "OrderQty": {"value": 3}}],
        "custom": {"Document": {"UsrA": {"type": "CustomStringField", "value": "x"}}},
        "files": [{"id": "9", "filename": "a.pdf"}],
        "_links": {"self": "/Prod/entity/x"},
    }
    record = plain(told)
    assert record["id"] == "5c1f"
    assert record["note"] == "a note"
    assert (record["CustomerID"], record["Hold"]) == ("C000123", False)
    assert [record[name] for name in ("AccountRef", "TaxZone", "Terms")] == [None] * 3
    assert value_at(record, "MainContact.Email") == "a@b.example"
    assert value_at(record, "MainContact.Address.City") is None
    assert value_at(record, "Nowhere.At.All") is None
    assert record["Details"] == [{"id": "8", "OrderQty": 3}]
    assert record["custom"] == {"Document": {"UsrA": "x"}}
    assert record["files"] == [{"id": "9", "filename": "a.pdf"}]
    assert record["_links"] == {"self": "/Prod/entity/x"}


def test_a_body_is_wrapped_but_for_its_bare_members() -> None:
    body = wrapped(
        {
            "id": "5c1f",
            "note": "a note",
            "Hold": True,
            "MainContact.Email": "a@b.example",
            "MainContact.Address.City": None,
            "Details": [{"id": "8", "delete": True}, {"InventoryID": "PUMP"}],
        }
    )
    assert body == {
        "id": "5c1f",
        "note": {"value": "a note"},
        "Hold": {"value": True},
        "MainContact": {
            "Email": {"value": "a@b.example"},
            "Address": {"City": {"value": None}},
        },
        "Details": [{"id": "8", "delete": True}, {"InventoryID": {"value": "PUMP"}}],
    }


@pytest.mark.parametrize(
    ("value", "told"), [("3", 3), ("199.50", 199.5), (0.1, 0.1), (7, 7), ("", None), (None, None)]
)
def test_a_number_is_the_decimal_exactly(value: Value, told: object) -> None:
    assert number("UnitPrice", value) == told


@pytest.mark.parametrize("value", ["three", "NaN", "0.1234567890123456789", True])
def test_what_no_number_holds_is_refused(value: Value) -> None:
    with pytest.raises(Refused, match="UnitPrice"):
        number("UnitPrice", value)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("2025-03-04T09:15:21.437+00:00", "2025-03-04T09:15:21.437Z"),
        ("2025-03-04T12:15:21.1+03:00", "2025-03-04T09:15:21.100Z"),
        ("2025-03-04T09:15:21.4366667Z", "2025-03-04T09:15:21.436Z"),
        ("2025-03-04T09:15:21+00:00", "2025-03-04T09:15:21.000Z"),
    ],
)
def test_a_moment_is_what_its_offset_says(told: str, text: str) -> None:
    assert moment_text(told) == text


def test_a_moment_without_an_offset_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="offset"):
        moment_text("2025-03-04T09:15:21.437")


def test_a_date_is_the_one_that_was_written() -> None:
    assert date_text("2025-06-17T00:00:00+03:00") == "2025-06-17"
    assert date_text(None) is None
