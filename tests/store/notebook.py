"""A notebook: one small table, and the store functions that the tests of the store run on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, event

from ml_connector.store.sqlite import Database, open_database

Function = Callable[[Connection], int]


def new_notebook(path: Path) -> Database:
    """A new database file with the empty table `notes`."""
    database = open_database(path, create=True)
    with database.writer.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE notes (n INTEGER PRIMARY KEY, body TEXT NOT NULL DEFAULT '', "
            "about INTEGER REFERENCES notes DEFERRABLE INITIALLY DEFERRED)"
        )
    return database


def note(n: int, size: int = 0, about: int | None = None) -> Function:
    """Write one note with so many characters; returns its number."""

    def write(connection: Connection) -> int:
        connection.exec_driver_sql("INSERT INTO notes VALUES (?, ?, ?)", (n, "x" * size, about))
        return n

    return write


def notes(connection: Connection) -> list[int]:
    """The numbers that are there."""
    return list(connection.exec_driver_sql("SELECT n FROM notes ORDER BY n").scalars())


def pragma(name: str) -> Function:
    """The value of a whole-number pragma on the connection that runs this."""
    return lambda connection: int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def count_commits(engine: Engine) -> list[None]:
    """A list that grows by one with each commit of the engine."""
    commits: list[None] = []
    event.listen(engine, "commit", lambda _: commits.append(None))
    return commits
