"""Snapshots: private, whole, and of one moment."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ml_connector.core.faults import Mistake
from ml_connector.store.database import Store
from ml_connector.store.executor import Executor, Inline
from ml_connector.store.snapshot import copy_to_file, scratch
from ml_connector.store.sqlite import Database, open_database
from ml_connector.store.threads import Threads
from tests.store.notebook import new_notebook, note, notes


@pytest.fixture(params=[Inline, Threads])
def make_executor(request: pytest.FixtureRequest) -> Callable[[Database], Executor]:
    chosen: Callable[[Database], Executor] = request.param
    return chosen


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(new_notebook(tmp_path / "notes.sqlite3"), Threads) as store:
        yield store


async def test_a_scratch_store_starts_equal_and_goes_its_own_way(
    store: Store, make_executor: Callable[[Database], Executor]
) -> None:
    await store.write(note(1))
    async with await scratch(store) as copy:
        await store.write(note(2))
        await copy.write(note(3))
        assert await copy.read(notes) == [1, 3]
        assert await store.read(notes) == [1, 2]


async def test_a_scratch_store_of_a_scratch_store() -> None:
    async with Store.in_memory() as first:
        await first.write(
            lambda c: c.exec_driver_sql("INSERT INTO meta VALUES ('a', '1')").rowcount
        )
        async with await scratch(first) as second:
            found = await second.read(lambda c: c.exec_driver_sql("SELECT * FROM meta").all())
            assert [tuple(row) for row in found] == [("a", "1")]


async def test_a_scratch_store_never_holds_half_of_a_commit(store: Store) -> None:
    def write_pair(n: int) -> Callable[[Connection], None]:
        def write(connection: Connection) -> None:
            note(2 * n, size=5000)(connection)
            note(2 * n + 1, size=5000)(connection)

        return write

    async def write_on() -> None:
        for n in range(300):
            await store.write(write_pair(n))

    writing = asyncio.ensure_future(write_on())
    sizes = []
    while not writing.done():
        async with await scratch(store) as copy:
            sizes.append(len(await copy.read(notes)))
    await writing
    assert len(set(sizes)) > 1, "the copies were taken while writing went on"
    assert [size for size in sizes if size % 2] == []


async def test_a_copy_in_a_file_is_whole_and_private(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    target.write_text("what was there before")
    await store.write(note(1))
    await store.read(lambda connection: copy_to_file(connection, target))
    await store.write(note(2))
    copy = open_database(target)
    with copy.reader.begin() as connection:
        assert notes(connection) == [1]
    copy.dispose()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not target.with_name("copy.sqlite3.part").exists()


async def test_a_copy_that_cannot_be_written_says_why(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "gone" / "copy.sqlite3"
    with pytest.raises(Mistake, match=r"copy\.sqlite3 could not be written"):
        await store.read(lambda connection: copy_to_file(connection, target))


async def test_a_copy_inside_a_write_is_refused_and_does_not_hang(
    store: Store, tmp_path: Path
) -> None:
    target = tmp_path / "copy.sqlite3"
    with pytest.raises(RuntimeError, match="inside a transaction that writes"):
        await store.write(lambda connection: copy_to_file(connection, target))
    assert not target.with_name("copy.sqlite3.part").exists()
