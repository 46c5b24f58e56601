"""A lane is the single writer of one workspace: it polls what is due, drains what is pending, and
does what commands hand to it. Everything that is written to a vendor is written here.

Between rounds it sleeps until something is due or somebody wakes it; the look at what is due is the
truth, a wake-up only makes it sooner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from ml_connector.core.cadence import Cadence
from ml_connector.core.faults import Bug, Fault, NeedsConsent, StoreUnavailable, Waiting
from ml_connector.core.objects import SourceObject
from ml_connector.core.wire import Errand
from ml_connector.engine.confirming import confirm, introduced
from ml_connector.engine.consents import tell_ends
from ml_connector.engine.drain import Drain
from ml_connector.engine.health import note_trouble, note_well
from ml_connector.engine.opened import OpenConnection, OpenFlow, place
from ml_connector.engine.opening import Opener
from ml_connector.engine.outlets import outlets_of
from ml_connector.engine.passing import Wish, plan
from ml_connector.engine.polling import first_sweep, poll, reread_open, sweep
from ml_connector.engine.provisioning import provision
from ml_connector.engine.recognizing import answers_again, recognize
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import try_subscriptions
from ml_connector.engine.sweeping import due_for_sweep, sweep_target
from ml_connector.engine.tally import Tally
from ml_connector.store import (
    connections,
    cursors,
    flows,
    grants,
    pending,
    queued,
    reviews,
    runs,
)
from ml_connector.store.database import Connection
from ml_connector.store.pending import BACKFILL, Mark
from ml_connector.store.set_right import set_right
from ml_connector.store.unavailable import LaneOver

ROUND_SECONDS = 1.0
REREAD_EVERY = timedelta(hours=1)
DAILY = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=10)
KEEP_GRANT = timedelta(days=7)
DRAIN_SECONDS = 30.0
PROBE_EVERY = timedelta(hours=1)
CATCH_UP_POLL = timedelta(minutes=15)
"""After trouble with a source, it is asked again so soon."""

log = structlog.get_logger(__name__)


class Lane:
    """For one workspace. `round` is one look at everything that is due.

    Once another process has taken the workspace over, everything here raises LaneOver.
    """

    def __init__(self, res: Resources, workspace: str, epoch: int) -> None:
        self.res = self._res = res.held_by(workspace, epoch)
        self.workspace = workspace
        self.epoch = epoch
        # A token that a vendor replaced is stored, whoever works on the workspace by now
        self.opener = Opener(self._res, real=res)
        self.busy = asyncio.Lock()
        """Held by whoever works on the lane: a round, or a command handed over."""
        self._woken = asyncio.Event()
        self._not_before: dict[str, datetime] = {}
        self._troubled: dict[str, str] = {}
        self._probed_at: dict[str, datetime] = {}
        self._allowed: set[str] = set()
        self._filled: set[tuple[str, int, str]] = set()
        """(flow, version, connection): that side was listed whole for that version."""
        self._looked_at: datetime | None = None

    def wake(self) -> None:
        """Something is pending: look now."""
        self._woken.set()

    def retry_now(self) -> None:
        """A person mended something: forget what was put off."""
        self._not_before.clear()
        self._troubled.clear()
        self._probed_at.clear()
        self.wake()

    def allow(self, flow: str) -> None:
        """A person has seen how much this flow will change, and says go."""
        self._allowed.add(flow)

    async def run(self, should_stop: Callable[[], bool]) -> None:
        """Round after round until told to stop."""
        while not should_stop():
            self._woken.clear()
            try:
                async with self.busy:
                    await self.round()
            except LaneOver:
                raise
            except Exception:
                log.exception("a round of the lane failed; the next one goes on")
            await self._pause()

    async def _pause(self) -> None:
        sleeping = asyncio.ensure_future(self._res.clock.sleep(ROUND_SECONDS))
        waking = asyncio.ensure_future(self._woken.wait())
        _, left = await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()

    async def round(self) -> None:
        """Poll what is due, then drain each target, then the daily look around."""
        await self._res.demand()
        for id in await introduced(self._res, self.workspace):
            await self._guarded(id, confirm(self._res, self.opener, id))
        opened = await self._open_flows()
        for flow in opened:
            for side in flow.sources():
                await self._guarded(side.row.id, self._poll_due(flow, side, opened))
        by_target: dict[str, tuple[OpenConnection, list[OpenFlow]]] = {}
        for flow in opened:
            if flow.row.state == flows.ACTIVE:
                for side in flow.written():
                    by_target.setdefault(side.row.id, (side, []))[1].append(flow)
        for id, (side, ready) in by_target.items():
            await self._guarded(id, self._drain(side, ready))
        await self._look_around(opened)

    async def _open_flows(self) -> list[OpenFlow]:
        rows = await self._res.store.read(lambda c: flows.listing(c, self.workspace))
        opened = []
        for row in rows:
            try:
                opened.append(await self.opener.flow(row))
            except Fault as fault:
                self._tell(row.id, f"Flow {row.name} cannot run: {fault.sentence}")
        return opened

    async def _guarded(self, id: str, work: Coroutine[Any, Any, bool]) -> None:
        """One connection's trouble never stops another; what only a person can mend is left.

        `work` tells whether the vendor was heard, so that what troubled it is known to be over.
        """
        with closing(work):  # also where it is not begun
            now = self._res.clock.now()
            if self._not_before.get(id, now) > now:
                return
            row = await self._res.store.read(lambda c: connections.get(c, id))
            broken = row if row and row.state == connections.NEEDS_PERSON else None
            if broken is not None:
                self._not_before[id] = now + PROBE_EVERY
                if not await answers_again(self._res, self.opener, broken):
                    return
            try:
                heard = await work
            except StoreUnavailable:
                raise
            except Fault as fault:
                await self._trouble(id, fault)
            except Exception:
                # Its words may repeat what was sent, so a person is told only where they stand
                told = self._res.chance.new_id()
                log.exception("the work on a connection failed", id=told)
                sentence = f"Something nobody foresaw happened; the log has it under {told}."
                await self._trouble(id, Bug(sentence))
            else:
                self._not_before.pop(id, None)
                if heard or broken:
                    self._probed_at.pop(id, None)
                    await note_well(self._res, id)

    async def _trouble(self, id: str, fault: Fault) -> None:
        now = self._res.clock.now()
        until = fault.until if isinstance(fault, Waiting) else now + timedelta(seconds=30)
        self._not_before[id] = min(until, now + CATCH_UP_POLL)
        self._probed_at.setdefault(id, now)
        await note_trouble(self._res, id, fault)

    def _tell(self, id: str, sentence: str) -> None:
        """Once for each trouble."""
        if self._troubled.get(id) != sentence:
            self._troubled[id] = sentence
            self._res.alert(sentence)

    # --- polls ----------------------------------------------------------------------------------

    async def _poll_due(
        self, flow: OpenFlow, source: OpenConnection, opened: list[OpenFlow]
    ) -> bool:
        """Whatever of this flow's objects there is due, reaching all flows that read them."""
        errand = Errand("live")
        if flow.row.backfilled_version == 0:
            return False  # its first sync is a person's to start
        reading = [
            o
            for o in opened
            if source.row.id in {side.row.id for side in o.connections}
            and o.row.backfilled_version > 0
        ]
        id, version = flow.row.id, flow.row.version
        is_behind = flow.row.backfilled_version < version
        fills = is_behind and (id, version, source.row.id) not in self._filled
        for obj in flow.listed():
            if flow.at(obj.vendor) is not source:
                continue
            if fills:
                outlets = outlets_of([flow], obj, BACKFILL)
                await poll(self._res, source, obj, outlets, errand, from_start=True)
            await self._poll_object(flow, source, obj, reading, errand)
        self._filled.add((id, version, source.row.id))
        if is_behind and all((id, version, s.row.id) in self._filled for s in flow.sources()):
            await self._res.store.write(lambda c: flows.backfilled(c, id, version))
        return errand.calls > 0

    async def _poll_object(
        self, flow: OpenFlow, source: OpenConnection, obj: SourceObject,
        reading: list[OpenFlow], errand: Errand,
    ) -> None:  # fmt: skip
        now = self._res.clock.now()
        cursor = await self._res.store.read(lambda c: cursors.get(c, source.row.id, obj.name))
        cadence: Cadence = flow.settings["poll"]
        outlets = outlets_of(reading, obj)
        if cadence.next_after(cursor.polled_at, now) <= now:
            before = errand.tokens
            await poll(self._res, source, obj, outlets, errand)
            if drawn := errand.tokens - before:
                where = (source.row.id, obj.name)
                await self._res.store.write(lambda c: cursors.note_cost(c, *where, drawn))
        if obj not in flow.swept():
            return
        if cursor.reread_at is None or now - cursor.reread_at >= REREAD_EVERY:
            await reread_open(self._res, source, obj, outlets, errand)
        if cursor.swept_at is None:
            await self._res.store.write(lambda c: first_sweep(c, source, obj, now))
        elif now - cursor.swept_at >= DAILY:
            await sweep(self._res, source, obj, outlets, errand)

    # --- drains ---------------------------------------------------------------------------------

    async def _drain(self, target: OpenConnection, ready: list[OpenFlow]) -> bool:
        now = self._res.clock.now()
        active = {o.row.id: o for o in ready if o.row.backfilled_version > 0}
        due = await self._res.store.read(lambda c: pending.next_due(c, target.row.id, list(active)))
        if due is None or due > now:
            return False
        run = self._res.chance.new_id()
        tally = Tally(run, "live")
        active = {id: o for id, o in active.items() if await self._may_work(o, tally, target)}
        await self._res.store.write(lambda c: runs.begin(c, run, self.workspace, None, "live", now))
        drain = Drain(self._res, target, active, tally, self.epoch)
        began = self._res.clock.monotonic()
        await drain.run(after_batch=lambda: self._res.clock.monotonic() - began < DRAIN_SECONDS)
        summary = {"outcomes": len(tally.outcomes), "writes": tally.writes}
        ended = self._res.clock.now()
        await self._res.store.write(lambda c: runs.end(c, run, summary, ended))
        if drain.stopped is not None:
            raise drain.stopped
        return tally.writes > 0

    async def _may_work(self, opened: OpenFlow, tally: Tally, side: OpenConnection) -> bool:
        """Whether all stands that the flow needs, and it would not change more than is allowed."""
        row, target = opened.row, opened.target
        try:
            await provision(self._res, opened, tally, self.epoch, consent=False)
        except NeedsConsent as fault:
            self._tell(row.id, f"Flow {row.name} waits: {fault.sentence}")
            return False
        except Fault as fault:
            if side is target:
                raise
            await self._trouble(target.row.id, fault)  # not that of the side that is worked for
            return False
        most, now = opened.settings["max_changes"], self._res.clock.now()
        if await self._res.store.read(lambda c: queued.count_due(c, row.id, now)) <= most:
            self._allowed.discard(row.id)
            return True
        if row.id in self._allowed:
            return True
        return await self._passes_guard_rail(row, most)

    async def _passes_guard_rail(self, row: flows.Row, most: int) -> bool:
        """Look at what would be written; a flow that would change too much asks a person first."""
        forecast = await plan(self._res, row, Wish(polls=False), lambda state: None)
        writes = forecast["summary"]["writes"]
        if writes <= most:
            self._allowed.add(row.id)
            return True
        reason = (
            f"It would write {writes} records at once, and max_changes is {most}. Look at "
            f"`ml-connector plan {row.name}`; `ml-connector sync {row.name} --yes` goes on."
        )
        await self._res.store.write(lambda c: flows.set_state(c, row.id, flows.PAUSED, reason))
        self._res.alert(f"Flow {row.name} was paused. {reason}")
        return False

    # --- now and then ---------------------------------------------------------------------------

    async def _look_around(self, opened: list[OpenFlow]) -> None:
        """What needs a look once in a while: subscriptions, idle grants, reviews, our clock."""
        store, now, before = self._res.store, self._res.clock.now(), self._looked_at
        if before is not None and before <= now < before + LOOK_EVERY:
            return
        await store.write(lambda c: set_right(c, now))
        if before is not None and now < before:
            self.retry_now()
        self._looked_at = now
        filled = [o for o in opened if o.row.backfilled_version > 0]
        sides = {side.row.id: side for o in filled for side in o.connections}
        for side in sides.values():
            await self._guarded(side.row.id, self._check_side(side, opened, now))
        await self._keep_grants(now)
        await tell_ends(self._res, self.workspace)
        await self._probe_troubled(now)
        due = await store.read(lambda c: reviews.planned_before(c, self.workspace, now - DAILY))
        if due:
            await store.write(lambda c: self._plan_again(c, due, now))

    async def _check_side(
        self, target: OpenConnection, opened: list[OpenFlow], now: datetime
    ) -> bool:
        """Our subscriptions there, and once a day whether our records are there still."""
        tally, errand = Tally("", "check"), Errand("backfill")
        lacking = await try_subscriptions(self._res, target, tally)
        if lacking:
            self._tell(f"{target.row.id} subscriptions", lacking)
        written = [r.writes for o in opened for r in o.routes if o.writing(r) is target]
        objects = {w.path: w for w in written}.values()
        for obj in await self._res.store.read(
            lambda c: due_for_sweep(c, target, objects, now - DAILY)
        ):
            await sweep_target(self._res, target, obj, errand)
        return tally.shared.calls + errand.calls > 0 and not lacking

    async def _keep_grants(self, now: datetime) -> None:
        """A grant that nobody uses ends; it is used once a week, paused or not."""
        idle = await self._res.store.read(lambda c: grants.idle_since(c, now - KEEP_GRANT))
        for grant in idle:
            rows = await self._res.store.read(partial(connections.of_grant, grant=grant.id))
            for row in rows[:1]:
                await self._guarded(row.id, self._renew(row))

    async def _renew(self, row: connections.Row) -> bool:
        opened = await self.opener.connection(row)
        await opened.renew()
        return False

    async def _probe_troubled(self, now: datetime) -> None:
        """One cheap call a day to a vendor that closed the account for now."""
        for row in await self._res.store.read(lambda c: connections.listing(c, self.workspace)):
            asked_at = self._probed_at.get(row.id)
            is_paused = row.paused_until is not None and row.paused_until > now
            if is_paused and (asked_at is None or now - asked_at >= DAILY):
                self._probed_at[row.id] = now
                self._not_before.pop(row.id, None)
                await self._guarded(row.id, self._probe(row))

    async def _probe(self, row: connections.Row) -> bool:
        await recognize(self._res, await self.opener.connection(row))
        return True

    def _plan_again(self, conn: Connection, due: list[reviews.Review], now: datetime) -> None:
        """A candidate or a mapping may have changed since."""
        for review in due:
            installed = flows.get(conn, review.flow)
            if installed is None or installed.state != flows.ACTIVE:
                continue
            flow = self._res.flows[installed.kind]
            where, rank = place(installed, flow, review.route), flow.rank(review.route)
            mark = Mark(
                review.flow, review.route, review.source_key, where, rank, "poll", BACKFILL,
                asked=True,
            )  # fmt: skip
            pending.mark(conn, [mark], now)
