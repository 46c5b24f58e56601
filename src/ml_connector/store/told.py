"""What a feed's record told last: which keys of which routes it speaks for.

A record that was deleted cannot be read any more, and still its invoice, its customer's summary,
must be looked at once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select

from ml_connector.store.tables import told
from ml_connector.store.upsert import upsert

Spoken = tuple[tuple[str, str], ...]
"""(route, source key) of each."""


def of_keys(conn: Connection, flow: str, feed: str, keys: Sequence[str]) -> dict[str, Spoken]:
    """What these records told last."""
    rows = conn.execute(
        select(told).where(told.c.flow == flow, told.c.feed == feed, told.c.key.in_(list(keys)))
    )
    return {row.key: tuple((route, key) for route, key in row.spoken) for row in rows}


def all_keys(conn: Connection, flow: str, feed: str) -> list[str]:
    """Every record that has told anything, or that it has nothing to tell."""
    rows = conn.execute(
        select(told.c.key).where(told.c.flow == flow, told.c.feed == feed).order_by(told.c.key)
    )
    return [row.key for row in rows]


def put(conn: Connection, flow: str, feed: str, spoken: Mapping[str, Spoken]) -> None:
    rows = [
        {"flow": flow, "feed": feed, "key": key, "spoken": [list(each) for each in marks]}
        for key, marks in spoken.items()
    ]
    upsert(conn, told, rows)


def drop(conn: Connection, flow: str, feed: str, keys: Sequence[str]) -> None:
    """Records that are gone have told all they had to tell."""
    conn.execute(
        delete(told).where(told.c.flow == flow, told.c.feed == feed, told.c.key.in_(list(keys)))
    )
