"""Each check of the simulation can fail: an engine that breaks just that promise is found out, and
the same history is clean with the engine as it is. And much is judged: what is excused is little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from ml_connector.core import plan
from ml_connector.core.faults import TooFast, Waiting

from .play import play
from .script import draw_script
from .theme import Theme

Sabotage = Callable[[pytest.MonkeyPatch], None]
WAVE = "wave-pipedrive"
SOME = range(104, 116)
"""Seeds, enough of them that all five flows are among them."""


def leaves_a_field_out_of_the_audit(patch: pytest.MonkeyPatch) -> None:
    """Of what is updated, the audit tells all but the first field."""
    changes = plan._changes
    patch.setattr(plan, "_changes", lambda *args: dict(list(changes(*args).items())[1:]))


def never_waits_when_told(patch: pytest.MonkeyPatch) -> None:
    """The moment that a vendor names is taken for over."""

    def begin(self: TooFast, sentence: str, until: datetime) -> None:
        Waiting.__init__(self, sentence, until - timedelta(days=2))

    patch.setattr(TooFast, "__init__", begin)


@dataclass(frozen=True)
class Case:
    """With that seed a problem is found that says `word`."""

    sabotage: Sabotage
    word: str
    theme: Theme
    seed: int


CASES = (
    Case(
        leaves_a_field_out_of_the_audit, "and the audit says",
        Theme(WAVE, ("people.edit_customer", "people.rename_organization"), 6, 60.0), 2,
    ),
    Case(
        never_waits_when_told, "s too early",
        Theme(WAVE, ("people.new_customer", "refuse", "sync"), 16, 6.0), 17,
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sabotage.__name__)
def test_a_check_can_fail(case: Case) -> None:
    script = case.theme.script(case.seed)
    with pytest.MonkeyPatch.context() as patch:
        case.sabotage(patch)
        assert any(case.word in problem for problem in play(script).problems)
    assert play(script).problems == []


def test_most_of_what_must_be_there_is_judged() -> None:
    """A check that excused everything would find nothing."""
    outcomes = [play(draw_script(seed)) for seed in SOME]
    judged, excused = sum(o.judged for o in outcomes), sum(o.excused for o in outcomes)
    assert judged > 75
    assert judged > 4 * excused
    assert sum(o.kept for o in outcomes) > 7
