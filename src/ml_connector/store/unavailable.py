"""Unavailable: the database cannot be used, and the sentence that tells a person how to mend it.

SQLite's result codes are sorted once, here (https://www.sqlite.org/rescode.html). The same sentence
is a Mistake when a database is opened, where a person stands by, and a StoreUnavailable while the
program runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import DBAPIError

from ml_connector.core.faults import StoreUnavailable

log = structlog.get_logger(__name__)

_MENDING: dict[int, str] = {
    sqlite3.SQLITE_PERM: "{file} may not be opened; give this user the right to read and write it.",
    sqlite3.SQLITE_BUSY: (
        "{file} is locked by another program; end that program (a backup, a database browser), "
        "then try again."
    ),
    sqlite3.SQLITE_LOCKED: "{file} is locked within this program; try again.",
    sqlite3.SQLITE_NOMEM: "There is not enough memory for {file}; free some, then try again.",
    sqlite3.SQLITE_READONLY: (
        "{file} or its folder can only be read; give this user the right to write both."
    ),
    sqlite3.SQLITE_IOERR: (
        "{file} could not be read or written ({name}); check the disk that it is on."
    ),
    sqlite3.SQLITE_CORRUPT: ("{file} is damaged or cut short; put a copy of it in its place."),
    sqlite3.SQLITE_FULL: "The disk that {file} is on is full; free some space, then try again.",
    sqlite3.SQLITE_CANTOPEN: (
        "{file} could not be opened; check that its folder exists and that this user may write "
        "in it."
    ),
    sqlite3.SQLITE_PROTOCOL: (
        "{file} could not be locked; if it is on a network drive, move the home to a local disk."
    ),
    sqlite3.SQLITE_NOTADB: (
        "{file} is not a database of ml-connector; put a copy of the right one in its place."
    ),
}

_PRIMARY_CODE = 0xFF  # an extended result code keeps the primary one in its low byte


class LaneOver(StoreUnavailable):
    """Another process works on this workspace now; this one writes nothing more for it."""


@contextmanager
def patience() -> Iterator[None]:
    """A server outlives a database that cannot be used for a while: what fails is logged, and its
    caller tries again. LaneOver passes."""
    try:
        yield
    except LaneOver:
        raise
    except StoreUnavailable as fault:
        log.error("the database cannot be used", why=fault.sentence)


def primary_code(error: BaseException) -> int | None:
    """SQLite's primary result code of an error, bare or wrapped by SQLAlchemy; None for others."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return code & _PRIMARY_CODE if isinstance(code, int) else None


def mending(error: BaseException, file: str) -> str | None:
    """The sentence for an error that lies with the file and not with the statement, else None."""
    code = primary_code(error)
    if code is None or code not in _MENDING:
        return None
    cause = error.orig if isinstance(error, DBAPIError) else error
    return _MENDING[code].format(file=file, name=getattr(cause, "sqlite_errorname", "I/O error"))


def as_unavailable(error: BaseException, file: str) -> BaseException:
    """The StoreUnavailable that stands for the error, or the error itself if it is none."""
    sentence = mending(error, file)
    if sentence is None:
        return error
    unavailable = StoreUnavailable(sentence)
    unavailable.__cause__ = error
    return unavailable
