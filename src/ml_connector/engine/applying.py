"""Applying: intents are committed, writes are sent, and each is remembered when it returns.

What a fault means for one key is decided here; it never ends the work on the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from ml_connector.core.faults import (
    Fault,
    Missing,
    NeedsPerson,
    Refused,
    Stale,
    StoreUnavailable,
    UnknownOutcome,
    Unreachable,
    Waiting,
)  # fmt: skip
from ml_connector.core.flow import Route
from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import (
    Write,
    made_whole,
    plan_adoption,
    plan_update,
    reads_first,
    why_updated,
)
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand, Work
from ml_connector.engine import remembering
from ml_connector.engine.deciding import base_of, with_notes
from ml_connector.engine.health import note_trouble
from ml_connector.engine.intending import Meaning, intend, intent_back
from ml_connector.engine.item import (
    Done,
    Item,
    Step,
    ToPostpone,
    ToReview,
    ToUpdate,
    ToWrite,
)  # fmt: skip
from ml_connector.engine.lost import explained
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.portions import goes_in_bulk, is_create, portions
from ml_connector.engine.remembering import Ledger, Written
from ml_connector.engine.resources import Resources
from ml_connector.engine.retrying import postponed, soon
from ml_connector.engine.returning import plan_both_ways, send_back
from ml_connector.engine.settling import settle
from ml_connector.engine.tally import Tally
from ml_connector.engine.together import Together
from ml_connector.engine.unforeseen import unforeseen
from ml_connector.engine.vanishing import gone_step, is_parent_gone
from ml_connector.store import links
from ml_connector.store.database import Connection

LISTING_LIFE = timedelta(seconds=30)
"""A create is sent only while the listing that showed nothing like it is this young."""


class Applier:
    """Applies the steps of one batch. `recheck` asks whether a refused write spoke of something of
    ours that was removed at the target."""

    def __init__(
        self,
        res: Resources,
        opened: OpenFlow,
        route: Route,
        tally: Tally,
        epoch: int,
        recheck: Callable[[Values], Awaitable[bool]],
        listed_at: datetime,
    ) -> None:
        self._res = res
        self._opened = opened
        self._route = route
        self._side = opened.writing(route)
        self._tally = tally
        self._epoch = epoch
        self._recheck = recheck
        self._listed_at = self._read_at = listed_at
        self._answered = Together(res.store, self._remember)
        self.stopped: Fault | None = None
        """The fault that stops all further work on this target for now."""

    async def apply(self, items: Sequence[Item]) -> None:
        """Carry out every item's step."""
        await self._settle([i for i in items if not isinstance(i.step, ToUpdate | ToWrite)])
        loud = [i for i in items if isinstance(i.step, ToUpdate | ToWrite)]
        for portion in portions(loud, self._side.limits, self._route.writes.bulk):
            await self._write_together(portion)

    async def _write_together(self, items: Sequence[Item]) -> None:
        if self._now - self._listed_at > LISTING_LIFE:
            for item in items:
                if is_create(item):
                    reason = "the target's listing has aged; it is matched again"
                    item.step = ToPostpone(self._now, "", reason, "waiting")
        if self.stopped is None:
            await self._plan_updates([i for i in items if isinstance(i.step, ToUpdate)])
        if self.stopped is not None:
            for item in items:
                if isinstance(item.step, ToUpdate | ToWrite):
                    item.step = postponed(self.stopped, item, self._now)
        writing = [i for i in items if isinstance(i.step, ToWrite)]
        await self._settle([i for i in items if not isinstance(i.step, ToWrite)])
        jobs = await intend(self._res, self._meaning(), writing)
        if goes_in_bulk(writing, self._route.writes.bulk):
            await self._send_in_bulk(writing, jobs)
            return
        sending = (self._send(i, job) for i, job in zip(writing, jobs, strict=True))
        # All of them end before the first trouble is raised, so that none is left running.
        for trouble in await asyncio.gather(*sending, return_exceptions=True):
            if trouble is not None:
                raise trouble

    # --- updates: read the target, then plan ------------------------------------------------------

    async def _plan_updates(self, items: Sequence[Item]) -> None:
        items = await self._spaced(items)
        looking = [i for i in items if self._must_read(i)]
        found: dict[str, TargetRecord] = {}
        if looking:
            self._read_at = self._now
            ids = sorted({i.step.target_id for i in looking if isinstance(i.step, ToUpdate)})
            errand = self._tally.errand(_work(looking[0]))
            try:
                found = await self._side.target.read(self._route.writes, ids, errand)
            except Fault as fault:
                await self._target_unread(items, fault)
                return
            finally:
                self._tally.absorb(errand)
        others = await self._other_owners([i for i in items if i in looking])
        for item in items:
            await self._plan_one(item, found, item in looking, others)
            if isinstance(item.step, ToWrite):
                item.step = explained(self._opened, self._route, item, item.step)

    async def _spaced(self, items: Sequence[Item]) -> list[Item]:
        """Those whose target record was not written a moment ago: what changes meanwhile goes with
        the next write."""
        spacing, account, obj = self._route.writes.spacing, self._side.account, self._route.writes
        ids = [i.step.target_id for i in items if isinstance(i.step, ToUpdate) and i.link]
        if not spacing or not ids:
            return list(items)
        found = await self._res.store.read(lambda c: links.of_targets(c, account, obj.name, ids))
        for item in items:
            if not isinstance(item.step, ToUpdate) or item.link is None:
                continue
            id = item.step.target_id
            moments = (x.updated_at for x in found if x.target_id == id)
            written = [at for at in moments if at <= self._now]  # else a clock was ahead
            due = max(written, default=self._now - spacing) + spacing
            if due > self._now:
                reason = "It was written a moment ago; what changes meanwhile goes together."
                item.step = ToPostpone(due, "limit", reason, "waiting")
        return [item for item in items if isinstance(item.step, ToUpdate)]

    def _must_read(self, item: Item) -> bool:
        step, desired = item.step, item.desired
        if not isinstance(step, ToUpdate) or desired is None:
            return False
        two_way = bool(self._route.back)
        return (
            step.adopts or two_way or item.taken.look or bool(item.intents) or reads_first(desired)
        )

    async def _target_unread(self, items: Sequence[Item], fault: Fault) -> None:
        await self._note_stop(fault)
        for item in items:
            item.step = postponed(fault, item, self._now)

    async def _other_owners(self, items: Sequence[Item]) -> set[str]:
        """Target records whose standard fields another route was first to keep."""
        ids = [i.step.target_id for i in items if isinstance(i.step, ToUpdate) and i.step.adopts]
        if not ids:
            return set()
        account, obj = self._side.account, self._route.writes.name
        found = await self._res.store.read(lambda c: links.of_targets(c, account, obj, ids))
        mine = (self._opened.row.id, self._route.name)
        return {x.target_id for x in found if (x.flow, x.route) != mine and x.owns_standard}

    async def _plan_one(
        self, item: Item, found: dict[str, TargetRecord], read: bool, others: set[str]
    ) -> None:
        step, desired = item.step, item.desired
        if not isinstance(step, ToUpdate) or desired is None:
            return
        target = item.target = found.get(step.target_id)
        if read and (target is None or target.deleted):
            into = target.merged_into if target else None
            item.step = await self._gone(item, step.target_id, into or "")
            return
        if step.adopts and target is not None:
            sent = [intent.fields for intent in item.intents]
            both = [wire for wire, name in desired.names.items() if name in self._route.back]
            write = plan_adoption(desired, target, step.target_id not in others, sent, both)
            reason = "it was at the target already and is kept in step from now on"
        elif self._route.back and target is not None:
            base, given = base_of(item), self._opened.given(self._now)
            item.step = plan_both_ways(self._route, item, step, desired, base, target, given)
            return
        else:
            base = base_of(item)
            write, reason = plan_update(desired, base, target), why_updated(desired, base)
        if self._route.whole:
            write = made_whole(write, desired)
        item.step = self._write_step(item, step, write, reason)

    def _write_step(self, item: Item, step: ToUpdate, write: Write, reason: str) -> ToWrite | Done:
        if write.kept:
            reason += f"; left as a person set it: {', '.join(write.kept)}"
        if write.overwritten:
            reason += f"; a person's change was overwritten: {', '.join(write.overwritten)}"
        if not write.fields and item.link is not None and not step.adopts:
            kept = f"; left as a person set it: {', '.join(write.kept)}" if write.kept else ""
            reason = with_notes("nothing to write differs" + kept, item)
            is_news = bool(item.intents or write.kept) or write.base.wrote != item.link.wrote
            if is_news and item.target is not None:
                # What a write without an answer left there is ours, what a person set is theirs for
                # good, what both sides set alike is no longer what we wrote: none can be told later
                return ToWrite("unchanged", reason, step.target_id, write)
            return Done("unchanged", reason)
        reason = with_notes(reason, item)
        return ToWrite("update", reason, step.target_id, write, step.adopts, step.claims)

    async def _gone(self, item: Item, target_id: str, into: str = "") -> Step:
        errand, this = self._tally.errand(_work(item)), (self._res, self._opened, self._route)
        try:
            return await gone_step(*this, item, target_id, into, self._read_at, errand)
        finally:
            self._tally.absorb(errand)

    # --- writes ---------------------------------------------------------------------------------

    async def _send(self, item: Item, job: str) -> None:
        step = item.step
        if not isinstance(step, ToWrite):
            return
        errand = self._tally.errand(_work(item))
        is_back = bool(step.back)
        try:
            if is_back:
                step = await self._send_back(item, step, errand)
                is_back = False
            record = await self._write(step, item, errand)
        except Exception as error:
            self._tally.absorb(errand)
            await self._failed(item, step, error, errand, is_back=is_back)
            return
        self._tally.absorb(errand)
        await self._answered_with(item, step, record, errand, job)

    async def _send_in_bulk(self, items: Sequence[Item], jobs: Sequence[str]) -> None:
        """All of them are creates; the calls of their one job stand in the audit of each."""
        sent = [(i, i.step, j) for i, j in zip(items, jobs, strict=True)]
        steps = [(i, step, j) for i, step, j in sent if isinstance(step, ToWrite)]
        errand, obj = self._tally.errand("backfill"), self._route.writes
        outcomes: Sequence[TargetRecord | Exception]
        try:
            fields = [step.write.fields for _, step, _ in steps]
            outcomes = await self._side.client.create_many(obj, fields, errand)
        except Exception as error:
            outcomes = [error] * len(steps)
        self._tally.absorb(errand)
        for (item, step, job), outcome in zip(steps, outcomes, strict=True):
            if isinstance(outcome, TargetRecord):
                await self._answered_with(item, step, outcome, errand, job)
            else:
                await self._failed(item, step, outcome, errand)

    async def _answered_with(
        self, item: Item, step: ToWrite, record: TargetRecord, errand: Errand, job: str
    ) -> None:
        await self._answered.put(Written(item, step, record, errand, job))
        self._tally.writes += 1 if step.write.fields else 0
        adopted = step.adopts and not step.write.fields
        outcome = "unchanged" if adopted or step.decision == "unchanged" else step.decision
        self._tally.note(item.taken.id, _counted(outcome))

    async def _send_back(self, item: Item, step: ToWrite, errand: Errand) -> ToWrite:
        intent = intent_back(self._meaning(), item, step, self._res.chance.new_id())
        done = await send_back(self._res, self._opened, self._route, item, step, intent, errand)
        self._tally.writes += 1
        return done

    def _remember(self, conn: Connection, answered: Sequence[Written]) -> None:
        remembering.wrote(conn, self._ledger(), answered)

    async def _write(self, step: ToWrite, item: Item, errand: Errand) -> TargetRecord:
        client, obj = self._side.target, self._route.writes
        if not step.target_id:
            return await client.create(obj, step.write.fields, errand)
        if not step.write.fields and item.target is not None:
            return item.target
        return await client.update(obj, step.target_id, step.write.fields, errand)

    async def _failed(
        self, item: Item, step: ToWrite, error: Exception, errand: Errand, *, is_back: bool = False
    ) -> None:
        """Sort what went wrong with one write by what to do next. `is_back`: it was the write to
        the source's record, whose vendor's trouble is not the target's."""
        now, route = self._now, self._route
        if isinstance(error, StoreUnavailable):
            raise error  # nothing about this record: all of it is tried again, and settles first
        if isinstance(error, UnknownOutcome):
            written = route.back_to if is_back and route.back_to else route.writes
            until = now + written.settle
            later = ToPostpone(until, "settle", error.sentence, "waiting")
            await self._put_back(item, step, later, errand, is_settling=True)
        elif isinstance(error, Stale) or (is_back and isinstance(error, Missing)):
            later = ToPostpone(soon(now, item.taken.attempts), "retry", error.sentence, "waiting")
            await self._put_back(item, step, later, errand)
        elif isinstance(error, Missing):
            item.step = await self._gone(item, step.target_id)
            await self._settle([item])
        elif isinstance(error, Waiting | NeedsPerson | Unreachable):
            if is_back:
                await note_trouble(self._res, self._opened.reading(self._route).row.id, error)
            else:
                await self._note_stop(error)
            put_off = postponed(error, item, now)
            if isinstance(put_off, ToPostpone):
                await self._put_back(item, step, put_off, errand)
        else:
            await self._refused(item, step, error, errand)

    async def _refused(self, item: Item, step: ToWrite, error: Exception, errand: Errand) -> None:
        if isinstance(error, Refused):
            sentence = error.sentence
            if await self._recheck(step.write.fields) or await self._lacks_parent(item):
                again = ToPostpone(
                    soon(self._now, item.taken.attempts), "retry", sentence, "waiting"
                )
                await self._put_back(item, step, again, errand)
                return
            item.step = ToReview("refused", sentence)
        else:
            item.step = unforeseen(self._res, self._route, error)
        await self._settle([item])

    async def _lacks_parent(self, item: Item) -> bool:
        errand = self._tally.errand(_work(item))
        try:
            return await is_parent_gone(self._res, self._opened, self._route, item, errand)
        finally:
            self._tally.absorb(errand)

    async def _put_back(
        self, item: Item, step: ToWrite, later: ToPostpone, errand: Errand,
        is_settling: bool = False,
    ) -> None:  # fmt: skip
        ledger = self._ledger()
        await self._res.store.write(
            lambda conn: remembering.postpone(
                conn, ledger, item, later, step.decision, errand, is_settling
            )
        )
        self._tally.note(item.taken.id, later.outcome)

    async def _note_stop(self, fault: Fault) -> None:
        """A full window or a spent budget concerns every key of this target."""
        if isinstance(fault, Waiting | NeedsPerson):
            self.stopped = fault

    def _meaning(self) -> Meaning:
        return Meaning(self._opened, self._route, self._tally.run, self._epoch, self._now)

    async def _settle(self, items: Sequence[Item]) -> None:
        await settle(self._res, self._ledger(), self._tally, items)

    @property
    def _now(self) -> datetime:
        return self._res.clock.now()

    def _ledger(self) -> Ledger:
        return Ledger(self._opened, self._route, self._tally.run, self._now)


def _counted(decision: str) -> Literal["create", "update", "unchanged", "gone"]:
    if decision == "create":
        return "create"
    if decision == "gone":
        return "gone"
    return "unchanged" if decision == "unchanged" else "update"


def _work(item: Item) -> Work:
    works: tuple[Work, Work, Work] = ("live", "retry", "backfill")
    return works[item.taken.work]
