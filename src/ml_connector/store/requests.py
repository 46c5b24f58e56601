"""A request is work that a command hands to the lane; the command follows its progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from ml_connector.store.tables import requests, secrets

SEALED = "request:"
"""With its id, the owner of the secrets that were handed over with a request."""

LOST: dict[str, Any] = {
    "result": None,
    "exit": 2,
    "notes": ["The server stopped before it was done; run the command again."],
}
"""What is told of a request whose process is gone."""


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
    conn.execute(
        update(requests)
        .where(requests.c.state == "running")
        .values(state="failed", result=LOST, ended_at=now)
    )


def withdraw(conn: Connection, id: str) -> dict[str, Any] | None:
    """Take a request back that nobody took; None then. What became of one that was taken is told,
    or is not known."""
    row = get(conn, id)
    if row is None or row.state == "new":
        conn.execute(delete(requests).where(requests.c.id == id))
        return None
    return LOST if row.result is None else row.result


def retain(conn: Connection, now: datetime) -> None:
    """A request's result is of use for a day. What a command that was killed had sealed for one is
    of no use once it has ended."""
    conn.execute(delete(requests).where(requests.c.ended_at < now - timedelta(days=1)))
    waiting = select(SEALED + requests.c.id).where(requests.c.state.in_(("new", "running")))
    conn.execute(
        delete(secrets).where(secrets.c.owner.startswith(SEALED), secrets.c.owner.not_in(waiting))
    )


def _row(row: Any) -> Row:
    return Row(*(getattr(row, name) for name in Row.__slots__))


def has_new(conn: Connection) -> bool:
    """Whether somebody handed something over; a cheap look before `take`."""
    return conn.execute(select(requests.c.id).where(requests.c.state == "new")).first() is not None
