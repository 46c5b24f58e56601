"""Remembering: what became of one key, in one commit: link, mirror, audit, intent, pending row.

The commit of a key's last step removes its pending row, and wakes the children that wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ml_connector.core.flow import Route
from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import Changes, remembered
from ml_connector.core.values import canonical, digest
from ml_connector.core.wire import Errand
from ml_connector.engine.item import Done, Item, ToAlias, ToPostpone, ToReview, ToWait, ToWrite
from ml_connector.engine.mirroring import reflection
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.sharing import ALIKE, heirs, mark_sharers
from ml_connector.store import audit, cursors, intents, links, mirrors, pending, reviews
from ml_connector.store.audit import Decision
from ml_connector.store.cursors import Fact
from ml_connector.store.database import Connection
from ml_connector.store.links import Link
from ml_connector.store.pending import LIVE, Mark
from ml_connector.store.reviews import Review


@dataclass(frozen=True, slots=True)
class Ledger:
    """Who does this: the flow and route, the run, and the moment of this commit."""

    opened: OpenFlow
    route: Route
    run: str
    now: datetime

    @property
    def flow(self) -> str:
        return self.opened.row.id

    @property
    def account(self) -> str:
        """The account that is written to."""
        return self.opened.writing(self.route).account

    def row(
        self,
        item: Item,
        decision: Decision,
        reason: str,
        state: Literal["done", "failed", "review"],
        *,
        target_id: str | None = None,
        changes: Changes | None = None,
        errand: Errand | None = None,
        job: str = "",
    ) -> audit.Row:
        """An audit row about this item."""
        return audit.Row(
            at=self.now, workspace=self.opened.row.workspace, run=self.run, job=job,
            flow=self.flow, version=self.opened.row.version, route=self.route.name,
            source_key=item.key, target_id=target_id or (item.link.target_id if item.link else
            None), decision=decision, reason=reason, state=state, source=item.taken.cause,
            event_id=item.taken.event_id, correlation_id=item.taken.correlation_id,
            attempt=item.taken.attempts, changes=changes or {},
            requests=[sent.as_json() for sent in errand.sent] if errand else (),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """A write that was answered: with which record, by which calls, under which intent."""

    item: Item
    step: ToWrite
    record: TargetRecord
    errand: Errand
    job: str


def wrote(conn: Connection, ledger: Ledger, answered: Sequence[Written]) -> None:
    """Writes were answered."""
    account, obj = ledger.account, ledger.route.writes
    again = [w for w in answered if w.step.adopts or w.item.review or w.item.parted]
    _mark_children(conn, ledger, {w.item.key: (w.item, w.record.id) for w in again})
    made = [_link(ledger, w.item, w.step, w.record) for w in answered]
    links.put(conn, [*made, *_passed_on(conn, ledger, again)])
    mirrors.reflect(conn, account, obj.name, [reflection(obj, w.record) for w in answered])
    rows = [
        ledger.row(
            w.item, w.step.decision, w.step.reason, "done", target_id=w.record.id,
            changes=w.step.write.changes, errand=w.errand, job=w.job,
        )
        for w in answered
    ]  # fmt: skip
    audit.add(conn, rows)
    _mark_ways_back(conn, ledger, [w for w in answered if w.step.adopts])
    changed = {w.record.id: w.item.taken for w in answered if w.step.target_id}
    mark_sharers(conn, ledger.opened, ledger.route, changed, ledger.now)
    _close(conn, ledger, [w.item for w in answered])


def _passed_on(conn: Connection, ledger: Ledger, again: Sequence[Written]) -> list[Link]:
    """Who has a record from now on that its own source record leaves; they are looked at next."""
    standing = {w.item.key: w.record.id for w in again}
    left = heirs(conn, ledger.opened, ledger.route, standing, ledger.now)
    place, rank = ledger.opened.place(ledger.route.name), ledger.opened.flow.rank(ledger.route.name)
    marks = [
        Mark(ledger.flow, ledger.route.name, link.source_key, place, rank, "person", LIVE)
        for link in left
    ]
    pending.mark(conn, marks, ledger.now)
    return left


def _mark_ways_back(conn: Connection, ledger: Ledger, adopted: Sequence[Written]) -> None:
    """What a taken record's own changes speak for may have been told before it was linked."""
    opened, here = ledger.opened, ledger.route.name
    marks = [
        Mark(
            ledger.flow, route.name, w.record.id, opened.place(route.name),
            opened.flow.rank(route.name), w.item.taken.cause, w.item.taken.work,
        )
        for route in opened.routes
        if any(parent.reverse and parent.route == here for parent in route.after.values())
        for w in adopted
    ]  # fmt: skip
    pending.mark(conn, marks, ledger.now)


