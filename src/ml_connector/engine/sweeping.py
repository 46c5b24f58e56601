"""The sweep of a target: once a day every record there is listed, and what we keep but no longer
see is looked at.

A target may delete, archive or merge a record without a word that reaches us. Absence alone proves
nothing, so the absent become pending and are read one by one. The listing also shows our keys on
records that have no link, since it refreshes the mirror.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ml_connector.core.objects import TargetObject
from ml_connector.core.wire import Errand
from ml_connector.engine.mirroring import reflection
from ml_connector.engine.opened import OpenConnection, place
from ml_connector.engine.resources import Resources
from ml_connector.store import cursors, flows, links, mirrors, pending, reviews
from ml_connector.store.cursors import Cursor
from ml_connector.store.database import Connection
from ml_connector.store.mirrors import Reflection
from ml_connector.store.pending import BACKFILL, Mark


def swept_as(obj: TargetObject) -> str:
    """The name of the sweep's cursor: an object of that name may be polled as a source too."""
    return f"target/{obj.name}"


def due_for_sweep(
    conn: Connection, target: OpenConnection, objects: Iterable[TargetObject], before: datetime
) -> list[TargetObject]:
    """Those last listed whole before then, or never; the first filling of the mirror counts too."""
    return [obj for obj in objects if (_swept_at(conn, target, obj) or before) <= before]


def _swept_at(conn: Connection, target: OpenConnection, obj: TargetObject) -> datetime | None:
    cursor = cursors.get(conn, target.row.id, swept_as(obj))
    filling = mirrors.filling(conn, target.account, obj.name)
    moments = [m for m in (cursor.swept_at, filling.filled_at) if m is not None]
    return max(moments, default=None)


async def was_listed(res: Resources, target: OpenConnection, obj: TargetObject) -> bool:
    """Before the first listing, what holds the records may not be made yet; nothing is missed."""
    filling = await res.store.read(lambda c: mirrors.filling(c, target.account, obj.name))
    return filling.filled_at is not None


async def sweep_target(
    res: Resources, target: OpenConnection, obj: TargetObject, errand: Errand
) -> int:
    """List one object whole and mark the linked records that are not in it; how many."""
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = await target.target.page(obj, cursor, errand)
        shown = [reflection(obj, record) for record in page.records]
        await _reflect(res, target, obj, shown)
        seen.update(r.target_id for r in shown if not r.deleted)
        cursor = page.next_cursor
        if cursor is None:
            break
    now = res.clock.now()

    def work(conn: Connection) -> int:
        kept = links.target_ids(conn, target.account, obj.name)
        absent = [id for id in kept if id not in seen]
        marks = [
            mark
            for link in links.of_targets(conn, target.account, obj.name, absent)
            if (mark := _mark(conn, res, link)) is not None
        ]
        pending.mark(conn, [*marks, *_reviews(conn, res, target, obj, seen)], now)
        mirrors.keep_only(conn, target.account, obj.name, seen)
        cursors.put(conn, target.row.id, swept_as(obj), Cursor({}, swept_at=now))
        return len(marks)

    return await res.store.write(work)


async def _reflect(
    res: Resources, target: OpenConnection, obj: TargetObject, shown: list[Reflection]
) -> None:
    await res.store.write(lambda c: mirrors.reflect(c, target.account, obj.name, shown))


def _reviews(
    conn: Connection, res: Resources, target: OpenConnection, obj: TargetObject, seen: set[str]
) -> list[Mark]:
    """What waits for a person is matched again where one of its candidates is not there."""
    marks = []
    for installed in flows.using(conn, target.row.id):
        flow = res.flows[installed.kind]
        for review in reviews.of_flow(conn, installed.id):
            absent = any(str(c.get("id")) not in seen for c in review.candidates)
            if absent and flow.route(review.route).writes.path == obj.path:
                rank = flow.rank(review.route)
                mark = Mark(
                    installed.id, review.route, review.source_key, target.row.id, rank, "poll",
                    BACKFILL, asked=True,
                )  # fmt: skip
                marks.append(mark)
    return marks


def _mark(conn: Connection, res: Resources, link: links.Link) -> Mark | None:
    installed = flows.get(conn, link.flow)
    if installed is None or installed.state == flows.REMOVED or link.is_alias:
        return None
    flow = res.flows[installed.kind]
    where, rank = place(installed, flow, link.route), flow.rank(link.route)
    return Mark(
        link.flow, link.route, link.source_key, where, rank, "poll", BACKFILL, look=True,
        asked=True,
    )  # fmt: skip
