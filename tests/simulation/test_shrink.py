"""A failing history is shrunk to one that fails for the same reason, and that loses it with any
move less. The engine is sabotaged, since a whole one fails nowhere."""

from __future__ import annotations

import pytest

from ml_connector.http.transport import Outgoing

from .line import described
from .outcome import Outcome, Trace
from .play import play
from .sabotage import forgets_what_came_meanwhile, polls_only_once
from .script import draw_script
from .shrink import gist, made_plain, plainer, shrunk
from .theme import Theme

SEED = 13
EDITS = Theme("freshbooks-pipedrive", ("people.edit_client", "people.edit_invoice"), 6, 0.6)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """What the seed does to an engine that forgets; it goes on forgetting meanwhile."""
    polls_only_once(monkeypatch)
    forgets_what_came_meanwhile(monkeypatch)
    return play(EDITS.script(SEED))


def test_nothing_can_be_left_out_of_the_shortest_form(failing: Outcome) -> None:
    assert failing.problems
    short = shrunk(failing, lambda line: None)
    assert 0 < len(short.script.moves) < len(failing.script.moves)
    assert gist(short) == gist(failing)
    assert play(short.script).trace.hash == short.trace.hash
    numbers = [move.number for move in short.script.moves]
    for number in numbers:
        less = play(short.script.only([other for other in numbers if other != number]))
        assert gist(less) != gist(failing)


def test_what_was_made_plain_can_be_made_plain_again() -> None:
    drawn = next(s for s in map(draw_script, range(1, 99)) if s.switches and s.skew_seconds)
    name = min(drawn.switches)
    script = plainer(plainer(drawn, name), "skew")
    assert set(made_plain(drawn, script)) == {name, "skew"}
    again = drawn
    for each in made_plain(drawn, script):
        again = plainer(again, each)
    assert again == script


def test_the_reason_of_a_failure_is_told_apart_from_its_numbers() -> None:
    def told(problem: str) -> str:
        return gist(Outcome(draw_script(1), Trace(), [problem]))

    assert told("deals 17 stands twice") == told("deals 9 stands twice")
    assert told("deals 17 stands twice") != told("deals 17 is missing at the target")


def test_the_trace_tells_requests_apart_that_write_different_values() -> None:
    def sent(body: bytes, query: str = "") -> str:
        return described(Outgoing("PATCH", f"http://sandbox/deals/1{query}", {}, body, 30.0))

    assert sent(b'{"value": 1}') == sent(b'{"value": 1}')
    assert sent(b'{"value": 1}') != sent(b'{"value": 2}')
    assert sent(b"", "?cursor=1") != sent(b"", "?cursor=2")
