"""A drain works off what is pending for one target account, batch by batch, until nothing is due.

A batch is keys of one route; what goes wrong with one of them never ends the work on the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ml_connector.core.faults import Fault, NeedsPerson, OutOfBudget, StoreUnavailable, Waiting
from ml_connector.core.flow import Feed, Route
from ml_connector.core.mapping import resolve
from ml_connector.core.plan import plan_update
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand, Work
from ml_connector.engine import deciding, mirroring, provisioning
from ml_connector.engine.applying import Applier
from ml_connector.engine.distinct import keep_distinct
from ml_connector.engine.health import note_trouble
from ml_connector.engine.item import Done, Item, ToAlias, ToPostpone, ToReview, ToUpdate, ToWrite
from ml_connector.engine.lost import find_lost, is_create_lost, since_oldest
from ml_connector.engine.merging import Followed, follow_merges, hold_survivors, merge_of
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.reading import Reader
from ml_connector.engine.resources import Resources
from ml_connector.engine.resting import judge_rivals
from ml_connector.engine.retrying import RETRY_LONGEST, postponed, put_off
from ml_connector.engine.tally import Tally
from ml_connector.engine.telling import speaking, tell
from ml_connector.engine.unforeseen import told_of, unforeseen
from ml_connector.store import cursors, intents, links, pending
from ml_connector.store.database import Connection
from ml_connector.store.pending import BACKFILL, LIVE, Taken

BATCH = 200
WORKS: tuple[Work, Work, Work] = ("live", "retry", "backfill")
SURELY_GONE_AFTER = 3
"""So often a record that a listing has just shown is looked for: the read may lag behind it."""

Ids = Sequence[tuple[str, str, str]]


class Drain:
    """For one target connection and the flows that may write to it now."""

    def __init__(
        self,
        res: Resources,
        target: OpenConnection,
        flows: Mapping[str, OpenFlow],
        tally: Tally,
        epoch: int,
    ) -> None:
        self._res = res
        self.target = target
        self._flows = flows
        self._tally = tally
        self._epoch = epoch
        self._reader = Reader(res.clock)
        self._rechecked: set[str] = set()
        self._rechecking = asyncio.Lock()
        self._unlisted: Fault | None = None
        self.stopped: Fault | None = None
        """The fault that stops all work on this target for now."""
        self.short: Fault | None = None
        """The fault that stops a backfill, while live changes go on."""

    async def run(
        self, *, keys: Ids | None = None, after_batch: Callable[[], bool] = lambda: True
    ) -> None:
        """Work until nothing is due, or the target stops us, or `after_batch` says enough."""
        await self._pick_up()
        while self.stopped is None:
            now = self._res.clock.now()
            taken = await self._take(now, keys)
            if not taken:
                return
            await self._guarded(taken)
            if not after_batch():
                return

    async def _pick_up(self) -> None:
        """Free what an earlier drain of this process had in hand when it broke off (a full disk).

        A write that was meant and not remembered may have been done, so its key settles first.
        """
        target, vendor, now = self.target.row.id, self.target.vendor, self._res.clock.now()

        def work(conn: Connection) -> None:
            for intent in intents.open_at(conn, self.target.account, self._epoch):
                if intent.route:
                    until = now + vendor.target(intent.object).settle
                    intents.settle(conn, *intent.key, until)
                    pending.sleep(conn, *intent.key, until, "settle")
            pending.release(conn, target, self._epoch)

        await self._res.store.write(work)

    async def _take(self, now: datetime, keys: Ids | None) -> list[Taken]:
        target, flows = self.target.row.id, list(self._flows)
        return await self._res.store.write(
            lambda c: pending.take(c, target, self._epoch, now, BATCH, flows, keys)
        )

    async def next_due(self, keys: Ids | None = None) -> datetime | None:
        """When the next key is due; None where nothing is left but what waits for a parent."""
        return await self._res.store.read(
            lambda c: pending.next_due(c, self.target.row.id, list(self._flows), keys)
        )

    async def _guarded(self, taken: Sequence[Taken]) -> None:
        """A mistake of ours in one record must not stop the others: each then runs alone."""
        opened = self._flows[taken[0].flow]
        feed = opened.flow.feed(taken[0].route)
        try:
            if feed is not None:
                return await self._tell(opened, feed, taken)
            route = opened.flow.route(taken[0].route)
            await self._batch(opened, route, taken)
        except (Fault, StoreUnavailable):
            raise
        except Exception as error:
            if len(taken) > 1:
                now = self._res.clock.now()
                await self._res.store.write(lambda c: pending.isolate(c, taken, now))
                return None
            if feed is not None:
                later, row = self._res.clock.now() + RETRY_LONGEST, taken[0]
                sentence = told_of(self._res, error)
                return await self._res.store.write(
                    lambda c: pending.postpone(c, row, later, "retry", sentence)
                )
            item = (await self._load(opened, route, taken))[0]
            item.step = unforeseen(self._res, route, error)
            await self._applier(opened, route).apply([item])

    async def _tell(self, opened: OpenFlow, feed: Feed, taken: Sequence[Taken]) -> None:
        """Read the records of a feed, and mark what they speak for."""
        items = [Item(t) for t in taken]
        await self._read(opened, feed, items)
        now = self._res.clock.now()
        for item in items:
            deciding.judge_source(item, now)
            if item.step is None and item.record is None and _lags(item):
                item.step = deciding.looked_for_again(feed.reads, item, now)
            if isinstance(item.step, ToReview):  # nobody could decide anything about it
                later = now + RETRY_LONGEST
                item.step = ToPostpone(later, "retry", item.step.reason, "failed")
            if item.step is not None:
                self._reader.forget(opened.reading(feed), feed.reads, item.key)

        def work(conn: Connection) -> None:
            for item in items:
                row, step = item.taken, item.step
                if isinstance(step, ToPostpone):
                    pending.postpone(conn, row, step.due_at, step.waits_for, step.reason)
                    continue
                read = {item.key: item.record} if item.record is not None else {}
                if not read or speaking(conn, opened, feed, read, now):
                    tell(
                        conn, opened, feed, {item.key: item.record}, row.work, row.cause, now,
                        row.event_id, row.correlation_id,
                    )  # fmt: skip
                pending.finish(conn, [row])

        await self._res.store.write(work)

    async def _batch(self, opened: OpenFlow, route: Route, taken: Sequence[Taken]) -> None:
        items = await self._load(opened, route, taken)
        for item in items:
            deciding.judge_unsettled(item, self._res.clock.now())
            deciding.judge_deaths(item)
        await self._res.store.read(lambda c: judge_rivals(c, opened, route, items))
        await self._read(opened, route, [i for i in items if i.step is None])
        now = self._res.clock.now()
        given = opened.given(now)
        for item in items:
            deciding.judge_source(item, now)
            if isinstance(item.step, ToPostpone):  # what was read is too old to be kept
                self._reader.forget(opened.reading(route), route.reads, item.key)
        await self._judge_gone(opened, route, items)
        for item in items:
            deciding.judge_scope(route, item, given)
        await self._res.store.read(lambda c: deciding.judge_parents(c, opened, route, items))
        for item in items:
            deciding.judge_map(opened, route, item, given)
        await self._judge_merged(opened, route, items)
        linked = [i for i in items if i.step is None and i.link is not None]
        await self._res.store.read(lambda c: keep_distinct(c, opened, route, linked, given))
        for item in items:
            deciding.judge_linked(route, item, given)
        await self._match(opened, route, items)
        applier = self._applier(opened, route)
        await applier.apply(items)
        fault = self._unlisted or applier.stopped
        if fault is not None:
            self._unlisted = None
            await self._stop(fault, taken[0].work)

    async def _stop(self, fault: Fault, work: int) -> None:
        """Put off what would meet the same fault; the part of the day that a backfill may spend
        can be gone while live changes still have theirs."""
        is_backfill = isinstance(fault, OutOfBudget) and work == BACKFILL
        if is_backfill:
            self.short = fault
        else:
            self.stopped = fault
        now, target = self._res.clock.now(), self.target.row.id
        later = put_off(fault, now)
        least = BACKFILL if is_backfill else LIVE
        await self._res.store.write(
            lambda c: pending.put_off(
                c, target, least, now, later.due_at, later.waits_for, later.reason
            )
        )

    async def _load(self, opened: OpenFlow, route: Route, taken: Sequence[Taken]) -> list[Item]:
        flow, keys, now = opened.row.id, [t.key for t in taken], self._res.clock.now()
        store, followed = self._res.store, Followed()
        if await store.read(lambda c: cursors.merged_at_source(c, flow, route.name, keys)):
            followed = await store.write(lambda c: follow_merges(c, opened, route, keys, now))
        items = await store.read(lambda c: deciding.load(c, flow, route.name, taken))
        hold_survivors(items, followed)
        return items

    def _applier(self, opened: OpenFlow, route: Route) -> Applier:
        async def recheck(fields: Values) -> bool:
            async with self._rechecking:
                if opened.row.id not in self._rechecked:
                    self._rechecked.add(opened.row.id)
                    await provisioning.recheck(self._res, opened, self._tally.shared)
            return opened.codes.are_gone(route.writes, fields)

        now = self._res.clock.now()
        return Applier(self._res, opened, route, self._tally, self._epoch, recheck, now)

    def _errand(self, items: Sequence[Item]) -> Errand:
        return self._tally.errand(WORKS[items[0].taken.work])

    async def _read(self, opened: OpenFlow, reader: Route | Feed, items: Sequence[Item]) -> None:
        if not items:
            return
        errand, source = self._errand(items), opened.reading(reader)
        wanted = [(i.key, i.taken.marked_at) for i in items]
        try:
            found = await self._reader.read(source, reader.reads, wanted, errand)
        finally:
            self._tally.absorb(errand)
        for item in items:
            record = found[item.key]
            if isinstance(record, Fault):
                item.fault = record
            else:
                item.record = record
        faults = [told for told in found.values() if isinstance(told, Waiting | NeedsPerson)]
        if faults:  # kept with the source, so that what waits is due once that answers well again
            await note_trouble(self._res, source.row.id, faults[0])

    async def _judge_gone(self, opened: OpenFlow, route: Route, items: Sequence[Item]) -> None:
        """A record counts as gone only while the source answers well otherwise."""
        gone = [i for i in items if i.step is None and (i.record is None or merge_of(i))]
        if not gone:
            return
        if all(i.record is None for i in items):
            try:
                await opened.reading(route).source.identify(self._tally.shared)
            except Fault as fault:
                await note_trouble(self._res, opened.reading(route).row.id, fault)
                for item in gone:
                    item.step = postponed(fault, item, self._res.clock.now())
                return
        flow, keys = opened.row.id, [item.key for item in gone]
        needed = await self._res.store.read(lambda c: pending.awaited(c, flow, route.name, keys))
        now = self._res.clock.now()
        for item in gone:
            if _lags(item) and merge_of(item) is None:
                item.step = deciding.looked_for_again(route.reads, item, now)
                self._reader.forget(opened.reading(route), route.reads, item.key)
        lost = [i for i in gone if i.step is None and is_create_lost(i)]
        if lost and await self._list_anew(route, lost, now):
            await self._res.store.read(lambda c: find_lost(c, opened, route, lost, now))
        for item in gone:
            if item.step is None:
                item.step = self._gone_step(opened, route, item, item.key in needed)

    def _gone_step(
        self, opened: OpenFlow, route: Route, item: Item, is_needed: bool
    ) -> Done | ToWrite | ToReview:
        """What others wait for is put before a person, since it would be looked for for ever."""
        label, link, merge = route.reads.label, item.link, merge_of(item)
        reason = f"the {label} was deleted at the source"
        if merge is not None:
            reason = f"the {label} was merged into {merge.into} at the source"
        if link is None and is_needed:
            waits = f"The {label} is deleted at the source, and what belongs to it waits for it."
            return ToReview("refused", waits)
        if link is None:
            before = f"the {label} was deleted before it was brought over"
            return Done("gone", reason if merge else before)
        if link.state == "source_gone":
            return Done("unchanged", f"the {label} is known to be deleted")
        given = opened.given(self._res.clock.now())
        named = route.gone(link.wrote, given) if route.gone and not link.is_alias else {}
        item.desired = resolve(route, named, opened.fields_of(route), opened.codes)
        write = plan_update(item.desired, deciding.base_of(item), None)
        if not write.fields:
            return Done("gone", reason)
        return ToWrite("gone", reason, link.target_id, write)

    async def _judge_merged(self, opened: OpenFlow, route: Route, items: Sequence[Item]) -> None:
        """A record of ours that was merged into another at the target goes on as that one."""
        merged = [
            i
            for i in items
            if (i.step is None or isinstance(i.step, ToWrite))
            and i.link and i.target_fact and i.target_fact.kind == "merged"
        ]  # fmt: skip
        if not merged:
            return
        account, obj = opened.writing(route).account, route.writes.name
        winners = [i.target_fact.into for i in merged if i.target_fact]
        held = await self._res.store.read(lambda c: links.of_targets(c, account, obj, winners))
        mine = (opened.row.id, route.name)
        taken = {x.target_id for x in held if (x.flow, x.route) == mine and not x.is_alias}
        for item in merged:
            into = item.target_fact.into if item.target_fact else ""
            if isinstance(item.step, ToWrite):  # gone at the source too: that is told there
                ended = Done("gone", item.step.reason)
                item.step = ended if into in taken else replace(item.step, target_id=into)
            elif into in taken:
                item.step = ToAlias(into, "its record was merged at the target")
            else:
                item.step = ToUpdate(into, adopts=True)

    async def _match(self, opened: OpenFlow, route: Route, items: Sequence[Item]) -> None:
        """Look for the target records of what has no link, on a listing that begins now."""
        unlinked = [i for i in items if i.step is None and i.link is None and i.desired]
        if not unlinked:
            return
        now = self._res.clock.now()
        is_keyed = any(rule.how == "keyed" for rule in route.match)
        if is_keyed and opened.key_code(route) is None:
            reason = (
                "The field for our key was removed at the target: "
                f"`ml-connector sync {opened.row.name} --yes` makes it again."
            )
            for item in unlinked:
                item.step = ToPostpone(now + RETRY_LONGEST, "person", reason, "waiting")
            return
        if await self._list_anew(route, unlinked, now):
            await self._res.store.read(lambda c: deciding.judge_match(c, opened, route, items, now))

    async def _list_anew(self, route: Route, items: Sequence[Item], now: datetime) -> bool:
        """Bring the mirror up to what the target lists now; where it cannot be listed, these items
        are put off."""
        errand, back = self._errand(items), since_oldest(items, now)
        try:
            for obj in mirroring.objects_for(route.writes, self.target):
                await mirroring.refresh(self._res, self.target, obj, errand, back)
        except Fault as fault:
            self._unlisted = fault
            for item in items:
                item.step = postponed(fault, item, now)
            return False
        finally:
            self._tally.absorb(errand)
        return True


def _lags(item: Item) -> bool:
    """Whether a record that is not found may be there: a listing or an event spoke of it."""
    return bool(item.taken.at_least) and item.taken.attempts < SURELY_GONE_AFTER
