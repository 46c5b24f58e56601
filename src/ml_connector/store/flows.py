"""An installed flow: which pair, between which connections, with which settings, in which
version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from ml_connector.store.tables import flow_versions, flows
from ml_connector.store.upsert import upsert

ACTIVE, PAUSED, REMOVED = "active", "paused", "removed"


@dataclass(frozen=True, slots=True)
class Row:
    """`consented`: a person agreed to fields and pipelines being created at the target.

    `backfilled_version` is the version whose scope the last complete backfill covered.
    """

    id: str
    workspace: str
    name: str
    kind: str
    source: str
    target: str
    settings: Mapping[str, str]
    version: int
    state: str
    reason: str
    consented: bool
    backfilled_version: int
    installed_at: datetime


def put(conn: Connection, row: Row, now: datetime) -> None:
    """Insert or replace, and keep the version's settings."""
    upsert(conn, flows, [{name: getattr(row, name) for name in Row.__slots__}])
    version = {"flow": row.id, "version": row.version, "settings": row.settings, "at": now}
    upsert(conn, flow_versions, [version])


def get(conn: Connection, id: str) -> Row | None:
    row = conn.execute(select(flows).where(flows.c.id == id)).first()
    return _row(row) if row else None


def named(conn: Connection, workspace: str, name: str) -> Row | None:
    row = conn.execute(
        select(flows).where(
            flows.c.workspace == workspace, flows.c.name == name, flows.c.state != REMOVED
        )
    ).first()
    return _row(row) if row else None


def listing(conn: Connection, workspace: str) -> list[Row]:
    rows = conn.execute(
        select(flows)
        .where(flows.c.workspace == workspace, flows.c.state != REMOVED)
        .order_by(flows.c.name)
    )
    return [_row(row) for row in rows]


def using(conn: Connection, connection: str) -> list[Row]:
    """The flows, paused ones too, that read or write this connection."""
    rows = conn.execute(
        select(flows)
        .where(
            (flows.c.source == connection) | (flows.c.target == connection),
            flows.c.state != REMOVED,
        )
        .order_by(flows.c.id)
    )
    return [_row(row) for row in rows]


def set_state(conn: Connection, id: str, state: str, reason: str = "") -> None:
    conn.execute(update(flows).where(flows.c.id == id).values(state=state, reason=reason))


def set_reason(conn: Connection, id: str, reason: str) -> None:
    """What a person should know of the flow, while it goes on."""
    conn.execute(update(flows).where(flows.c.id == id).values(reason=reason))


def rename(conn: Connection, id: str, name: str) -> None:
    """A removed flow gives its name free."""
    conn.execute(update(flows).where(flows.c.id == id).values(name=name))


def consent(conn: Connection, id: str) -> None:
    conn.execute(update(flows).where(flows.c.id == id).values(consented=True))


def backfilled(conn: Connection, id: str, version: int) -> None:
    conn.execute(update(flows).where(flows.c.id == id).values(backfilled_version=version))


def _row(row: Any) -> Row:
    return Row(*(getattr(row, name) for name in Row.__slots__))
