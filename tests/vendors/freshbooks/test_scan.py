"""The scan decides alone; here it reads a shelf of records that changes between its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.core.values import Values
from ml_connector.vendors.freshbooks.listing import Listing
from ml_connector.vendors.freshbooks.scan import TOLD_AFTER, Scan
from ml_connector.vendors.freshbooks.times import EASTERN

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
PER_PAGE = 3


@dataclass
class Kept:
    updated: datetime
    deleted: bool = False


class Shelf:
    """Records as the vendor holds them: newest id first, filtered by whole Eastern days."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.kept: dict[int, Kept] = {}

    def add(self) -> None:
        self.kept[len(self.kept)] = Kept(self.now)

    def change(self, place: int, *, delete: bool | None = None) -> None:
        if self.kept:
            kept = self.kept[place % len(self.kept)]
            kept.updated = self.now
            kept.deleted = kept.deleted if delete is None else delete

    def page(self, scan: Scan) -> tuple[list[tuple[int, Kept]], Listing]:
        asked = scan.search
        least = asked.get("updated_min", "")
        wanted = asked.get("vis_state") == "1"
        found = [
            (id, kept)
            for id, kept in sorted(self.kept.items(), reverse=True)
            if kept.deleted == wanted
            and kept.updated.astimezone(EASTERN).date().isoformat() >= least
        ]
        begin = (scan.page - 1) * PER_PAGE
        part = found[begin : begin + PER_PAGE]
        pages = -(-len(found) // PER_PAGE)
        rows = tuple({"id": id} for id, _ in part)
        return part, Listing(rows, scan.page, pages, PER_PAGE, len(found), self.now)


def nothing() -> None:
    """Nothing happens between two pages."""


def poll(
    shelf: Shelf, cursor: Values, between: Callable[[], None] = nothing
) -> tuple[set[tuple[int, datetime, bool]], Values, int]:
    """What one poll met, where it left the cursor, and how many pages it took."""
    met: set[tuple[int, datetime, bool]] = set()
    pages, more = 0, True
    while more:
        scan = Scan.of(json.loads(json.dumps(cursor)))
        part, listing = shelf.page(scan)
        met |= {(id, kept.updated, kept.deleted) for id, kept in part}
        cursor, more = scan.then(listing, [kept.updated for _, kept in part])
        pages += 1
        assert pages < 1000
        between()
    return met, cursor, pages


def shelf_of(count: int, apart: timedelta = timedelta(hours=1)) -> Shelf:
    shelf = Shelf()
    for _ in range(count):
        shelf.now += apart
        shelf.add()
    return shelf


def test_the_first_scan_brings_all_and_no_deleted_ones() -> None:
    shelf = shelf_of(8)
    shelf.change(2, delete=True)
    met, cursor, pages = poll(shelf, {})
    assert len(met) == 7
    assert pages == 3
    assert cursor == {"mark": "2026-05-01T08:00:00Z"}


def test_a_later_scan_asks_from_a_day_before_the_marks_eastern_date_in_both_listings() -> None:
    asked: list[dict[str, str]] = []
    cursor: Values = {"mark": "2026-05-04T03:00:00Z"}  # still the 3rd in the east
    more = True
    while more:
        scan = Scan.of(cursor)
        asked.append(scan.search)
        cursor, more = scan.then(Listing((), 1, 0, 100, 0, None), ())
    assert asked == [
        {"updated_min": "2026-05-02"},
        {"updated_min": "2026-05-02", "vis_state": "1"},
    ]
    assert cursor == {"mark": "2026-05-04T03:00:00Z"}


def test_an_empty_account_is_asked_from_the_start_again() -> None:
    assert poll(Shelf(), {}) == (set(), {}, 1)


def test_the_mark_does_not_move_before_the_scan_is_through() -> None:
    shelf = shelf_of(8)
    _, cursor, _ = poll(shelf, {})
    shelf.now += timedelta(hours=1)
    for place in range(8):
        shelf.change(place)
    scan = Scan.of(cursor)
    part, listing = shelf.page(scan)
    within, more = scan.then(listing, [kept.updated for _, kept in part])
    assert more
    assert within["mark"] == cursor["mark"]
    assert Scan.of(within).page == 2


def test_the_mark_never_passes_the_vendors_clock_at_the_first_page() -> None:
    """A scan that rests for a week in its middle must not jump over what changed behind it."""
    shelf = shelf_of(8)
    scan = Scan()
    part, listing = shelf.page(scan)
    within, _ = scan.then(listing, [kept.updated for _, kept in part])
    shelf.now += timedelta(days=4)
    shelf.change(7)  # was on the first page
    shelf.now += timedelta(days=3)
    shelf.change(0)
    first, cursor, _ = poll(shelf, within)
    assert not any(id == 7 for id, _, _ in first)
    again, _, _ = poll(shelf, cursor)
    assert {id for id, _, _ in again} >= {0, 7}


def test_pages_that_slid_back_are_read_again() -> None:
    shelf = shelf_of(9)
    deleted = iter([8])

    def one_leaves() -> None:
        for place in deleted:
            shelf.change(place, delete=True)

    met, _, pages = poll(shelf, {}, one_leaves)
    assert {id for id, _, _ in met} == set(range(9))
    assert pages == 5  # the second is asked for twice, the first again between


@pytest.mark.parametrize("hours", [1, 3])
def test_an_old_deletion_is_known_to_be_told(hours: int) -> None:
    mark = BEGIN + timedelta(days=1)
    scan = Scan(mark=mark)
    assert scan.is_told(mark - timedelta(hours=hours)) is (timedelta(hours=hours) > TOLD_AFTER)
    assert not Scan().is_told(BEGIN)


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["nothing", "add", "change", "delete", "restore"]),
        st.integers(0, 30),
        st.integers(0, 40_000),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 12), DEEDS)
def test_whatever_happens_meanwhile_each_last_state_is_met_by_the_polls(
    count: int, deeds: list[tuple[str, int, int]]
) -> None:
    shelf = shelf_of(count, timedelta(hours=5))
    left = iter(deeds)

    def happen() -> None:
        what, place, seconds = next(left, ("nothing", 0, 0))
        shelf.now += timedelta(seconds=seconds)
        if what == "add":
            shelf.add()
        elif what != "nothing":
            shelf.change(place, delete={"delete": True, "restore": False}.get(what))

    met: set[tuple[int, datetime, bool]] = set()
    cursor: Values = {}
    for _ in range(3):
        found, cursor, _ = poll(shelf, cursor, happen)
        met |= found
    for _ in deeds:
        happen()
    found, cursor, _ = poll(shelf, cursor)
    met |= found
    known = {id for id, _, _ in met}
    for id, kept in shelf.kept.items():
        if id in known or not kept.deleted:
            assert (id, kept.updated, kept.deleted) in met
