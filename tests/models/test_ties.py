"""A million records of one moment are read in flat memory, and none of them is missed.

They are made as they are asked for. Ten times as many must not need more memory: neither in the
cursor that reads them, nor in the engine that marks them. The cursor here is Wave's; those of the
other vendors' feeds are read in test_tied_feeds.py.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, func, select

from ml_connector.core.values import Values
from ml_connector.store import lanes
from ml_connector.store.database import Store
from ml_connector.store.executor import Inline
from ml_connector.store.sqlite import open_database
from ml_connector.store.tables import metadata, pending, seen
from tests.engine.madeup import Bench
from tests.models.ledger import Endless, desk
from tests.support.searching import is_deep

PAGE_SIZE = 500
FEW, MANY = 100_000, 1_000_000
MARKED_FEW, MARKED_MANY = (FEW, MANY) if is_deep() else (2_000, 10_000)
"""Marking takes far longer than reading, so that only a deep search marks a million."""

FLAT_BYTES = 300_000
"""Caches of statements and the like; the keys of eight thousand records would be more."""


@dataclass
class Peak:
    bytes: int = 0


@contextmanager
def peak_of_memory() -> Iterator[Peak]:
    """The most that was allocated meanwhile, beyond what there was."""
    peak = Peak()
    gc.collect()
    tracemalloc.start()
    try:
        yield peak
        peak.bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def read_all(total: int) -> tuple[int, int, int]:
    """Pages, records and the sum of their ids, by the real cursor alone; one may come twice."""
    shelf, cursor, more = Endless(total, PAGE_SIZE), Values(), True
    pages = records = sum_of_ids = 0
    while more:
        is_in_tie = "before" in cursor
        numbers, cursor, more = shelf.turn(cursor)
        pages += 1
        records += len(numbers) if is_in_tie else 0
        sum_of_ids += sum(numbers) if is_in_tie else 0
    return pages, records, sum_of_ids


def test_the_cursor_of_a_million_equal_moments_is_flat() -> None:
    peaks = []
    for total in (FEW, MANY):
        with peak_of_memory() as peak:
            pages, records, sum_of_ids = read_all(total)
        assert (records, sum_of_ids) == (total, total * (total - 1) // 2)
        assert pages <= total / PAGE_SIZE + 3
        peaks.append(peak.bytes)
    assert peaks[1] < peaks[0] + FLAT_BYTES, peaks


@dataclass
class OnDisk(Bench):
    """With its database in a file: what SQLite keeps in memory is seen by nobody."""

    folder: tempfile.TemporaryDirectory[str] = field(default_factory=tempfile.TemporaryDirectory)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self.store.close()
        database = open_database(Path(self.folder.name) / "database", create=True)
        metadata.create_all(database.writer)
        self.store = Store(database, Inline)
        await self.store.write(lambda c: lanes.put_workspace(c, "w", "default"))
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await super().__aexit__(*error)
        self.folder.cleanup()


async def polled(total: int) -> int:
    """The peak of a whole poll by the engine."""
    async with desk(OnDisk, count=1) as at:
        at.listing[:] = [Endless(2 * PAGE_SIZE, PAGE_SIZE)]
        await at.bench.clock.run(at.poll())  # statements and models are built once
        at.listing[:] = [Endless(total, PAGE_SIZE)]
        await at.bench.store.write(lambda c: c.execute(metadata.tables["cursors"].delete()))
        with peak_of_memory() as peak:
            done = await at.bench.clock.run(at.poll())
        assert done.records >= total
        assert await at.bench.store.read(_counts) == (total, total)
    return peak.bytes


def _counts(conn: Connection) -> tuple[int, int]:
    marked, known = (
        conn.execute(select(func.count()).select_from(t)).scalar_one() for t in (pending, seen)
    )
    return marked, known


def test_the_poll_of_equal_moments_is_flat_and_marks_each() -> None:
    few, many = (asyncio.run(polled(total)) for total in (MARKED_FEW, MARKED_MANY))
    assert many < few + FLAT_BYTES, (few, many)
