"""Outlets are what a source object's changes reach: routes that read it, and feeds that speak for
others.

What was seen already and settled is no news and marks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ml_connector.core.flow import Feed, Route
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.values import digest
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.telling import speaking, tell
from ml_connector.store import cursors, links, pending
from ml_connector.store.cursors import Seen
from ml_connector.store.database import Connection
from ml_connector.store.pending import BACKFILL, LIVE, Cause, Mark

SETTLED_AFTER = timedelta(seconds=2)
"""Vendors stamp whole seconds: a record may change once more within the one it was read in."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One route or feed that a poll reaches; `forced` marks its keys whether or not they
    changed."""

    opened: OpenFlow
    reader: Route | Feed
    work: int
    cause: Cause
    forced: bool = False

    @property
    def is_watched(self) -> bool:
        return isinstance(self.reader, Feed) and self.reader.is_watched


def outlets_of(
    opened: Sequence[OpenFlow],
    obj: SourceObject,
    work: int = LIVE,
    cause: Cause = "poll",
    forced: bool = False,
) -> list[Outlet]:
    """What in these flows the object's listing reaches, with the objects that it carries."""
    paths = {obj.path, *(f"{obj.vendor}.{name}" for name in obj.carries)}
    return [
        Outlet(o, reader, work, cause, forced)
        for o in opened
        for reader in o.readers
        if reader.reads.path in paths
    ]


def backfill_outlets(
    opened: OpenFlow, others: Sequence[OpenFlow], obj: SourceObject
) -> list[Outlet]:
    """Those of the flow that is filled, each key of theirs marked; others see what is news.

    What a listing showed counts as seen for every flow, so every flow is reached by it.
    """
    rest = [o for o in others if o.row.id != opened.row.id]
    new = [o for o in rest if o.row.backfilled_version == 0]
    old = [o for o in rest if o not in new]
    return [
        *outlets_of([opened], obj, BACKFILL, forced=True),
        *outlets_of(new, obj, BACKFILL),  # it waits for its first sync: nothing in it is live
        *outlets_of(old, obj),
    ]


def note_records(
    conn: Connection,
    source: OpenConnection,
    obj: SourceObject,
    outlets: Sequence[Outlet],
    records: Sequence[SourceModel],
    read_at: datetime | None,
    now: datetime,
) -> int:
    """Mark what is news for each route or feed, and remember what was seen; the number of marks."""
    if not records:
        return 0
    by_key = {record.key(): record for record in records}
    known = cursors.seen_of(conn, source.row.id, obj.name, list(by_key))
    shown = {key: _shown(record, known.get(key), read_at) for key, record in by_key.items()}
    marked = 0
    for outlet in outlets:
        if outlet.reader.reads.path != obj.path:
            continue
        news = {
            key: record
            for key, record in by_key.items()
            if _speaks_anew(outlet) or not _is_known(known.get(key), shown[key])
        }
        if isinstance(outlet.reader, Feed):
            marked += _tell(conn, outlet, outlet.reader, news, now)
        else:
            marked += _mark_news(conn, outlet, outlet.reader, by_key, news, now)
    fresh = [seen for key, seen in shown.items() if seen != known.get(key)]
    cursors.see(conn, source.row.id, obj.name, fresh)
    return marked


def _speaks_anew(outlet: Outlet) -> bool:
    """Whether its keys are marked though nothing changed; a filling hears every feed out, since
    what they speak for has no listing of its own."""
    return outlet.forced or (isinstance(outlet.reader, Feed) and outlet.work == BACKFILL)


def _is_known(known: Seen | None, shown: Seen) -> bool:
    return known is not None and known.settled and known.digest == shown.digest


def _mark_news(
    conn: Connection,
    outlet: Outlet,
    route: Route,
    records: Mapping[str, SourceModel],
    news: Mapping[str, SourceModel],
    now: datetime,
) -> int:
    """A linked record needs no entry; a filling also takes what is not linked though it is no
    news."""
    linked = links.linked_of(conn, outlet.opened.row.id, route.name, list(records))
    marks = [
        _mark(outlet, route, record)
        for key, record in records.items()
        if (key in news or (key not in linked and outlet.work != LIVE))
        and (key in linked or _comes_in(outlet, route, record, now))
    ]
    pending.mark(conn, marks, now)
    return len(marks)


def _tell(
    conn: Connection, outlet: Outlet, feed: Feed, news: Mapping[str, SourceModel], now: datetime
) -> int:
    """What could be read speaks at once; what could not is read alone, which will say why."""
    news = {key: news[key] for key in speaking(conn, outlet.opened, feed, news, now)}
    whole = {} if feed.is_read_alone else {k: r for k, r in news.items() if _is_whole(feed, r)}
    rest = [_mark(outlet, feed, record) for key, record in news.items() if key not in whole]
    pending.mark(conn, rest, now)
    told = tell(conn, outlet.opened, feed, whole, outlet.work, outlet.cause, now)
    return told + len(rest)


def _is_whole(feed: Feed, record: SourceModel) -> bool:
    return isinstance(record, feed.reads.model)


def note_gone(
    conn: Connection,
    source: OpenConnection,
    obj: SourceObject,
    outlets: Sequence[Outlet],
    keys: Sequence[str],
    now: datetime,
) -> int:
    """The listing itself says that these were deleted; the number of marks."""
    marked = 0
    for outlet in outlets:
        reader, opened = outlet.reader, outlet.opened
        if reader.reads.path != obj.path:
            continue
        if isinstance(reader, Feed):
            marked += tell(conn, opened, reader, dict.fromkeys(keys), LIVE, outlet.cause, now)
            continue
        known = links.of_keys(conn, opened.row.id, reader.name, list(keys))
        rank, where = opened.flow.rank(reader.name), opened.place(reader.name)
        marks = [
            Mark(opened.row.id, reader.name, key, where, rank, outlet.cause)
            for key in keys
            if key in known and known[key].state != "source_gone"
        ]
        pending.mark(conn, marks, now)
        marked += len(marks)
    cursors.unsee(conn, source.row.id, obj.name, keys)
    return marked


def _shown(record: SourceModel, known: Seen | None, read_at: datetime | None) -> Seen:
    """A version that was settled stays so, whenever it is read again and whatever turned in it with
    the calendar."""
    fields: dict[str, Any] = record.model_dump(mode="json")
    shown = Seen(record.key(), record.version(), digest(fields), False)
    is_late = read_at is not None and read_at - record.changed_at() > SETTLED_AFTER
    was_settled = known is not None and known.settled and known.version == shown.version
    return replace(shown, settled=is_late or was_settled)


def _mark(outlet: Outlet, reader: Route | Feed, record: SourceModel) -> Mark:
    opened = outlet.opened
    return Mark(
        opened.row.id, reader.name, record.key(), opened.place(reader.name),
        opened.flow.rank(reader.name), outlet.cause, outlet.work, at_least=record.version(),
    )  # fmt: skip


def _comes_in(outlet: Outlet, route: Route, record: SourceModel, now: datetime) -> bool:
    given = outlet.opened.given(now)
    if not isinstance(record, route.reads.model):
        return True  # it could not be read in the listing; reading it alone will say why
    is_kept = route.scope is None or route.scope(record, given)
    return is_kept and (route.enters is None or route.enters(record, given))
