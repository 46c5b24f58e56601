"""The road of a record: polls, deliveries, pending changes, links, the mirror, intents."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ml_connector.store.tables.base import metadata
from ml_connector.store.types import Instant, Json

cursors = Table(
    "cursors",
    metadata,
    Column("connection", Text, ForeignKey("connections.id"), primary_key=True),
    Column("object", Text, primary_key=True),
    Column("value", Json, nullable=False),
    Column("polled_at", Instant),
    Column("reread_at", Instant),
    Column("swept_at", Instant),
    Column("poll_tokens", Integer, nullable=False, server_default=text("0")),  # of the last poll
    Column("wishes", Integer, nullable=False, server_default=text("0")),  # polls asked for so far
    Column("scan_wishes", Integer),  # those that a scan which is not through had heard of
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
    Column("kind", Text, nullable=False),  # deleted | merged | followed
    Column("into", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

told = Table(  # which records of its flow's routes a feed's record spoke for last
    "told",
    metadata,
    Column("flow", Text, ForeignKey("flows.id"), primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("spoken", Json, nullable=False),
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
    Column("name", Text, nullable=False),
    Column("parent", Text, nullable=False),
)

# by what a mirrored record can be found: kind "key:<code>" for external keys, else a likeness
marks = Table(
    "marks",
    metadata,
    Column("account", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("target_id", Text, primary_key=True),
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
