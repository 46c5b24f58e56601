"""A pass takes one flow through all its steps: set-up, subscriptions, polls, drain.

`sync` is a pass; `plan` is the same pass on a copy of the store, with a target that only forecasts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from ml_connector.core.faults import (
    AccountClosed,
    Fault,
    Mistake,
    NeedsConsent,
    NeedsPerson,
    OutOfBudget,
    TooFast,
    UnknownOutcome,
)
from ml_connector.core.objects import SourceObject, TargetObject
from ml_connector.engine.drain import Drain
from ml_connector.engine.health import note_trouble, note_well
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.opening import Opener
from ml_connector.engine.outlets import backfill_outlets, outlets_of
from ml_connector.engine.polling import poll, reread_open, sweep
from ml_connector.engine.provisioning import provision
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import try_subscriptions
from ml_connector.engine.sweeping import sweep_target, was_listed
from ml_connector.engine.tally import Tally
from ml_connector.store import flows, lanes, pending, queued, reviews, runs
from ml_connector.store.database import Connection
from ml_connector.store.pending import LIVE, Mark
from ml_connector.store.snapshot import scratch

LONGEST_WAIT = timedelta(seconds=90)
"""A pass waits so long for a rate window or an unanswered write; what takes longer is left over."""

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked of a pass.

    `keys` are the (route, key) it is narrowed to, None for all that changed; they are looked at
    again for the cause given. `limit` is the number of keys of each route. With `polls` false
    nothing is looked for: only what is pending counts.
    """

    full: bool = False
    keys: tuple[tuple[str, str], ...] | None = None
    cause: Literal["person", "replay"] = "person"
    limit: int | None = None
    consent: bool = False
    polls: bool = True


