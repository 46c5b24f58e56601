"""What is queued: the pending changes of a flow, as a person or a pass looks at them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from ml_connector.store.tables import pending


def rows_of(
    conn: Connection, flow: str, route: str | None = None, key: str | None = None
) -> list[dict[str, Any]]:
    """The pending rows of a flow, for people to look at."""
    where = [pending.c.flow == flow]
    if route is not None:
        where.append(pending.c.route == route)
    if key is not None:
        where.append(pending.c.key == key)
    return [dict(row._mapping) for row in conn.execute(select(pending).where(*where))]


def count_due(conn: Connection, flow: str, now: datetime) -> int:
    """How many keys of a flow could be worked on now."""
    return int(
        conn.execute(
            select(func.count()).where(pending.c.flow == flow, pending.c.due_at <= now)
        ).scalar_one()
    )


def by_reason(conn: Connection, flow: str) -> dict[str, Any]:
    """How many keys of a flow wait, since when, and for what."""
    rows = conn.execute(
        select(pending.c.waits_for, func.count(), func.min(pending.c.since))
        .where(pending.c.flow == flow)
        .group_by(pending.c.waits_for)
        .order_by(pending.c.waits_for)
    ).all()
    oldest = min((row[2] for row in rows), default=None)
    return {
        "waiting": sum(row[1] for row in rows),
        "oldest": oldest,
        "waits_for": {row[0] or "turn": row[1] for row in rows},
    }
