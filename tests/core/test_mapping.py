"""From a source record to what the target should hold: names, codes, and what would be refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ml_connector.core.faults import Refused
from ml_connector.core.flow import (
    LEAVE,
    ONCE,
    SOURCE,
    UNTIL_TOUCHED,
    FieldRule,
    Given,
    Leave,
    Parent,
    Route,
    copy,
    key,
    make,
)  # fmt: skip
from ml_connector.core.mapping import (
    Codes,
    Desired,
    items_by_name,
    map_record,
    plain,
    resolve,
)  # fmt: skip
from ml_connector.core.objects import (
    Costs,
    Field,
    SetupItem,
    SourceModel,
    SourceObject,
    TargetObject,
)  # fmt: skip
from ml_connector.core.values import Value

GIVEN = Given({"stage": "Won"}, datetime(2026, 5, 1, tzinfo=UTC), "2026-05-04",
              datetime(2026, 5, 4, 9, tzinfo=UTC))  # fmt: skip
KEY = "wave:b:invoices:1"


class Bill(SourceModel):
    id: str = "1"
    title: str = "May"
    total: Decimal = Decimal("10.00")
    due: date | None = date(2026, 5, 31)
    customer: str = "c"


def stage(record: Bill, given: Given) -> Value | Leave:
    return given.settings["stage"] if record.title else LEAVE


BILLS = SourceObject("wave", "bills", Bill, "bill", read_batch=1)
DEALS = TargetObject(
    "crm", "deals", "deal",
    fields=(
        Field("title", "text", max_length=5), Field("stage", "setup", setup="stage"),
        Field("pipeline", "setup", setup="pipeline"), Field("org", "reference"),
        Field("currency", "text", vocabulary="currencies", max_length=3), Field("note", "text"),
    ),
    key_home="custom_field", costs=Costs(1, 1, 1, 1), settle=timedelta(), read_batch=1,
)  # fmt: skip
ACTIVITIES = TargetObject(
    "crm", "activities", "activity", fields=(Field("note", "text"),), key_home="note",
    costs=Costs(1, 1, 1, 1), settle=timedelta(), read_batch=1, note_field="note",
)  # fmt: skip
RULES = {
    "title": copy("title", ONCE),
    "stage": make(stage, UNTIL_TOUCHED, follows="title"),
    "Bill ID": key(),
}
ITEMS = (
    SetupItem("field", "Bill ID", object="deals", type="varchar"),
    SetupItem("field", "Total", object="deals", type="monetary", vocabulary="currencies"),
    SetupItem("field", "Rate", object="deals", type="double"),
    SetupItem("field", "Bill ID", object="activities"),
    SetupItem("pipeline", "Sales"),
    SetupItem("stage", "Won", parent="Sales"),
    SetupItem("stage", "Not Won", parent="Sales"),
)
BY_NAME = items_by_name(ITEMS, DEALS)
CODES = {
    "field/deals/Bill ID": "c1", "field/deals/Total": "c2", "field/deals/Rate": "c3",
    "pipeline//Sales": "p", "pipeline//Won": "odd", "stage/Sales/Not Won": "s1",
    "stage/Sales/Won": "s2",
}  # fmt: skip


def route(
    fields: dict[str, FieldRule] | None = None, writes: TargetObject = DEALS, owner: str = "org"
) -> Route:
    after = {owner: Parent("customers", "customer", UNTIL_TOUCHED)}
    return Route("bills", BILLS, writes, fields or RULES, (), "a bill", after=after)


def codes(*missing: str) -> Codes:
    return Codes(CODES, {"currencies": frozenset({"EUR", "USD"})}, frozenset(missing))


def resolved(*missing: str, **named: Value) -> Desired:
    return resolve(route(), named, BY_NAME, codes(*missing))


def refused(*missing: str, **named: Value) -> Refused:
    with pytest.raises(Refused) as caught:
        resolved(*missing, **named)
    return caught.value


def test_each_rule_makes_its_field_and_parents_stand_beside_them() -> None:
    mapped = map_record(route(), Bill(), GIVEN, KEY, {"org": "7"})
    assert mapped == {"title": "May", "stage": "Won", "Bill ID": KEY, "org": "7"}


def test_a_field_to_be_left_alone_is_absent_and_those_behind_it_are_not() -> None:
    mapped = map_record(route(), Bill(title=""), GIVEN, KEY, {})
    assert mapped == {"title": "", "Bill ID": KEY}


@pytest.mark.parametrize(
    ("title", "note"),
    [("May", f"May<br>Reference: {KEY}"), ("", f"<br>Reference: {KEY}")],
)
def test_a_note_carries_the_key_below_its_text(title: str, note: str) -> None:
    noted = route({"note": copy("title")}, ACTIVITIES)
    assert map_record(noted, Bill(title=title), GIVEN, KEY, {}) == {"note": note}


def test_a_note_without_a_text_of_its_own_carries_the_key() -> None:
    bare = route({"title": copy("title")}, ACTIVITIES)
    mapped = map_record(bare, Bill(), GIVEN, KEY, {})
    assert mapped == {"title": "May", "note": f"<br>Reference: {KEY}"}


@pytest.mark.parametrize(
    ("value", "travels"),
    [
        (None, None), (True, True), (3, 3), ("a", "a"), (Decimal("10.00"), "10.00"),
        (date(2026, 5, 31), "2026-05-31"),
    ],
)  # fmt: skip
def test_a_value_as_it_travels(value: object, travels: Value) -> None:
    assert plain(value) == travels
    assert type(plain(value)) is type(travels)


def test_what_has_no_form_to_travel_in_is_told_by_its_type() -> None:
    with pytest.raises(TypeError, match="a set cannot travel as it is; make a value of it"):
        plain({1})


def test_codes_names_owners_and_leaders_of_each_field() -> None:
    named: dict[str, Value] = {
        "org": "7", "title": "May", "stage": "Won", "Bill ID": KEY, "currency": None, "Rate": 1.5,
    }  # fmt: skip
    assert resolve(route(), named, BY_NAME, codes()) == Desired(
        {"org": "7", "title": "May", "stage": "s2", "c1": KEY, "currency": None, "c3": 1.5},
        {
            "org": UNTIL_TOUCHED, "title": ONCE, "stage": UNTIL_TOUCHED, "c1": SOURCE,
            "currency": SOURCE, "c3": SOURCE,
        },
        {"stage": "title"},
        {
            "org": "org", "title": "title", "stage": "stage", "c1": "Bill ID",
            "currency": "currency", "c3": "Rate",
        },
    )  # fmt: skip


def test_a_removed_field_is_left_out_with_a_note_and_the_others_are_written() -> None:
    named: dict[str, Value] = {"Bill ID": KEY, "title": "May"}
    found = resolve(route(), named, BY_NAME, codes("field/deals/Bill ID"))
    assert found.fields == {"title": "May"}
    assert found.notes == ("the field 'Bill ID' was removed at the target and is left out",)


def test_a_removed_stage_is_left_out_with_a_note_and_the_others_are_written() -> None:
    found = resolved("stage/Sales/Won", stage="Won", pipeline="Sales")
    assert found.fields == {"pipeline": "p"}
    assert found.notes == ("the stage 'Won' was removed and is left out",)


@pytest.mark.parametrize(
    "other",
    ["stage/Sales/Not Won", "field/deals/Won", "pipeline//Won"],
    ids=["ends alike", "of another kind", "a whole of that name"],
)
def test_another_item_that_was_removed_leaves_the_stage_in(other: str) -> None:
    assert resolved(other, stage="Won").fields == {"stage": "s2"}


def test_a_removed_pipeline_is_refused_as_a_whole() -> None:
    fault = refused("pipeline//Sales", pipeline="Sales")
    assert fault.sentence == "There is no pipeline 'Sales' at the target."
    assert fault.field == "pipeline"


def test_a_stage_that_was_never_made_is_refused() -> None:
    assert refused(stage="on").sentence == "There is no stage 'on' at the target."
    assert refused(stage="Lost").field == "stage"


def test_a_text_that_is_too_long_names_the_field_and_both_lengths() -> None:
    assert resolved(title="12345").fields == {"title": "12345"}
    fault = refused(title="123456")
    assert fault.field == "title"
    assert fault.sentence == (
        "'title' has 6 characters and the target takes 5: shorten it at the source."
    )


def test_a_short_text_of_a_custom_field_has_a_length_and_a_number_has_none() -> None:
    longest: dict[str, Value] = {"Bill ID": "x" * 255, "Rate": "x" * 256}
    assert resolve(route(), longest, BY_NAME, codes()).fields["c1"] == "x" * 255
    fault = refused(**{"Bill ID": "x" * 256})
    assert (fault.field, fault.sentence[:27]) == ("Bill ID", "'Bill ID' has 256 character")


def test_a_currency_that_the_account_does_not_have_is_refused() -> None:
    assert resolved(currency="EUR").fields == {"currency": "EUR"}
    fault = refused(currency="CHF")
    assert fault.field == "currency"
    assert fault.sentence == (
        "'CHF' is not among the currencies of this account: add it there, then retry this record."
    )


def test_the_currency_of_an_amount_is_looked_up_too_and_an_absent_amount_is_none() -> None:
    amount: Value = {"value": "5.00", "currency": "USD"}
    assert resolved(Total=amount).fields == {"c2": amount}
    assert resolved(Total=None).fields == {"c2": None}
    assert refused(Total={"value": "5.00", "currency": "CHF"}).field == "Total"


@pytest.mark.parametrize(
    ("missing", "fields", "are_gone"),
    [
        ("stage/Sales/Won", {"stage": "s2"}, True),
        ("stage/Sales/Won", {"stage": "s1"}, False),
        ("stage/Sales/Won", {"org": "s2", "title": "s2", "c1": "s2"}, False),
        ("stage/Sales/Won", {"pipeline": "s2"}, False),
        ("stage/Sales/Won", {"title": ["s2"]}, False),
        ("field/deals/Total", {"title": "May", "c2": "5"}, True),
        ("field/deals/Total", {"c1": "c2"}, False),
    ],
)
def test_a_write_that_speaks_of_something_removed(
    missing: str, fields: dict[str, Value], are_gone: bool
) -> None:
    assert codes(missing).are_gone(DEALS, fields) is are_gone


def test_only_the_fields_of_that_very_object_are_its_items() -> None:
    found = items_by_name(ITEMS, DEALS)
    assert set(found) == {"Bill ID", "Total", "Rate"}
    assert found["Bill ID"].object == "deals"
