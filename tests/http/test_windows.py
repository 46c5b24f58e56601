"""A rolling window against a model that simply counts, under any interleaving."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.core.limits import Window
from ml_connector.http.windows import RollingWindow

calls = st.integers(1, 12)
seconds = st.sampled_from([1.0, 2.0, 10.0, 60.0])
pauses = st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=120)


def most_in_any_window(starts: list[float], length: float) -> int:
    """Counted the slow way: each start begins a window, both ends included."""
    return max((sum(1 for s in starts if a <= s <= a + length) for a in starts), default=0)


@given(calls=calls, seconds=seconds, pauses=pauses)
@settings(deadline=None)
def test_never_more_starts_than_declared(calls: int, seconds: float, pauses: list[float]) -> None:
    window, now, starts = RollingWindow(Window(calls, seconds)), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if window.free_at(now) <= now:
            window.start(now)
            starts.append(now)
    assert most_in_any_window(starts, seconds) <= calls


@given(calls=calls, seconds=seconds, rounds=st.integers(2, 20))
@settings(deadline=None)
def test_nine_tenths_are_used_while_there_is_work(calls: int, seconds: float, rounds: int) -> None:
    window, now, starts = RollingWindow(Window(calls, seconds)), 0.0, list[float]()
    while (now := window.free_at(now)) <= rounds * seconds:
        window.start(now)
        starts.append(now)
    assert len(starts) >= 0.9 * calls * rounds
    assert most_in_any_window(starts, seconds) <= calls


@given(
    calls=calls,
    moves=st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.floats(0, 3, allow_nan=False)),
            st.tuples(st.just("start"), st.just(0.0)),
            st.tuples(st.just("told"), st.integers(0, 12).map(float)),
        ),
        max_size=60,
    ),
)
@settings(max_examples=200, deadline=None)
def test_the_vendors_word_only_ever_tightens(calls: int, moves: list[tuple[str, float]]) -> None:
    window, now, starts = RollingWindow(Window(calls, 2.0)), 0.0, list[float]()
    for kind, number in moves:
        if kind == "wait":
            now += number
        elif kind == "told":
            before = window.used(now)
            window.correct(int(number), 2.0, now)
            assert window.used(now) >= before
            assert calls - window.used(now) <= number or window.used(now) == before
        elif window.free_at(now) <= now:
            window.start(now)
            starts.append(now)
    assert most_in_any_window(starts, 2.0) <= calls


def test_somebody_else_used_the_limit_up() -> None:
    window = RollingWindow(Window(10, 2.0))
    window.start(0.0)
    window.correct(left=0, reset_seconds=1.5, now=0.1)
    assert window.free_at(0.1) == 1.6
    assert window.free_at(1.6) == 1.6


def test_a_reading_that_is_behind_us_changes_nothing() -> None:
    window = RollingWindow(Window(10, 2.0))
    for _ in range(5):
        window.start(0.0)
    window.correct(left=8, reset_seconds=2.0, now=0.0)
    assert window.used(0.0) == 5
