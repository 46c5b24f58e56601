"""Windows: everything is read, in whatever order rows come, and the mark never runs ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.core.values import Values, canonical
from ml_connector.vendors.acumatica.entities import Number
from ml_connector.vendors.acumatica.moments import shifted, text_of
from ml_connector.vendors.acumatica.windows import OVERLAP, PAGE_SIZE, Tie, Window

BEGAN = datetime(2026, 5, 4, 9, tzinfo=UTC)


def stamp(milliseconds: int) -> str:
    return text_of(BEGAN + timedelta(milliseconds=milliseconds))


def as_told(number: Number) -> Any:
    return number


def reading_backwards(number: Number) -> Any:
    """A database that puts numbers into an order of its own."""
    return str(number)[::-1].lower()


Order = Callable[[Number], Any]


def rows_of(
    table: Mapping[Number, str], window: Window, chance: Random, order: Order = as_told
) -> list[tuple[str, Number]]:
    """What Acumatica would answer: any rows of the window, as many as may be, in any order."""
    tie = window.tie or Tie()
    found = [
        (at, key)
        for key, at in table.items()
        if at >= window.after and (not window.before or at < window.before[-1])
        if tie.after == "" or order(key) >= order(tie.after)
        if not tie.before or order(key) < order(tie.before[-1])
    ]
    chance.shuffle(found)
    return found[: window.limit]


def read_all(
    table: Mapping[Number, str], cursor: Values, seed: int = 1, order: Order = as_told
) -> tuple[set[Number], Values, int]:
    """The keys of one whole reading, where it ended, and the number of calls."""
    chance, keys, calls = Random(seed), set[Number](), 0
    at = Window.of(cursor)
    while True:
        rows, calls = rows_of(table, at, chance, order), calls + 1
        if at.is_whole(rows):
            keys |= {key for _, key in rows}
        following = at.then(rows)
        if following.is_at_rest:
            return keys, following.cursor, calls
        assert canonical(following.cursor) != canonical(at.cursor)
        at = Window.of(following.cursor)


@given(st.lists(st.integers(0, 3_000), max_size=2_500), st.integers(0, 99))
def test_every_row_is_read_whatever_the_order(moments: list[int], seed: int) -> None:
    table: dict[Number, str] = {f"K{n}": stamp(at) for n, at in enumerate(moments)}
    keys, cursor, _ = read_all(table, {}, seed)
    assert keys == table.keys()
    assert cursor == ({"mark": max(table.values())} if table else {})


@pytest.mark.parametrize("name", ["K{}", "k{:06}", "{}"])
@pytest.mark.parametrize("order", [as_told, reading_backwards])
@given(st.integers(0, 4 * PAGE_SIZE), st.integers(0, 99))
@settings(max_examples=20)
def test_rows_that_share_a_moment_are_parted_by_their_numbers(
    name: str, order: Order, many: int, seed: int
) -> None:
    told = [name.format(n) for n in range(many)]
    numbers: list[Number] = [int(t) if t.isdecimal() else t for t in told]
    table = dict.fromkeys(numbers, stamp(5)) | {"Old": stamp(1), "New": stamp(9)}
    if name == "{}":
        table = {n: at for n, at in table.items() if isinstance(n, int)}
    keys, cursor, calls = read_all(table, {}, seed, order)
    assert keys == table.keys()
    assert cursor == ({"mark": max(table.values())} if table else {})
    assert calls <= 8 + 8 * len(table) / PAGE_SIZE


def test_a_tie_that_no_number_parts_is_asked_for_whole() -> None:
    """The same number under many types of documents."""
    rows: list[tuple[str, Number]] = [(stamp(5), "same")] * (2 * PAGE_SIZE)
    at, calls, most = Window(), 0, 0
    while not at.is_at_rest:
        is_within = stamp(5) >= at.after and (not at.before or stamp(5) < at.before[-1])
        tie = at.tie or Tie()
        is_within &= str(tie.after) <= "same" and (not tie.before or str(tie.before[-1]) > "same")
        told = rows[: at.limit] if is_within else []
        most = max(most, len(told))
        at, calls = at.then(told), calls + 1
        assert calls < 12
    assert (most, at.mark) == (2 * PAGE_SIZE, stamp(5))


def test_ten_thousand_rows_take_few_calls() -> None:
    table: dict[Number, str] = {f"K{n}": stamp(n * 7) for n in range(10_000)}
    _, _, calls = read_all(table, {})
    assert calls < 4 * 10_000 / PAGE_SIZE


def test_the_next_reading_begins_an_overlap_before_the_mark() -> None:
    window = Window.of({"mark": stamp(0)})
    assert window.after == shifted(stamp(0), -OVERLAP)
    assert not window.is_first
    assert Window.of({}).is_first
    assert window.filter("LastModified", "OrderNbr") == (
        "LastModified ge datetimeoffset'2026-05-04T08:55:00.000+00:00'"
    )


def test_a_tie_is_asked_for_by_stretches_of_numbers() -> None:
    tied = replace(Window.of({"mark": stamp(0)}), tie=Tie("A'1", ("C", "B")))
    assert tied.filter("LastModified", "OrderNbr").split(" and ")[1:] == [
        "OrderNbr ge 'A''1'", "OrderNbr lt 'B'"
    ]  # fmt: skip
    assert Tie(0, (7,)).bounds("ContactID") == ["ContactID ge 0", "ContactID lt 7"]


def test_a_quiet_reading_leaves_the_mark() -> None:
    following = Window.of({"mark": stamp(0)}).then([])
    assert (following.is_at_rest, following.cursor) == (True, {"mark": stamp(0)})


def test_what_changes_meanwhile_is_read_in_a_later_part() -> None:
    table: dict[Number, str] = {f"K{n}": stamp(n) for n in range(2 * PAGE_SIZE)}
    chance, keys, at, calls = Random(1), dict[Number, str](), Window.of({}), 0
    while not at.is_at_rest:
        rows = rows_of(table, at, chance)
        if at.is_whole(rows):
            keys |= {key: moment for moment, key in rows}
        at, calls = at.then(rows), calls + 1
        if calls == 4:
            table["K0"] = stamp(60_000)
            table["K999"] = stamp(60_001)
    assert keys == table


def test_a_reading_goes_on_from_its_cursor() -> None:
    full: list[tuple[str, Number]] = [(stamp(n), f"K{n}") for n in range(PAGE_SIZE)]
    within = Window.of({}).then(full)
    assert Window.of(within.cursor) == within
    tied = replace(within, tie=Tie("A", ("C", "B"), is_asked_whole=True))
    assert Window.of(tied.cursor) == tied
    assert within.is_first
    assert within.before == (stamp(PAGE_SIZE // 2),)
    assert within.limit == PAGE_SIZE
