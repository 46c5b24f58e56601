"""Polling: what changed at a source since the cursor becomes pending, in the commit that moves it.

A poll feeds every route that reads the object, those of paused flows too. What was seen already and
settled costs nothing more. Besides the cursor's poll there are a backfill for a new flow, a slow
re-read of open records whose state turns with the calendar, and a daily sweep that notices
deletions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ml_connector.core.faults import Bug
from ml_connector.core.flow import Route
from ml_connector.core.objects import SourceModel, SourceObject, SourcePage
from ml_connector.core.values import digest
from ml_connector.core.wire import Errand
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.resources import Resources
from ml_connector.store import cursors, links, pending
from ml_connector.store.cursors import Cursor, Seen
from ml_connector.store.database import Connection
from ml_connector.store.pending import BACKFILL, LIVE, Cause, Mark

SETTLED_AFTER = timedelta(seconds=2)
"""Vendors stamp whole seconds: a record may change once more within the one it was read in."""

MOST_PAGES_WITHOUT_PROGRESS = 10_000
"""A cursor that stands still for so many pages is a loop, not a tie."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One route that is fed by a poll; `forced` marks its keys whether or not they changed."""

    opened: OpenFlow
    route: Route
    work: int
    cause: Cause
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll found: records met, keys marked."""

    records: int
    marked: int


def feeds_of(
    opened: Sequence[OpenFlow], obj: SourceObject, work: int, cause: Cause, forced: bool = False
) -> list[Feed]:
    """The routes of these flows that read the object."""
    return [
        Feed(o, route, work, cause, forced)
        for o in opened
        for route in o.flow.routes
        if route.reads.path == obj.path
    ]


def backfill_feeds(opened: OpenFlow, others: Sequence[OpenFlow], obj: SourceObject) -> list[Feed]:
    """The routes of the flow that is filled, each key of theirs marked; others see what is news.

    What a listing showed counts as seen for every flow, so every flow is fed by it.
    """
    rest = [o for o in others if o.row.id != opened.row.id]
    own = feeds_of([opened], obj, BACKFILL, "poll", forced=True)
    return [*own, *feeds_of(rest, obj, LIVE, "poll")]


async def poll(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    feeds: Sequence[Feed],
    errand: Errand,
    *,
    from_start: bool = False,
    progress: Callable[[int], None] = lambda n: None,
) -> Polled:
    """Read what changed since the cursor, page by page, each page in one commit with its marks.

    `from_start` reads everything and moves the cursor only where there was none (a backfill).
    """
    cursor = await res.store.read(lambda c: cursors.get(c, source.row.id, obj.name))
    keeps = not from_start or not cursor.value
    at = {} if from_start else cursor.value
    records = marked = still = 0
    while True:
        page = await source.source.changes(obj, at, errand)
        still = still + 1 if page.cursor == at else 0
        if still > MOST_PAGES_WITHOUT_PROGRESS:
            raise Bug(f"The listing of {obj.path} does not end: its cursor stands still.")
        at = page.cursor
        done = replace(cursor, value=at, polled_at=res.clock.now())
        moved = done if keeps else None
        marked += await res.store.write(_noting(res, source, obj, feeds, page, moved))
        records += len(page.records)
        progress(records)
        if not page.more:
            return Polled(records, marked)


def _noting(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    feeds: Sequence[Feed],
    page: SourcePage,
    moved: Cursor | None,
) -> Callable[[Connection], int]:
    now = res.clock.now()

    def work(conn: Connection) -> int:
        marked = note_records(conn, source, obj, feeds, page.records, page.read_at, now)
        if moved is not None:
            cursors.put(conn, source.row.id, obj.name, moved)
        return marked

    return work


def note_records(
    conn: Connection,
    source: OpenConnection,
    obj: SourceObject,
    feeds: Sequence[Feed],
    records: Sequence[SourceModel],
    read_at: datetime | None,
    now: datetime,
) -> int:
    """Mark what is news for each route, and remember what was seen; the number of marks."""
    by_key = {record.key(): record for record in records}
    known = cursors.seen_of(conn, source.row.id, obj.name, list(by_key))
    shown = {key: _shown(record, known.get(key), read_at) for key, record in by_key.items()}
    marked = 0
    for feed in feeds:
        linked = links.linked_of(conn, feed.opened.row.id, feed.route.name, list(by_key))
        marks = [
            mark
            for key, record in by_key.items()
            if (mark := _mark(feed, record, known.get(key), shown[key], key in linked, now))
        ]
        pending.mark(conn, marks, now)
        marked += len(marks)
    news = [seen for key, seen in shown.items() if seen != known.get(key)]
    cursors.see(conn, source.row.id, obj.name, news)
    return marked


def _shown(record: SourceModel, known: Seen | None, read_at: datetime | None) -> Seen:
    """What was seen stays settled while it is the same, whenever it is read again."""
    fields: dict[str, Any] = record.model_dump(mode="json")
    shown = Seen(record.key(), record.version(), digest(fields), False)
    is_late = read_at is not None and read_at - record.changed_at() > SETTLED_AFTER
    is_same = known is not None and replace(known, settled=False) == shown
    return replace(shown, settled=is_late or (is_same and known is not None and known.settled))


def _mark(
    feed: Feed, record: SourceModel, known: Seen | None, shown: Seen, linked: bool, now: datetime
) -> Mark | None:
    is_known = known is not None and known.settled and known.digest == shown.digest
    if is_known and not feed.forced and (linked or feed.work == LIVE):
        return None
    if not linked and not _comes_in(feed, record, now):
        return None
    rank = feed.opened.flow.rank(feed.route.name)
    target = feed.opened.target.row.id
    return Mark(
        feed.opened.row.id, feed.route.name, record.key(), target, rank, feed.cause, feed.work,
        at_least=record.version(),
    )  # fmt: skip


def _comes_in(feed: Feed, record: SourceModel, now: datetime) -> bool:
    given, route = feed.opened.given(now), feed.route
    if not isinstance(record, route.reads.model):
        return True  # it could not be read in the listing; reading it alone will say why
    is_kept = route.scope is None or route.scope(record, given)
    return is_kept and (route.enters is None or route.enters(record, given))


async def reread_open(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    feeds: Sequence[Feed],
    errand: Errand,
) -> None:
    """Look at open records again: their state can change without a change stamp."""
    records = await source.source.open_keys(obj, errand)
    now = res.clock.now()

    def work(conn: Connection) -> None:
        note_records(conn, source, obj, feeds, records, None, now)
        cursor = cursors.get(conn, source.row.id, obj.name)
        cursors.put(conn, source.row.id, obj.name, replace(cursor, reread_at=now))

    await res.store.write(work)


async def sweep(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    feeds: Sequence[Feed],
    errand: Errand,
) -> int:
    """Compare the ids at the source with those we keep; what is absent becomes pending, no more."""
    there = await source.source.all_keys(obj, errand)
    now = res.clock.now()

    def work(conn: Connection) -> int:
        marked = 0
        for feed in feeds:
            flow, route = feed.opened.row.id, feed.route.name
            absent = sorted(links.linked_keys(conn, flow, route) - there)
            rank, target = feed.opened.flow.rank(route), feed.opened.target.row.id
            marks = [Mark(flow, route, key, target, rank, "poll") for key in absent]
            pending.mark(conn, marks, now)
            marked += len(marks)
        gone = set(cursors.all_seen(conn, source.row.id, obj.name)) - there
        cursors.unsee(conn, source.row.id, obj.name, sorted(gone))
        cursor = cursors.get(conn, source.row.id, obj.name)
        cursors.put(conn, source.row.id, obj.name, replace(cursor, swept_at=now))
        return marked

    return await res.store.write(work)
