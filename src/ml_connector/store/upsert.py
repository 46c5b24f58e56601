"""Insert or update, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


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
    build = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    statement = build(table)
    keys = [column.name for column in table.primary_key.columns]
    names = [name for name in rows[0] if name not in keys] if update is None else list(update)
    if names:
        values = {name: statement.excluded[name] for name in names}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=values)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    conn.execute(statement, [dict(row) for row in rows])
