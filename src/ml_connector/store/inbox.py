"""The inbox keeps every proven delivery's events as they came, so that a person can look them up.

That an event is there already never keeps its key from being marked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, select, update

from ml_connector.store.tables import endpoints, inbox
from ml_connector.store.upsert import Insert, inserting


@dataclass(frozen=True, slots=True)
class Event:
    """`outcome`: pending, unknown_event, unknown_account, echo. `body` is the delivery's, kept with
    the first of its events: one of a thousand would be there a thousand times."""

    id: str
    endpoint: str
    event_id: str
    event_type: str
    account: str
    object: str
    key: str
    correlation_id: str
    received_at: datetime
    outcome: str
    body: bytes


def put(conn: Connection, events: Sequence[Event]) -> None:
    """Keep them; a repetition is counted on the first one's row."""
    if events:
        rows = [{name: getattr(event, name) for name in Event.__slots__} for event in events]
        conn.execute(_keeping(conn.dialect.name), rows)


@lru_cache
def _keeping(dialect: str) -> Insert:
    return inserting(inbox, dialect).on_conflict_do_update(
        index_elements=[inbox.c.endpoint, inbox.c.event_id], set_={"times": inbox.c.times + 1}
    )


_TOLD = [column for column in inbox.c if column is not inbox.c.body]


def of_record(conn: Connection, workspace: str, object: str, key: str) -> list[dict[str, Any]]:
    """The events that spoke of a record, newest first; bodies stay in the database."""
    rows = conn.execute(
        select(*_TOLD)
        .join(endpoints, endpoints.c.id == inbox.c.endpoint)
        .where(endpoints.c.workspace == workspace, inbox.c.object == object, inbox.c.key == key)
        .order_by(inbox.c.received_at.desc())
    )
    return [
        {
            "event_id": row.event_id, "event_type": row.event_type, "outcome": row.outcome,
            "received_at": row.received_at.isoformat(), "times": row.times,
            "correlation_id": row.correlation_id,
        }
        for row in rows
    ]  # fmt: skip


def keys_of(conn: Connection, workspace: str, object: str) -> list[str]:
    """Every form in which deliveries named records of this object."""
    rows = conn.execute(
        select(inbox.c.key)
        .join(endpoints, endpoints.c.id == inbox.c.endpoint)
        .where(endpoints.c.workspace == workspace, inbox.c.object == object)
        .distinct()
        .order_by(inbox.c.key)
    )
    return [row.key for row in rows]


def count_forged(conn: Connection, endpoint: str, now: datetime, times: int = 1) -> None:
    conn.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint)
        .values(forged=endpoints.c.forged + times, last_forged_at=now)
    )


def count_unknown(conn: Connection, endpoint: str) -> None:
    conn.execute(
        update(endpoints).where(endpoints.c.id == endpoint).values(unknown=endpoints.c.unknown + 1)
    )


def retain(conn: Connection, before: datetime) -> int:
    return conn.execute(delete(inbox).where(inbox.c.received_at < before)).rowcount
