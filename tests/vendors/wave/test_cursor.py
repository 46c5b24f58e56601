"""The cursor decides alone; here it reads a shelf of moments that changes between its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.core.values import Values
from ml_connector.vendors.wave.cursor import OVERLAP, Seen, Window
from ml_connector.vendors.wave.instants import format_instant, parse_instant

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
PAGE_SIZE = 3


class Shelf:
    """Records as a server holds them: an id and a moment finer than what it shows.

    `inclusive` tells whether its bounds include their own moment, which nobody knows of Wave.
    """

    def __init__(self, inclusive: bool) -> None:
        self.moments: dict[int, datetime] = {}
        self._inclusive = inclusive
        self._now = BEGIN
        self._next_id = 0

    def add(self, count: int, later_microseconds: int = 0) -> None:
        """That many new records, all of one moment."""
        self._now += timedelta(microseconds=later_microseconds)
        for _ in range(count):
            self.moments[self._next_id] = self._now
            self._next_id += 1

    def touch(self, place: int, later_microseconds: int) -> None:
        """Change the record at that place of the order."""
        self._now += timedelta(microseconds=later_microseconds)
        if self.moments:
            ordered = self._ordered()
            self.moments[ordered[place % len(ordered)]] = self._now

    def remove(self, place: int) -> None:
        if self.moments:
            ordered = self._ordered()
            del self.moments[ordered[place % len(ordered)]]

    def page(self, window: Window) -> tuple[list[tuple[int, datetime]], Seen]:
        """The records of a page with their true moments, and what a client sees of it."""
        found = [id for id in self._ordered() if self._is_within(self.moments[id], window)]
        begin = (window.page - 1) * PAGE_SIZE
        part = found[begin : begin + PAGE_SIZE]
        shown = [parse_instant(format_instant(self.moments[id])) for id in part]
        seen = Seen(shown, len(found), begin + PAGE_SIZE < len(found))
        return [(id, self.moments[id]) for id in part], seen

    def _ordered(self) -> list[int]:
        return sorted(self.moments, key=lambda id: (self.moments[id], id))

    def _is_within(self, moment: datetime, window: Window) -> bool:
        if moment in (window.after, window.before):
            return self._inclusive
        lower, upper = (
            window.after or BEGIN - OVERLAP,
            window.before or datetime.max.replace(tzinfo=UTC),
        )
        return lower < moment < upper


def nothing() -> None:
    """Nothing happens between two pages."""


def poll(
    shelf: Shelf, cursor: Values, between: Callable[[], None] = nothing
) -> tuple[set[tuple[int, datetime]], Values, int]:
    """A whole poll, its cursor stored and loaded after each page as over a restart."""
    found: set[tuple[int, datetime]] = set()
    for pages in range(1, 1000):
        window = Window.of(json.loads(json.dumps(cursor)))
        records, seen = shelf.page(window)
        found.update(records)
        cursor, more = window.then(seen)
        if not more:
            return found, cursor, pages
        between()
    raise AssertionError("the poll does not end")


@pytest.fixture(params=[True, False], ids=["inclusive", "exclusive"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    return Shelf(request.param)


def test_the_first_poll_reads_all_and_rests_at_the_newest(shelf: Shelf) -> None:
    for _ in range(10):
        shelf.add(1, 1000)
    found, cursor, _ = poll(shelf, {})
    assert found == set(shelf.moments.items())
    assert cursor == {"mark": "2026-05-01T00:00:00.010Z"}


def test_nothing_at_all_leaves_the_cursor_empty(shelf: Shelf) -> None:
    assert poll(shelf, {}) == (set(), {}, 1)


def test_a_new_poll_begins_before_the_mark(shelf: Shelf) -> None:
    shelf.add(1)
    _, cursor, _ = poll(shelf, {})
    assert Window.of(cursor).arguments == {"after": "2026-04-30T23:55:00.000Z", "page": 1}
    assert poll(shelf, cursor) == (set(shelf.moments.items()), cursor, 1)


def test_a_quiet_poll_keeps_the_mark(shelf: Shelf) -> None:
    cursor: Values = {"mark": "2026-06-01T00:00:00.000Z"}
    assert poll(shelf, cursor) == (set(), cursor, 1)


@pytest.mark.parametrize("count", [PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 4 * PAGE_SIZE, 31])
def test_records_of_one_moment_neither_loop_nor_are_skipped(shelf: Shelf, count: int) -> None:
    shelf.add(2, 1000)
    shelf.add(count, 1000)
    shelf.add(2, 1000)
    found, cursor, pages = poll(shelf, {})
    assert found == set(shelf.moments.items())
    assert cursor == {"mark": "2026-05-01T00:00:00.003Z"}
    assert pages <= 6 + count / PAGE_SIZE


def test_a_record_that_leaves_a_tie_pulls_no_other_out_of_sight(shelf: Shelf) -> None:
    shelf.add(4 * PAGE_SIZE)
    pages = iter(range(100))
    found, _, _ = poll(shelf, {}, lambda: shelf.touch(0, 5000) if next(pages) == 2 else None)
    assert found >= set(shelf.moments.items())


def test_a_tie_is_read_again_only_when_its_count_falls() -> None:
    tie = Window(BEGIN, BEGIN, BEGIN + timedelta(milliseconds=2), page=2, total=9)
    full = [BEGIN] * PAGE_SIZE
    assert Window.of(tie.then(Seen(full, 9, True))[0]).page == 3
    assert Window.of(tie.then(Seen(full, 8, True))[0]).page == 1
    assert Window.of(tie.then(Seen(full, None, True))[0]).page == 1


def test_moments_finer_than_a_cursor_holds_do_not_stand_still() -> None:
    window = Window(BEGIN, BEGIN)
    finer = BEGIN + timedelta(microseconds=1500)
    following, _ = window.then(Seen([finer] * PAGE_SIZE, 9, True))
    assert Window.of(following).arguments != window.arguments


def test_a_page_of_gaps_is_passed() -> None:
    following, more = Window(BEGIN, BEGIN).then(Seen([], 9, True))
    assert more
    assert Window.of(following).page == 2


AFTER_A_TIE = 3000
"""Microseconds by which a change is surely later than a tie that is being read."""

Happening = st.one_of(
    st.tuples(st.just("touch"), st.integers(0, 40)),
    st.tuples(st.just("add"), st.integers(1, 9)),
    st.tuples(st.just("remove"), st.integers(0, 40)),
    st.tuples(st.just("nothing"), st.just(0)),
)


@settings(max_examples=300, deadline=None)
@given(
    inclusive=st.booleans(),
    start=st.lists(st.tuples(st.integers(1, 12), st.sampled_from([0, 1, 400, 1000, 5000]))),
    during=st.lists(Happening, max_size=25),
    later=st.lists(Happening, max_size=5),
    step=st.sampled_from([1, 300, 1000, AFTER_A_TIE, 60_000]),
)
def test_every_change_is_seen_whatever_happens_between_pages(
    inclusive: bool,
    start: list[tuple[int, int]],
    during: list[tuple[str, int]],
    later: list[tuple[str, int]],
    step: int,
) -> None:
    shelf = Shelf(inclusive)
    for count, gap in start:
        shelf.add(count, gap)

    def happen(what: str, number: int) -> None:
        if what == "touch":
            shelf.touch(number, step)
        elif what == "add":
            shelf.add(number, step)
        elif what == "remove":
            shelf.remove(number)

    coming = iter(during)
    found, cursor, _ = poll(shelf, {}, lambda: happen(*next(coming, ("nothing", 0))))
    if step >= AFTER_A_TIE:  # what is sooner, the next poll's overlap brings
        assert found >= set(shelf.moments.items())
    for what, number in later:
        happen(what, number)
    again, _, _ = poll(shelf, cursor)
    assert found | again >= set(shelf.moments.items())
