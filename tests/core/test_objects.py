"""What every vendor's records have in common: ids, what a model must say, what its parts are
called."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ml_connector.core.objects import (
    Costs,
    Field,
    SetupItem,
    SourceModel,
    SourceObject,
    TargetObject,
    id_of,
)  # fmt: skip


@pytest.mark.parametrize(("told", "id"), [("a", "a"), (7, "7"), (0, "0"), (" a ", " a ")])
def test_an_id_is_a_text_or_a_whole_number(told: object, id: str) -> None:
    assert id_of(told) == id


@pytest.mark.parametrize("told", [None, "", "  ", True, False, 1.5, {}, {"id": 1}, ["1"]])
def test_nothing_else_is_an_id(told: object) -> None:
    with pytest.raises(ValueError, match=r"^is no id$"):
        id_of(told)


class Silent(SourceModel):
    """A model whose folder forgot what every model must say."""


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        ("key", "its key"), ("version", "its version"), ("changed_at", "when it changed"),
        ("called", "its key"),
    ],
)  # fmt: skip
def test_a_model_that_forgot_something_is_told_by_name(method: str, missing: str) -> None:
    with pytest.raises(TypeError, match=f"^Silent does not say {missing}$"):
        getattr(Silent(), method)()


def test_a_field_of_a_target_is_found_by_its_name() -> None:
    fields = (Field("name", "text"), Field("phone", "text"))
    people = TargetObject(
        "crm", "people", "person", fields, "custom_field", Costs(1, 1, 1, 1), timedelta(), 1
    )
    assert people.field("phone") is fields[1]
    assert people.field("fax") is None
    assert people.path == "crm.people"
    assert SourceObject("wave", "customers", Silent, "customer", 1).path == "wave.customers"


def test_the_id_of_an_item_names_what_it_is_in() -> None:
    assert SetupItem("field", "Key", object="deals").id == "field/deals/Key"
    assert SetupItem("stage", "Won", parent="Sales").id == "stage/Sales/Won"
    assert SetupItem("pipeline", "Sales").id == "pipeline//Sales"
