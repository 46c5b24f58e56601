"""A run is one pass, by hand or live; each write names its run and the flow's version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from ml_connector.store.tables import runs


def begin(
    conn: Connection, id: str, workspace: str, flow: str | None, kind: str, now: datetime
) -> None:
    row = {"id": id, "workspace": workspace, "flow": flow, "kind": kind, "started_at": now}
    conn.execute(runs.insert(), row)


_END = (
    update(runs)
    .where(runs.c.id == bindparam("of_id"))
    .values(ended_at=bindparam("now"), summary=bindparam("told"))
)


def end(conn: Connection, id: str, summary: dict[str, Any], now: datetime) -> None:
    conn.execute(_END, {"of_id": id, "now": now, "told": summary})


def retain(conn: Connection, before: datetime) -> None:
    """Remove what began before then, but the newest of each flow, which `status` shows."""
    newest = select(func.max(runs.c.started_at)).group_by(runs.c.flow)
    conn.execute(delete(runs).where(runs.c.started_at < before, runs.c.started_at.not_in(newest)))


_LATEST = (
    select(runs).where(runs.c.flow == bindparam("flow")).order_by(runs.c.started_at.desc()).limit(1)
)


def latest(conn: Connection, flow: str) -> dict[str, Any] | None:
    row = conn.execute(_LATEST, {"flow": flow}).first()
    return dict(row._mapping) if row else None
