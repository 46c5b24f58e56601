"""What was drawn on a vendor's daily allowance. It survives a restart.

Lanes reserve slices: a slice is lost in a crash, never overspent.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from ml_connector.store.tables import allowances
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


def correct(conn: Connection, scope: str, day: str, at_least: int) -> None:
    """The vendor counts more than we do: others use the same account."""
    if at_least > spent(conn, scope, day):
        upsert(conn, allowances, [{"scope": scope, "day": day, "spent": at_least}])
