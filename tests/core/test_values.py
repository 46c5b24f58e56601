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
from ml_connector.core.values import Value, canonical, decimal_of, digest, likeness, same


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
    [
        ("10.00", 10.01), (True, 1), (False, None), ("a", "A"), ("007", "7"), ({"a": 1}, {"a": 2}),
        ({"a": 1}, "x"), ([1], "x"), ([1], [2]), ([1], [1, 2]), ([1, 3], [1, 2]), ("NaN", 1),
        (["x"], "x"), ([1], None),
    ],
)  # fmt: skip
def test_not_the_same(one: Value, other: Value) -> None:
    assert not same(one, other)
    assert not same(other, one)


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (10, "10"), (1.5, "1.5"), (" 1.50 ", "1.50"), (Decimal("1.50"), "1.50"),
        ("1e400", "1e400"), ("1e-400", "1e-400"),
    ],
)  # fmt: skip
def test_a_number_that_somebody_could_mean(told: object, number: str) -> None:
    assert decimal_of(told) == Decimal(number)


@pytest.mark.parametrize(
    "told",
    [None, True, [1], {}, "", "ten", "NaN", "sNaN", "Infinity", "1e401", "1e-401", Decimal("sNaN")],
)
def test_what_is_no_such_number(told: object) -> None:
    assert decimal_of(told) is None


def test_a_value_has_one_text_and_a_fingerprint_that_lasts() -> None:
    """Fingerprints are stored: another one for the same value would call everything changed."""
    value: Value = {"b": ["é", None, 1.5], "a": "x"}
    assert canonical(value) == '{"a":"x","b":["é",null,1.5]}'
    assert digest(value) == "e458d32bd428209a842574dad1604734"


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})


@pytest.mark.parametrize(
    ("one", "other"), [("ACME  Ltd ", "acme ltd"), ("Straße", "STRASSE"), ("ＡＣＭＥ", "acme")]
)
def test_alike_to_people(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


def test_accents_tell_firms_apart() -> None:
    assert likeness("Café Nord") != likeness("Cafe Nord")


def test_a_likeness_is_one_text_that_can_be_looked_up() -> None:
    assert likeness(" ACME \t Ltd ") == "acme ltd"
    assert likeness(None) == likeness(" ") == ""


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
    assert (str(money.amount), money.currency) == (amount, "XXX")


def test_money_is_subtracted_in_its_currency_and_written_with_it() -> None:
    left = Money(Decimal("1234.50"), "EUR").minus(Money(Decimal("0.50"), "EUR"))
    assert left == Money(Decimal("1234.00"), "EUR")
    assert str(left) == "1,234.00 EUR"
    assert left.is_positive
    assert not left.minus(left).is_positive


def test_no_amount_is_no_money() -> None:
    with pytest.raises(ValueError, match=r"^is no amount of money$"):
        Money(Decimal("NaN"), "EUR")


def test_money_of_two_currencies_is_not_subtracted() -> None:
    with pytest.raises(ValueError, match="cannot take USD from EUR"):
        Money(Decimal(1), "EUR").minus(Money(Decimal(1), "USD"))


def test_a_cadence_at_times_of_a_zone_over_a_change_of_the_clock() -> None:
    """On 29 March 2026 Berlin's clocks go from 2:00 to 3:00."""
    cadence = parse_cadence("daily 06:30,18:00 Europe/Berlin")
    evening = datetime(2026, 3, 28, 18, tzinfo=UTC)
    assert cadence.next_after(evening, evening) == datetime(2026, 3, 29, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0", "-5", "often", "daily", "daily 25:00", "daily 06:30 Mars"])
def test_an_unreadable_cadence_is_told(text: str) -> None:
    with pytest.raises(Mistake, match="cannot be read"):
        parse_cadence(text)
