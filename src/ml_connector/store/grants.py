"""A grant is what an app may do for a user at an account: the tokens, with their ends.

The tokens themselves are secrets of the owner `grant:<id>`. A grant is refreshed under a lease of
its own row, and a new pair is stored only if the row still holds the version that was refreshed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from ml_connector.store.tables import grants
from ml_connector.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Grant:
    """`kind` is oauth, token or password; `refused` is why a refresh was refused, until a
    reconnect."""

    id: str
    app: str
    kind: str
    version: int
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    renewed_at: datetime | None = None
    scope: str = ""
    api_base: str | None = None
    refused: str | None = None


def put(conn: Connection, grant: Grant) -> None:
    upsert(conn, grants, [{name: getattr(grant, name) for name in Grant.__slots__}])


def get(conn: Connection, id: str) -> Grant | None:
    row = conn.execute(select(grants).where(grants.c.id == id)).first()
    return _grant(row) if row else None


def lease(conn: Connection, id: str, owner: str, now: datetime, until: datetime) -> bool:
    """Take the right to refresh this grant until that moment; False where somebody else has it."""
    return bool(
        conn.execute(
            update(grants)
            .where(
                grants.c.id == id,
                or_(
                    grants.c.lease_until.is_(None),
                    grants.c.lease_until < now,
                    grants.c.lease_owner == owner,
                ),
            )
            .values(lease_owner=owner, lease_until=until)
        ).rowcount
    )


def release(conn: Connection, id: str, owner: str) -> None:
    conn.execute(
        update(grants)
        .where(grants.c.id == id, grants.c.lease_owner == owner)
        .values(lease_owner=None, lease_until=None)
    )


def renew(conn: Connection, grant: Grant, from_version: int) -> bool:
    """Store what a refresh brought, if the row still holds the version that was refreshed."""
    return bool(
        conn.execute(
            update(grants)
            .where(grants.c.id == grant.id, grants.c.version == from_version)
            .values(
                version=from_version + 1, expires_at=grant.expires_at, scope=grant.scope,
                refresh_expires_at=grant.refresh_expires_at, renewed_at=grant.renewed_at,
                api_base=grant.api_base, refused=None,
            )
        ).rowcount
    )  # fmt: skip


def refuse(conn: Connection, id: str, version: int, sentence: str) -> bool:
    """Note that a refresh was refused; False where the row has moved on meanwhile."""
    return bool(
        conn.execute(
            update(grants)
            .where(grants.c.id == id, grants.c.version == version)
            .values(refused=sentence)
        ).rowcount
    )


def idle_since(conn: Connection, before: datetime) -> list[Grant]:
    """OAuth grants that were not renewed since then."""
    rows = conn.execute(
        select(grants).where(
            grants.c.kind == "oauth",
            grants.c.refused.is_(None),
            or_(grants.c.renewed_at.is_(None), grants.c.renewed_at < before),
        )
    )
    return [_grant(row) for row in rows]


def _grant(row: Any) -> Grant:
    return Grant(*(getattr(row, name) for name in Grant.__slots__))
