"""A disk fails in the midst of things: at some statement of a transaction, at its commit, or where
the file would have to grow. What SQLite tells then takes the way through the store that it takes
with a real one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sqlalchemy import event

from ml_connector.store.database import Connection
from ml_connector.store.sqlite import driver

T = TypeVar("T")
Where = Literal["statement", "commit", "growth"]
WORDS = {
    sqlite3.SQLITE_FULL: "database or disk is full",
    sqlite3.SQLITE_BUSY: "database is locked",
    sqlite3.SQLITE_IOERR: "disk I/O error",
}
REFUSED = "commit_is_refused"
UNLIMITED_PAGES = 2**31 - 2
"""As https://www.sqlite.org/pragma.html#pragma_max_page_count has it."""


@dataclass(frozen=True)
class Strike:
    """One transaction fails with that result code of SQLite: before its `statement` number `after`
    (the first is 0), at its `commit`, or at `growth`: then SQLite itself finds the disk full at the
    first statement that needs another page, if any does."""

    where: Where
    code: int = sqlite3.SQLITE_FULL
    after: int = 0

    def within(self, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
        """The same store function, struck."""

        def struck(conn: Connection) -> T:
            if self.where == "growth":
                with _no_growth(driver(conn)):
                    return work(conn)
            if self.where == "statement":
                with self._at_statement(conn):
                    return work(conn)
            done = work(conn)
            if not event.contains(conn.engine, "commit", _refuse):
                event.listen(conn.engine, "commit", _refuse)
            conn.info[REFUSED] = self._error()
            return done

        return struck

    @contextmanager
    def _at_statement(self, conn: Connection) -> Iterator[None]:
        left = self.after

        def count(*args: Any) -> None:
            nonlocal left
            if left == 0:
                raise self._error()
            left -= 1

        event.listen(conn, "before_cursor_execute", count)
        try:
            yield
        finally:
            event.remove(conn, "before_cursor_execute", count)

    def _error(self) -> sqlite3.OperationalError:
        error = sqlite3.OperationalError(WORDS[self.code])
        error.sqlite_errorcode = self.code
        return error


def _refuse(conn: Connection) -> None:
    error: sqlite3.OperationalError | None = conn.info.pop(REFUSED, None)
    if error is not None:
        raise error


@contextmanager
def _no_growth(raw: sqlite3.Connection) -> Iterator[None]:
    raw.execute("PRAGMA max_page_count=1").fetchall()  # SQLite makes it what there is by now
    try:
        yield
    finally:
        raw.execute(f"PRAGMA max_page_count={UNLIMITED_PAGES}").fetchall()
