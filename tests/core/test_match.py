"""Which target record a source record is: every outcome, and who is no candidate."""

from __future__ import annotations

from collections.abc import Sequence

from ml_connector.core.flow import alike, keyed, linked, referred, shared, suggested
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
    assert (match.outcome, match.target_id) == ("found", "5")


def test_our_key_on_two_records_waits_for_a_person() -> None:
    match = found([Candidate("5", "our key"), Candidate("6", "our key")], [])
    assert match.outcome == "several"
    assert [c.target_id for c in match.candidates] == ["5", "6"]


def test_name_and_email_may_point_to_the_same_record() -> None:
    match = found([], [Candidate("5", "same name"), Candidate("5", "same email")])
    assert match.outcome == "found"
    assert match.by == "same name, same email"


def test_name_and_email_that_point_apart_wait_for_a_person() -> None:
    match = found([], [Candidate("5", "same name"), Candidate("6", "same email")])
    assert match.outcome == "several"


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
    assert (match.outcome, match.target_id) == ("alias", "5")


def test_a_free_reference_is_taken() -> None:
    rules = (linked(), keyed("ID"), referred(lambda record, given: [], "org_id"))
    match = decide(rules, [(), (), [Candidate("8", "same reference")]], ME, shared=False)
    assert (match.outcome, match.target_id) == ("found", "8")


def test_a_mere_suggestion_waits_for_a_person_even_if_it_is_the_only_one() -> None:
    rules = (linked(), keyed("ID"), suggested(lambda record, given: [], "org_id"))
    match = decide(rules, [(), (), [Candidate("8", "same amount")]], ME, shared=False)
    assert match.outcome == "several"
