"""An installed flow: which pair, between which connections, with which settings, in which
version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

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


_BY_ID = select(flows).where(flows.c.id == bindparam("id"))
_STANDING = select(flows).where(flows.c.state != REMOVED)
_OF_WORKSPACE = _STANDING.where(flows.c.workspace == bindparam("workspace"))
_BY_NAME = _OF_WORKSPACE.where(flows.c.name == bindparam("name"))
_LISTING = _OF_WORKSPACE.order_by(flows.c.name)
_USING = _STANDING.where(
    or_(flows.c.source == bindparam("connection"), flows.c.target == bindparam("connection"))
).order_by(flows.c.id)


def get(conn: Connection, id: str) -> Row | None:
    row = conn.execute(_BY_ID, {"id": id}).first()
    return _row(row) if row else None


def named(conn: Connection, workspace: str, name: str) -> Row | None:
    row = conn.execute(_BY_NAME, {"workspace": workspace, "name": name}).first()
    return _row(row) if row else None


def listing(conn: Connection, workspace: str) -> list[Row]:
    return [_row(row) for row in conn.execute(_LISTING, {"workspace": workspace})]


def using(conn: Connection, connection: str) -> list[Row]:
    """The flows, paused ones too, that read or write this connection."""
    return [_row(row) for row in conn.execute(_USING, {"connection": connection})]


_CHANGE = update(flows).where(flows.c.id == bindparam("of_id"))
"""It sets the columns that it is handed values of."""


def set_state(conn: Connection, id: str, state: str, reason: str = "") -> None:
    conn.execute(_CHANGE, {"of_id": id, "state": state, "reason": reason})


def set_reason(conn: Connection, id: str, reason: str) -> None:
    """What a person should know of the flow, while it goes on."""
    conn.execute(_CHANGE, {"of_id": id, "reason": reason})


def rename(conn: Connection, id: str, name: str) -> None:
    """A removed flow gives its name free."""
    conn.execute(_CHANGE, {"of_id": id, "name": name})


def consent(conn: Connection, id: str) -> None:
    conn.execute(_CHANGE, {"of_id": id, "consented": True})


def backfilled(conn: Connection, id: str, version: int) -> None:
    conn.execute(_CHANGE, {"of_id": id, "backfilled_version": version})


def _row(row: Any) -> Row:
    return Row(*(getattr(row, name) for name in Row.__slots__))
