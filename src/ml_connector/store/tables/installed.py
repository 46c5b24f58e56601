"""What is installed: flows with their versions, and what stands at the targets for them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from ml_connector.store.tables.base import metadata
from ml_connector.store.types import Instant, Json

flows = Table(
    "flows",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, ForeignKey("connections.id"), nullable=False),
    Column("target", Text, ForeignKey("connections.id"), nullable=False),
    Column("settings", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),  # active | paused | removed
    Column("reason", Text, nullable=False, server_default=""),
    Column("consented", Boolean, nullable=False, server_default=false()),
    Column("backfilled_version", Integer, nullable=False, server_default=text("0")),
    Column("installed_at", Instant, nullable=False),
    UniqueConstraint("workspace", "name"),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    Column("flow", Text, ForeignKey("flows.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("settings", Json, nullable=False),
    Column("at", Instant, nullable=False),
)

provisions = Table(  # what stands at the target for us: fields, pipelines, stages, and their codes
    "provisions",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("item", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("is_key", Boolean, nullable=False),
    Column("missing", Boolean, nullable=False, server_default=false()),
)

vocabularies = Table(
    "vocabularies",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("words", Json, nullable=False),
    Column("read_at", Instant, nullable=False),
)
