"""A pending change says "this key may have changed": all that a webhook, a poll or a person can
say.

A row has a generation, so that a mark that arrives while the key is in hand is not lost; a class of
work, so that live changes go before a backfill; and, where it waits, what it waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from ml_connector.store.tables import flows, pending
from ml_connector.store.types import Instant
from ml_connector.store.upsert import Insert, inserting

LIVE, RETRY, BACKFILL = 0, 1, 2
ASLEEP = ("settle", "limit")
"""What a key that waits for it goes on waiting for, whatever is said of it meanwhile."""

Cause = Literal["webhook", "poll", "replay", "person"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of one key.

    `look`: it was touched at the target, so read it there too. `asked`: a child or a person wants
    it, so that it needs no entry by date.
    """

    flow: str
    route: str
    key: str
    target: str
    rank: int
    cause: Cause
    work: int = LIVE
    at_least: str = ""
    look: bool = False
    asked: bool = False
    event_id: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A key in hand, as the row stood when it was taken."""

    flow: str
    route: str
    key: str
    generation: int
    cause: Cause
    work: int
    attempts: int
    deaths: int
    alone: bool
    at_least: str
    asked: bool
    look: bool
    event_id: str
    correlation_id: str
    marked_at: datetime

    @property
    def id(self) -> tuple[str, str, str]:
        return (self.flow, self.route, self.key)


def mark(conn: Connection, marks: Iterable[Mark], now: datetime) -> None:
    """Note that these keys may have changed: a burst of fifty on one key is one row."""
    rows = [{name: getattr(each, name) for name in Mark.__slots__} | {"now": now} for each in marks]
    if rows:
        conn.execute(_marking(conn.dialect.name), rows)


@lru_cache
def _marking(dialect: str) -> Insert:
    """A key that is asleep for a good reason sleeps on; whatever else it waited for is over."""
    now = bindparam("now", type_=Instant)
    names: dict[str, Any] = {name: bindparam(name) for name in Mark.__slots__}
    insert = inserting(pending, dialect).values(
        **names, generation=1, due_at=now, marked_at=now, since=now, attempts=0, alone=False,
        deaths=0, taken=None, waits_for="", reason="",
    )  # fmt: skip
    old, new = pending.c, insert.excluded
    # What a backfill may spend of the day can be gone while live changes still have their share.
    is_short = and_(old.waits_for == literal_column("'budget'"), old.work <= new.work)
    sleeps = or_(old.waits_for.in_([literal_column(f"'{word}'") for word in ASLEEP]), is_short)
    # A poll that meets the key too does not hide which event, or who, spoke of it first.
    poll = literal_column("'poll'", Text)
    keeps = and_(old.cause != poll, new.cause == poll)
    return insert.on_conflict_do_update(
        index_elements=[old.flow, old.route, old.key],
        set_={
            "generation": old.generation + 1,
            "cause": case((keeps, old.cause), else_=new.cause),
            "work": case((old.work < new.work, old.work), else_=new.work),
            "due_at": case((sleeps, old.due_at), else_=new.due_at),
            "waits_for": case((sleeps, old.waits_for), else_=new.waits_for),
            "waits_route": None,
            "waits_key": None,
            "marked_at": new.marked_at,
            "at_least": case((old.at_least > new.at_least, old.at_least), else_=new.at_least),
            "look": or_(old.look, new.look),
            "asked": or_(old.asked, new.asked),
            "event_id": case((keeps, old.event_id), else_=new.event_id),
            "correlation_id": case((keeps, old.correlation_id), else_=new.correlation_id),
        },
    )


_IS_WANTED = (
    pending.c.target == bindparam("target"),
    pending.c.flow.in_(bindparam("flows", expanding=True)),
    pending.c.waits_route.is_(None),
)
_IS_NAMED = tuple_(pending.c.flow, pending.c.route, pending.c.key).in_(
    bindparam("keys", expanding=True)
)
_DUE = select(pending).where(
    *_IS_WANTED, pending.c.due_at <= bindparam("now"), pending.c.taken.is_(None)
)
_FIRST_DUE = _DUE.order_by(
    pending.c.work, pending.c.rank, pending.c.flow, pending.c.route, pending.c.key
).limit(1)
_OF_ROUTE = (pending.c.flow == bindparam("of_flow"), pending.c.route == bindparam("of_route"))
_LIKE_FIRST = (
    _DUE.where(*_OF_ROUTE, pending.c.work == bindparam("of_work"), pending.c.alone.is_(False))
    .order_by(pending.c.key)
    .limit(bindparam("limit"))
)
_TAKE = (
    update(pending)
    .where(*_OF_ROUTE, pending.c.key.in_(bindparam("of_keys", expanding=True)))
    .values(taken=bindparam("epoch"), attempts=pending.c.attempts + 1)
)


def take(
    conn: Connection,
    target: str,
    epoch: int,
    now: datetime,
    limit: int,
    flows: Sequence[str],
    keys: Sequence[tuple[str, str, str]] | None = None,
) -> list[Taken]:
    """Take the next due keys of one route: class first, then parents' routes before children's.

    The attempt is counted in the same commit. A key that was in the hand of a process that died is
    taken alone. `flows` are those that may work now; `keys` narrows the choice further, to those
    (flow, route, key).
    """
    due = {"target": target, "flows": list(flows), "now": now}
    first_due, like_first = _FIRST_DUE, _LIKE_FIRST
    if keys is not None:
        due["keys"] = list(keys)
        first_due, like_first = first_due.where(_IS_NAMED), like_first.where(_IS_NAMED)
    first = conn.execute(first_due, due).first()
    if first is None:
        return []
    of_first = {"of_flow": first.flow, "of_route": first.route}
    same = {**due, **of_first, "of_work": first.work, "limit": limit}
    rows = [first] if first.alone else conn.execute(like_first, same).all()
    conn.execute(_TAKE, {**of_first, "of_keys": [row.key for row in rows], "epoch": epoch})
    return [_taken(row) for row in rows]


def _taken(row: Any) -> Taken:
    return Taken(
        row.flow, row.route, row.key, row.generation, row.cause, row.work, row.attempts + 1,
        row.deaths, row.alone, row.at_least, row.asked, row.look, row.event_id, row.correlation_id,
        row.marked_at,
    )  # fmt: skip


def finish(conn: Connection, taken: Sequence[Taken]) -> None:
    """Remove the rows of which nothing was said since they were taken; the others are due again."""
    rows = [
        {"of_flow": t.flow, "of_route": t.route, "of_key": t.key, "seen": t.generation}
        for t in taken
    ]
    if rows and conn.execute(_FINISH, rows).rowcount != len(rows):
        conn.execute(_GIVE_BACK, rows)


def postpone(
    conn: Connection, taken: Taken, due_at: datetime, waits_for: str, reason: str, work: int = RETRY
) -> None:
    """Put the key back for later. A change of class never makes it more urgent than it was."""
    conn.execute(
        update(pending)
        .where(*_is(taken.id))
        .values(
            taken=None, due_at=due_at, waits_for=waits_for, reason=reason, alone=False,
            work=case((pending.c.work < work, work), else_=pending.c.work),
        )
    )  # fmt: skip


def put_off(
    conn: Connection, target: str, least_work: int, now: datetime, later: datetime,
    waits_for: str, reason: str,
) -> None:  # fmt: skip
    """Let everything of those classes that is due at this target sleep until then."""
    conn.execute(
        update(pending)
        .where(
            pending.c.target == target, pending.c.work >= least_work, pending.c.due_at <= now,
            pending.c.taken.is_(None), pending.c.waits_route.is_(None),
        )
        .values(due_at=later, waits_for=waits_for, reason=reason)
    )  # fmt: skip


def wait_for(conn: Connection, taken: Taken, route: str, key: str, reason: str) -> None:
    """Let the key sleep until the link of its parent is made; the link's commit wakes it.

    A key of which something was said since it was taken is due again: its parent may be another.
    """
    sleeping = conn.execute(
        update(pending)
        .where(*_is(taken.id), pending.c.generation == taken.generation)
        .values(
            taken=None, waits_route=route, waits_key=key, waits_for="order", reason=reason,
            attempts=0, alone=False,
        )
    )  # fmt: skip
    if not sleeping.rowcount:
        finish(conn, [taken])


def awaited(conn: Connection, flow: str, route: str, keys: Sequence[str]) -> set[str]:
    """Which of these keys have children that wait for their links."""
    rows = conn.execute(
        select(pending.c.waits_key).where(
            pending.c.flow == flow, pending.c.waits_route == route,
            pending.c.waits_key.in_(list(keys)),
        )
    )  # fmt: skip
    return {row.waits_key for row in rows}


def wake(conn: Connection, flow: str, route: str, keys: Sequence[str], now: datetime) -> None:
    """Wake the children that wait for the links of these keys."""
    rows = [{"of_flow": flow, "of_route": route, "of_key": key, "now": now} for key in keys]
    if rows:
        conn.execute(_WAKE, rows)


def promote(conn: Connection, flow: str, route: str, key: str, work: int, now: datetime) -> bool:
    """Give a parent its child's class; tells whether the parent is pending at all."""
    is_woken = and_(pending.c.waits_for == "budget", pending.c.work > work)
    row = conn.execute(
        update(pending)
        .where(pending.c.flow == flow, pending.c.route == route, pending.c.key == key)
        .values(
            work=case((pending.c.work < work, pending.c.work), else_=work),
            due_at=case((is_woken, literal(now, Instant)), else_=pending.c.due_at),
            waits_for=case((is_woken, ""), else_=pending.c.waits_for),
        )
    )
    return bool(row.rowcount)