class Pass:
    """One pass of one flow. `epoch` is the lane's."""

    def __init__(
        self,
        res: Resources,
        opener: Opener,
        row: flows.Row,
        epoch: int,
        wish: Wish,
        tally: Tally,
        progress: Progress,
    ) -> None:
        self._res = res
        self._opener = opener
        self._row = row
        self._epoch = epoch
        self._wish = wish
        self._tally = tally
        self._progress = progress
        self.trouble: Fault | None = None
        """Why the pass ended before everything was done, where it did."""
        self.remark = ""
        """What a person may want to know though everything was done."""

    async def run(self) -> dict[str, Any]:
        """Go through all steps and return the summary.

        Raises NeedsPerson, with no record written, where a person must consent or reconnect first.
        """
        await self._demand_active()
        opened = await self._opener.flow(self._row)
        self._say("set-up", 0, len(opened.items))
        if not (self._wish.consent or self._row.consented):
            await self._at(opened.target, lambda: self._provision(opened))
        keys = await self._find(opened)
        await self._guard_rail()
        await self._at(opened.target, lambda: self._provision(opened))
        for side in opened.connections:
            await self._at(side, partial(self._subscribe, side))
        await self._drain(opened, keys)
        wanted = [r.name for r in opened.flow.routes if r.when is None or r.when(opened.settings)]
        return self._tally.summary(self._row.id, self._row.name, tuple(wanted))

    async def _demand_active(self) -> None:
        """A person's word is enough where the guard rail paused the flow, which gives a reason."""
        row = self._row
        if row.state != flows.PAUSED:
            return
        is_agreed = self._wish.consent or self._tally.kind == "plan"
        if not (row.reason and is_agreed):
            raise NeedsPerson(
                f"Flow {row.name} is paused{': ' + row.reason if row.reason else ''}. "
                f"`ml-connector flow resume {row.name}` starts it again."
            )
        await self._res.store.write(lambda c: flows.set_state(c, row.id, flows.ACTIVE))

    async def _subscribe(self, side: OpenConnection) -> None:
        """Webhooks only make a flow faster, so a subscription that is refused stops nothing."""
        remark = await try_subscriptions(self._res, side, self._tally)
        if remark:
            self.remark = remark
            self._res.alert(remark)

    async def _provision(self, opened: OpenFlow) -> None:
        """A set-up call without an answer is looked for again, once it has settled."""
        consent = self._wish.consent
        try:
            await provision(self._res, opened, self._tally, self._epoch, consent=consent)
        except UnknownOutcome:
            await provision(self._res, opened, self._tally, self._epoch, consent=consent)

    async def _at(self, connection: OpenConnection, work: Callable[[], Awaitable[None]]) -> None:
        """Do what asks one vendor; where a short wait is asked for, wait and go on."""
        while True:
            try:
                return await work()
            except NeedsConsent:
                raise
            except Fault as fault:
                now = self._res.clock.now()
                wait = fault.until - now if isinstance(fault, TooFast) else timedelta.max
                if wait > LONGEST_WAIT:
                    await note_trouble(self._res, connection.row.id, fault)
                    raise
                self._say("waiting", 0, int(wait.total_seconds()) + 1)
                await self._res.clock.sleep(max(wait.total_seconds(), 1.0))

    # --- what is looked at --------------------------------------------------------------------

    async def _find(self, opened: OpenFlow) -> list[tuple[str, str, str]] | None:
        """Mark what may have changed; the keys the pass is narrowed to, None for all."""
        if not self._wish.polls:
            return None
        if self._wish.keys is not None:
            return await self._mark_keys(opened, self._wish.keys)
        is_new = self._row.backfilled_version < self._row.version
        for obj in opened.listed():
            await self._poll(opened, obj, is_new)
        if self._wish.full:
            await self._mark_links(opened)
        if is_new and not self._wish.limit:
            id, version = self._row.id, self._row.version
            await self._res.store.write(lambda c: flows.backfilled(c, id, version))
        return await self._first_bite(opened) if self._wish.limit else None

    async def _poll(self, opened: OpenFlow, obj: SourceObject, is_new: bool) -> None:
        source = opened.at(obj.vendor)
        reached = await self._reached(opened, source)
        everything = is_new or self._wish.full
        outlets = backfill_outlets(opened, reached, obj) if everything else outlets_of(reached, obj)

        async def polling() -> None:
            await poll(
                self._res, source, obj, outlets, self._tally.shared, from_start=everything,
                progress=lambda n: self._say(f"reading {obj.label}s", n, 0),
            )  # fmt: skip

        await self._at(source, polling)

    async def _reached(self, opened: OpenFlow, source: OpenConnection) -> list[OpenFlow]:
        """All flows that use this source: a poll reaches every one of them."""
        rows = await self._res.store.read(lambda c: flows.using(c, source.row.id))
        others = [await self._opener.flow(r) for r in rows if r.id != opened.row.id]
        return [opened, *others]

    async def _mark_links(self, opened: OpenFlow) -> None:
        """A full pass looks at what is linked too, whether or not the listing showed it."""
        for obj in opened.swept():
            source = opened.at(obj.vendor)
            outlets = outlets_of(await self._reached(opened, source), obj)
            await sweep(self._res, source, obj, outlets, self._tally.shared)
            await reread_open(self._res, source, obj, outlets, self._tally.shared)
        for target in _targets(opened):
            side = opened.at(target.vendor)
            if await was_listed(self._res, side, target):
                await sweep_target(self._res, side, target, self._tally.shared)

    async def _mark_keys(
        self, opened: OpenFlow, keys: tuple[tuple[str, str], ...]
    ) -> list[tuple[str, str, str]]:
        """Mark these records; their parents come along where they are missing."""
        names = ", ".join(r.name for r in opened.routes)
        for route, _ in keys:
            if not opened.flow.has(route):
                raise Mistake(f"Flow {self._row.name} has no route {route}. It has: {names}.")
            if len(keys) == 1 and opened.flow.route(route) not in opened.routes:
                raise Mistake(
                    f"Route {route} of flow {self._row.name} rests, by its settings or by what "
                    f"its target can hold. At work are: {names}."
                )
        marks = [
            Mark(
                self._row.id, route, key, opened.place(route), opened.flow.rank(route),
                self._wish.cause, LIVE, asked=True, look=True,
            )
            for route, key in keys
        ]  # fmt: skip
        now = self._res.clock.now()
        await self._res.store.write(lambda c: pending.mark(c, marks, now))
        return [(self._row.id, route, key) for route, key in keys]

    async def _first_bite(self, opened: OpenFlow) -> list[tuple[str, str, str]]:
        """The first keys of each route, in the order in which they would be taken."""
        most = self._wish.limit or 0
        chosen: list[tuple[str, str, str]] = []
        for route in opened.flow.routes:
            rows = await self._rows(route.name)
            ordered = sorted(rows, key=lambda r: (r["work"], r["key"]))
            chosen += [(self._row.id, route.name, r["key"]) for r in ordered[:most]]
        return chosen

    async def _rows(self, route: str | None = None) -> list[dict[str, Any]]:
        id = self._row.id
        return await self._res.store.read(lambda c: queued.rows_of(c, id, route))

    # --- what is done -------------------------------------------------------------------------

    async def _drain(self, opened: OpenFlow, keys: list[tuple[str, str, str]] | None) -> None:
        drains = [
            Drain(self._res, side, {self._row.id: opened}, self._tally, self._epoch)
            for side in opened.written()
        ]
        while True:
            for drain in drains:
                await drain.run(keys=await self._with_parents(keys), after_batch=self._after_batch)
            chosen = await self._with_parents(keys)
            if not await self._goes_on(drains, chosen):
                break
        for drain in drains:
            self.trouble = self.trouble or drain.stopped or drain.short
            if drain.stopped is not None:
                await note_trouble(self._res, drain.target.row.id, drain.stopped)
            elif self._tally.writes:
                await note_well(self._res, drain.target.row.id)
        await self._note_left(chosen)

    async def _goes_on(
        self, drains: list[Drain], chosen: list[tuple[str, str, str]] | None
    ) -> bool:
        """Whether something is due by now or soon, with what one drain brought up for another."""
        dues = [
            due
            for drain in drains
            if (due := await drain.next_due(chosen)) is not None and self._may_go_on(drain)
        ]
        if not dues or not await self._worth_waiting(min(dues)):
            return False
        for drain in drains:
            if self._may_go_on(drain):
                drain.stopped = None
        return True

    async def _with_parents(
        self, keys: list[tuple[str, str, str]] | None
    ) -> list[tuple[str, str, str]] | None:
        """The keys, and the parents that they wait for, however far up."""
        if keys is None:
            return None
        rows = await self._rows()
        waits = {
            (self._row.id, r["route"], r["key"]): (self._row.id, r["waits_route"], r["waits_key"])
            for r in rows
            if r["waits_route"]
        }
        chosen = list(keys)
        for key in chosen:
            parent = waits.get(key)
            if parent is not None and parent not in chosen:
                chosen.append(parent)
        return chosen

    def _may_go_on(self, drain: Drain) -> bool:
        """Not where only time or a person helps."""
        return not isinstance(drain.stopped, NeedsPerson | OutOfBudget | AccountClosed)

    async def _worth_waiting(self, due: datetime) -> bool:
        """Wait for a moment that is near; what is further off is left for a later pass."""
        wait = due - self._res.clock.now()
        if wait > LONGEST_WAIT or self._tally.count("failed"):
            return False
        if wait > timedelta():
            self._say("waiting", 0, int(wait.total_seconds()) + 1)
            await self._res.clock.sleep(wait.total_seconds())
        return True

    async def _guard_rail(self) -> None:
        """Before a pass that would change very much, a person is asked."""
        flow = self._res.flows[self._row.kind]
        setting = next(s for s in flow.settings if s.name == "max_changes")
        most = setting.parse(self._row.settings.get("max_changes", setting.default))
        now, id = self._res.clock.now(), self._row.id
        due = await self._res.store.read(lambda c: queued.count_due(c, id, now))
        if self._wish.consent or self._tally.kind == "plan" or due <= most:
            return
        narrowed = self._wish.keys is not None or self._wish.limit is not None
        wish = replace(self._wish, polls=narrowed)
        forecast = await plan(self._res, self._row, wish, self._progress)
        writes = forecast["summary"]["writes"]
        if writes > most:
            raise NeedsConsent(
                f"This pass would write {writes} records, and max_changes of flow "
                f"{self._row.name} is {most}. Look at `ml-connector plan {self._row.name}`, then "
                f"run `ml-connector sync {self._row.name} --yes`."
            )

    async def _note_left(self, keys: list[tuple[str, str, str]] | None) -> None:
        """Whatever is still pending did not finish in this pass."""
        rows = await self._rows()
        for row in rows:
            id = (self._row.id, row["route"], row["key"])
            if keys is None or id in keys:
                is_failed = self._tally.outcomes.get(id) == "failed"
                self._tally.note(id, "failed" if is_failed else "waiting")

    def _after_batch(self) -> bool:
        self._say("records", len(self._tally.outcomes), 0)
        return True

    def _say(self, phase: str, done: int, total: int) -> None:
        self._progress({"phase": phase, "done": done, "total": total, "writes": self._tally.writes})


