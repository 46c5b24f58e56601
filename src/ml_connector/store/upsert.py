"""Insert or update, the same on SQLite and on PostgreSQL.

Building a statement costs several times as much as running it, so each is built once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    update: Sequence[str] | None = None,
) -> None:
    """Insert rows; where the primary key stands already, set `update` columns (default: all given).

    With an empty `update` an existing row is left as it is.
    """
    if not rows:
        return
    names = tuple(rows[0] if update is None else update)
    conn.execute(_upserting(table, conn.dialect.name, names), [dict(row) for row in rows])


def inserting(table: Table, dialect: str) -> Insert:
    """An insert that can say what to do where the primary key stands already."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache(maxsize=256)
def _upserting(table: Table, dialect: str, names: tuple[str, ...]) -> Insert:
    statement = inserting(table, dialect)
    keys = [column.name for column in table.primary_key.columns]
    values = {name: statement.excluded[name] for name in names if name not in keys}
    if values:
        return statement.on_conflict_do_update(index_elements=keys, set_=values)
    return statement.on_conflict_do_nothing(index_elements=keys)
