"""A blank database for each play. All plays of a process share one engine, whose statements are
compiled once; what an earlier play left is overwritten whole."""

from __future__ import annotations

import sqlite3
from functools import cache

from ml_connector.store.database import Store
from ml_connector.store.sqlite import driver


@cache
def _kept() -> tuple[Store, sqlite3.Connection]:
    store = Store.in_memory()
    template = sqlite3.connect(":memory:", check_same_thread=False)
    with store.database.writer.connect() as connection:
        driver(connection).backup(template)
    return store, template


def blank_store() -> Store:
    """The store with all tables and no rows. Nobody may use the one of an earlier play any more."""
    store, template = _kept()
    with store.database.writer.connect() as connection:
        template.backup(driver(connection))
    return store
