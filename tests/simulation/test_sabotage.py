"""The simulation sees what it is there to see: an engine that breaks its promise is found out, and
the same history is clean with the engine as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from . import sabotage as ways
from .play import play
from .sabotage import Sabotage
from .theme import Theme

WAVE, FRESHBOOKS, QUICKBOOKS = "wave-pipedrive", "freshbooks-pipedrive", "quickbooks-pipedrive"
NEW = ("people.new_customer", "people.new_invoice")
FIRST = Theme(WAVE, NEW, 2)
"""Hardly more than the first sync."""


@dataclass(frozen=True)
class Case:
    """Within `seeds` a problem has to be found that says `word`."""

    sabotage: Sabotage
    word: str
    theme: Theme
    seeds: tuple[int, ...]
    blind: Sabotage | None = None
    """What keeps a second guard from mending what the first one let pass; no sabotage by itself."""


CASES = (
    Case(
        ways.forgets_what_came_meanwhile, "and not",
        Theme(FRESHBOOKS, ("people.edit_client", "people.edit_invoice"), 6, 0.6),
        (13, 14), ways.polls_only_once,
    ),
    Case(
        ways.never_waits_for_a_late_write, "stands twice",
        Theme(WAVE, (*NEW, "network", "sync"), 10, 60.0), (1, 3),
    ),
    Case(
        ways.works_on_when_taken_over, "taken over goes on",
        Theme(WAVE, ("people.new_customer", "freeze", "freeze", "sync"), 5), (1, 2),
    ),
    Case(
        ways.never_looks_before_it_makes, "stands twice",
        Theme(WAVE, (*NEW, "cut", "crash", "sync"), 12, 10.0, 0.5), (11, 12),
    ),
    Case(
        ways.spends_what_it_has_not, "tokens were spent in a day that has",
        Theme(WAVE, ("people.new_customer", *NEW), 6, 60.0, given={"is_poor": True}), (1, 2),
    ),
    Case(
        ways.believes_an_older_state, "and not",
        Theme(WAVE, ("people.edit_customer", "people.edit_invoice", "stale", "sync"), 14, 3.0),
        (7,),
    ),
    Case(
        ways.overwrites_what_people_set, "by a person, and we made it",
        Theme(WAVE, ("people.rename_organization", "people.edit_customer", "people.edit_deal",
                     "people.edit_invoice", "sync"), 10),
        (2, 5),
    ),
    Case(
        ways.wakes_no_children, "which stands",
        Theme(WAVE, (*NEW, "cut", "network", "crash", "sync"), 20, 40.0, 0.5), (8, 5),
    ),
    Case(
        ways.asks_about_everything, "should not be before a person",
        FIRST, (1, 2),
    ),
    Case(ways.answers_before_it_stores, "are stored", FIRST, (1, 2)),
    Case(ways.leaves_its_intents_open, "intent is left open", FIRST, (1, 2)),
    Case(ways.writes_no_audit, "the audit does not know it", FIRST, (1, 2)),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sabotage.__name__)
def test_a_broken_promise_is_found(
    case: Case, clean: list[tuple[Theme, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if case.blind is not None:
        case.blind(monkeypatch)
    seed, problem = _first_found(case)
    assert case.word in problem
    if (case.theme, seed) not in clean:
        assert play(case.theme.script(seed)).problems == []
        clean.append((case.theme, seed))


@pytest.fixture(scope="module")
def clean() -> list[tuple[Theme, int]]:
    """Histories that were played with the engine as it is."""
    return []


def _first_found(case: Case) -> tuple[int, str]:
    for seed in case.seeds:
        with pytest.MonkeyPatch.context() as patch:
            case.sabotage(patch)
            problems = play(case.theme.script(seed)).problems
        if problems:
            return seed, problems[0]
    raise AssertionError(f"{case.sabotage.__name__} was not found within seeds {case.seeds}")