def _mark_children(
    conn: Connection, ledger: Ledger, standing: Mapping[str, tuple[Item, str]]
) -> None:
    """What names these records at the target names another one by now, where a key's record was
    merged into it, or a person chose or made it: whatever held the old one is looked at again.

    `standing` is by source key: the item, and the id of the record that stands for it from now on.
    """
    opened, here = ledger.opened, ledger.route.name
    children = {
        route.name: opened.flow.rank(route.name)
        for route in opened.routes
        if any(parent.route == here and not parent.reverse for parent in route.after.values())
    }
    if not children or not standing:
        return
    marks = []
    for key, link in links.of_keys(conn, ledger.flow, here, list(standing)).items():
        item, id = standing[key]
        if link.target_id == id:
            continue
        holding = links.carrying(conn, ledger.flow, link.target_id)
        shown = links.of_targets(conn, ledger.account, link.object, [link.target_id])
        marks += [
            Mark(
                ledger.flow, child.route, child.source_key, opened.place(child.route),
                children[child.route], item.taken.cause, item.taken.work,
            )
            for child in (*holding, *shown)
            if child.flow == ledger.flow and child.route in children
        ]  # fmt: skip
    pending.mark(conn, marks, ledger.now)


def _link(ledger: Ledger, item: Item, step: ToWrite, record: TargetRecord) -> Link:
    opened, route, now = ledger.opened, ledger.route, ledger.now
    base = remembered(step.write, record)
    return Link(
        flow=ledger.flow, route=route.name, source_key=item.key, account=ledger.account,
        object=route.writes.name, target_id=record.id, is_alias=False,
        owns_standard=base.owns_standard,
        state="source_gone" if step.decision == "gone" else "ok",
        source_version=item.record.version() if item.record else "",
        wrote=base.wrote, returned=base.returned, target_updated_at=record.updated_at,
        flow_version=opened.row.version,
        linked_at=item.link.linked_at if item.link else now, updated_at=now,
    )  # fmt: skip


def done(conn: Connection, ledger: Ledger, settled: Sequence[tuple[Item, Done]]) -> None:
    """Nothing was to be written."""
    audit.add(conn, [ledger.row(item, s.decision, s.reason, "done") for item, s in settled])
    for item, step in settled:
        if step.decision == "gone" and item.link is not None:
            if item.is_looked_for:  # found just now, so that nothing is linked yet
                links.put(conn, [item.link])
            links.set_state(conn, item.link, "source_gone", ledger.now)
        elif item.link is not None and item.target is not None:
            _look_remembered(conn, item, item.link, ledger)
    ignored = [i for i, _ in settled if i.review is not None and i.review.state == "ignored"]
    pending.finish(conn, [item.taken for item in ignored])
    _close(conn, ledger, [item for item, _ in settled if item not in ignored])


def _look_remembered(conn: Connection, item: Item, link: Link, ledger: Ledger) -> None:
    """What a look at the target showed, so that the same change is not looked at again."""
    seen = item.target.updated_at if item.target else link.target_updated_at
    links.put(conn, [replace(link, target_updated_at=seen, updated_at=ledger.now)])


def alias(conn: Connection, ledger: Ledger, item: Item, step: ToAlias) -> None:
    """One target record stands for two source records; the second writes nothing."""
    opened, route, now = ledger.opened, ledger.route, ledger.now
    link = Link(
        flow=ledger.flow, route=route.name, source_key=item.key, account=ledger.account,
        object=route.writes.name, target_id=step.target_id, is_alias=True, owns_standard=False,
        state="ok", source_version=item.record.version() if item.record else "",
        wrote={ALIKE: list(step.alike)} if step.alike else {},
        returned={}, target_updated_at="", flow_version=opened.row.version, linked_at=now,
        updated_at=now,
    )  # fmt: skip
    _mark_children(conn, ledger, {item.key: (item, step.target_id)})
    links.put(conn, [link])
    audit.add(conn, [ledger.row(item, "unchanged", step.reason, "done", target_id=step.target_id)])
    _close(conn, ledger, [item])


