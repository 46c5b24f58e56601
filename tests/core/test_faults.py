"""What a fault says to a person, and what it carries for those who treat it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import (
    LONGEST_SENTENCE,
    AccountClosed,
    Ambiguous,
    Fault,
    Missing,
    Refused,
    StoreUnavailable,
    TooFast,
)  # fmt: skip

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_a_fault_says_its_sentence() -> None:
    fault = Fault("Oh no.\nTwice.")
    assert fault.sentence == str(fault) == "Oh no.\nTwice."


class Long(Fault):
    """The first line.

    A second one.

    And a third.
    """


class Mute(Fault):
    pass


def test_a_fault_without_a_sentence_says_the_first_line_of_what_it_is() -> None:
    assert Missing().sentence == "The record is not there."
    assert Long().sentence == "The first line."
    assert Mute().sentence == ""


def test_a_vendors_endless_words_are_cut_where_nobody_reads_on() -> None:
    assert Fault("x" * LONGEST_SENTENCE).sentence == "x" * LONGEST_SENTENCE
    cut = Fault("x" * (LONGEST_SENTENCE + 1)).sentence
    assert cut == "x" * (LONGEST_SENTENCE - 1) + "…"


@pytest.mark.parametrize("kind", [TooFast, AccountClosed])
def test_a_wait_has_its_moment(kind: type[TooFast | AccountClosed]) -> None:
    fault = kind("Wait a while.", NOON)
    assert (fault.sentence, fault.until) == ("Wait a while.", NOON)


def test_a_refusal_names_the_field_and_an_ambiguity_the_candidates() -> None:
    refused = Refused("No such currency.", "currency")
    assert (refused.sentence, refused.field) == ("No such currency.", "currency")
    assert Refused("No.").field is None
    several = Ambiguous("Two match.", [{"id": "5"}, {"id": "6"}])
    assert (several.sentence, several.candidates) == ("Two match.", [{"id": "5"}, {"id": "6"}])


def test_an_unusable_store_says_how_to_mend_it_and_is_no_fault_of_a_record() -> None:
    trouble = StoreUnavailable("The disk is full.")
    assert trouble.sentence == str(trouble) == "The disk is full."
    assert not isinstance(trouble, Fault)
