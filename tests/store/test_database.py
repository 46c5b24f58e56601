"""The store: what holds for every executor, and what holds for threads alone."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ml_connector.core.faults import StoreUnavailable
from ml_connector.store.database import Store
from ml_connector.store.executor import Executor, Inline
from ml_connector.store.sqlite import Database, memory_database
from ml_connector.store.tables import metadata
from ml_connector.store.threads import BATCH_LIMIT, Threads
from tests.store.notebook import count_commits, new_notebook, note, notes, pragma

MakeExecutor = Callable[[Database], Executor]


@pytest.fixture(params=[Inline, Threads])
def make_executor(request: pytest.FixtureRequest) -> MakeExecutor:
    chosen: MakeExecutor = request.param
    return chosen


@pytest.fixture
async def store(tmp_path: Path, make_executor: MakeExecutor) -> AsyncIterator[Store]:
    async with Store(new_notebook(tmp_path / "notes.sqlite3"), make_executor) as store:
        yield store


@pytest.fixture
async def threaded(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(new_notebook(tmp_path / "notes.sqlite3"), Threads) as store:
        yield store


async def test_what_was_written_is_read(store: Store) -> None:
    assert await store.write(note(4)) == 4
    assert await store.read(notes) == [4]


async def test_an_error_reaches_its_caller_and_undoes_the_write(store: Store) -> None:
    def write_and_raise(connection: Connection) -> None:
        note(1)(connection)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await store.write(write_and_raise)
    with pytest.raises(LookupError, match="mine"):
        await store.read(write_and_raise_nothing_written)
    assert await store.read(notes) == []


def write_and_raise_nothing_written(_connection: Connection) -> None:
    raise LookupError("mine")


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(RuntimeError, match="handed in to be read"):
        await store.read(note(1))
    assert await store.write(notes) == []


async def test_many_callers_each_get_their_own(store: Store) -> None:
    assert await asyncio.gather(*(store.write(note(n)) for n in range(600))) == list(range(600))
    assert await store.read(notes) == list(range(600))


async def test_a_closed_store_says_so_and_can_be_closed_again(store: Store) -> None:
    await store.close()
    await store.close()
    for refused in (store.write(note(1)), store.read(notes)):
        with pytest.raises(StoreUnavailable, match="closed"):
            await refused


async def test_the_promises_to_the_disk_are_switched_on(store: Store) -> None:
    full, on = 2, 1
    assert await store.write(pragma("synchronous")) == full
    for run in (store.write, store.read):
        assert await run(pragma("foreign_keys")) == on
        assert await run(pragma("busy_timeout")) >= 1000
    assert (
        await store.read(lambda c: c.exec_driver_sql("PRAGMA journal_mode").scalar_one()) == "wal"
    )


async def test_a_writer_takes_the_lock_before_it_reads_and_a_reader_takes_none(
    store: Store,
) -> None:
    path = str(store.database.path)

    def lock_is_free(_connection: Connection) -> bool:
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            other.close()
        return True

    assert await store.write(lock_is_free) is False
    assert await store.read(lock_is_free) is True


async def test_a_read_sees_one_state_while_others_write(store: Store) -> None:
    path = str(store.database.path)

    def look_write_elsewhere_look(connection: Connection) -> tuple[list[int], list[int]]:
        before = notes(connection)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("INSERT INTO notes (n) VALUES (2)")
        other.close()
        return before, notes(connection)

    await store.write(note(1))
    assert await store.read(look_write_elsewhere_look) == ([1], [1])
    assert await store.read(notes) == [1, 2]


async def test_memory_has_every_table_and_the_same_rules(make_executor: MakeExecutor) -> None:
    async with Store.in_memory(make_executor) as store:
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        found = await store.read(lambda c: set(c.exec_driver_sql(tables).scalars()))
        assert found == set(metadata.tables)
        statement = "INSERT INTO meta VALUES ('a', 'b')"
        with pytest.raises(RuntimeError, match="handed in to be read"):
            await store.read(lambda c: c.exec_driver_sql(statement).rowcount)
        assert await store.write(lambda c: c.exec_driver_sql(statement).rowcount) == 1
        assert await store.write(pragma("foreign_keys")) == 1


async def test_inline_runs_before_it_gives_the_loop_away(tmp_path: Path) -> None:
    async with Store(new_notebook(tmp_path / "notes.sqlite3"), Inline) as store:
        ran: list[int] = []
        asyncio.get_running_loop().call_soon(ran.append, 1)
        await store.write(note(1))
        await store.read(notes)
        assert ran == []


class Gate:
    """Holds the writing thread until it is opened, so that a test decides what waits."""

    def __init__(self, store: Store) -> None:
        self._entered = threading.Event()
        self._open = threading.Event()
        self._held = asyncio.ensure_future(store.write(self._hold))

    def _hold(self, _connection: Connection) -> None:
        self._entered.set()
        self._open.wait()

    async def holds(self) -> None:
        await asyncio.to_thread(self._entered.wait)

    async def open(self) -> None:
        self._open.set()
        await self._held


async def queued(
    store: Store, functions: list[Callable[[Connection], int]]
) -> list[asyncio.Task[int]]:
    tasks = [asyncio.ensure_future(store.write(function)) for function in functions]
    await asyncio.sleep(0)  # each has handed its function over
    return tasks


async def test_what_waits_shares_a_commit_up_to_the_limit(threaded: Store) -> None:
    gate = Gate(threaded)
    await gate.holds()
    commits = count_commits(threaded.database.writer)
    tasks = await queued(threaded, [note(n) for n in range(BATCH_LIMIT + 10)])
    await gate.open()
    await asyncio.gather(*tasks)
    assert len(commits) == 3, "the one that held the gate, a full batch, the rest"


async def test_a_call_that_was_cancelled_before_its_turn_is_not_run(threaded: Store) -> None:
    gate = Gate(threaded)
    await gate.holds()
    tasks = await queued(threaded, [note(1), note(2), note(3)])
    tasks[1].cancel()
    await asyncio.sleep(0)
    await gate.open()
    await asyncio.wait(tasks)
    assert tasks[1].cancelled()
    assert await threaded.read(notes) == [1, 3]


async def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    threads = threading.active_count()
    store = Store(new_notebook(tmp_path / "notes.sqlite3"), Threads)
    tasks = await queued(store, [note(n) for n in range(400)])
    reads = [asyncio.ensure_future(store.read(pragma("foreign_keys"))) for _ in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*tasks) == list(range(400))
    assert await asyncio.gather(*reads) == [1] * 20
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("store-")]
    assert threading.active_count() <= threads + 1  # asyncio's own helper thread may stay


async def test_stop_iteration_does_not_hang_its_caller(threaded: Store) -> None:
    def exhausted(_connection: Connection) -> int:
        return next(iter(()))

    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(threaded.write(exhausted), timeout=60)


def test_one_store_serves_one_loop_after_another(tmp_path: Path) -> None:
    database = new_notebook(tmp_path / "notes.sqlite3")
    store = asyncio.run(_opened(database))
    assert asyncio.run(store.write(note(1))) == 1
    assert asyncio.run(store.read(notes)) == [1]
    asyncio.run(store.close())


async def _opened(database: Database) -> Store:
    return Store(database, Threads)


async def test_an_empty_memory_database_is_private() -> None:
    first, second = memory_database(), memory_database()
    with first.writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE only_here (a)")
    with second.writer.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar() == 0
    first.dispose()
    second.dispose()
