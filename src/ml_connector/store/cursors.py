"""A cursor is the high-water mark of a poll; it belongs to (connection, object), never to a flow.

Beside it stands what the poll has seen, so that an unchanged record costs nothing more, and so that
the daily sweep can notice what is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, or_, select, update

from ml_connector.core.values import Values
from ml_connector.store.tables import cursors, facts, seen
from ml_connector.store.upsert import upsert

FOLLOWED = "followed"
"""The kind of a merge at the source of which was made what there was to make."""

_IS_MERGE = facts.c.kind.in_(["merged", FOLLOWED])

_KEYS: BindParameter[str] = bindparam("keys", expanding=True)


@dataclass(frozen=True, slots=True)
class Cursor:
    """`value` is the vendor's own; the moments say when we last polled, re-read and swept.

    `wishes` counts how often a poll was asked for; `scan_wishes` is how many of them a scan that is
    not through yet had heard of when it began.
    """

    value: Values
    polled_at: datetime | None = None
    reread_at: datetime | None = None
    swept_at: datetime | None = None
    wishes: int = 0
    scan_wishes: int | None = None

    @property
    def heard(self) -> int:
        """The wishes that a scan which goes on from here can meet."""
        return self.wishes if self.scan_wishes is None else self.scan_wishes


@dataclass(frozen=True, slots=True)
class Seen:
    """`settled`: it was read well after its version was stamped, by the vendor's clock."""

    key: str
    version: str
    digest: str
    settled: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """What no later read can tell. `side` is where it happened: source or target."""

    flow: str
    route: str
    key: str
    side: str
    kind: str
    into: str


_CURSOR = select(cursors).where(
    cursors.c.connection == bindparam("connection"), cursors.c.object == bindparam("object")
)


def get(conn: Connection, connection: str, object: str) -> Cursor:
    row = conn.execute(_CURSOR, {"connection": connection, "object": object}).first()
    return Cursor(*(getattr(row, name) for name in Cursor.__slots__)) if row else Cursor({})


def put(conn: Connection, connection: str, object: str, cursor: Cursor) -> None:
    row = {name: getattr(cursor, name) for name in Cursor.__slots__}
    upsert(conn, cursors, [{"connection": connection, "object": object, **row}])


def move(
    conn: Connection, connection: str, object: str, value: Values, heard: int,
    through_at: datetime | None,
) -> None:  # fmt: skip
    """Remember how far a scan came. Where it is through, the object is polled, unless a poll was
    asked for that this scan had not heard of: it may have read past what that was about."""
    cursor = get(conn, connection, object)
    if through_at is None:
        moved = replace(cursor, value=value, scan_wishes=heard)
    else:
        polled_at = through_at if cursor.wishes == heard else None
        moved = replace(cursor, value=value, polled_at=polled_at, scan_wishes=None)
    put(conn, connection, object, moved)


_NOTE_COST = (
    update(cursors)
    .where(
        cursors.c.connection == bindparam("of_connection"),
        cursors.c.object == bindparam("of_object"),
    )
    .values(poll_tokens=bindparam("tokens"))
)


def note_cost(conn: Connection, connection: str, object: str, tokens: int) -> None:
    """Keep what the last poll drew from the vendor's allowance, for forecasts."""
    row = {"of_connection": connection, "of_object": object, "tokens": tokens}
    conn.execute(_NOTE_COST, row)


def poll_tokens(conn: Connection, connection: str) -> int:
    """What one poll of each of the connection's objects draws, together."""
    drawn = select(func.sum(cursors.c.poll_tokens)).where(cursors.c.connection == connection)
    return conn.execute(drawn).scalar() or 0


def poll_now(conn: Connection, connection: str, object: str) -> None:
    """Make the object's poll due at once, and once more where one is under way."""
    conn.execute(
        update(cursors)
        .where(cursors.c.connection == connection, cursors.c.object == object)
        .values(polled_at=None, wishes=cursors.c.wishes + 1)
    )


_SEEN_AT = (seen.c.connection == bindparam("connection"), seen.c.object == bindparam("object"))
_SEEN_OF = select(seen).where(*_SEEN_AT, seen.c.key.in_(_KEYS))


def seen_of(conn: Connection, connection: str, object: str, keys: Sequence[str]) -> dict[str, Seen]:
    row = {"connection": connection, "object": object, "keys": list(keys)}
    rows = conn.execute(_SEEN_OF, row)
    return {row.key: Seen(row.key, row.version, row.digest, row.settled) for row in rows}


