"""Whatever a disk does in the midst of a transaction is told as what it is: nothing of that stays,
and the next one goes through."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, func, select

from ml_connector.core.faults import StoreUnavailable
from ml_connector.store.database import Store
from ml_connector.store.tables import meta

from .disk import Strike

LONG = "x" * 100_000


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with Store.in_memory() as store:
        yield store


def _put(conn: Connection) -> int:
    for name in ("one", "two", "three"):
        conn.execute(meta.insert().values(name=name, value=LONG))
    return _count(conn)


def _count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(meta)).scalar_one()


@pytest.mark.parametrize(
    "strike",
    [
        Strike("statement"),
        Strike("statement", sqlite3.SQLITE_BUSY, 2),
        Strike("commit", sqlite3.SQLITE_IOERR),
        Strike("growth"),
    ],
    ids=str,
)
async def test_nothing_of_a_struck_write_stays(store: Store, strike: Strike) -> None:
    with pytest.raises(StoreUnavailable):
        await store.write(strike.within(_put))
    assert await store.read(_count) == 0
    assert await store.write(_put) == 3
    assert await store.read(_count) == 3


async def test_a_struck_read_is_told_as_trouble_with_the_store(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        await store.read(Strike("statement").within(_count))
    assert await store.read(_count) == 0


async def test_a_write_that_needs_no_room_goes_through_a_full_disk(store: Store) -> None:
    await store.write(_put)
    assert await store.write(Strike("growth").within(_count)) == 3
