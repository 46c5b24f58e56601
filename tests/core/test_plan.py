"""Field ownership: what is written, what a person keeps, and what is remembered of it."""

from __future__ import annotations

import pytest

from ml_connector.core.flow import ONCE, SOURCE, UNTIL_TOUCHED, Owner
from ml_connector.core.mapping import Desired
from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import (
    ANY,
    Base,
    comes_of,
    is_unchanged,
    made_whole,
    plan_adoption,
    plan_create,
    plan_update,
    reads_first,
    remembered,
    why_updated,
)  # fmt: skip
from ml_connector.core.values import Value, Values

OWNERS = {"value": SOURCE, "title": ONCE, "stage": UNTIL_TOUCHED}


def desired(follows: dict[str, str] | None = None, **fields: Value) -> Desired:
    owners: dict[str, Owner] = {name: OWNERS.get(name, SOURCE) for name in fields}
    return Desired(fields, owners, follows or {}, {name: name for name in fields})


def target(**fields: Value) -> TargetRecord:
    return TargetRecord("7", fields, "2026-01-01T00:00:00Z")


def made(**fields: Value) -> Base:
    """The base after a create of these fields."""
    return remembered(plan_create(desired(None, **fields)), target(**fields))


def test_a_create_leaves_out_what_has_no_value() -> None:
    write = plan_create(desired(value="10.00", title="A", stage=None, note=""))
    assert write.fields == {"value": "10.00", "title": "A"}
    assert write.changes["value"] == {"before": None, "after": "10.00"}


def test_a_follower_is_written_only_with_its_leader() -> None:
    alone = plan_create(desired({"won_time": "status"}, won_time="x", status=None))
    assert alone.fields == {}
    assert plan_create(desired({"won_time": "status"}, won_time=None, status=None)).fields == {}
    both = plan_create(desired({"won_time": "status"}, won_time="x", status="won"))
    assert both.fields == {"won_time": "x", "status": "won"}


def test_the_same_amount_in_another_form_is_unchanged() -> None:
    base = remembered(plan_create(desired(value="10.00")), target(value=10))
    assert is_unchanged(desired(value="10.00"), base)
    assert is_unchanged(desired(value="10.0"), Base({"value": 10}, {}))
    assert not is_unchanged(desired(value="10.01"), base)


def test_an_update_says_which_side_it_is_for() -> None:
    base = remembered(plan_create(desired(value="10.00")), target(value=10))
    assert why_updated(desired(value="10.01"), base) == "it changed at the source"
    assert why_updated(desired(value="10.00"), base) == "the target was found to differ"


def test_a_once_field_never_makes_a_change() -> None:
    base = made(value="10", title="A")
    assert is_unchanged(desired(value="10", title="B"), base)


def test_only_what_differs_is_written() -> None:
    base = made(value="10", title="A", stage="1")
    write = plan_update(desired(value="12", title="A", stage="1"), base, None)
    assert write.fields == {"value": "12"}
    assert write.changes == {"value": {"before": "10", "after": "12"}}


def test_a_persons_stage_and_title_are_kept_and_named() -> None:
    base = made(value="10", title="A", stage="1")
    touched = target(value="10", title="Mine", stage="9")
    write = plan_update(desired(value="12", title="A", stage="2"), base, touched)
    assert write.fields == {"value": "12"}
    assert set(write.kept) == {"title", "stage"}
    after = remembered(write, target(value="12", title="Mine", stage="9"))
    assert "stage" not in after.returned
    assert after.wrote["stage"] == "2"


def test_what_a_person_took_over_stays_theirs_for_good() -> None:
    base = Base({"value": "10", "stage": "1"}, {"value": "10"})
    back = target(value="10", stage="1")
    write = plan_update(desired(value="10", stage="2"), base, back)
    assert write.fields == {}
    assert write.kept == ("stage",)
    quiet = plan_update(desired(value="10", stage="1"), base, back)
    assert quiet.kept == ()
    assert "stage" not in remembered(quiet, back).returned


def test_an_untouched_stage_follows_the_source() -> None:
    base = made(value="10", stage="1")
    write = plan_update(desired(value="10", stage="2"), base, target(value="10", stage="1"))
    assert write.fields == {"stage": "2"}