def see(conn: Connection, connection: str, object: str, records: Sequence[Seen]) -> None:
    upsert(
        conn,
        seen,
        [
            {
                "connection": connection, "object": object, "key": s.key, "version": s.version,
                "digest": s.digest, "settled": s.settled,
            }
            for s in records
        ],
    )  # fmt: skip


_ALL_SEEN = select(seen.c.key).where(*_SEEN_AT).order_by(seen.c.key)


def all_seen(conn: Connection, connection: str, object: str) -> list[str]:
    rows = conn.execute(_ALL_SEEN, {"connection": connection, "object": object})
    return [row.key for row in rows]


_UNSEE = delete(seen).where(*_SEEN_AT, seen.c.key.in_(_KEYS))


def unsee(conn: Connection, connection: str, object: str, keys: Sequence[str]) -> None:
    """Forget keys that are gone at the source."""
    conn.execute(_UNSEE, {"connection": connection, "object": object, "keys": list(keys)})


def put_fact(conn: Connection, fact: Fact, at: datetime) -> None:
    row = {name: getattr(fact, name) for name in Fact.__slots__}
    upsert(conn, facts, [{**row, "at": at}])


_OF_ROUTE = (facts.c.flow == bindparam("flow"), facts.c.route == bindparam("route"))
_FACTS_OF = select(facts).where(*_OF_ROUTE, facts.c.key.in_(_KEYS), facts.c.kind != FOLLOWED)


def facts_of(
    conn: Connection, flow: str, route: str, keys: Sequence[str]
) -> dict[tuple[str, str], Fact]:
    """Facts by (key, side) that nothing was made of yet."""
    rows = conn.execute(_FACTS_OF, {"flow": flow, "route": route, "keys": list(keys)})
    return {(r.key, r.side): _fact(r) for r in rows}


_AT_SOURCE = select(facts).where(*_OF_ROUTE, facts.c.side == "source", _IS_MERGE)
_MERGES_OF = _AT_SOURCE.where(or_(facts.c.key.in_(_KEYS), facts.c.into.in_(_KEYS)))
_MERGES_INTO = _AT_SOURCE.where(facts.c.into.in_(_KEYS))


def merged_at_source(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> list[Fact]:
    """Merges at the source, of which nothing was made yet, of these keys or of what ended in one of
    them, over however many others."""
    row = {"flow": flow, "route": route}
    found: dict[str, Fact] = {}
    rows = conn.execute(_MERGES_OF, {**row, "keys": list(keys)}).all()
    while news := {row.key: _fact(row) for row in rows if row.key not in found}:
        found |= news
        rows = conn.execute(_MERGES_INTO, {**row, "keys": list(news)}).all()
    return [found[key] for key in sorted(found) if found[key].kind == "merged"]


_MERGED_INTO = select(facts.c.into).where(
    *_OF_ROUTE, facts.c.key == bindparam("key"), facts.c.side == "source", _IS_MERGE
)


def survivor_of(conn: Connection, fact: Fact) -> str:
    """The record that a merged one lives on as, however often it was merged on; a circle ends where
    it began to repeat."""
    passed, at = {fact.key}, fact.into
    while at not in passed:
        passed.add(at)
        row = {"flow": fact.flow, "route": fact.route, "key": at}
        onwards = conn.execute(_MERGED_INTO, row).scalar()
        if onwards is None or onwards in passed:
            return at
        at = onwards
    return at


_MINE = (
    facts.c.flow == bindparam("of_flow"),
    facts.c.route == bindparam("of_route"),
    facts.c.key == bindparam("of_key"),
)
_IS_KEPT = (facts.c.side == "source") & _IS_MERGE
_FOLLOW = update(facts).where(*_MINE, _IS_KEPT).values(kind=FOLLOWED)
_DROP = delete(facts).where(*_MINE, ~_IS_KEPT)


def drop_facts(conn: Connection, flow: str, route: str, key: str) -> None:
    """Something was made of them. A merge at the source is still known, since that of another
    record into this one may be heard of later."""
    mine = {"of_flow": flow, "of_route": route, "of_key": key}
    conn.execute(_FOLLOW, mine)
    conn.execute(_DROP, mine)


def _fact(row: Any) -> Fact:
    return Fact(row.flow, row.route, row.key, row.side, row.kind, row.into)
