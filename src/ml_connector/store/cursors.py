"""A cursor is the high-water mark of a poll; it belongs to (connection, object), never to a flow.

Beside it stands what the poll has seen, so that an unchanged record costs nothing more, and so that
the daily sweep can notice what is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from ml_connector.core.values import Values
from ml_connector.store.tables import cursors, facts, seen
from ml_connector.store.upsert import upsert

FOLLOWED = "followed"
"""The kind of a merge at the source of which was made what there was to make."""

_IS_MERGE = facts.c.kind.in_(["merged", FOLLOWED])


@dataclass(frozen=True, slots=True)
class Cursor:
    """`value` is the vendor's own; the moments say when we last polled, re-read and swept."""

    value: Values
    polled_at: datetime | None = None
    reread_at: datetime | None = None
    swept_at: datetime | None = None


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


def get(conn: Connection, connection: str, object: str) -> Cursor:
    row = conn.execute(
        select(cursors).where(cursors.c.connection == connection, cursors.c.object == object)
    ).first()
    return Cursor(row.value, row.polled_at, row.reread_at, row.swept_at) if row else Cursor({})


def put(conn: Connection, connection: str, object: str, cursor: Cursor) -> None:
    row = {name: getattr(cursor, name) for name in Cursor.__slots__}
    upsert(conn, cursors, [{"connection": connection, "object": object, **row}])


def note_cost(conn: Connection, connection: str, object: str, tokens: int) -> None:
    """Keep what the last poll drew from the vendor's allowance, for forecasts."""
    conn.execute(
        update(cursors)
        .where(cursors.c.connection == connection, cursors.c.object == object)
        .values(poll_tokens=tokens)
    )


def poll_tokens(conn: Connection, connection: str) -> int:
    """What one poll of each of the connection's objects draws, together."""
    drawn = select(func.sum(cursors.c.poll_tokens)).where(cursors.c.connection == connection)
    return conn.execute(drawn).scalar() or 0


def poll_now(conn: Connection, connection: str, object: str) -> None:
    """Make the object's poll due at once."""
    conn.execute(
        update(cursors)
        .where(cursors.c.connection == connection, cursors.c.object == object)
        .values(polled_at=None)
    )


def seen_of(conn: Connection, connection: str, object: str, keys: Sequence[str]) -> dict[str, Seen]:
    rows = conn.execute(
        select(seen).where(
            seen.c.connection == connection, seen.c.object == object, seen.c.key.in_(list(keys))
        )
    )
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


def all_seen(conn: Connection, connection: str, object: str) -> list[str]:
    rows = conn.execute(
        select(seen.c.key)
        .where(seen.c.connection == connection, seen.c.object == object)
        .order_by(seen.c.key)
    )
    return [row.key for row in rows]


def unsee(conn: Connection, connection: str, object: str, keys: Sequence[str]) -> None:
    """Forget keys that are gone at the source."""
    conn.execute(
        delete(seen).where(
            seen.c.connection == connection, seen.c.object == object, seen.c.key.in_(list(keys))
        )
    )


def put_fact(conn: Connection, fact: Fact, at: datetime) -> None:
    row = {name: getattr(fact, name) for name in Fact.__slots__}
    upsert(conn, facts, [{**row, "at": at}])


def facts_of(
    conn: Connection, flow: str, route: str, keys: Sequence[str]
) -> dict[tuple[str, str], Fact]:
    """Facts by (key, side) that nothing was made of yet."""
    rows = conn.execute(
        select(facts).where(
            facts.c.flow == flow, facts.c.route == route, facts.c.key.in_(list(keys)),
            facts.c.kind != FOLLOWED,
        )
    )  # fmt: skip
    return {(r.key, r.side): _fact(r) for r in rows}


def merged_at_source(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> list[Fact]:
    """Merges at the source, of which nothing was made yet, of these keys or of what ended in one of
    them, over however many others."""
    here = (facts.c.flow == flow, facts.c.route == route, facts.c.side == "source", _IS_MERGE)
    is_of = or_(facts.c.key.in_(list(keys)), facts.c.into.in_(list(keys)))
    found: dict[str, Fact] = {}
    while rows := conn.execute(select(facts).where(*here, is_of)).all():
        news = {row.key: _fact(row) for row in rows if row.key not in found}
        if not news:
            break
        found |= news
        is_of = facts.c.into.in_(list(news))
    return [found[key] for key in sorted(found) if found[key].kind == "merged"]


def survivor_of(conn: Connection, fact: Fact) -> str:
    """The record that a merged one lives on as, however often it was merged on; a circle ends where
    it began to repeat."""
    passed, at = {fact.key}, fact.into
    while at not in passed:
        passed.add(at)
        onwards = conn.execute(
            select(facts.c.into).where(
                facts.c.flow == fact.flow, facts.c.route == fact.route, facts.c.key == at,
                facts.c.side == "source", _IS_MERGE,
            )
        ).scalar()  # fmt: skip
        if onwards is None or onwards in passed:
            return at
        at = onwards
    return at


def drop_facts(conn: Connection, flow: str, route: str, key: str) -> None:
    """Something was made of them. A merge at the source is still known, since that of another
    record into this one may be heard of later."""
    mine = (facts.c.flow == flow, facts.c.route == route, facts.c.key == key)
    is_merge = (facts.c.side == "source") & _IS_MERGE
    conn.execute(update(facts).where(*mine, is_merge).values(kind=FOLLOWED))
    conn.execute(delete(facts).where(*mine, ~is_merge))


def _fact(row: Any) -> Fact:
    return Fact(row.flow, row.route, row.key, row.side, row.kind, row.into)
