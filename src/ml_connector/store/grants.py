"""A grant is what an app may do for a user at an account: the tokens, with their ends.

The tokens themselves are secrets of the owner `grant:<id>`. A grant is refreshed under a lease of
its own row, and a new pair is stored only if the row still holds the version that was refreshed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from ml_connector.store.tables import apps, connections, grants
from ml_connector.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Grant:
    """`kind` is oauth, token or password; `user` is the vendor's own id of the user, where one
    user's consents are one grant; `warned_days` is how near its end was when a person was told
    last; `refused` is why a refresh was refused, until a reconnect."""

    id: str
    app: str
    kind: str
    version: int
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    renewed_at: datetime | None = None
    scope: str = ""
    api_base: str | None = None
    user: str = ""
    consented_at: datetime | None = None
    warned_days: int | None = None
    refused: str | None = None


def put(conn: Connection, grant: Grant) -> None:
    upsert(conn, grants, [{name: getattr(grant, name) for name in Grant.__slots__}])


_BY_ID = select(grants).where(grants.c.id == bindparam("id"))


def get(conn: Connection, id: str) -> Grant | None:
    row = conn.execute(_BY_ID, {"id": id}).first()
    return _grant(row) if row else None


def of_user(conn: Connection, app: str, user: str) -> Grant | None:
    """The live grant that a user gave to this developer app, in whatever workspace it is."""
    mine = select(apps.c.vendor, apps.c.client).where(apps.c.id == app).subquery()
    row = conn.execute(
        select(grants)
        .join(apps, apps.c.id == grants.c.app)
        .join(mine, (mine.c.vendor == apps.c.vendor) & (mine.c.client == apps.c.client))
        .where(grants.c.user == user)
        .order_by(grants.c.id)
    ).first()
    return _grant(row) if row else None


def forget_unused(conn: Connection, id: str) -> bool:
    """Remove a grant that no connection uses any more; True where it is gone."""
    used = select(connections.c.id).where(connections.c.grant == id)
    gone = conn.execute(delete(grants).where(grants.c.id == id, ~used.exists()))
    return bool(gone.rowcount)


def warned(conn: Connection, id: str, days: int | None) -> None:
    """Keep how near the end was when a person was told."""
    conn.execute(update(grants).where(grants.c.id == id).values(warned_days=days))


_THIS = grants.c.id == bindparam("of_id")
_IS_MINE = grants.c.lease_owner == bindparam("owner")
_IS_FREE = or_(grants.c.lease_until.is_(None), grants.c.lease_until < bindparam("now"))
_LEASE = (
    update(grants)
    .where(_THIS, or_(_IS_FREE, _IS_MINE))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
)
_RELEASE = update(grants).where(_THIS, _IS_MINE).values(lease_owner=None, lease_until=None)


def lease(conn: Connection, id: str, owner: str, now: datetime, until: datetime) -> bool:
    """Take the right to refresh this grant until that moment; False where somebody else has it."""
    row = {"of_id": id, "owner": owner, "now": now, "until": until}
    return bool(conn.execute(_LEASE, row).rowcount)


def release(conn: Connection, id: str, owner: str) -> None:
    conn.execute(_RELEASE, {"of_id": id, "owner": owner})


_IF_UNMOVED = update(grants).where(_THIS, grants.c.version == bindparam("seen"))
"""It sets the columns that it is handed values of."""


def renew(conn: Connection, grant: Grant, from_version: int) -> bool:
    """Store what a refresh brought, if the row still holds the version that was refreshed."""
    brought = {
        "version": from_version + 1, "expires_at": grant.expires_at, "scope": grant.scope,
        "refresh_expires_at": grant.refresh_expires_at, "renewed_at": grant.renewed_at,
        "api_base": grant.api_base, "refused": None,
    }  # fmt: skip
    row = {"of_id": grant.id, "seen": from_version, **brought}
    return bool(conn.execute(_IF_UNMOVED, row).rowcount)


def refuse(conn: Connection, id: str, version: int, sentence: str) -> bool:
    """Note that a refresh was refused; False where the row has moved on meanwhile."""
    row = {"of_id": id, "seen": version, "refused": sentence}
    return bool(conn.execute(_IF_UNMOVED, row).rowcount)


_IDLE_SINCE = select(grants).where(
    grants.c.kind == "oauth",
    grants.c.refused.is_(None),
    or_(grants.c.renewed_at.is_(None), grants.c.renewed_at < bindparam("before")),
)


def idle_since(conn: Connection, before: datetime) -> list[Grant]:
    """OAuth grants that were not renewed since then."""
    return [_grant(row) for row in conn.execute(_IDLE_SINCE, {"before": before})]


def _grant(row: Any) -> Grant:
    return Grant(*(getattr(row, name) for name in Grant.__slots__))
