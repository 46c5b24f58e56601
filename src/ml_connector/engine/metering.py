"""Metering: which limits a connection has, and what has been spent of an allowance in its period.

An allowance belongs to the account or to the developer app; all connections that share that one
draw on the same row, of whatever workspace they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ml_connector.core.faults import Fault
from ml_connector.core.limits import Allowance, Limits
from ml_connector.core.vendor import Vendor
from ml_connector.engine.resources import Resources
from ml_connector.http.allowance import period_of
from ml_connector.store import allowances, connections
from ml_connector.store.database import Connection, Store

How = Literal["oauth", "token"]


def limits_of(vendor: Vendor, row: connections.Row, client: str, scope: str, how: How) -> Limits:
    """The connection's limits, its allowance under the scope of what the vendor meters.

    `client` is the digest of the app's client id. Raises Mistake where a setting cannot be read.
    """
    limits = vendor.limits(row.settings, scope, how)
    if limits.allowance is None:
        return limits
    if limits.allowance.belongs_to == "app":
        return replace(limits, company_scope=f"app:{vendor.name}:{client}")
    return replace(limits, company_scope=f"account:{row.account}") if row.account else limits


@dataclass(frozen=True, slots=True)
class Spent:
    """What the book holds of an allowance in its present period."""

    allowance: Allowance
    period: str
    tokens: int

    @property
    def ours(self) -> int:
        return int(self.allowance.tokens * self.allowance.share)

    def __str__(self) -> str:
        """In words, for a person."""
        return f"{self.tokens:,} of {self.ours:,} tokens in this {self.allowance.period}"


def spent_by(
    conn: Connection, res: Resources, row: connections.Row, kind: str, now: datetime
) -> Spent | None:
    """What is spent of the connection's allowance; None where the vendor meters nothing.

    `kind` is that of its grant.
    """
    metered = _metered(conn, res, row, kind)
    if metered is None:
        return None
    allowance, scope = metered
    period = period_of(now, allowance)
    return Spent(allowance, period, allowances.spent(conn, scope, period))


def charge(
    conn: Connection, res: Resources, row: connections.Row, kind: str, tokens: int, now: datetime
) -> None:
    """Count what was spent for the connection before it was known whose it is."""
    metered = _metered(conn, res, row, kind)
    if metered is not None and tokens:
        allowance, scope = metered
        allowances.add(conn, scope, period_of(now, allowance), tokens)


def _metered(
    conn: Connection, res: Resources, row: connections.Row, kind: str
) -> tuple[Allowance, str] | None:
    """The allowance and under which scope the book holds it."""
    vendor = res.vendors.get(row.vendor)
    if vendor is None:
        return None
    how: How = "token" if kind == "token" else "oauth"
    try:
        limits = limits_of(vendor, row, connections.client_of(conn, row.app), "", how)
    except Fault:
        return None
    if limits.allowance is None or not limits.company_scope:
        return None
    return limits.allowance, limits.company_scope


def budget(spent: Spent, row: connections.Row, forecast: int) -> dict[str, Any]:
    """As `status` prints it; `day` names the day or the month."""
    return {
        "day": spent.period,
        "period": spent.allowance.period,
        "spent": spent.tokens,
        "limit": spent.allowance.tokens,
        "share": spent.allowance.share,
        "ours": spent.ours,
        "forecast": forecast,
        "paused_until": row.paused_until.isoformat() if row.paused_until else None,
        "reason": row.reason,
    }


class StoredAllowances:
    """Implements `http.allowance.AllowanceBook` on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        return await self._store.write(
            lambda c: allowances.reserve(c, scope, period, tokens, limit)
        )

    async def spent(self, scope: str, period: str) -> int:
        return await self._store.read(lambda c: allowances.spent(c, scope, period))

    async def correct(self, scope: str, period: str, spent: int) -> None:
        await self._store.write(lambda c: allowances.correct(c, scope, period, spent))
