"""Group commit: what waits to be written goes to disk together, and each part fails alone.

Synchronising the disk costs far more than a small write, so up to a batch of store functions share
one transaction. Each runs in a savepoint of its own: one that raises is undone and the others stay.
Some errors end the whole transaction (a full disk, an I/O error, a lost lock). Then nothing of the
batch is kept, and each function runs again in a transaction of its own, so a store function must
bear to be run twice: it takes what it needs from its arguments and the database, and changes
nothing else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Transaction
from sqlalchemy.exc import DBAPIError

from ml_connector.store.sqlite import (
    WRITES_AS_READER,
    Database,
    driver,
    forbid_commit,
    forbid_writing,
)
from ml_connector.store.unavailable import as_unavailable, primary_code

T = TypeVar("T")
Work: TypeAlias = Callable[[Connection], T]
"""A store function with its arguments bound."""


class Job:
    """A store function that waits, and what came of it: `error` if it is set, else `value`."""

    __slots__ = ("error", "value", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.value: Any = None
        self.error: BaseException | None = None


class TransactionEndedError(RuntimeError):
    """The transaction was over before the store functions in it were done."""


class GroupWriter:
    """The one connection that writes to a SQLite database. Not for two threads at once."""

    def __init__(self, database: Database) -> None:
        self._label = database.label
        self._grouping = database.path is not None  # in memory there is no disk to wait for
        self._connection = database.writer.connect()
        self._driver = driver(self._connection)
        self._transaction: Transaction | None = None

    def apply(self, jobs: Sequence[Job]) -> None:
        """Run all of them and fill in what came of each; what has no error is on disk."""
        if self._grouping and len(jobs) > 1:
            try:
                self._together(jobs)
            except TransactionEndedError:
                self._one_by_one(jobs)
        else:
            self._one_by_one(jobs)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _together(self, jobs: Sequence[Job]) -> None:
        if not self._begin(jobs):
            return
        try:
            for job in jobs:
                self._in_savepoint(job)
            self._commit()
        except (DBAPIError, sqlite3.Error) as error:
            raise TransactionEndedError from error
        finally:
            self._roll_back()

    def _in_savepoint(self, job: Job) -> None:
        execute = self._driver.execute  # SQLAlchemy's own savepoints cost several times as much
        execute("SAVEPOINT job")
        try:
            job.value = job.work(self._connection)
        except Exception as error:
            self._demand_open()
            job.error = as_unavailable(error, self._label)
            execute("ROLLBACK TO job")
        self._demand_open()
        execute("RELEASE job")

    def _one_by_one(self, jobs: Sequence[Job]) -> None:
        for position, job in enumerate(jobs):
            job.value = job.error = None
            if not self._begin(jobs[position:]):
                return
            self._alone(job)

    def _alone(self, job: Job) -> None:
        try:
            job.value = job.work(self._connection)
            self._demand_open()
            self._commit()
        except Exception as error:
            job.error = as_unavailable(error, self._label)
        finally:
            self._roll_back()

    def _begin(self, jobs: Sequence[Job]) -> bool:
        """Take the write lock; where that fails, all the jobs fail for the same reason."""
        try:
            self._transaction = self._connection.begin()
        except (DBAPIError, sqlite3.Error) as error:
            for job in jobs:
                job.error = as_unavailable(error, self._label)
            return False
        forbid_commit(self._connection, forbidden=True)
        return True

    def _commit(self) -> None:
        forbid_commit(self._connection, forbidden=False)
        self._connection.commit()

    def _roll_back(self) -> None:
        """Undo what was not committed; nothing, after a commit."""
        forbid_commit(self._connection, forbidden=False)
        self._connection.rollback()
        if self._driver.in_transaction:  # after a refused commit SQLAlchemy sends no rollback
            self._driver.rollback()

    def _demand_open(self) -> None:
        """Raise unless the transaction that was begun is still the one that is open."""
        transaction = self._connection.get_transaction()
        same = transaction is self._transaction and self._connection.in_transaction()
        if not (same and self._driver.in_transaction):
            raise TransactionEndedError(
                "a store function, or an error inside it, ended the transaction"
            )


class Reader:
    """One connection that only reads. Not for two threads at once."""

    def __init__(self, database: Database) -> None:
        self._label = database.label
        self._connection = database.reader.connect()

    def apply(self, jobs: Sequence[Job]) -> None:
        """Run each over one state of the database and fill in what came of it."""
        for job in jobs:
            try:
                with self._connection.begin():
                    job.value = job.work(self._connection)
            except Exception as error:
                job.error = as_unavailable(_as_misuse(error), self._label)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def only_reading(work: Work[T]) -> Work[T]:
    """The same function on a writing connection, which refuses to be written to meanwhile."""

    def run(connection: Connection) -> T:
        forbid_writing(connection, forbidden=True)
        try:
            return work(connection)
        finally:
            forbid_writing(connection, forbidden=False)

    return run


def _as_misuse(error: Exception) -> Exception:
    """On a connection that only reads, a refused write is our bug and no fault of the file."""
    if primary_code(error) != sqlite3.SQLITE_READONLY:
        return error
    return RuntimeError(WRITES_AS_READER)
