"""Which target record a source record is: every outcome, and who is no candidate."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ml_connector.core.flow import (
    alike,
    itself,
    keyed,
    linked,
    referred,
    shared,
    spared,
    suggested,
)  # fmt: skip
from ml_connector.core.match import Candidate, Match, decide

RULES = (linked(), keyed("ID"), alike(lambda record, given: []))
ME = "wave:b:customers:1"
OTHER = "wave:b:customers:2"


def found(keyed_hits: Sequence[Candidate], alike_hits: Sequence[Candidate]) -> Match:
    return decide(RULES, [(), keyed_hits, alike_hits], ME, shared=True)


def test_nothing_found_means_create() -> None:
    assert found([], []).outcome == "none"


def test_our_key_wins_over_likeness() -> None:
    match = found([Candidate("5", "our key", ME, ME)], [Candidate("6", "same name")])
    assert match == Match("found", "5", "our key on it")


def test_our_key_on_two_records_waits_for_a_person() -> None:
    match = found([Candidate("5", "our key"), Candidate("6", "our key")], [])
    assert match.outcome == "several"
    assert match.by == "our key stands on more than one record"
    assert [c.target_id for c in match.candidates] == ["5", "6"]


def test_name_and_email_may_point_to_the_same_record() -> None:
    match = found([], [Candidate("5", "same name"), Candidate("5", "same email")])
    assert match.outcome == "found"
    assert match.by == "same name, same email"


def test_name_and_email_that_point_apart_wait_for_a_person() -> None:
    match = found([], [Candidate("6", "same name"), Candidate("5", "same email")])
    assert match.outcome == "several"
    assert match.by == "more than one record is alike"
    assert [c.target_id for c in match.candidates] == ["5", "6"]


def test_a_record_with_another_key_of_this_route_is_no_candidate() -> None:
    assert found([], [Candidate("5", "same name", OTHER, OTHER)]).outcome == "none"


def test_a_customer_may_carry_another_flows_key_and_a_document_may_not() -> None:
    foreign = Candidate("5", "same name", "", "quickbooks_online:r:customers:9")
    assert decide(RULES, [(), (), [foreign]], ME, shared=True).outcome == "found"
    assert decide(RULES, [(), (), [foreign]], ME, shared=False).outcome == "none"


def test_one_contact_may_stand_for_two_customers() -> None:
    rules = (linked(), keyed("ID"), shared(lambda record, given: []))
    taken = Candidate("5", "same email", OTHER, OTHER)
    match = decide(rules, [(), (), [taken]], ME, shared=True)
    assert match == Match("alias", "5", "same email")


def test_a_contact_that_nobody_keeps_is_taken_by_the_name_it_has() -> None:
    rules = (linked(), keyed("ID"), shared(lambda record, given: []))
    twice = [
        Candidate("5", "same email", name="Ann"), Candidate("5", "same phone", name="Ann"),
    ]  # fmt: skip
    match = decide(rules, [(), (), twice], ME, shared=True)
    assert match == Match("found", "5", "same email, same phone", name="Ann")


def test_a_record_that_carries_this_very_key_is_free_for_it() -> None:
    assert found([], [Candidate("5", "same name", ME, ME)]).outcome == "found"


def test_a_free_reference_is_taken() -> None:
    rules = (linked(), keyed("ID"), referred(lambda record, given: [], "org_id"))
    match = decide(rules, [(), (), [Candidate("8", "same reference")]], ME, shared=False)
    assert (match.outcome, match.target_id) == ("found", "8")


def test_a_mere_suggestion_waits_for_a_person_even_if_it_is_the_only_one() -> None:
    rules = (linked(), keyed("ID"), suggested(lambda record, given: [], "org_id"))
    match = decide(rules, [(), (), [Candidate("8", "same amount")]], ME, shared=False)
    assert match.outcome == "several"
    assert match.by == "it looks alike"
    assert [c.target_id for c in match.candidates] == ["8"]


def test_a_colleague_is_left_alone_and_a_stranger_is_made() -> None:
    rules = (linked(), spared(lambda record, given: []))
    colleague = decide(rules, [(), [Candidate("3", "an agent of the desk")]], ME, shared=True)
    assert colleague == Match("spared", "3", "an agent of the desk")
    assert decide(rules, [(), ()], ME, shared=True).outcome == "none"


def test_a_roll_up_goes_into_its_parents_record_once() -> None:
    rules = (linked(), itself("org"))
    for own_key in ("", ME):
        match = decide(rules, [(), [Candidate("4", "its parent", own_key)]], ME, shared=True)
        assert match == Match("found", "4", "its parent")
    merged = decide(rules, [(), [Candidate("4", "its parent", OTHER)]], ME, shared=True)
    assert merged == Match("alias", "4", "its parent")


def test_a_roll_up_without_a_parents_record_is_written_nowhere() -> None:
    match = decide((linked(), itself("org")), [(), ()], ME, shared=True)
    assert match == Match("spared", by="the record that it writes into is not there")


def test_a_rule_without_its_answer_is_a_bug_and_no_new_record() -> None:
    with pytest.raises(ValueError, match="zip"):
        decide(RULES, [(), ()], ME, shared=True)