def take_over(conn: Connection, workspace: str, epoch: int) -> int:
    """Free what an earlier epoch had in hand. Those keys run alone; a death while alone counts.

    Each workspace counts its own epochs, so what others have in hand is left alone.
    """
    ours = select(flows.c.id).where(flows.c.workspace == workspace)
    return conn.execute(
        update(pending)
        .where(pending.c.flow.in_(ours), pending.c.taken.is_not(None), pending.c.taken < epoch)
        .values(
            taken=None,
            deaths=case((pending.c.alone.is_(True), pending.c.deaths + 1), else_=pending.c.deaths),
            alone=True,
        )
    ).rowcount


_RELEASE = (
    update(pending)
    .where(pending.c.target == bindparam("of_target"), pending.c.taken == bindparam("of_epoch"))
    .values(taken=None, attempts=pending.c.attempts - 1)
)


def release(conn: Connection, target: str, epoch: int) -> None:
    """Give back what is still in hand of a drain that broke off."""
    conn.execute(_RELEASE, {"of_target": target, "of_epoch": epoch})


def isolate(conn: Connection, taken: Sequence[Taken], now: datetime) -> None:
    """Put a batch back so that each of its keys is taken alone: one of them broke it.

    Those that were put back already wait for what they wait for.
    """
    for each in taken:
        conn.execute(
            update(pending)
            .where(*_is(each.id), pending.c.taken.is_not(None))
            .values(taken=None, alone=True, due_at=now)
        )


