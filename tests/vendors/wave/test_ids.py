"""Ids are compared whole; decoding only recognises another form of the same id."""

from __future__ import annotations

import pytest

from ml_connector.vendors.wave.ids import parts, readable_key, same_id
from tests.vendors.wave.given import BUSINESS, CUSTOMER, INVOICE

UUID = "11111111-2222-4333-8444-555555555555"


def test_the_parts_stand_in_the_ids_order() -> None:
    assert list(parts(INVOICE).items()) == [("Business", UUID), ("Invoice", "2001")]


@pytest.mark.parametrize("id", ["", "42", "not base64!", "QUJD", "Zm9vOg==", "é"])
def test_what_is_no_such_text_has_no_parts(id: str) -> None:
    assert parts(id) == {}


@pytest.mark.parametrize(
    ("told", "stored", "is_same"),
    [
        (BUSINESS, BUSINESS, True),
        (UUID, BUSINESS, True),
        (UUID.upper(), BUSINESS, True),
        (INVOICE, INVOICE, True),
        ("2001", INVOICE, True),
        ("1001", INVOICE, False),
        (UUID, INVOICE, False),
        (CUSTOMER, INVOICE, False),
        (BUSINESS.lower(), BUSINESS, False),
        ("", BUSINESS, False),
        ("opaque", "opaque", True),
        ("", "opaque", False),
    ],
)
def test_an_id_is_recognised_in_its_forms(told: str, stored: str, is_same: bool) -> None:
    assert same_id(told, stored) is is_same


def test_the_readable_key_has_no_sign_that_case_or_lists_would_spoil() -> None:
    assert readable_key(CUSTOMER) == f"wave:{UUID}:c:1001"
    assert readable_key(INVOICE) == f"wave:{UUID}:i:2001"
    assert readable_key("opaque") == "opaque"
    assert readable_key(BUSINESS) == BUSINESS
