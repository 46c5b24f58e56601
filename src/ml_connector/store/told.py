"""What a feed's record told last: which keys of which routes it speaks for.

A record that was deleted cannot be read any more, and still its invoice, its customer's summary,
must be looked at once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, select

from ml_connector.store.tables import told
from ml_connector.store.upsert import upsert

Spoken = tuple[tuple[str, str], ...]
"""(route, source key) of each."""


_OF_FEED = (told.c.flow == bindparam("flow"), told.c.feed == bindparam("feed"))
_THESE = (*_OF_FEED, told.c.key.in_(bindparam("keys", expanding=True)))
_OF_KEYS = select(told).where(*_THESE)
_ALL_KEYS = select(told.c.key).where(*_OF_FEED).order_by(told.c.key)
_DROP = delete(told).where(*_THESE)


def of_keys(conn: Connection, flow: str, feed: str, keys: Sequence[str]) -> dict[str, Spoken]:
    """What these records told last."""
    rows = conn.execute(_OF_KEYS, {"flow": flow, "feed": feed, "keys": list(keys)})
    return {row.key: tuple((route, key) for route, key in row.spoken) for row in rows}


def all_keys(conn: Connection, flow: str, feed: str) -> list[str]:
    """Every record that has told anything, or that it has nothing to tell."""
    rows = conn.execute(_ALL_KEYS, {"flow": flow, "feed": feed})
    return [row.key for row in rows]


def put(conn: Connection, flow: str, feed: str, spoken: Mapping[str, Spoken]) -> None:
    rows = [
        {"flow": flow, "feed": feed, "key": key, "spoken": [list(each) for each in marks]}
        for key, marks in spoken.items()
    ]
    upsert(conn, told, rows)


def drop(conn: Connection, flow: str, feed: str, keys: Sequence[str]) -> None:
    """Records that are gone have told all they had to tell."""
    if keys:
        conn.execute(_DROP, {"flow": flow, "feed": feed, "keys": list(keys)})
