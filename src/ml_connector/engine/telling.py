"""Telling: what a feed's records speak for becomes pending.

What each of them told last is kept, so that a record that was deleted, or that speaks for another
one now, marks those it spoke for before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from ml_connector.core.flow import Feed
from ml_connector.core.objects import SourceModel
from ml_connector.engine.opened import OpenFlow
from ml_connector.store import links, pending, told
from ml_connector.store.database import Connection
from ml_connector.store.pending import BACKFILL, LIVE, Cause, Mark
from ml_connector.store.told import Spoken


def tell(
    conn: Connection,
    opened: OpenFlow,
    feed: Feed,
    records: Mapping[str, SourceModel | None],
    work: int,
    cause: Cause,
    now: datetime,
    event_id: str = "",
    correlation_id: str = "",
) -> int:
    """Mark what the records speak for, None being one that is gone; the number of marks.

    Where a flow is filled, only routes whose records no listing shows are marked: the others are
    found by their own.
    """
    if not records:
        return 0
    flow, given = opened.row.id, opened.given(now)
    before = told.of_keys(conn, flow, feed.name, list(records))
    spoken: dict[str, Spoken] = {
        key: tuple(feed.marks(record, given)) if record is not None else ()
        for key, record in records.items()
    }
    wanted = dict.fromkeys(
        mark for key in records for mark in (*before.get(key, ()), *spoken[key]) if mark[1]
    )
    chosen = (
        _linked(conn, opened, list(wanted))
        if feed.of_targets
        else _ours(conn, opened, list(wanted), work)
    )
    marks = [
        Mark(
            flow, route, key, opened.place(route), opened.flow.rank(route), cause, work,
            look=feed.of_targets, event_id=event_id, correlation_id=correlation_id,
        )
        for route, key in chosen
    ]  # fmt: skip
    pending.mark(conn, marks, now)
    told.put(conn, flow, feed.name, {k: s for k, s in spoken.items() if s != before.get(k)})
    told.drop(conn, flow, feed.name, [k for k, record in records.items() if record is None])
    return len(marks)


def tell_absent(
    conn: Connection, opened: OpenFlow, feed: Feed, there: Collection[str], now: datetime
) -> int:
    """A whole listing showed no more than these: what others spoke for is looked at once more."""
    absent = [k for k in told.all_keys(conn, opened.row.id, feed.name) if k not in there]
    return tell(conn, opened, feed, dict.fromkeys(absent), LIVE, "poll", now)


def speaking(
    conn: Connection,
    opened: OpenFlow,
    feed: Feed,
    records: Mapping[str, SourceModel],
    now: datetime,
) -> list[str]:
    """The keys of those that speak: by themselves, or since they did before. What could not be
    read may speak too."""
    enters = feed.enters
    if enters is None:
        return list(records)
    given = opened.given(now)
    known = told.of_keys(conn, opened.row.id, feed.name, list(records))
    return [
        key
        for key, record in records.items()
        if key in known or not isinstance(record, feed.reads.model) or enters(record, given)
    ]


def _linked(
    conn: Connection, opened: OpenFlow, wanted: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The source keys of those target records that are linked."""
    kept: list[tuple[str, str]] = []
    for route in opened.routes:
        ids = [id for name, id in wanted if name == route.name]
        account = opened.writing(route).account
        found = links.of_targets(conn, account, route.writes.name, ids) if ids else []
        kept += [
            (route.name, x.source_key)
            for x in found
            if (x.flow, x.route) == (opened.row.id, route.name) and not x.is_alias
        ]
    return kept


def _ours(
    conn: Connection, opened: OpenFlow, wanted: list[tuple[str, str]], work: int
) -> list[tuple[str, str]]:
    """Those of a route that works, and whose way back leads to a record that we brought over."""
    kept: list[tuple[str, str]] = []
    for route in opened.routes:
        keys = [key for name, key in wanted if name == route.name]
        if not keys or (work == BACKFILL and route.reads.is_listed):
            continue
        for parent in route.after.values():
            if parent.reverse:
                origin = opened.flow.route(parent.route)
                account, name = opened.writing(origin).account, origin.writes.name
                found = links.of_targets(conn, account, name, keys)
                ours = {x.target_id for x in found if x.flow == opened.row.id}
                keys = [key for key in keys if key in ours]
        kept += [(route.name, key) for key in keys]
    return kept