def review(conn: Connection, ledger: Ledger, item: Item, step: ToReview, id: str) -> bool:
    """Put the record before a person; True where that is news to them."""
    known = item.review
    cause = digest({"reason": step.reason, "candidates": canonical(list(step.candidates))})
    is_news = known is None or known.state != "open" or known.cause != cause
    reviews.put(
        conn,
        Review(
            id=known.id if known else id, workspace=ledger.opened.row.workspace, flow=ledger.flow,
            route=ledger.route.name, source_key=item.key, name=_called(item, known),
            kind=step.kind, reason=step.reason,
            candidates=step.candidates, cause=cause, state="open", decision=None,
            opened_at=known.opened_at if known and not is_news else ledger.now,
            planned_at=ledger.now,
        ),
    )  # fmt: skip
    if is_news:
        decision: Decision = "review" if step.kind == "review" else "refuse"
        audit.add(conn, [ledger.row(item, decision, step.reason, "review")])
    if step.settles_at is not None:
        intents.settle(conn, *item.taken.id, step.settles_at)
    intents.withdraw(conn, *item.taken.id)
    pending.finish(conn, [item.taken])
    return is_news


def _called(item: Item, known: Review | None) -> str:
    """What a person calls the record; as it was called before where it cannot be read now."""
    return item.record.called() if item.record else known.name if known else ""


def wait(conn: Connection, ledger: Ledger, item: Item, step: ToWait) -> None:
    """Sleep until the parent's link stands; where it stands by now, the key is due again.

    A parent that nobody has marked is marked now, and one that is pending gets its child's class.
    """
    found = links.of_keys(conn, ledger.flow, step.route, [step.key]).get(step.key)
    if found is not None and found.state != "target_gone":
        pending.postpone(conn, item.taken, ledger.now, "", "", work=item.taken.work)
        return
    pending.wait_for(conn, item.taken, step.route, step.key, step.reason)
    flow, known = ledger.opened.flow, reviews.of_keys(conn, ledger.flow, step.route, [step.key])
    is_marked = pending.promote(
        conn, ledger.flow, step.route, step.key, item.taken.work, ledger.now
    )
    if not is_marked and not known and found is None:
        where = ledger.opened.place(step.route)
        mark = Mark(
            ledger.flow, step.route, step.key, where, flow.rank(step.route),
            item.taken.cause, item.taken.work, asked=True,
            event_id=item.taken.event_id, correlation_id=item.taken.correlation_id,
        )  # fmt: skip
        pending.mark(conn, [mark], ledger.now)


def postpone(
    conn: Connection, ledger: Ledger, item: Item, step: ToPostpone,
    decision: Decision | None = None, errand: Errand | None = None, is_settling: bool = False,
) -> None:  # fmt: skip
    """Put the key back for later. A write that never took effect leaves no intent behind."""
    if is_settling:
        intents.settle(conn, *item.taken.id, step.due_at)
    elif decision is not None:
        intents.withdraw(conn, *item.taken.id)
    if step.gone_target:
        intents.close(conn, *item.taken.id[:2], [item.key])
        _forget(conn, ledger, step.gone_target)
    if step.merged_into:
        here = (ledger.flow, ledger.route.name, item.key)
        cursors.put_fact(conn, Fact(*here, "target", "merged", step.merged_into), ledger.now)
    if decision is not None:
        audit.add(conn, [ledger.row(item, decision, step.reason, "failed", errand=errand)])
    pending.postpone(conn, item.taken, step.due_at, step.waits_for, step.reason)


def target_gone(conn: Connection, ledger: Ledger, item: Item) -> None:
    """The linked record is not at the target any more."""
    if item.link is None:
        return
    links.set_state(conn, item.link, "target_gone", ledger.now)
    _forget(conn, ledger, item.link.target_id)


def _forget(conn: Connection, ledger: Ledger, target_id: str) -> None:
    """No mirror shows the record any more, so that nothing is matched with it."""
    account, obj = ledger.account, ledger.route.writes.name
    mirrors.forget(conn, account, obj, target_id)


def _is_known(item: Item) -> bool:
    """Whether it is known by now what earlier writes for the key have done: a write was answered,
    or the target was looked at. What nobody looked at stays unknown for the next time."""
    is_looked_at = item.target is not None or item.is_looked_for
    return isinstance(item.step, ToWrite | ToAlias) or (bool(item.intents) and is_looked_at)


def _close(conn: Connection, ledger: Ledger, items: Sequence[Item]) -> None:
    flow, route = ledger.flow, ledger.route.name
    intents.close(conn, flow, route, [i.key for i in items if _is_known(i)])
    for item in items:
        if item.intents and not _is_known(item):
            intents.withdraw(conn, *item.taken.id)
        if item.review is not None:
            reviews.close(conn, flow, route, item.key)
        if item.source_fact is not None or item.target_fact is not None:
            cursors.drop_facts(conn, flow, route, item.key)
    pending.wake(conn, flow, route, [i.key for i in items], ledger.now)
    pending.finish(conn, [i.taken for i in items])
