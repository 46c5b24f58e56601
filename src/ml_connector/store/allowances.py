"""What was drawn on a vendor's allowance in each of its periods. It survives a restart.

Lanes reserve slices: a slice is lost in a crash, never overspent. A period is named by its day or
month: 2026-11-21, 2026-11.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from ml_connector.store.tables import allowances
from ml_connector.store.upsert import upsert

_SPENT = select(allowances.c.spent).where(
    allowances.c.scope == bindparam("scope"), allowances.c.period == bindparam("period")
)


def spent(conn: Connection, scope: str, period: str) -> int:
    return conn.execute(_SPENT, {"scope": scope, "period": period}).scalar() or 0


def reserve(conn: Connection, scope: str, period: str, tokens: int, limit: int) -> int:
    """Draw up to that many tokens without passing the limit; the number granted."""
    so_far = spent(conn, scope, period)
    granted = max(0, min(tokens, limit - so_far))
    if granted:
        row = {"scope": scope, "period": period, "spent": so_far + granted}
        upsert(conn, allowances, [row])
    return granted


def add(conn: Connection, scope: str, period: str, tokens: int) -> None:
    """Tokens that are gone already, whatever the limit says."""
    row = {"scope": scope, "period": period, "spent": spent(conn, scope, period) + tokens}
    upsert(conn, allowances, [row])


def correct(conn: Connection, scope: str, period: str, at_least: int) -> None:
    """The vendor counts more than we do: others use the same account."""
    if at_least > spent(conn, scope, period):
        upsert(conn, allowances, [{"scope": scope, "period": period, "spent": at_least}])
