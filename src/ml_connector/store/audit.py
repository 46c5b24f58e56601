"""The audit trail: one row for each thing that was decided about a record. Rows are only added.

Retention removes whole old rows by age; nothing changes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, select

from ml_connector.store.tables import audit, flows

Decision = Literal["create", "update", "unchanged", "review", "refuse", "gone"]


@dataclass(frozen=True, slots=True)
class Row:
    """Keys as the commands print them. `job` is the intent's id, where something was written."""

    at: datetime
    workspace: str
    run: str
    flow: str
    version: int
    route: str
    source_key: str
    decision: Decision
    reason: str
    state: Literal["done", "failed", "review"]
    source: str
    target_id: str | None = None
    job: str = ""
    event_id: str = ""
    correlation_id: str = ""
    attempt: int = 1
    changes: Mapping[str, Any] = field(default_factory=dict)
    requests: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What a person asks for; None is "any"."""

    flow: str | None = None
    route: str | None = None
    record: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    decision: str | None = None
    run: str | None = None
    state: str | None = None
    limit: int | None = 100


def add(conn: Connection, rows: Sequence[Row]) -> None:
    if rows:
        conn.execute(
            audit.insert(),
            [
                {name: getattr(row, name) for name in Row.__slots__}
                | {"changes": dict(row.changes), "requests": [dict(r) for r in row.requests]}
                for row in rows
            ],
        )


def read(conn: Connection, workspace: str, query: Query) -> list[dict[str, Any]]:
    """Newest first, flows by their names."""
    where: list[Any] = [audit.c.workspace == workspace]
    if query.flow is not None:
        where.append(flows.c.name == query.flow)
    for column, value in (
        (audit.c.route, query.route),
        (audit.c.decision, query.decision),
        (audit.c.run, query.run),
        (audit.c.state, query.state),
    ):
        if value is not None:
            where.append(column == value)
    if query.record is not None:
        where.append((audit.c.source_key == query.record) | (audit.c.target_id == query.record))
    if query.since is not None:
        where.append(audit.c.at >= query.since)
    if query.until is not None:
        where.append(audit.c.at < query.until)
    statement = (
        select(audit, flows.c.name.label("flow_name"))
        .join(flows, flows.c.id == audit.c.flow)
        .where(*where)
        .order_by(audit.c.id.desc())
    )
    if query.limit is not None:
        statement = statement.limit(query.limit)
    return [_shown(row) for row in conn.execute(statement)]


def retain(conn: Connection, before: datetime) -> int:
    """Remove rows older than the retention. The only way in which an audit row ever goes."""
    return conn.execute(delete(audit).where(audit.c.at < before)).rowcount


def _shown(row: Any) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(), "run": row.run, "job": row.job, "flow": row.flow_name,
        "version": row.version, "route": row.route, "source_key": row.source_key,
        "target_id": row.target_id, "decision": row.decision, "reason": row.reason,
        "state": row.state, "source": row.source, "event_id": row.event_id,
        "correlation_id": row.correlation_id, "attempt": row.attempt, "changes": row.changes,
        "requests": row.requests,
    }  # fmt: skip