def _targets(opened: OpenFlow) -> list[TargetObject]:
    return list({r.writes.path: r.writes for r in opened.routes}.values())


async def sync(
    res: Resources, opener: Opener, row: flows.Row, epoch: int, wish: Wish, progress: Progress
) -> dict[str, Any]:
    """A pass that is recorded as a run. The result has `exit` and `trouble` beside the summary."""
    tally = Tally(res.chance.new_id(), "sync")
    now = res.clock.now()
    await res.store.write(lambda c: runs.begin(c, tally.run, row.workspace, row.id, "sync", now))
    one = Pass(res, opener, row, epoch, wish, tally, progress)
    summary = await one.run()
    if wish.consent:
        await res.store.write(lambda c: flows.consent(c, row.id))
    ended = res.clock.now()
    await res.store.write(lambda c: runs.end(c, tally.run, summary, ended))
    is_bad = bool(tally.news or tally.count("failed"))
    trouble = one.trouble.sentence if one.trouble else one.remark
    needs_person = isinstance(one.trouble, NeedsPerson) and not tally.writes
    return {"summary": summary, "exit": 3 if needs_person else int(is_bad), "trouble": trouble}


async def plan(res: Resources, row: flows.Row, wish: Wish, progress: Progress) -> dict[str, Any]:
    """The same pass on a copy of the store: nothing is written anywhere, and every call is
    counted."""
    copy = await scratch(res.store)
    try:
        imagined = replace(res, store=copy, alert=lambda sentence: None)
        opener = Opener(imagined, forecasts=True, real=res)
        epoch = await copy.write(lambda c: _begin(c, row))
        tally = Tally("plan", "plan")
        agreed = replace(row, consented=True)
        one = Pass(imagined, opener, agreed, epoch, wish, tally, progress)
        summary = await one.run()
        listed = await copy.read(lambda c: reviews.listing(c, row.workspace))
        effects = res.flows[row.kind].effects((await opener.flow(row)).settings)
        return {
            "summary": summary,
            "exit": 0,
            "trouble": one.trouble.sentence if one.trouble else "",
            "reviews": [r for r in listed if r["flow"] == row.name],
            "effects": list(effects) if row.backfilled_version == 0 else [],
        }
    finally:
        await copy.close()


def _begin(conn: Connection, row: flows.Row) -> int:
    epoch = lanes.claim(conn, row.workspace)
    pending.take_over(conn, row.workspace, epoch)
    return epoch
