"""Windows: everything is read, in whatever order rows come, and the mark never runs ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.values import Values, canonical
from ml_connector.vendors.acumatica.moments import shifted, text_of
from ml_connector.vendors.acumatica.windows import OVERLAP, PAGE_SIZE, Window

BEGAN = datetime(2026, 5, 4, 9, tzinfo=UTC)


def stamp(milliseconds: int) -> str:
    return text_of(BEGAN + timedelta(milliseconds=milliseconds))


def rows_of(table: Mapping[str, str], window: Window, chance: Random) -> list[tuple[str, str]]:
    """What Acumatica would answer: any rows of the window, as many as may be, in any order."""
    found = [
        (key, at)
        for key, at in table.items()
        if at >= window.after and (not window.before or at < window.before[-1])
    ]
    chance.shuffle(found)
    return found[: window.limit]


def read_all(table: dict[str, str], cursor: Values, seed: int = 1) -> tuple[set[str], Values, int]:
    """The keys of one whole reading, where it ended, and the number of calls."""
    chance, keys, calls = Random(seed), set[str](), 0
    at = Window.of(cursor)
    while True:
        rows, calls = rows_of(table, at, chance), calls + 1
        stamps = [moment for _, moment in rows]
        if at.is_whole(stamps):
            keys |= {key for key, _ in rows}
        following = at.then(stamps)
        if following.is_at_rest:
            return keys, following.cursor, calls
        assert canonical(following.cursor) != canonical(at.cursor)
        at = Window.of(following.cursor)


@given(st.lists(st.integers(0, 3_000), max_size=2_500), st.integers(0, 99))
def test_every_row_is_read_whatever_the_order(moments: list[int], seed: int) -> None:
    table = {f"K{n}": stamp(at) for n, at in enumerate(moments)}
    keys, cursor, _ = read_all(table, {}, seed)
    assert keys == table.keys()
    assert cursor == ({"mark": max(table.values())} if table else {})


def test_rows_that_share_a_moment_are_asked_for_without_a_limit() -> None:
    table = {f"K{n}": stamp(5) for n in range(3 * PAGE_SIZE)} | {"old": stamp(1), "new": stamp(9)}
    keys, cursor, calls = read_all(table, {})
    assert keys == table.keys()
    assert cursor == {"mark": stamp(9)}
    assert calls < 12


def test_ten_thousand_rows_take_few_calls() -> None:
    table = {f"K{n}": stamp(n * 7) for n in range(10_000)}
    _, _, calls = read_all(table, {})
    assert calls < 4 * 10_000 / PAGE_SIZE


def test_the_next_reading_begins_an_overlap_before_the_mark() -> None:
    window = Window.of({"mark": stamp(0)})
    assert window.after == shifted(stamp(0), -OVERLAP)
    assert not window.is_first
    assert Window.of({}).is_first
    assert window.filter("LastModified") == (
        "LastModified ge datetimeoffset'2026-05-04T08:55:00.000+00:00'"
    )


def test_a_quiet_reading_leaves_the_mark() -> None:
    following = Window.of({"mark": stamp(0)}).then([])
    assert (following.is_at_rest, following.cursor) == (True, {"mark": stamp(0)})


def test_what_changes_meanwhile_is_read_in_a_later_part() -> None:
    table = {f"K{n}": stamp(n) for n in range(2 * PAGE_SIZE)}
    chance, keys, at, calls = Random(1), dict[str, str](), Window.of({}), 0
    while not at.is_at_rest:
        rows = rows_of(table, at, chance)
        stamps = [moment for _, moment in rows]
        if at.is_whole(stamps):
            keys |= dict(rows)
        at, calls = at.then(stamps), calls + 1
        if calls == 4:
            table["K0"] = stamp(60_000)
            table["K999"] = stamp(60_001)
    assert keys == table


def test_a_reading_goes_on_from_its_cursor() -> None:
    full = [stamp(n) for n in range(PAGE_SIZE)]
    within = Window.of({}).then(full)
    assert Window.of(within.cursor) == within
    assert within.is_first
    assert within.before == (stamp(PAGE_SIZE // 2),)
    assert within.limit == PAGE_SIZE