_NEXT_DUE = select(func.min(pending.c.due_at)).where(*_IS_WANTED)


def next_due(
    conn: Connection,
    target: str,
    flows: Sequence[str],
    keys: Sequence[tuple[str, str, str]] | None = None,
) -> datetime | None:
    """When the next key of these flows is due; None where nothing but waiters is left."""
    wanted = {"target": target, "flows": list(flows)}
    if keys is None:
        return conn.execute(_NEXT_DUE, wanted).scalar()
    return conn.execute(_NEXT_DUE.where(_IS_NAMED), {**wanted, "keys": list(keys)}).scalar()


def forget_flow(conn: Connection, flow: str) -> None:
    conn.execute(delete(pending).where(pending.c.flow == flow))


def _is(id: tuple[str, str, str]) -> tuple[Any, ...]:
    return (pending.c.flow == id[0], pending.c.route == id[1], pending.c.key == id[2])


def sleep(
    conn: Connection, flow: str, route: str, key: str, due_at: datetime, waits_for: str
) -> None:
    """Let a key sleep whatever was going to be done with it."""
    conn.execute(
        update(pending)
        .where(*_is((flow, route, key)))
        .values(due_at=due_at, waits_for=waits_for, taken=None)
    )


def hurry(conn: Connection, flow: str, waits_for: str, now: datetime) -> None:
    """What waited for this is over: those keys are due at once."""
    conn.execute(
        update(pending)
        .where(pending.c.flow == flow, pending.c.waits_for == waits_for)
        .values(due_at=now, waits_for="")
    )


_THIS = (*_OF_ROUTE, pending.c.key == bindparam("of_key"))
_FINISH = delete(pending).where(*_THIS, pending.c.generation == bindparam("seen"))
_GIVE_BACK = (
    update(pending)
    .where(*_THIS, pending.c.generation != bindparam("seen"))
    .values(taken=None, attempts=0, deaths=0)
)
_WAKE = (
    update(pending)
    .where(
        pending.c.flow == bindparam("of_flow"),
        pending.c.waits_route == bindparam("of_route"),
        pending.c.waits_key == bindparam("of_key"),
    )
    .values(waits_route=None, waits_key=None, waits_for="", due_at=bindparam("now", type_=Instant))
)
