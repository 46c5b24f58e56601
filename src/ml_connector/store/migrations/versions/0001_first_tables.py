"""The first tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _column(kind: Any, name: str, *more: Any, nullable: bool = False, **how: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=nullable, **how)


_text = partial(_column, sa.Text())
_instant = partial(_column, sa.Text())  # sortable, see store/types.py
_number = partial(_column, sa.Integer())
_flag = partial(_column, sa.Boolean())
_bytes = partial(_column, sa.LargeBinary())
_json = partial(
    _column, sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
)


def _each(kind: Callable[[str], sa.Column[Any]], *names: str) -> list[sa.Column[Any]]:
    return [kind(name) for name in names]


def upgrade() -> None:
    _who_we_are_and_what_we_may_do()
    _what_is_installed()
    _the_road_of_a_record()
    _what_was_decided()
    _what_is_left_and_who_works()


def _who_we_are_and_what_we_may_do() -> None:
    op.create_table(
        "meta",
        _text("name", primary_key=True),
        _text("value"),
    )
    op.create_table(
        "workspaces",
        _text("id", primary_key=True),
        _text("name", unique=True),
    )
    op.create_table(
        "secrets",
        _text("owner", primary_key=True),
        _text("name", primary_key=True),
        _text("key_id"),
        *_each(_bytes, "nonce", "ciphertext"),
    )
    op.create_table(
        "apps",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        *_each(_text, "vendor", "client"),
        sa.UniqueConstraint("workspace", "vendor", "client"),
    )
    op.create_table(
        "accounts",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        *_each(_text, "vendor", "external_id", "name"),
        sa.UniqueConstraint("vendor", "external_id"),
    )
    op.create_table(
        "grants",
        _text("id", primary_key=True),
        _text("app", sa.ForeignKey("apps.id")),
        _text("kind"),
        _number("version"),
        _instant("expires_at", nullable=True),
        _instant("refresh_expires_at", nullable=True),
        _instant("renewed_at", nullable=True),
        _text("scope", server_default=""),
        _text("api_base", nullable=True),
        _text("user", server_default=""),
        _instant("consented_at", nullable=True),
        _number("warned_days", nullable=True),
        _text("refused", nullable=True),
        _text("lease_owner", nullable=True),
        _instant("lease_until", nullable=True),
    )
    op.create_table(
        "connections",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        *_each(_text, "name", "vendor"),
        _text("app", sa.ForeignKey("apps.id")),
        _text("grant", sa.ForeignKey("grants.id")),
        _text("account", sa.ForeignKey("accounts.id"), nullable=True),
        _json("settings"),
        _text("state"),
        _text("reason", server_default=""),
        _instant("paused_until", nullable=True),
        _json("identity"),
        sa.UniqueConstraint("workspace", "name"),
    )
    op.create_table(
        "endpoints",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        _text("vendor"),
        _text("token", unique=True),
        _text("owner", unique=True),
        _number("forged", server_default=sa.text("0")),
        _number("unknown", server_default=sa.text("0")),
        _instant("last_forged_at", nullable=True),
    )
    op.create_table(
        "subscriptions",
        _text("connection", sa.ForeignKey("connections.id"), primary_key=True),
        _text("event", primary_key=True),
        *_each(_text, "remote_id", "url"),
        _instant("checked_at"),
        _number("introductions", server_default=sa.text("0")),
    )
    op.create_table(
        "handshakes",
        _text("id", primary_key=True),
        _text("endpoint", sa.ForeignKey("endpoints.id")),
        _text("subscription"),
        _instant("received_at"),
    )


def _what_is_installed() -> None:
    op.create_table(
        "flows",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        *_each(_text, "name", "kind"),
        _text("source", sa.ForeignKey("connections.id")),
        _text("target", sa.ForeignKey("connections.id")),
        _json("settings"),
        _number("version"),
        _text("state"),
        _text("reason", server_default=""),
        _flag("consented", server_default=sa.false()),
        _number("backfilled_version", server_default=sa.text("0")),
        _instant("installed_at"),
        sa.UniqueConstraint("workspace", "name"),
    )
    op.create_table(
        "flow_versions",
        _text("flow", sa.ForeignKey("flows.id"), primary_key=True),
        _number("version", primary_key=True),
        _json("settings"),
        _instant("at"),
    )
    op.create_table(
        "provisions",
        _text("account", sa.ForeignKey("accounts.id"), primary_key=True),
        _text("item", primary_key=True),
        *_each(_text, "code", "object"),
        _flag("is_key"),
        _flag("missing", server_default=sa.false()),
    )
    op.create_table(
        "vocabularies",
        _text("account", sa.ForeignKey("accounts.id"), primary_key=True),
        _text("name", primary_key=True),
        _json("words"),
        _instant("read_at"),
    )


def _the_road_of_a_record() -> None:
    op.create_table(
        "cursors",
        _text("connection", sa.ForeignKey("connections.id"), primary_key=True),
        _text("object", primary_key=True),
        _json("value"),
        _instant("polled_at", nullable=True),
        _instant("reread_at", nullable=True),
        _instant("swept_at", nullable=True),
        _number("poll_tokens", server_default=sa.text("0")),
    )
    op.create_table(
        "seen",
        _text("connection", sa.ForeignKey("connections.id"), primary_key=True),
        _text("object", primary_key=True),
        _text("key", primary_key=True),
        *_each(_text, "version", "digest"),
        _flag("settled"),
    )
    op.create_table(
        "inbox",
        _text("id", primary_key=True),
        _text("endpoint", sa.ForeignKey("endpoints.id")),
        *_each(_text, "event_id", "event_type", "account", "object", "key", "correlation_id"),
        _instant("received_at"),
        _number("times", server_default=sa.text("1")),
        _text("outcome"),
        _bytes("body"),
        sa.UniqueConstraint("endpoint", "event_id"),
    )
    op.create_index("ix_inbox_object_key", "inbox", ["object", "key"])
    op.create_table(
        "pending",
        _text("flow", sa.ForeignKey("flows.id"), primary_key=True),
        _text("route", primary_key=True),
        _text("key", primary_key=True),
        _text("target", sa.ForeignKey("connections.id")),
        _number("generation"),
        _text("cause"),
        *_each(_number, "work", "rank"),
        *_each(_instant, "due_at", "marked_at", "since"),
        _number("attempts"),
        _flag("alone"),
        _number("deaths"),
        _number("taken", nullable=True),
        _text("at_least"),
        *_each(_flag, "asked", "look"),
        *_each(_text, "event_id", "correlation_id"),
        _text("waits_route", nullable=True),
        _text("waits_key", nullable=True),
        *_each(_text, "waits_for", "reason"),
    )
    op.create_index("ix_pending_due", "pending", ["target", "work", "rank", "due_at", "key"])
    op.create_index("ix_pending_waits", "pending", ["flow", "waits_route", "waits_key"])
    op.create_table(
        "facts",
        _text("flow", sa.ForeignKey("flows.id"), primary_key=True),
        _text("route", primary_key=True),
        _text("key", primary_key=True),
        _text("side", primary_key=True),
        *_each(_text, "kind", "into"),
        _instant("at"),
    )
    op.create_table(
        "told",
        _text("flow", sa.ForeignKey("flows.id"), primary_key=True),
        _text("feed", primary_key=True),
        _text("key", primary_key=True),
        _json("spoken"),
    )
    op.create_table(
        "links",
        _text("flow", sa.ForeignKey("flows.id"), primary_key=True),
        _text("route", primary_key=True),
        _text("source_key", primary_key=True),
        _text("account", sa.ForeignKey("accounts.id")),
        *_each(_text, "object", "target_id"),
        *_each(_flag, "is_alias", "owns_standard"),
        *_each(_text, "state", "source_version"),
        *_each(_json, "wrote", "returned"),
        _text("target_updated_at"),
        _number("flow_version"),
        *_each(_instant, "linked_at", "updated_at"),
    )
    op.create_index("ix_links_target", "links", ["account", "object", "target_id"])
    op.create_index(
        "uq_links_primary",
        "links",
        ["flow", "route", "target_id"],
        unique=True,
        sqlite_where=sa.text("is_alias IS 0"),
        postgresql_where=sa.text("is_alias IS false"),
    )
    op.create_table(
        "mirror",
        _text("account", sa.ForeignKey("accounts.id"), primary_key=True),
        _text("object", primary_key=True),
        _text("target_id", primary_key=True),
        *_each(_text, "updated_at", "name", "parent"),
    )
    op.create_table(
        "marks",
        _text("account", primary_key=True),
        _text("object", primary_key=True),
        _text("kind", primary_key=True),
        _text("value", primary_key=True),
        _text("target_id", primary_key=True),
    )
    op.create_index("ix_marks_target", "marks", ["account", "object", "target_id"])
    op.create_table(
        "mirrors",
        _text("account", sa.ForeignKey("accounts.id"), primary_key=True),
        _text("object", primary_key=True),
        _instant("filled_at", nullable=True),
        _instant("fresh_at", nullable=True),
        _text("mark"),
        _text("cursor", nullable=True),
    )
    op.create_table(
        "claims",
        _text("account", primary_key=True),
        _text("object", primary_key=True),
        _text("kind", primary_key=True),
        _text("value", primary_key=True),
        *_each(_text, "flow", "route", "source_key"),
    )
    op.create_index("ix_claims_holder", "claims", ["flow", "route", "source_key"])
    op.create_table(
        "intents",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        *_each(_text, "run", "flow"),
        _number("flow_version"),
        *_each(_text, "route", "source_key", "account", "object", "operation"),
        _text("target_id", nullable=True),
        _text("external_key"),
        _json("fields"),
        _text("digest"),
        _number("epoch"),
        _text("state"),
        _instant("opened_at"),
        _instant("settle_until", nullable=True),
    )
    op.create_index("ix_intents_key", "intents", ["flow", "route", "source_key"])


def _what_was_decided() -> None:
    op.create_table(
        "runs",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        _text("flow", nullable=True),
        _text("kind"),
        _instant("started_at"),
        _instant("ended_at", nullable=True),
        _json("summary", nullable=True),
    )
    op.create_table(
        "audit",
        _number("id", primary_key=True, autoincrement=True),
        _instant("at"),
        *_each(_text, "workspace", "run", "job", "flow"),
        _number("version"),
        *_each(_text, "route", "source_key"),
        _text("target_id", nullable=True),
        *_each(_text, "decision", "reason", "state", "source", "event_id", "correlation_id"),
        _number("attempt"),
        *_each(_json, "changes", "requests"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_record", "audit", ["flow", "route", "source_key"])
    op.create_index("ix_audit_run", "audit", ["run"])
    op.create_table(
        "reviews",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        _text("flow", sa.ForeignKey("flows.id")),
        *_each(_text, "route", "source_key", "name", "kind", "reason"),
        _json("candidates"),
        *_each(_text, "cause", "state"),
        _json("decision", nullable=True),
        *_each(_instant, "opened_at", "planned_at"),
        sa.UniqueConstraint("flow", "route", "source_key"),
    )


def _what_is_left_and_who_works() -> None:
    op.create_table(
        "allowances",
        _text("scope", primary_key=True),
        _text("period", primary_key=True),
        _number("spent"),
    )
    op.create_table(
        "lanes",
        _text("workspace", sa.ForeignKey("workspaces.id"), primary_key=True),
        _number("epoch"),
    )
    op.create_table(
        "requests",
        _text("id", primary_key=True),
        _text("workspace", sa.ForeignKey("workspaces.id")),
        _text("kind"),
        _json("args"),
        _text("state"),
        _json("progress", nullable=True),
        _json("result", nullable=True),
        _instant("created_at"),
        _instant("ended_at", nullable=True),
    )
    op.create_index("ix_requests_state", "requests", ["state"])
