"""Retaining: what is older than the settings keep is let go of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from ml_connector.store import audit, inbox, requests, runs
from ml_connector.store.database import Connection, Store


class Kept(Protocol):
    """For how many days what is kept."""

    @property
    def audit_days(self) -> int: ...

    @property
    def inbox_days(self) -> int: ...


async def let_go(store: Store, now: datetime, kept: Kept) -> None:
    """Remove what is over age, in one commit; a run goes with the audit rows that name it."""

    def work(conn: Connection) -> None:
        kept_since = now - timedelta(days=kept.audit_days)
        audit.retain(conn, kept_since)
        runs.retain(conn, kept_since)
        inbox.retain(conn, now - timedelta(days=kept.inbox_days))
        requests.retain(conn, now)

    await store.write(work)
