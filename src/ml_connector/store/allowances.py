"""What was drawn on a vendor's daily allowance, and which limiters the vendor told to wait.

Both survive a restart. Lanes reserve slices: a slice is lost in a crash, never overspent.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from ml_connector.store.tables import allowances, pauses
from ml_connector.store.upsert import upsert


def spent(conn: Connection, scope: str, day: str) -> int:
    return (
        conn.execute(
            select(allowances.c.spent).where(allowances.c.scope == scope, allowances.c.day == day)
        ).scalar()
        or 0
    )


def reserve(conn: Connection, scope: str, day: str, tokens: int, limit: int) -> int:
    """Draw up to that many tokens without passing the limit; the number granted."""
    so_far = spent(conn, scope, day)
    granted = max(0, min(tokens, limit - so_far))
    if granted:
        row = {"scope": scope, "day": day, "spent": so_far + granted}
        upsert(conn, allowances, [row])
    return granted


def give_back(conn: Connection, scope: str, day: str, tokens: int) -> None:
    """Return what was reserved and not used."""
    row = {"scope": scope, "day": day, "spent": max(0, spent(conn, scope, day) - tokens)}
    upsert(conn, allowances, [row])


def correct(conn: Connection, scope: str, day: str, at_least: int) -> None:
    """The vendor counts more than we do: others use the same account."""
    if at_least > spent(conn, scope, day):
        upsert(conn, allowances, [{"scope": scope, "day": day, "spent": at_least}])


def pause(conn: Connection, scope: str, until: datetime, reason: str) -> None:
    upsert(conn, pauses, [{"scope": scope, "until": until, "reason": reason}])


def pauses_after(conn: Connection, now: datetime) -> dict[str, tuple[datetime, str]]:
    conn.execute(delete(pauses).where(pauses.c.until <= now))
    return {row.scope: (row.until, row.reason) for row in conn.execute(select(pauses))}
