"""Vanishing: the target record that was to be written is not there.

It may have been matched by a mirror that is behind, merged into another one, or deleted, of which a
person has the say.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from ml_connector.core.faults import Fault
from ml_connector.core.flow import Route, value_at
from ml_connector.core.wire import Errand
from ml_connector.engine import matching, mirroring
from ml_connector.engine.item import Done, Item, Step, ToPostpone, ToReview, ToWrite
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.resources import Resources
from ml_connector.engine.retrying import postponed, retry_at, soon
from ml_connector.store import links, mirrors, pending
from ml_connector.store.database import Connection
from ml_connector.store.pending import Mark

READS_LAG = timedelta(minutes=1)
"""So long a read may not show yet what was made."""

TRIES = 3
"""So often a write that names a record which is gone is tried again before a person is asked."""


async def gone_step(
    res: Resources, opened: OpenFlow, route: Route, item: Item, target_id: str, into: str,
    seen_at: datetime, errand: Errand,
) -> Step:  # fmt: skip
    """What to do with an item whose target record is gone. `into` is the record that the target
    says it was merged into; where it says nothing, what it listed since `seen_at`, or lists now,
    may show who carries our key.
    """
    now, label = res.clock.now(), route.writes.label
    if item.choice == "link":
        reason = (
            f"The {label} {target_id} that a person chose is not there: create it, link another, "
            "or ignore it."
        )
        return ToReview("review", reason, target_gone=True)
    if route.host and not into:
        return await _host_gone(res, opened, route, item, target_id)
    if item.link is None:
        reason = "the record it matched is gone; it is matched again"
        again = retry_at(now, item.taken.attempts)
        return ToPostpone(again, "retry", reason, "waiting", target_id)
    shown_at = item.link.linked_at + READS_LAG
    if not into and item.link.linked_at <= now < shown_at:
        reason = f"its {label} {target_id} was made a moment ago, and a read does not show it"
        return ToPostpone(shown_at, "settle", reason, "waiting")
    try:
        heir = into or await _heir(res, opened, route, item.key, target_id, seen_at, errand)
    except Fault as fault:
        return postponed(fault, item, now)
    if heir:
        reason = f"its record {target_id} was merged into {heir}"
        again = soon(now, item.taken.attempts)
        return ToPostpone(again, "retry", reason, "waiting", target_id, heir)
    if isinstance(item.step, ToWrite) and item.step.decision == "gone":
        return Done("gone", f"{item.step.reason}; its {label} was deleted at the target")
    return ToReview(
        "review",
        f"Its {label} {target_id} was deleted at the target: "
        "create it again, link another, or ignore it.",
        target_gone=True,
    )


async def _heir(
    res: Resources, opened: OpenFlow, route: Route, key: str, gone: str, seen_at: datetime,
    errand: Errand,
) -> str:  # fmt: skip
    side, obj = opened.writing(route), route.writes
    listed = await res.store.read(lambda c: mirrors.filling(c, side.account, obj.name))
    if listed.fresh_at is None or listed.fresh_at < seen_at:
        await mirroring.refresh(res, side, obj, errand)
    return await res.store.read(lambda c: matching.heir_of(c, opened, route, key, gone))


async def _host_gone(
    res: Resources, opened: OpenFlow, route: Route, item: Item, target_id: str
) -> Step:
    """It writes into its parent's own record, of which the parent's route has the say."""
    parent, now, label = route.after[route.host], res.clock.now(), route.writes.label
    if parent.reverse or item.record is None:
        return Done("gone", f"the {label} that it is shown in was deleted")
    mark = Mark(
        opened.row.id, parent.route, str(value_at(item.record, parent.path)),
        opened.place(parent.route), opened.flow.rank(parent.route), item.taken.cause,
        item.taken.work, look=True, asked=True,
    )  # fmt: skip
    await res.store.write(lambda c: pending.mark(c, [mark], now))
    reason = f"its {label} {target_id} is gone: what it belongs to is looked at first"
    again = retry_at(now, item.taken.attempts)
    return ToPostpone(again, "order", reason, "waiting", target_id)


async def is_parent_gone(
    res: Resources, opened: OpenFlow, route: Route, item: Item, errand: Errand
) -> bool:
    """Whether the write was refused since a record of ours that it names is not there any more.

    That record is looked at first: it was merged, or a person is asked about it, and this one
    waits for it. Where that did not help, a person is asked about this one too.
    """
    if item.taken.attempts > TRIES:
        return False
    marks = []
    for name, id in sorted(item.parents.items()):
        parent = route.after[name]
        origin = opened.flow.route(parent.route)
        if not parent.is_written or await _stands(opened, origin, id, errand):
            continue
        held = await res.store.read(partial(_holding, opened=opened, origin=origin, id=id))
        where, rank = opened.place(origin.name), opened.flow.rank(origin.name)
        marks += [
            Mark(
                opened.row.id, origin.name, key, where, rank, item.taken.cause, item.taken.work,
                look=True, asked=True,
            )
            for key in held
        ]  # fmt: skip
    await res.store.write(lambda c: pending.mark(c, marks, res.clock.now()))
    return bool(marks)


async def _stands(opened: OpenFlow, origin: Route, id: str, errand: Errand) -> bool:
    try:
        found = await opened.writing(origin).target.read(origin.writes, [id], errand)
    except Fault:
        return True  # nothing is known of it
    return id in found and not found[id].deleted


def _holding(conn: Connection, opened: OpenFlow, origin: Route, id: str) -> list[str]:
    """The source keys for which that record stands."""
    found = links.of_targets(conn, opened.writing(origin).account, origin.writes.name, [id])
    mine = (opened.row.id, origin.name)
    return [x.source_key for x in found if (x.flow, x.route) == mine]
