"""Values: what is written, what comes back, and that both compare equal where they are the same."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector.core.faults import Refused
from ml_connector.core.objects import Likeness
from ml_connector.core.values import Value, same
from ml_connector.vendors.zendesk import INVOICES, ORGANIZATIONS, USERS
from ml_connector.vendors.zendesk.values import record_of, to_wire
from tests.vendors.zendesk.given import invoice, organization, user

TYPES = {"amount": "decimal", "count": "integer", "day": "date", "of": "lookup", "words": "text"}


@pytest.mark.parametrize(
    ("name", "value", "wire"),
    [
        ("amount", "1200.50", 1200.5),
        ("amount", "0.10", 0.1),
        ("amount", "-3", -3),
        ("amount", "", None),
        ("amount", None, None),
        ("count", "12", 12),
        ("day", "2026-10-30", "2026-10-30"),
        ("day", "", None),
        ("of", "6164125400602", "6164125400602"),
        ("words", "1042", "1042"),
        ("unknown", "1042", "1042"),
    ],
)
def test_a_custom_value_goes_out_as_its_field_takes_it(name: str, value: Value, wire: Any) -> None:
    body = to_wire(INVOICES, {name: value}, TYPES)
    assert body == {"custom_object_fields": {name: wire}}
    assert type(body["custom_object_fields"][name]) is type(wire)


@pytest.mark.parametrize(
    ("name", "sent", "told"),
    [
        ("amount", "1200.50", 1200.5),
        ("amount", "1200.50", "1200.5"),
        ("amount", "1200.50", "1200.500"),
        ("count", "12", "12"),
        ("day", "2026-10-30", "2026-10-30T00:00:00+00:00"),
        ("day", "2026-10-30", "2026-10-30T00:00:00Z"),
        ("day", "2026-10-30", "2026-10-30"),
        ("of", "6164125400602", "6164125400602"),
        ("of", "6164125400602", 6164125400602),
        ("words", "2026-10-30T00:00:00+00:00", "2026-10-30T00:00:00+00:00"),
        ("unknown", "2026-10-30", "2026-10-30T00:00:00+00:00"),
        ("words", "", None),
    ],
)
def test_what_comes_back_compares_equal_to_what_was_sent(name: str, sent: Value, told: Any) -> None:
    record = record_of(INVOICES, invoice(1, custom_object_fields={name: told}), TYPES)
    assert same(sent, record.fields[name])


def test_a_number_that_no_json_number_holds_is_refused_and_read_as_its_text() -> None:
    long = "1234567890123456789.01"
    with pytest.raises(Refused, match="more digits"):
        to_wire(INVOICES, {"amount": long}, TYPES)
    for wrong in ("much", "NaN", True):
        with pytest.raises(Refused, match="number"):
            to_wire(INVOICES, {"amount": wrong}, TYPES)
    told = record_of(INVOICES, invoice(1, custom_object_fields={"amount": long}), TYPES)
    assert told.fields["amount"] == long


def test_standard_fields_stand_beside_the_custom_ones() -> None:
    body = to_wire(USERS, {"name": "Pat", "organization_id": "7", "tags": ["b", "a"]}, {})
    assert body == {"name": "Pat", "organization_id": 7, "tags": ["b", "a"]}
    assert to_wire(USERS, {"organization_id": None}, {}) == {"organization_id": None}
    with pytest.raises(Refused, match="organization_id"):
        to_wire(USERS, {"organization_id": "Acme"}, {})
    told = organization(1, external_id="k", tags=["b", "a"], organization_fields={"x": 1})
    fields = record_of(ORGANIZATIONS, told, {}).fields
    assert fields == {"name": "Firm 1", "external_id": "k", "tags": ["a", "b"], "x": 1}
    assert record_of(USERS, user(1, organization_id=7), {}).fields["organization_id"] == "7"


def test_staff_are_alike_by_a_kind_of_their_own() -> None:
    def likenesses(obj: Any, data: Any) -> tuple[Likeness, ...]:
        return record_of(obj, data, {}).likenesses

    found = likenesses(ORGANIZATIONS, organization(1, name="ACME  Ltd"))
    assert found == (Likeness("name", "acme ltd"),)
    assert likenesses(USERS, user(1, email="Pat@X.example")) == (
        Likeness("email", "pat@x.example"),
    )
    for role in ("agent", "admin"):
        found = likenesses(USERS, user(1, email="Pat@X.example", role=role))
        assert found == (Likeness("staff_email", "pat@x.example"),)
    assert likenesses(USERS, user(1, email=None)) == ()
    assert likenesses(INVOICES, invoice(1)) == ()
