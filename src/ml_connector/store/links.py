"""A link ties a source key to a target id, with what we last wrote and what the target returned.

One primary link per (route, target); further source keys may be aliases of it, which resolve
parents and write nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, func, select, update

from ml_connector.core.values import Values
from ml_connector.store.tables import links
from ml_connector.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Link:
    flow: str
    route: str
    source_key: str
    account: str
    object: str
    target_id: str
    is_alias: bool
    owns_standard: bool
    state: str
    source_version: str
    wrote: Values
    returned: Values
    target_updated_at: str
    flow_version: int
    linked_at: datetime
    updated_at: datetime


def of_keys(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> dict[str, Link]:
    """The links of these source keys."""
    rows = conn.execute(
        select(links).where(
            links.c.flow == flow, links.c.route == route, links.c.source_key.in_(list(keys))
        )
    )
    return {row.source_key: _link(row) for row in rows}


def linked_of(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> set[str]:
    """Which of these source keys have a link."""
    rows = conn.execute(
        select(links.c.source_key).where(
            links.c.flow == flow, links.c.route == route, links.c.source_key.in_(list(keys))
        )
    )
    return {row.source_key for row in rows}


def linked_keys(conn: Connection, flow: str, route: str) -> set[str]:
    """Every source key of a route that has a link and whose source is not known to be gone."""
    rows = conn.execute(
        select(links.c.source_key).where(
            links.c.flow == flow, links.c.route == route, links.c.state != "source_gone"
        )
    )
    return {row.source_key for row in rows}


def of_targets(
    conn: Connection, account: str, object: str, target_ids: Sequence[str]
) -> list[Link]:
    """All links, of whatever flow, to these target records."""
    rows = conn.execute(
        select(links)
        .where(
            links.c.account == account, links.c.object == object,
            links.c.target_id.in_(list(target_ids)),
        )
        .order_by(links.c.linked_at, links.c.flow, links.c.route, links.c.source_key)
    )  # fmt: skip
    return [_link(row) for row in rows]


def put(conn: Connection, made: Sequence[Link]) -> None:
    """Insert or replace. Raises IntegrityError where another primary link holds the target."""
    upsert(conn, links, [{name: getattr(each, name) for name in Link.__slots__} for each in made])


def set_state(conn: Connection, link: Link, state: str, now: datetime) -> None:
    conn.execute(
        update(links)
        .where(
            links.c.flow == link.flow, links.c.route == link.route,
            links.c.source_key == link.source_key,
        )
        .values(state=state, updated_at=now)
    )  # fmt: skip


def drop(conn: Connection, flow: str, route: str, source_key: str) -> None:
    """Untie: only for a record whose target a person said to give up."""
    conn.execute(
        delete(links).where(
            links.c.flow == flow, links.c.route == route, links.c.source_key == source_key
        )
    )


def count(conn: Connection, flow: str) -> dict[str, int]:
    """How many links each route has."""
    rows = conn.execute(
        select(links.c.route, func.count())
        .where(links.c.flow == flow)
        .group_by(links.c.route)
        .order_by(links.c.route)
    )
    return {row[0]: row[1] for row in rows}


def target_ids(conn: Connection, account: str, object: str) -> list[str]:
    """Ids of all target records we keep, for the sweep that looks whether they are still there."""
    rows = conn.execute(
        select(links.c.target_id)
        .where(links.c.account == account, links.c.object == object, links.c.state == "ok")
        .distinct()
        .order_by(links.c.target_id)
    )
    return [row.target_id for row in rows]


def search(conn: Connection, flow: str, record: str) -> list[Link]:
    """Links whose source key or target id is this text."""
    rows = conn.execute(
        select(links).where(
            links.c.flow == flow,
            (links.c.source_key == record) | (links.c.target_id == record),
        )
    )
    return [_link(row) for row in rows]


def carrying(conn: Connection, flow: str, text: str) -> list[Link]:
    """Links of which one written value is exactly this text: an invoice's number, a name."""
    told = json.dumps(text)
    rows = conn.execute(
        select(links).where(
            links.c.flow == flow, cast(links.c.wrote, Text).contains(told, autoescape=True)
        )
    )
    return [link for link in map(_link, rows) if text in link.wrote.values()]


def _link(row: Any) -> Link:
    return Link(*(getattr(row, name) for name in Link.__slots__))