def test_the_sources_field_is_put_back_and_that_is_named() -> None:
    base = made(value="10")
    write = plan_update(desired(value="10"), base, target(value="99"))
    assert write.fields == {"value": "10"}
    assert write.overwritten == ("value",)
    assert write.changes == {"value": {"before": "99", "after": "10"}}


def test_nothing_is_written_where_the_target_has_it_already() -> None:
    base = made(value="10")
    assert plan_update(desired(value="12"), base, target(value="12")).fields == {}


def test_an_adopted_record_keeps_what_a_person_set() -> None:
    there = target(value="5", title="Mine", stage="9")
    write = plan_adoption(desired(value="10", title="A", stage="1", key="k"), there, True)
    assert write.fields == {"value": "10", "key": "k"}
    assert set(write.kept) == {"title", "stage"}
    base = remembered(write, target(value="10", title="Mine", stage="9", key="k"))
    later = plan_update(desired(value="10", title="B", stage="2", key="k"), base, there)
    assert "stage" not in later.fields
    assert "title" not in later.fields


def test_an_empty_field_of_an_adopted_record_is_filled() -> None:
    write = plan_adoption(desired(stage="1", title="A"), target(stage=None, title="A"), True)
    assert write.fields == {"stage": "1"}


def test_a_record_shared_with_another_flow_gets_only_our_own_fields() -> None:
    mine = Desired(
        {"name": "A", "c0de": "key"},
        {"name": UNTIL_TOUCHED, "c0de": SOURCE},
        {},
        {"name": "name", "c0de": "Wave customer ID"},
    )
    write = plan_adoption(mine, target(name="B"), owns_standard=False)
    assert write.fields == {"c0de": "key"}
    base = remembered(write, target(name="B", c0de="key"))
    assert not base.owns_standard
    assert is_unchanged(mine, base)
    assert plan_update(mine, base, target(name="B", c0de="key")).fields == {}


def test_a_new_code_of_a_field_is_written_again() -> None:
    """A field that an administrator deleted and that was made anew has another code."""
    base = made(old="key", value="10")
    assert not is_unchanged(desired(new="key", value="10"), base)
    assert plan_update(desired(new="key", value="10"), base, None).fields == {"new": "key"}


def test_only_a_field_that_a_person_may_take_over_needs_a_look_first() -> None:
    assert reads_first(desired(stage="1"))
    assert not reads_first(desired(value="1", title="A"))


def test_a_follower_goes_with_its_leader_in_an_update() -> None:
    base = made(status="open")
    rule = {"won_time": "status"}
    won = plan_update(desired(rule, status="won", won_time="t"), base, None)
    assert won.fields == {"status": "won", "won_time": "t"}
    base = remembered(won, target(status="won", won_time="t"))
    later = desired(rule, status="won", won_time="u")
    assert is_unchanged(later, base)
    assert plan_update(later, base, None).fields == {}


def test_what_the_target_made_of_our_own_write_is_ours() -> None:
    """A create that nobody answered: it stands in capitals, cut, with other blanks."""
    wanted = desired(None, stage="A new  stage", title="T", value="1")
    for there in ("A NEW STAGE", "A new"):
        write = plan_adoption(wanted, target(stage=there), True, [{"stage": "A new  stage"}])
        assert write.fields["stage"] == "A new  stage"
        assert write.theirs == frozenset()
    kept = plan_adoption(wanted, target(stage="Another"), True, [{"stage": "A new  stage"}])
    assert kept.theirs == {"stage"}


def test_a_once_field_of_our_own_unanswered_write_is_neither_kept_nor_sent_again() -> None:
    wanted = desired(title="New", value="2")
    write = plan_adoption(wanted, target(title="OLD", value="1"), True, [{"title": "Old"}])
    assert write.fields == {"value": "2"}
    assert write.kept == ()


@pytest.mark.parametrize(
    ("sent", "there", "is_ours"),
    [
        ("A  name", "A NAME", True), ("A name", "A na", True), (10, "10.00", True),
        (None, "", True), ("A name", "Another", False), ("A name", "", False),
        ("A name", None, False), (None, "x", False), (5, "x", False), ("x", 5, False),
    ],
)  # fmt: skip
def test_what_a_vendor_makes_of_what_it_was_sent(sent: Value, there: Value, is_ours: bool) -> None:
    assert comes_of(sent, there) is is_ours


