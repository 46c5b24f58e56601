"""Values: equal in meaning, alike to people, keys that survive a trip through a note."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.cadence import parse_cadence
from ml_connector.core.faults import Mistake
from ml_connector.core.keys import ExternalKey, key_in_note, with_key_line
from ml_connector.core.money import Money
from ml_connector.core.values import Value, digest, likeness, same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10.00", 10), (10, 10.0), (None, ""), ([], None), (True, True), ("a", "a"),
        ({"value": "5.00", "currency": "EUR"}, {"value": 5, "currency": "EUR"}),
        ({"value": "Quay St", "locality": None}, {"value": "Quay St"}),
        ([{"value": "a@b.c", "primary": True}], [{"value": "a@b.c", "primary": True}]),
    ],
)  # fmt: skip
def test_the_same_in_meaning(one: Value, other: Value) -> None:
    assert same(one, other)
    assert same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("10.00", 10.01), (True, 1), (False, None), ("a", "A"), ("007", "7"), ({"a": 1}, {"a": 2})],
)
def test_not_the_same(one: Value, other: Value) -> None:
    assert not same(one, other)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})


@pytest.mark.parametrize(
    ("one", "other"), [("ACME  Ltd ", "acme ltd"), ("Straße", "STRASSE"), ("ＡＣＭＥ", "acme")]
)
def test_alike_to_people(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


def test_accents_tell_firms_apart() -> None:
    assert likeness("Café Nord") != likeness("Cafe Nord")


KEYS = st.builds(
    ExternalKey,
    st.sampled_from(["wave", "acumatica"]),
    st.from_regex(r"[A-Za-z0-9+/=]{1,40}", fullmatch=True),
    st.sampled_from(["customers", "invoices"]),
    st.from_regex(r"[A-Za-z0-9+/=:]{1,60}", fullmatch=True),
)


@given(KEYS)
def test_a_key_survives_as_text_and_in_a_note(key: ExternalKey) -> None:
    assert ExternalKey.parse(str(key)) == key
    assert key_in_note(with_key_line("Sent, 100.00 EUR open.", str(key))) == str(key)
    assert key_in_note(f"<p>x</p><p>Reference: {key}</p>") == str(key)


def test_no_key_in_a_plain_note() -> None:
    assert key_in_note("Reference: see above") is None
    assert key_in_note("") is None


@pytest.mark.parametrize(
    ("minor", "exponent", "amount"), [("12345", 2, "123.45"), ("500", 0, "500"), ("1", 3, "0.001")]
)
def test_money_has_its_currencys_decimals(minor: str, exponent: int, amount: str) -> None:
    money = Money.from_minor(Decimal(minor), "XXX", exponent)
    assert str(money.amount) == amount


def test_money_of_two_currencies_is_not_subtracted() -> None:
    with pytest.raises(ValueError, match="cannot take"):
        Money(Decimal(1), "EUR").minus(Money(Decimal(1), "USD"))


def test_a_cadence_in_minutes() -> None:
    last = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert parse_cadence("30").next_after(last, last).minute == 30
    assert parse_cadence("30").next_after(None, last) == last


def test_a_cadence_at_times_of_a_zone_over_a_change_of_the_clock() -> None:
    """On 29 March 2026 Berlin's clocks go from 2:00 to 3:00."""
    cadence = parse_cadence("daily 06:30,18:00 Europe/Berlin")
    evening = datetime(2026, 3, 28, 18, tzinfo=UTC)
    assert cadence.next_after(evening, evening) == datetime(2026, 3, 29, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0", "-5", "often", "daily", "daily 25:00", "daily 06:30 Mars"])
def test_an_unreadable_cadence_is_told(text: str) -> None:
    with pytest.raises(Mistake, match="cannot be read"):
        parse_cadence(text)
