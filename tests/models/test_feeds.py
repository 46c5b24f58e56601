"""Queries of what changed, page by page, while a bookkeeper goes on changing: nothing slides past.

QuickBooks pages by offset. What is changed meanwhile may change its place, and so that of others.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ml_connector.core.values import Values
from ml_connector.vendors.quickbooks_online.api import PAGE
from ml_connector.vendors.quickbooks_online.objects import CUSTOMERS
from ml_connector.vendors.quickbooks_online.times import format_instant
from tests.support.searching import searching
from tests.vendors.quickbooks_online.given import (
    NOW,
    changed,
    company,
    preferences,
    queried,
    term_row,
)
from tests.vendors.quickbooks_online.wires import Bench

SINCE = datetime(2026, 5, 1, tzinfo=UTC)
MARK = datetime(2026, 5, 4, 8, 55, tzinfo=UTC)
TERMS: Values = {
    "mark": format_instant(MARK), "since": format_instant(SINCE), "step": 1, "start": 1,
}  # fmt: skip
"""A scan that queries the terms that changed since a moment."""
_ASKED = re.compile(
    r"FROM Term WHERE MetaData.LastUpdatedTime >= .* ORDERBY (\S+) "
    r"STARTPOSITION (\d+) MAXRESULTS (\d+)"
)


class Terms:
    """So many rows, each changed a second after the one before; `touches` are the places of rows
    that are changed after each page."""

    def __init__(self, count: int, touches: list[list[int]]) -> None:
        self.stamps = {str(n + 1): SINCE + timedelta(seconds=n) for n in range(count)}
        self.touched: set[str] = set()
        self._touches: Iterator[list[int]] = iter(touches)
        self._now = MARK

    def __call__(self, asked: str) -> tuple[int, Any]:
        if asked.startswith("cdc "):
            return 200, changed()
        if not asked.startswith("SELECT"):
            return 200, company() if asked.startswith("companyinfo") else preferences()
        told = _ASKED.search(asked)
        if told is None:
            return 200, queried("Term")  # of the books, in which there is nothing
        order, start, most = told[1], int(told[2]), int(told[3])
        rows = self._ordered(order)[start - 1 : start - 1 + most]
        shown = [self._row(id) for id in rows]
        self._touch(next(self._touches, []))
        return 200, queried("Term", *shown)

    def _ordered(self, order: str) -> list[str]:
        if order == "Id":
            return sorted(self.stamps)
        return sorted(self.stamps, key=lambda id: (self.stamps[id], id))

    def _row(self, id: str) -> dict[str, Any]:
        stamps = {"LastUpdatedTime": format_instant(self.stamps[id]), "CreateTime": NOW}
        return {**term_row(id), "MetaData": stamps}

    def _touch(self, places: list[int]) -> None:
        ordered = self._ordered("MetaData.LastUpdatedTime")
        for place in places:
            self._now += timedelta(seconds=1)
            id = ordered[place % len(ordered)]
            self.stamps[id] = self._now
            self.touched.add(id)


async def shown(terms: Terms) -> set[str]:
    """The ids that the query of what changed shows, all its pages together."""
    bench, cursor, ids = Bench(terms), TERMS, set[str]()
    while cursor.get("step") == 1:
        page = await bench.run(bench.client.changes(CUSTOMERS, cursor, bench.errand))
        ids |= {record.key() for record in page.records}
        cursor = page.cursor
    return ids


places = st.lists(st.integers(0, 2 * PAGE), max_size=60)


@searching(6)
@given(count=st.integers(PAGE, 2 * PAGE + 50), touches=st.lists(places, max_size=3))
@example(count=PAGE + 300, touches=[list(range(100))])
def test_what_nobody_touches_is_shown_however_many_others_move(
    count: int, touches: list[list[int]]
) -> None:
    """In the order of changes, a hundred that were changed between two pages pulled as many others
    out of sight, which no later poll showed."""
    terms = Terms(count, touches)
    assert asyncio.run(shown(terms)) >= set(terms.stamps) - terms.touched
