"""Two-way fields of a linked pair: which side's change travels, and who stays if both changed."""

from __future__ import annotations

from typing import Literal

import pytest

from ml_connector.core.crossing import Crossing, cross, without
from ml_connector.core.flow import ONCE, SOURCE
from ml_connector.core.mapping import Desired
from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import Base
from ml_connector.core.values import Value

NOTHING = Crossing((), frozenset(), ())


def desired(**fields: Value) -> Desired:
    return Desired(fields, dict.fromkeys(fields, SOURCE), {}, {name: name for name in fields})


def target(**fields: Value) -> TargetRecord:
    return TargetRecord("7", fields, "2026-01-01T00:00:00Z")


def phone(
    source: Value, there: Value, wrote: Value = "1", returned: Value = "1",
    winner: Literal["source", "target"] = "source", gone_on: tuple[str, ...] = (),
) -> Crossing:  # fmt: skip
    """The judgement of one field, after we wrote `wrote` and the target returned `returned`."""
    base = Base({"phone": wrote}, {"phone": returned})
    return cross(desired(phone=source), base, target(phone=there), ["phone"], winner, gone_on)


def test_a_change_at_the_source_alone_travels_forth() -> None:
    assert phone("2", there="1") == NOTHING


def test_a_change_at_the_target_alone_travels_back() -> None:
    assert phone("1", there="2") == Crossing(("phone",), frozenset({"phone"}), ())


def test_the_same_change_on_both_sides_travels_nowhere() -> None:
    assert phone("2", there="2") == NOTHING


@pytest.mark.parametrize(
    ("winner", "back", "held"), [("source", (), frozenset()), ("target", ("phone",), {"phone"})]
)
def test_of_two_changes_the_winners_stays(
    winner: Literal["source", "target"], back: tuple[str, ...], held: set[str]
) -> None:
    assert phone("2", there="3", winner=winner) == Crossing(back, frozenset(held), ("phone",))


def test_what_the_target_made_of_our_value_never_travels_back() -> None:
    assert phone("acme ltd", there="ACME", wrote="acme ltd", returned="ACME") == NOTHING


def test_what_went_on_after_an_unanswered_write_back_travels_though_it_looks_untouched() -> None:
    judged = phone("2", there="1", wrote="2", gone_on=("phone",))
    assert judged == Crossing(("phone",), frozenset({"phone"}), ())


def test_each_field_is_judged_alone_and_only_where_both_sides_know_it() -> None:
    """One that is not mapped now, one that is a person's for good, one the same on both sides."""
    base = Base(dict.fromkeys("bcdef", "1"), {"a": "1", "c": "1", "d": "1", "e": "1", "f": "1"})
    judged = cross(
        desired(b="1", c="2", d="1", e="1", f="1"),
        base,
        target(a="9", b="9", c="2", d="9", e="1", f="9"),
        ["f", "e", "d", "c", "b", "a"],
        "source",
    )
    assert judged == Crossing(("d", "f"), frozenset({"d", "f"}), ())


def test_held_fields_are_no_longer_desired_and_the_others_are_as_before() -> None:
    fields: dict[str, Value] = {"name": "A", "phone": "1"}
    names = {"name": "name", "phone": "phone"}
    both = Desired(fields, {"name": ONCE, "phone": SOURCE}, {"name": "*"}, names, ("a note",))
    left = Desired({"name": "A"}, {"name": ONCE}, {"name": "*"}, names, ("a note",))
    assert without(both, ["phone"]) == left
