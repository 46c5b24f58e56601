"""What is left of a vendor's allowance, and who works: lanes and what is handed to them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from ml_connector.store.tables.base import metadata
from ml_connector.store.types import Instant, Json

allowances = Table(
    "allowances",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("period", Text, primary_key=True),  # 2026-11-21 or 2026-11
    Column("spent", Integer, nullable=False),
)

lanes = Table(
    "lanes",
    metadata,
    Column("workspace", Text, ForeignKey("workspaces.id"), primary_key=True),
    Column("epoch", Integer, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("args", Json, nullable=False),
    Column("state", Text, nullable=False),  # new | running | done | failed
    Column("progress", Json),
    Column("result", Json),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
Index("ix_requests_state", requests.c.state)