def test_a_person_who_sets_what_the_source_says_takes_nothing_over() -> None:
    base = made(value="10", title="A", stage="1")
    agreed = target(value="10", title="B", stage="2")
    write = plan_update(desired(value="10", title="B", stage="2"), base, agreed)
    assert (write.fields, write.kept, write.theirs) == ({}, (), frozenset())


def test_a_persons_title_is_named_when_it_changes_and_not_each_time() -> None:
    base = made(value="10", title="A")
    mine = target(value="10", title="Mine")
    first = plan_update(desired(value="11", title="A"), base, mine)
    assert first.kept == ("title",)
    base = remembered(first, target(value="11", title="Mine"))
    assert plan_update(desired(value="12", title="A"), base, mine).kept == ()


def test_a_record_of_our_own_stays_our_own_after_an_update() -> None:
    base = remembered(plan_update(desired(value="12"), made(value="10"), None), target(value="12"))
    assert base.owns_standard
    assert not is_unchanged(desired(value="13"), base)


def test_a_follower_of_any_goes_with_whatever_else_is_written() -> None:
    rule = {"as_of": ANY}
    base = made(as_of="1 May", value="10")
    quiet = plan_update(desired(rule, as_of="2 May", value="10"), base, None)
    assert quiet.fields == {}
    moved = plan_update(desired(rule, as_of="2 May", value="12"), base, None)
    assert moved.fields == {"value": "12", "as_of": "2 May"}


def test_a_follower_goes_with_its_leader_into_an_adopted_record() -> None:
    rule = {"won_time": "status", "as_of": ANY, "absent": ANY}
    wanted = desired(rule, won_time="t", as_of="2 May", status="won", value="10")
    alone = plan_adoption(wanted, target(status="won", value="5"), True)
    assert alone.fields == {"value": "10", "as_of": "2 May"}
    both = plan_adoption(wanted, target(status="open", value="10"), True)
    assert both.fields == {"status": "won", "won_time": "t", "as_of": "2 May"}
    none = plan_adoption(wanted, target(status="won", value="10", as_of="1 May"), True)
    assert none.fields == {}


def test_an_adoption_names_what_it_changes_and_keeps_what_agrees_ours() -> None:
    wanted = desired(stage="1", title="A", value="10")
    write = plan_adoption(wanted, target(stage="1", title="A", value="5"), True)
    assert write.changes == {"value": {"before": "5", "after": "10"}}
    assert write.kept == ()
    base = remembered(write, target(stage="1", title="A", value="10"))
    assert plan_update(desired(stage="2"), base, target(stage="1")).fields == {"stage": "2"}


def test_what_the_source_never_filled_in_empties_no_two_way_field() -> None:
    wanted = desired(phone=None, fax=None, email="a@b.c")
    there = target(phone="123", fax="456", email="x@y.z")
    write = plan_adoption(wanted, there, True, two_way=["phone", "email"])
    assert write.fields == {"fax": None, "email": "a@b.c"}


def test_what_our_own_unanswered_write_set_in_a_two_way_field_is_emptied_again() -> None:
    sent: list[Values] = [{"phone": "123"}]
    write = plan_adoption(desired(phone=None), target(phone="123"), True, sent, ["phone"])
    assert write.fields == {"phone": None}


def test_a_whole_write_sends_every_field_that_is_ours_or_none() -> None:
    base = made(value="10", title="A", stage="1", gone="x")
    wanted = desired(value="12", title="A", stage="1")
    write = made_whole(plan_update(wanted, base, target(value="10", title="A", stage="9")), wanted)
    assert write.fields == {"value": "12", "title": "A"}
    assert write.changes == {"value": {"before": "10", "after": "12"}}
    same = desired(value="10", title="A", stage="1")
    assert made_whole(plan_update(same, base, None), same).fields == {}


def test_a_whole_write_leaves_out_a_title_that_a_person_changed() -> None:
    wanted = desired(value="12", title="A", key="k")
    mine = target(value="10", title="Mine", key="k")
    write = plan_update(wanted, made(value="10", title="A", key="k"), mine)
    assert made_whole(write, wanted).fields == {"value": "12", "key": "k"}
