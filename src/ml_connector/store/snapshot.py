"""Snapshot: a copy of the whole database as it is at one moment, while writing goes on.

SQLite's backup API copies inside one read transaction, so a copy never holds half of a commit.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from ml_connector.core.faults import Mistake
from ml_connector.store.database import Store
from ml_connector.store.durable import OWNER_ONLY, replace_durably
from ml_connector.store.sqlite import driver, memory_database
from ml_connector.store.unavailable import mending


async def scratch(store: Store) -> Store:
    """A private copy in memory, on which anything may be tried; close it to throw it away.

    It needs as much memory as the database has bytes. Raises StoreUnavailable.
    """
    database = memory_database()

    def copy(connection: Connection) -> None:
        with database.writer.connect() as target:
            _copy(connection, driver(target))

    try:
        await store.read(copy)
    except BaseException:
        database.dispose()
        raise
    return Store(database, store.executes)


def copy_to_file(connection: Connection, path: Path) -> None:
    """Put a copy of the connection's database at `path`, readable by its owner only.

    A file that is there is replaced at once and whole; the copy is on disk when this returns.
    Raises Mistake with the reason if it cannot be written. For `Store.read`, not for `write`.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        with closing(sqlite3.connect(part)) as target:
            _copy(connection, target)
            # A copy is one file: the journal mode is part of what was copied
            target.execute("PRAGMA journal_mode=DELETE")
        replace_durably(part, path)
    except (OSError, sqlite3.Error) as error:
        reason = mending(error, str(part)) or f"The copy {path} could not be written: {error}"
        raise Mistake(reason) from error
    finally:
        part.unlink(missing_ok=True)


def _copy(connection: Connection, target: sqlite3.Connection) -> None:
    driver(connection).backup(target, progress=_refuse_to_wait)


def _refuse_to_wait(status: int, _remaining: int, _total: int) -> None:
    """The driver would try again for ever where the source's own transaction is in the way."""
    if status not in (sqlite3.SQLITE_OK, sqlite3.SQLITE_DONE):
        raise RuntimeError("a copy cannot be taken inside a transaction that writes")
