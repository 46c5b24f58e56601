"""A lane is the single writer of one workspace. Claiming it begins a new epoch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from ml_connector.store.tables import lanes, meta, workspaces
from ml_connector.store.types import instant_text
from ml_connector.store.unavailable import LaneOver
from ml_connector.store.upsert import upsert

_EPOCH_OF = select(lanes.c.epoch).where(lanes.c.workspace == bindparam("workspace"))


def claim(conn: Connection, workspace: str) -> int:
    """Begin the next epoch; whatever an earlier one left open is now this one's to settle."""
    epoch = conn.execute(_EPOCH_OF, {"workspace": workspace}).scalar() or 0
    upsert(conn, lanes, [{"workspace": workspace, "epoch": epoch + 1}])
    return epoch + 1


def demand(conn: Connection, workspace: str, epoch: int) -> None:
    """Raises LaneOver where a later epoch has begun."""
    if conn.execute(_EPOCH_OF, {"workspace": workspace}).scalar() != epoch:
        raise LaneOver(
            "Another process has taken over the work on this workspace; this one ends it."
        )


def put_workspace(conn: Connection, id: str, name: str) -> str:
    """The id of the workspace of that name, made if it is new."""
    found = workspace_id(conn, name)
    if found is None:
        conn.execute(workspaces.insert().values(id=id, name=name))
    return found or id


_ID_OF_NAME = select(workspaces.c.id).where(workspaces.c.name == bindparam("name"))


def workspace_id(conn: Connection, name: str) -> str | None:
    return conn.execute(_ID_OF_NAME, {"name": name}).scalar()


_IDS = select(workspaces.c.id).order_by(workspaces.c.id)


def workspace_ids(conn: Connection) -> list[str]:
    return [row.id for row in conn.execute(_IDS)]


def note_ready(conn: Connection, now: datetime) -> None:
    """A write for its own sake: it proves that the database takes one."""
    upsert(conn, meta, [{"name": "ready_at", "value": instant_text(now)}])
