"""SQLite: how a database file is opened so that it keeps its word.

The driver's own transaction handling is switched off and BEGIN is sent by us, as SQLAlchemy
documents for pysqlite: the writer begins IMMEDIATE, so that it waits for the lock before it reads
and never fails half way; readers begin plainly and see one state until they end. The log is written
ahead (WAL) and synchronised at each commit (FULL), so what was acknowledged survives a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool, StaticPool

from ml_connector.core.faults import Mistake
from ml_connector.store.durable import OWNER_ONLY
from ml_connector.store.unavailable import mending

WRITES_AS_READER = "a store function that writes was handed in to be read"

BUSY_TIMEOUT_MS = 5_000
"""How long a statement waits for another process's lock before it gives up."""

_INSIDE = "store_function_runs"
_READING = "store_function_only_reads"
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")
"""How a statement that writes begins, as SQLAlchemy spells it."""


@dataclass(frozen=True)
class Database:
    """One database: an engine that writes and one that can only read.

    In memory both are the same engine over one single connection, and `path` is None.
    """

    path: Path | None
    writer: Engine
    reader: Engine

    @property
    def label(self) -> str:
        """What to call it in a sentence."""
        return "The database in memory" if self.path is None else str(self.path)

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        self.reader.dispose()
        self.writer.dispose()


def open_database(path: Path, *, create: bool = False) -> Database:
    """Open the database file and make sure that it can be read and written.

    With `create` a missing file is made, readable by its owner only. Raises Mistake with a sentence
    that names the file if it is missing, locked, read-only, damaged, or no database at all.
    """
    if create:
        _make_file(path)
    elif not path.exists() or path.stat().st_size == 0:
        raise Mistake(
            f"There is no database at {path}; run `ml-connector init`, or put your copy of one "
            "there."
        )
    database = _file_database(path)
    try:
        _probe(database)
    except (DBAPIError, sqlite3.Error) as error:
        database.dispose()
        sentence = mending(error, str(path))
        if sentence is None:
            raise
        raise Mistake(sentence) from error
    except BaseException:
        database.dispose()
        raise
    return database


def memory_database() -> Database:
    """An empty private database in memory."""
    engine = _engine(URL.create("sqlite"), StaticPool, "BEGIN", ["PRAGMA foreign_keys=ON"])

    @event.listens_for(engine, "before_cursor_execute")
    def refuse_writing(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if connection.info.get(_READING) and statement.startswith(_WRITES):
            raise RuntimeError(WRITES_AS_READER)

    return Database(None, engine, engine)


def driver(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection under one of SQLAlchemy's."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(f"not a connection to SQLite: {type(raw).__name__}")
    return raw


def forget_log(database: Database) -> bool:
    """Empty the log that is written ahead, where older versions of rows lie until it is reused.

    Waits for whoever writes; False where somebody reads, or the database is busy. Nothing is lost.
    """
    if database.path is None:
        return True
    with closing(database.writer.raw_connection()) as raw:
        cursor = raw.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()  # busy, frames in the log, frames brought into the database
        return row is not None and row[0] == 0


def forbid_writing(connection: Connection, *, forbidden: bool) -> None:
    """Make a statement that writes raise, on the one connection of a database in memory.

    PRAGMA query_only does the same for a connection that never writes. Switched to and fro, it made
    SQLite prepare every statement anew each time (https://www.sqlite.org/src/file/src/pragma.c:
    flags expire what is prepared).
    """
    connection.info[_READING] = forbidden


def forbid_commit(connection: Connection, *, forbidden: bool) -> None:
    """Make `connection.commit()` raise before it does anything, while a store function runs."""
    connection.info[_INSIDE] = forbidden


def _make_file(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, OWNER_ONLY))
    except OSError as error:
        raise Mistake(
            f"{path} could not be made ({error.strerror}); check that its folder exists and that "
            "this user may write in it."
        ) from error


def _file_database(path: Path) -> Database:
    url = URL.create("sqlite", database=str(path))
    common = [
        f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS:d}",
        "PRAGMA foreign_keys=ON",
    ]
    writing = [
        *common,
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        # What was deleted or replaced is gone from the file too: a secret that was sealed anew must
        # not lie there any longer under its old key. Debian's builds do so by themselves.
        "PRAGMA secure_delete=ON",
    ]
    reading = [*common, "PRAGMA query_only=ON"]
    return Database(
        path,
        _engine(url, QueuePool, "BEGIN IMMEDIATE", writing),
        _engine(url, QueuePool, "BEGIN", reading),
    )


def _engine(url: URL, pool: type[Pool], begin: str, pragmas: Sequence[str]) -> Engine:
    engine = create_engine(url, poolclass=pool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver sends no BEGIN of its own
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        driver(connection).execute(begin)

    @event.listens_for(engine, "commit")
    def refuse_commit(connection: Connection) -> None:
        if connection.info.get(_INSIDE):
            raise RuntimeError("a store function must not end its transaction")

    return engine


def _probe(database: Database) -> None:
    """Read the first page, take the lock and write without committing, to find what is wrong.

    The lock alone would not do: for a file that can only be read, BEGIN IMMEDIATE begins plainly.
    """
    with database.writer.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version={version:d}")
        connection.rollback()
    if mode != "wal":
        raise Mistake(
            f"{database.path} is on a drive without shared memory, as network drives are; move the "
            "home to a local disk."
        )
