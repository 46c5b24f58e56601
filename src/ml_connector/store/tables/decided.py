"""What was decided: runs, the audit trail, and what waits for a person."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from ml_connector.store.tables.base import metadata
from ml_connector.store.types import Instant, Json

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("flow", Text),
    Column("kind", Text, nullable=False),  # sync | live | replay
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("summary", Json),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("route", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("target_id", Text),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("changes", Json, nullable=False),
    Column("requests", Json, nullable=False),
)
Index("ix_audit_record", audit.c.flow, audit.c.route, audit.c.source_key)
Index("ix_audit_at", audit.c.at)
Index("ix_audit_run", audit.c.run)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("flow", Text, ForeignKey("flows.id"), nullable=False),
    Column("route", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("name", Text, nullable=False),  # what a person calls the source record
    Column("kind", Text, nullable=False),  # review | refused
    Column("reason", Text, nullable=False),
    Column("candidates", Json, nullable=False),
    Column("cause", Text, nullable=False),  # fingerprint of what led here
    Column("state", Text, nullable=False),  # open | decided | ignored
    Column("decision", Json),
    Column("opened_at", Instant, nullable=False),
    Column("planned_at", Instant, nullable=False),
    UniqueConstraint("flow", "route", "source_key"),
)
