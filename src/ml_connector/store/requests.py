"""A request is work that a command hands to the lane; the command follows its progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from ml_connector.store.tables import requests


@dataclass(frozen=True, slots=True)
class Row:
    """`state` is new, running, done or failed; `result` is what the command prints."""

    id: str
    workspace: str
    kind: str
    args: dict[str, Any]
    state: str
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: datetime
    ended_at: datetime | None


def put(
    conn: Connection, id: str, workspace: str, kind: str, args: dict[str, Any], now: datetime
) -> None:
    conn.execute(
        requests.insert().values(
            id=id, workspace=workspace, kind=kind, args=args, state="new", created_at=now
        )
    )


def take(conn: Connection) -> list[Row]:
    """Take all new requests, oldest first."""
    rows = conn.execute(
        select(requests)
        .where(requests.c.state == "new")
        .order_by(requests.c.created_at, requests.c.id)
    ).all()
    ids = [row.id for row in rows]
    if ids:
        conn.execute(update(requests).where(requests.c.id.in_(ids)).values(state="running"))
    return [_row(row) for row in rows]


def get(conn: Connection, id: str) -> Row | None:
    row = conn.execute(select(requests).where(requests.c.id == id)).first()
    return _row(row) if row else None


def progress(conn: Connection, id: str, state: dict[str, Any]) -> None:
    conn.execute(update(requests).where(requests.c.id == id).values(progress=state))


def end(conn: Connection, id: str, state: str, result: dict[str, Any], now: datetime) -> None:
    conn.execute(
        update(requests).where(requests.c.id == id).values(state=state, result=result, ended_at=now)
    )


def abandon(conn: Connection, now: datetime) -> None:
    """A process that took these is gone: tell whoever waits."""
    note = "The server stopped before it was done; run the command again."
    lost = {"result": None, "exit": 2, "notes": [note]}
    conn.execute(
        update(requests)
        .where(requests.c.state == "running")
        .values(state="failed", result=lost, ended_at=now)
    )


def remove(conn: Connection, id: str) -> None:
    """Take a request back."""
    conn.execute(delete(requests).where(requests.c.id == id))


def retain(conn: Connection, now: datetime) -> None:
    """A request's result is of use for a day."""
    conn.execute(delete(requests).where(requests.c.ended_at < now - timedelta(days=1)))


def _row(row: Any) -> Row:
    return Row(*(getattr(row, name) for name in Row.__slots__))


def has_new(conn: Connection) -> bool:
    """Whether somebody handed something over; a cheap look before `take`."""
    return conn.execute(select(requests.c.id).where(requests.c.state == "new")).first() is not None
