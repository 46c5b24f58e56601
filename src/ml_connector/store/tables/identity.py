"""Who we are and what we may do: workspaces, apps, accounts, grants, connections, endpoints."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from ml_connector.store.tables.base import metadata
from ml_connector.store.types import Instant, Json

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

secrets = Table(  # `owner` is kind:id of the row that a secret is bound to
    "secrets",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

apps = Table(  # `client` is a digest of the client id, or the connection's id where there is none
    "apps",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("client", Text, nullable=False),
    UniqueConstraint("workspace", "vendor", "client"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("vendor", "external_id"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, ForeignKey("apps.id"), nullable=False),
    Column("kind", Text, nullable=False),  # oauth | token | password
    Column("version", Integer, nullable=False),
    Column("expires_at", Instant),
    Column("refresh_expires_at", Instant),
    Column("renewed_at", Instant),
    Column("scope", Text, nullable=False, server_default=""),
    Column("api_base", Text),
    Column("user", Text, nullable=False, server_default=""),  # where a user has one live grant
    Column("consented_at", Instant),  # when a person gave it; renewals leave it as it is
    Column("warned_days", Integer),  # how near its end was when a person was told last
    Column("refused", Text),  # the sentence of a refused refresh, until a reconnect
    Column("lease_owner", Text),
    Column("lease_until", Instant),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("app", Text, ForeignKey("apps.id"), nullable=False),
    Column("grant", Text, ForeignKey("grants.id"), nullable=False),
    Column("account", Text, ForeignKey("accounts.id")),
    Column("settings", Json, nullable=False),
    Column("state", Text, nullable=False),  # ok | needs_person | paused_until
    Column("reason", Text, nullable=False, server_default=""),
    Column("paused_until", Instant),
    Column("identity", Json, nullable=False),
    UniqueConstraint("workspace", "name"),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False, unique=True),  # kind:id of what the vendor signs for
    Column("forged", Integer, nullable=False, server_default=text("0")),
    Column("unknown", Integer, nullable=False, server_default=text("0")),
    Column("last_forged_at", Instant),
)

former_tokens = Table(  # good until then, and known after that: somebody may still post there
    "former_tokens",
    metadata,
    Column("token", Text, primary_key=True),
    Column("endpoint", Text, ForeignKey("endpoints.id"), nullable=False),
    Column("until", Instant, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("connection", Text, ForeignKey("connections.id"), primary_key=True),
    Column("event", Text, primary_key=True),
    Column("remote_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("checked_at", Instant, nullable=False),
    # How often it was introduced since it was last seen healthy
    Column("introductions", Integer, nullable=False, server_default=text("0")),
)

handshakes = Table(  # the code is a secret of the owner `handshake:<id>`; unproven until confirmed
    "handshakes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint", Text, ForeignKey("endpoints.id"), nullable=False),
    Column("subscription", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
)
