"""Polling: what changed at a source since the cursor becomes pending, in the commit that moves it.

A poll reaches the routes and feeds of paused flows too. Besides the cursor's poll there are a
backfill for a new flow, a slow re-read of open records whose state turns with the calendar, and a
daily sweep that notices deletions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ml_connector.core.faults import Bug
from ml_connector.core.flow import Feed
from ml_connector.core.objects import SourceModel, SourceObject, SourcePage
from ml_connector.core.wire import Errand
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.outlets import Outlet, note_gone, note_records
from ml_connector.engine.resources import Resources
from ml_connector.engine.telling import tell_absent
from ml_connector.store import cursors, links, pending
from ml_connector.store.database import Connection
from ml_connector.store.pending import Mark

MOST_PAGES_WITHOUT_PROGRESS = 10_000
"""A cursor that stands still for so many pages is a loop, not a tie."""

NOTED_AT_ONCE = 500
"""Records of a long listing that go into one commit."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll found: records met, keys marked."""

    records: int
    marked: int


async def poll(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    outlets: Sequence[Outlet],
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
        heard = cursor.heard if keeps else None
        marked += await res.store.write(_noting(res, source, obj, outlets, page, heard))
        records += len(page.records)
        progress(records)
        if not page.more:
            return Polled(records, marked)


def _noting(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    outlets: Sequence[Outlet],
    page: SourcePage,
    heard: int | None,
) -> Callable[[Connection], int]:
    """`heard` is of the scan that moves the cursor; None where none does."""
    now = res.clock.now()

    def work(conn: Connection) -> int:
        marked = 0
        for name, records in _by_object(source, obj, page.records).items():
            told = source.vendor.source(name)
            marked += note_records(conn, source, told, outlets, records, page.read_at, now)
        for name in dict.fromkeys(name for name, _ in page.gone):
            gone = [key for of, key in page.gone if of == name]
            marked += note_gone(conn, source, source.vendor.source(name), outlets, gone, now)
        if heard is not None:
            through_at = None if page.more else now
            cursors.move(conn, source.row.id, obj.name, page.cursor, heard, through_at)
        return marked

    return work


def _by_object(
    source: OpenConnection, obj: SourceObject, records: Sequence[SourceModel]
) -> dict[str, list[SourceModel]]:
    """The records by the name of their object; what is of no other's model is the lister's own."""
    carried = {source.vendor.source(name).model: name for name in obj.carries}
    found: dict[str, list[SourceModel]] = {}
    for record in records:
        found.setdefault(carried.get(type(record), obj.name), []).append(record)
    return found


async def reread_open(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    outlets: Sequence[Outlet],
    errand: Errand,
) -> None:
    """Look at open records again: their state can change without a change stamp, or by nothing but
    the day's date, for which watched feeds are heard once a day."""
    records = await source.source.open_keys(obj, errand)
    now = res.clock.now()
    cursor = await res.store.read(lambda c: cursors.get(c, source.row.id, obj.name))
    is_new_day = cursor.reread_at is not None and cursor.reread_at.date() < now.date()
    heard = [replace(o, forced=o.forced or (is_new_day and o.is_watched)) for o in outlets]
    await _note_long(res, source, obj, heard, records)

    def work(conn: Connection) -> None:
        cursor = cursors.get(conn, source.row.id, obj.name)
        cursors.put(conn, source.row.id, obj.name, replace(cursor, reread_at=now))

    await res.store.write(work)


async def _note_long(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    outlets: Sequence[Outlet],
    records: Sequence[SourceModel],
) -> None:
    """Note a listing of any length, in portions: one commit of all would keep deliveries waiting,
    and a statement takes so many keys only."""
    now = res.clock.now()
    for start in range(0, len(records), NOTED_AT_ONCE):
        noting = partial(
            note_records, source=source, obj=obj, outlets=outlets,
            records=records[start : start + NOTED_AT_ONCE], read_at=None, now=now,
        )  # fmt: skip
        await res.store.write(noting)


async def sweep(
    res: Resources,
    source: OpenConnection,
    obj: SourceObject,
    outlets: Sequence[Outlet],
    errand: Errand,
) -> None:
    """Compare the ids at the source with those we keep; what is absent becomes pending, no more.
    What it shows besides is noted as from any listing."""
    there = await source.source.all_keys(obj, errand)
    shown = [record for record in there.values() if record is not None]
    await _note_long(res, source, obj, outlets, shown)
    now = res.clock.now()

    def work(conn: Connection) -> None:
        for outlet in outlets:
            flow, route = outlet.opened.row.id, outlet.reader.name
            if outlet.reader.reads.path != obj.path:
                continue
            if isinstance(outlet.reader, Feed):
                tell_absent(conn, outlet.opened, outlet.reader, there.keys(), now)
                continue
            absent = sorted(links.linked_keys(conn, flow, route) - there.keys())
            rank, where = outlet.opened.flow.rank(route), outlet.opened.place(route)
            marks = [Mark(flow, route, key, where, rank, "poll") for key in absent]
            pending.mark(conn, marks, now)
        gone = set(cursors.all_seen(conn, source.row.id, obj.name)) - there.keys()
        cursors.unsee(conn, source.row.id, obj.name, sorted(gone))
        cursor = cursors.get(conn, source.row.id, obj.name)
        cursors.put(conn, source.row.id, obj.name, replace(cursor, swept_at=now))

    await res.store.write(work)


def first_sweep(conn: Connection, source: OpenConnection, obj: SourceObject, now: datetime) -> None:
    """The first sweep is due a day after the first poll, which has just seen everything."""
    cursor = cursors.get(conn, source.row.id, obj.name)
    cursors.put(conn, source.row.id, obj.name, replace(cursor, swept_at=now))
