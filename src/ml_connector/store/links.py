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

from sqlalchemy import Connection, Text, bindparam, cast, delete, func, or_, select, update

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


_OF_ROUTE = (links.c.flow == bindparam("flow"), links.c.route == bindparam("route"))
_THESE = (*_OF_ROUTE, links.c.source_key.in_(bindparam("keys", expanding=True)))
_OF_KEYS = select(links).where(*_THESE)
_LINKED_OF = select(links.c.source_key).where(*_THESE)
_LINKED_KEYS = select(links.c.source_key).where(*_OF_ROUTE, links.c.state != "source_gone")


def of_keys(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> dict[str, Link]:
    """The links of these source keys."""
    rows = conn.execute(_OF_KEYS, {"flow": flow, "route": route, "keys": list(keys)})
    return {row.source_key: _link(row) for row in rows}


def linked_of(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> set[str]:
    """Which of these source keys have a link."""
    rows = conn.execute(_LINKED_OF, {"flow": flow, "route": route, "keys": list(keys)})
    return {row.source_key for row in rows}


def linked_keys(conn: Connection, flow: str, route: str) -> set[str]:
    """Every source key of a route that has a link and whose source is not known to be gone."""
    rows = conn.execute(_LINKED_KEYS, {"flow": flow, "route": route})
    return {row.source_key for row in rows}


_AT_TARGET = (links.c.account == bindparam("account"), links.c.object == bindparam("object"))
_OF_TARGETS = (
    select(links)
    .where(*_AT_TARGET, links.c.target_id.in_(bindparam("ids", expanding=True)))
    .order_by(links.c.linked_at, links.c.flow, links.c.route, links.c.source_key)
)


def of_targets(
    conn: Connection, account: str, object: str, target_ids: Sequence[str]
) -> list[Link]:
    """All links, of whatever flow, to these target records."""
    row = {"account": account, "object": object, "ids": list(target_ids)}
    return [_link(row) for row in conn.execute(_OF_TARGETS, row)]


def put(conn: Connection, made: Sequence[Link]) -> None:
    """Insert or replace. Raises IntegrityError where another primary link holds the target."""
    upsert(conn, links, [{name: getattr(each, name) for name in Link.__slots__} for each in made])


_THIS = (
    links.c.flow == bindparam("of_flow"),
    links.c.route == bindparam("of_route"),
    links.c.source_key == bindparam("of_key"),
)
_SET_STATE = (
    update(links).where(*_THIS).values(state=bindparam("new_state"), updated_at=bindparam("now"))
)
_DROP = delete(links).where(*_THIS)


def set_state(conn: Connection, link: Link, state: str, now: datetime) -> None:
    this = {"of_flow": link.flow, "of_route": link.route, "of_key": link.source_key}
    conn.execute(_SET_STATE, {**this, "new_state": state, "now": now})


def drop(conn: Connection, flow: str, route: str, source_key: str) -> None:
    """Untie: only for a record whose target a person said to give up."""
    conn.execute(_DROP, {"of_flow": flow, "of_route": route, "of_key": source_key})


_COUNT = (
    select(links.c.route, func.count())
    .where(links.c.flow == bindparam("flow"))
    .group_by(links.c.route)
    .order_by(links.c.route)
)


def count(conn: Connection, flow: str) -> dict[str, int]:
    """How many links each route has."""
    return {row[0]: row[1] for row in conn.execute(_COUNT, {"flow": flow})}


_TARGET_IDS = (
    select(links.c.target_id)
    .where(*_AT_TARGET, links.c.state == "ok")
    .distinct()
    .order_by(links.c.target_id)
)


def target_ids(conn: Connection, account: str, object: str) -> list[str]:
    """Ids of all target records we keep, for the sweep that looks whether they are still there."""
    rows = conn.execute(_TARGET_IDS, {"account": account, "object": object})
    return [row.target_id for row in rows]


_SEARCH = select(links).where(
    links.c.flow == bindparam("flow"),
    or_(links.c.source_key == bindparam("record"), links.c.target_id == bindparam("record")),
)


def search(conn: Connection, flow: str, record: str) -> list[Link]:
    """Links whose source key or target id is this text."""
    return [_link(row) for row in conn.execute(_SEARCH, {"flow": flow, "record": record})]


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
