"""What is queued: the pending changes of a flow, as a person or a pass looks at them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from ml_connector.store.tables import pending

_OF_FLOW = pending.c.flow == bindparam("flow")
_ROWS_OF = select(pending).where(_OF_FLOW)


def rows_of(
    conn: Connection, flow: str, route: str | None = None, key: str | None = None
) -> list[dict[str, Any]]:
    """The pending rows of a flow, for people to look at."""
    rows = _ROWS_OF
    if route is not None:
        rows = rows.where(pending.c.route == route)
    if key is not None:
        rows = rows.where(pending.c.key == key)
    return [dict(row._mapping) for row in conn.execute(rows, {"flow": flow})]


_COUNT_DUE = select(func.count()).where(_OF_FLOW, pending.c.due_at <= bindparam("now"))


def count_due(conn: Connection, flow: str, now: datetime) -> int:
    """How many keys of a flow could be worked on now."""
    return int(conn.execute(_COUNT_DUE, {"flow": flow, "now": now}).scalar_one())


_BY_REASON = (
    select(pending.c.waits_for, func.count(), func.min(pending.c.since))
    .where(_OF_FLOW)
    .group_by(pending.c.waits_for)
    .order_by(pending.c.waits_for)
)


def by_reason(conn: Connection, flow: str) -> dict[str, Any]:
    """How many keys of a flow wait, since when, and for what."""
    rows = conn.execute(_BY_REASON, {"flow": flow}).all()
    oldest = min((row[2] for row in rows), default=None)
    return {
        "waiting": sum(row[1] for row in rows),
        "oldest": oldest,
        "waits_for": {row[0] or "turn": row[1] for row in rows},
    }
