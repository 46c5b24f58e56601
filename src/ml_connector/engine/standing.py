"""Standing is how everything stands right now: what waits and why, what the day has cost so far.

The forecast of the day or month says what is known to come: what is pending will cost its writes,
and polls come at the cadence that was set. What people will change later nobody knows, and it is
not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ml_connector.core.cadence import Cadence
from ml_connector.core.objects import Costs
from ml_connector.engine.consents import warning
from ml_connector.engine.metering import budget, spent_by
from ml_connector.engine.opened import place
from ml_connector.engine.opening import parse_settings
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import secrets_owner
from ml_connector.http.allowance import next_period
from ml_connector.store import (
    connections,
    cursors,
    flows,
    grants,
    lanes,
    links,
    queued,
    reviews,
)
from ml_connector.store.database import Connection

SPENT = {"day": "tokens_spent_today", "month": "tokens_spent_this_month"}
Told = dict[str, Any]
Gauge = tuple[str, dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is pending for one kind of target record, of which `unlinked` would be new ones."""

    waiting: int
    unlinked: int
    costs: Costs


def forecast_tokens(spent: int, backlogs: Sequence[Backlog], polls: int = 0) -> int:
    """What the period will have cost when all that is pending is done: at most, in tokens.

    Each pending record is counted as one write, though some will turn out unchanged; before new
    ones are made, the target's listing of recent changes is read once for each kind. `polls` is
    what those to come will cost.
    """
    to_come = polls
    for backlog in backlogs:
        known = backlog.waiting - backlog.unlinked
        to_come += backlog.unlinked * backlog.costs.create
        to_come += known * (backlog.costs.update + backlog.costs.read)
        to_come += backlog.costs.page if backlog.unlinked else 0
    return spent + to_come


def standing(conn: Connection, res: Resources, workspace: str, now: datetime) -> Told:
    """As `status` prints it."""
    rows = connections.listing(conn, workspace)
    told = [_connection(conn, res, row, now) for row in rows]
    return {
        "flows": [_flow(conn, row, now) for row in flows.listing(conn, workspace)],
        "connections": told,
        "warnings": [t["warning"] for t in told if t["warning"]],
    }


def _flow(conn: Connection, row: flows.Row, now: datetime) -> Told:
    waiting = queued.by_reason(conn, row.id)
    oldest: datetime | None = waiting["oldest"]
    return {
        "name": row.name,
        "state": row.state,
        "reason": row.reason,
        "waiting": waiting["waiting"],
        "review": reviews.count(conn, row.id),
        "oldest_waiting_s": round((now - oldest).total_seconds()) if oldest else None,
        "waits_for": _reasons(row, waiting["waits_for"]),
    }


def _reasons(row: flows.Row, waits_for: Mapping[str, int]) -> dict[str, int]:
    """Reason → how many; what would have its turn waits for the flow where that is paused."""
    told = dict(waits_for)
    if "turn" in told and row.state == flows.PAUSED:
        told["paused"] = told.pop("turn")
    elif "turn" in told and row.backfilled_version == 0:
        told["first sync"] = told.pop("turn")
    return told


def _connection(conn: Connection, res: Resources, row: connections.Row, now: datetime) -> Told:
    grant = grants.get(conn, row.grant)
    ends = grant.refresh_expires_at if grant else None
    paused_until = row.paused_until.isoformat() if row.paused_until else None
    return {
        "name": row.name,
        "vendor": row.vendor,
        "state": row.state,
        "reason": row.reason,
        "paused_until": paused_until,
        "budget": _budget(conn, res, row, grant.kind if grant else "token", now),
        "consent_ends": ends.isoformat() if ends else None,
        "warning": warning([row], grant, now) if grant else None,
        "deliveries": _deliveries(conn, res, row),
    }


def _deliveries(conn: Connection, res: Resources, row: connections.Row) -> Told:
    """What was not believed, at the connection's address and at those of its subscriptions."""
    vendor = res.vendors.get(row.vendor)
    whole = connections.endpoint_of(conn, secrets_owner(row, vendor.endpoint_of if vendor else ""))
    there = [*([whole] if whole else []), *connections.callbacks_of(conn, row.id).values()]
    last = max((e.last_forged_at for e in there if e.last_forged_at), default=None)
    return {
        "forged": sum(endpoint.forged for endpoint in there),
        "unknown": sum(endpoint.unknown for endpoint in there),
        "last_forged_at": last.isoformat() if last else None,
    }


def _budget(
    conn: Connection, res: Resources, row: connections.Row, how: str, now: datetime
) -> Told | None:
    """The period's tokens at a vendor that meters them; None elsewhere."""
    spent = spent_by(conn, res, row, how, now)
    if spent is None:
        return None
    polls = _polls(conn, res, row, now, next_period(now, spent.allowance))
    return budget(spent, row, forecast_tokens(spent.tokens, _backlogs(conn, res, row), polls))


def _polls(
    conn: Connection, res: Resources, row: connections.Row, now: datetime, end: datetime
) -> int:
    """What the polls until then will draw, each as much as the last one of its object did."""
    drawn = cursors.poll_tokens(conn, row.id)
    if not drawn:
        return 0
    counts = [0]
    for installed in flows.using(conn, row.id):
        if installed.backfilled_version > 0:
            cadence: Cadence = parse_settings(res.flows[installed.kind], installed.settings)["poll"]
            counts.append(cadence.count_between(now, end))
    return drawn * max(counts)


def _backlogs(conn: Connection, res: Resources, row: connections.Row) -> list[Backlog]:
    told = []
    for installed in flows.using(conn, row.id):
        for route in res.flows[installed.kind].routes:
            if place(installed, res.flows[installed.kind], route.name) != row.id:
                continue
            keys = [r["key"] for r in queued.rows_of(conn, installed.id, route.name)]
            linked = links.linked_keys(conn, installed.id, route.name) if keys else set()
            unlinked = sum(1 for key in keys if key not in linked)
            told.append(Backlog(len(keys), unlinked, route.writes.costs))
    return told


def gauges(conn: Connection, res: Resources, now: datetime) -> list[Gauge]:
    """What a monitoring system may want to watch, over all workspaces."""
    told: list[Gauge] = []
    for workspace in lanes.workspace_ids(conn):
        state = standing(conn, res, workspace, now)
        for flow in state["flows"]:
            label = {"workspace": workspace, "flow": flow["name"]}
            for reason, count in flow["waits_for"].items():
                told.append(("pending", {**label, "waits_for": reason}, count))
            told.append(("oldest_pending_seconds", label, flow["oldest_waiting_s"] or 0))
            told.append(("reviews", label, flow["review"]))
        for connection in state["connections"]:
            label = {"workspace": workspace, "connection": connection["name"]}
            told.append(("connection_state", {**label, "state": connection["state"]}, 1))
            if connection["budget"]:
                spent = connection["budget"]["spent"]
                told.append((SPENT[connection["budget"]["period"]], label, spent))
    return told
