"""The tables: one row, one truth. The same on SQLite and on PostgreSQL.

Grouped as the house speaks of them: who we are and what we may do; what is installed; the road of a
record (inbox, pending, links, mirror, intents); what was decided (runs, audit, reviews); what is left
(allowances); who works (lanes, requests).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from ml_connector.store.types import Instant, Json

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- who we are and what we may do -------------------------------------------------------------

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

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("connection", Text, ForeignKey("connections.id"), primary_key=True),
    Column("event", Text, primary_key=True),
    Column("remote_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("checked_at", Instant, nullable=False),
)

# --- what is installed --------------------------------------------------------------------------

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

# --- the road of a record -----------------------------------------------------------------------

cursors = Table(
    "cursors",
    metadata,
    Column("connection", Text, ForeignKey("connections.id"), primary_key=True),
    Column("object", Text, primary_key=True),
    Column("value", Json, nullable=False),
    Column("polled_at", Instant),
    Column("reread_at", Instant),
    Column("swept_at", Instant),
)

seen = Table(  # what a poll has already shown to the routes
    "seen",
    metadata,
    Column("connection", Text, ForeignKey("connections.id"), primary_key=True),
    Column("object", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("settled", Boolean, nullable=False),  # read well after the version was stamped
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint", Text, ForeignKey("endpoints.id"), nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("times", Integer, nullable=False, server_default=text("1")),
    Column("outcome", Text, nullable=False),  # pending | unknown_event | unknown_account | echo
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("endpoint", "event_id"),
)
Index("ix_inbox_object_key", inbox.c.object, inbox.c.key)

pending = Table(
    "pending",
    metadata,
    Column("flow", Text, ForeignKey("flows.id"), primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("target", Text, ForeignKey("connections.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("cause", Text, nullable=False),  # webhook | poll | replay | person
    Column("work", Integer, nullable=False),  # 0 live, 1 retry, 2 backfill
    Column("rank", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("marked_at", Instant, nullable=False),
    Column("since", Instant, nullable=False),  # the first mark, for the oldest waiting
    Column("attempts", Integer, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("taken", Integer),  # the epoch that has it in hand
    Column("at_least", Text, nullable=False),
    Column("asked", Boolean, nullable=False),  # a child or a person wants it, whatever its date
    Column("look", Boolean, nullable=False),  # read the target too: it was touched there
    Column("event_id", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("waits_route", Text),
    Column("waits_key", Text),
    Column("waits_for", Text, nullable=False),  # "", limit, budget, order, settle, person, retry
    Column("reason", Text, nullable=False),
)
Index(
    "ix_pending_due",
    pending.c.target,
    pending.c.work,
    pending.c.rank,
    pending.c.due_at,
    pending.c.key,
)
Index("ix_pending_waits", pending.c.flow, pending.c.waits_route, pending.c.waits_key)

facts = Table(  # what no later read can tell: a delete, a merge
    "facts",
    metadata,
    Column("flow", Text, ForeignKey("flows.id"), primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("side", Text, primary_key=True),  # source | target
    Column("kind", Text, nullable=False),  # deleted | merged
    Column("into", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("flow", Text, ForeignKey("flows.id"), primary_key=True),
    Column("route", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("object", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("is_alias", Boolean, nullable=False),
    Column("owns_standard", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # ok | source_gone | target_gone
    Column("source_version", Text, nullable=False),
    Column("wrote", Json, nullable=False),
    Column("returned", Json, nullable=False),
    Column("target_updated_at", Text, nullable=False),
    Column("flow_version", Integer, nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
Index(
    "uq_links_primary",
    links.c.flow,
    links.c.route,
    links.c.target_id,
    unique=True,
    sqlite_where=links.c.is_alias.is_(False),
    postgresql_where=links.c.is_alias.is_(False),
)
Index("ix_links_target", links.c.account, links.c.object, links.c.target_id)

mirror = Table(
    "mirror",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("object", Text, primary_key=True),
    Column("target_id", Text, primary_key=True),
    Column("updated_at", Text, nullable=False),
    Column("parent", Text, nullable=False),
)

marks = (
    Table(  # by what a mirrored record can be found: kind "key" for external keys, else likeness
        "marks",
        metadata,
        Column("account", Text, primary_key=True),
        Column("object", Text, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("value", Text, primary_key=True),
        Column("target_id", Text, primary_key=True),
    )
)
Index("ix_marks_target", marks.c.account, marks.c.object, marks.c.target_id)

mirrors = Table(  # how far the mirror of one object is filled
    "mirrors",
    metadata,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("object", Text, primary_key=True),
    Column("filled_at", Instant),
    Column("fresh_at", Instant),  # by our clock: when the last listing began
    Column("mark", Text, nullable=False),  # by the vendor's clock: the newest change seen
    Column("cursor", Text),  # where an interrupted fill goes on
)

claims = Table(
    "claims",
    metadata,
    Column("account", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # id, or a likeness kind
    Column("value", Text, primary_key=True),
    Column("flow", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("source_key", Text, nullable=False),
)
Index("ix_claims_holder", claims.c.flow, claims.c.route, claims.c.source_key)

intents = Table(
    "intents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("workspace", Text, ForeignKey("workspaces.id"), nullable=False),
    Column("run", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("flow_version", Integer, nullable=False),
    Column("route", Text, nullable=False),  # "" for set-up work
    Column("source_key", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("operation", Text, nullable=False),  # create | update | setup
    Column("target_id", Text),
    Column("external_key", Text, nullable=False),
    Column("fields", Json, nullable=False),
    Column("digest", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("state", Text, nullable=False),  # open | unknown
    Column("opened_at", Instant, nullable=False),
    Column("settle_until", Instant),
)
Index("ix_intents_key", intents.c.flow, intents.c.route, intents.c.source_key)

# --- what was decided ---------------------------------------------------------------------------

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

# --- what is left, and who works ----------------------------------------------------------------

allowances = Table(
    "allowances",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("spent", Integer, nullable=False),
)

pauses = Table(  # survives a restart: a limiter that the vendor told to wait
    "pauses",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("until", Instant, nullable=False),
    Column("reason", Text, nullable=False),
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
