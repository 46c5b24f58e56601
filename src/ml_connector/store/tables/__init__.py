"""The tables: one row, one truth. The same on SQLite and on PostgreSQL."""

from __future__ import annotations

from ml_connector.store.tables.base import metadata
from ml_connector.store.tables.decided import audit, reviews, runs
from ml_connector.store.tables.identity import (
    accounts,
    apps,
    connections,
    endpoints,
    former_tokens,
    grants,
    handshakes,
    meta,
    secrets,
    subscriptions,
    workspaces,
)
from ml_connector.store.tables.installed import flow_versions, flows, provisions, vocabularies
from ml_connector.store.tables.road import (
    claims,
    cursors,
    facts,
    inbox,
    intents,
    links,
    marks,
    mirror,
    mirrors,
    pending,
    seen,
    told,
)
from ml_connector.store.tables.work import allowances, lanes, requests

__all__ = [
    "accounts",
    "allowances",
    "apps",
    "audit",
    "claims",
    "connections",
    "cursors",
    "endpoints",
    "facts",
    "flow_versions",
    "flows",
    "former_tokens",
    "grants",
    "handshakes",
    "inbox",
    "intents",
    "lanes",
    "links",
    "marks",
    "meta",
    "metadata",
    "mirror",
    "mirrors",
    "pending",
    "provisions",
    "requests",
    "reviews",
    "runs",
    "secrets",
    "seen",
    "subscriptions",
    "told",
    "vocabularies",
    "workspaces",
]
