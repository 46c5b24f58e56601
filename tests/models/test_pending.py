"""Pending changes against a model: whatever is said, taken, put back, or dies, no mark is lost.

The model is written from the promise: a mark is heard when its key was taken after it and that work
ended; a key stands in the table exactly while something was said of it that nobody has heard.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection

from ml_connector.engine.deciding import SET_ASIDE, judge_deaths
from ml_connector.engine.item import Item, ToReview
from ml_connector.store import pending, queued
from ml_connector.store.pending import ASLEEP, BACKFILL, LIVE, RETRY, Cause, Mark, Taken
from tests.models.ground import FLOWS, OTHERS, OURS, TARGET_OF, Ground
from tests.support.searching import searching

Id = tuple[str, str, str]

RANKS = {"parents": 1, "children": 2}
KEYS = ("a", "b", "c")
ALL: tuple[Id, ...] = tuple((f, r, k) for f in FLOWS for r in RANKS for k in KEYS)
OUR_FLOWS = [f for f in FLOWS if TARGET_OF[f] != "u1"]

classes = st.sampled_from([LIVE, RETRY, BACKFILL])
causes: st.SearchStrategy[Cause] = st.sampled_from(["webhook", "poll", "replay", "person"])
spans = st.sampled_from([0.0, 0.5, 1.0, 30.0, 600.0])
reasons = st.sampled_from(["settle", "limit", "budget", "order", "person", "retry", ""])
versions = st.sampled_from(["", "2026-01-01", "2026-01-02", "2026-01-03"])


@dataclass
class Expected:
    """What the table should say of one key."""

    work: int
    cause: str
    due: datetime
    since: datetime
    at_least: str
    look: bool
    asked: bool
    event: str
    said: int = 1
    taken: int | None = None
    attempts: int = 0
    deaths: int = 0
    alone: bool = False
    waits_for: str = ""
    parent: tuple[str, str] | None = None
    unheard: set[int] = field(default_factory=set)


def rank(id: Id) -> int:
    return RANKS[id[1]]


class PendingMachine(RuleBasedStateMachine):
    """One process works for our workspace, dies now and then, and others speak meanwhile."""

    on_disk = False

    def __init__(self) -> None:
        super().__init__()
        self.ground = Ground(on_disk=self.on_disk)
        self.rows: dict[Id, Expected] = {}
        self.hand: dict[Id, Taken] = {}
        self.heard_at: dict[Id, set[int]] = {}
        """What had been said of each key in hand when it was taken."""
        self.epoch = 1
        self.marks = 0

    @property
    def now(self) -> datetime:
        return self.ground.moment

    # --- what is said ---------------------------------------------------------------------------

    @rule(
        ids=st.lists(st.sampled_from(ALL), min_size=1, max_size=4),
        work=classes, cause=causes, at_least=versions, look=st.booleans(), asked=st.booleans(),
    )  # fmt: skip
    def mark(
        self, ids: list[Id], work: int, cause: Cause, at_least: str, look: bool, asked: bool
    ) -> None:
        said = []
        for id in ids:
            self.marks += 1
            event = f"event {self.marks}"
            where = (TARGET_OF[id[0]], rank(id))
            said.append(Mark(*id, *where, cause, work, at_least, look, asked, event, event))
            self._expect_mark(id, work, cause, at_least, look, asked, event)
        self.ground.do(lambda c: pending.mark(c, said, self.now))

    def _expect_mark(
        self, id: Id, work: int, cause: str, at_least: str, look: bool, asked: bool, event: str
    ) -> None:
        row = self.rows.get(id)
        if row is None:
            row = Expected(work, cause, self.now, self.now, at_least, look, asked, event)
            self.rows[id] = row
        else:
            row.said += 1
            sleeps = row.waits_for in ASLEEP or (row.waits_for == "budget" and work >= row.work)
            if not sleeps:
                row.due, row.waits_for = self.now, ""
            row.parent = None
            if not (cause == "poll" and row.cause != "poll"):
                row.cause, row.event = cause, event
            row.work = min(row.work, work)
            row.at_least = max(row.at_least, at_least)
            row.look, row.asked = row.look or look, row.asked or asked
        row.unheard.add(self.marks)

    # --- what is worked on ----------------------------------------------------------------------

    @rule(
        limit=st.integers(1, 4),
        flows=st.sampled_from([OUR_FLOWS, ["f1"], ["f2"]]),
        keys=st.none() | st.lists(st.sampled_from(ALL), max_size=6),
    )
    def take(self, limit: int, flows: list[str], keys: list[Id] | None) -> None:
        expected = self._next(flows, keys, limit)
        taken = self.ground.do(
            lambda c: pending.take(c, "t1", self.epoch, self.now, limit, flows, keys)
        )
        assert [t.id for t in taken] == expected
        for one in taken:
            self._took(one)

    def _next(self, flows: Sequence[str], keys: list[Id] | None, limit: int) -> list[Id]:
        """Class first, then parents; all of one route; what has killed before, alone."""
        due = [
            id
            for id, row in self.rows.items()
            if id[0] in flows and (keys is None or id in keys) and row.due <= self.now
            if row.taken is None and row.parent is None
        ]
        order = sorted(due, key=lambda id: (self.rows[id].work, rank(id), *id))
        if not order:
            return []
        first = self.rows[order[0]]
        if first.alone:
            return order[:1]
        like = [
            id
            for id in order
            if id[:2] == order[0][:2] and self.rows[id].work == first.work
            if not self.rows[id].alone
        ]
        return like[:limit]

    def _took(self, taken: Taken) -> None:
        row = self.rows[taken.id]
        row.taken, row.attempts = self.epoch, row.attempts + 1
        self.hand[taken.id], self.heard_at[taken.id] = taken, set(row.unheard)
        shown = (
            taken.generation, taken.work, taken.cause, taken.at_least, taken.look, taken.asked,
            taken.attempts, taken.deaths, taken.alone, taken.event_id,
        )  # fmt: skip
        assert shown == (
            row.said, row.work, row.cause, row.at_least, row.look, row.asked,
            row.attempts, row.deaths, row.alone, row.event,
        )  # fmt: skip
        item = Item(taken)
        judge_deaths(item)
        assert (item.step is not None) == (row.deaths >= 3)
        assert item.step is None or item.step == ToReview("refused", SET_ASIDE)

    @precondition(lambda self: self.hand)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        done = data.draw(st.lists(st.sampled_from(sorted(self.hand)), min_size=1, unique=True))
        taken = [self._let_go(id) for id in done]
        self.ground.do(lambda c: pending.finish(c, taken))
        for one in taken:
            row = self.rows[one.id]
            row.unheard -= self.heard_at[one.id]
            if row.unheard:
                row.taken, row.attempts, row.deaths = None, 0, 0
            else:
                del self.rows[one.id]

    def _let_go(self, id: Id) -> Taken:
        return self.hand.pop(id)

    @precondition(lambda self: self.hand)
    @rule(data=st.data(), seconds=spans, waits_for=reasons, work=st.sampled_from([RETRY, LIVE]))
    def postpone(self, data: st.DataObject, seconds: float, waits_for: str, work: int) -> None:
        taken = self._let_go(data.draw(st.sampled_from(sorted(self.hand))))
        due, row = self.now + timedelta(seconds=seconds), self.rows[taken.id]
        self.ground.do(lambda c: pending.postpone(c, taken, due, waits_for, "why", work))
        row.taken, row.due, row.waits_for, row.alone = None, due, waits_for, False
        row.work = max(row.work, work)

    @precondition(lambda self: any(id[1] == "children" for id in self.hand))
    @rule(data=st.data(), parent=st.sampled_from(KEYS))
    def wait_for_parent(self, data: st.DataObject, parent: str) -> None:
        children = sorted(id for id in self.hand if id[1] == "children")
        taken = self._let_go(data.draw(st.sampled_from(children)))
        self.ground.do(lambda c: pending.wait_for(c, taken, "parents", parent, "why"))
        row = self.rows[taken.id]
        if row.unheard - self.heard_at[taken.id]:  # what was said since may name another parent
            row.taken, row.attempts, row.deaths = None, 0, 0
            return
        row.taken, row.parent, row.waits_for = None, ("parents", parent), "order"
        row.attempts, row.alone = 0, False

    @rule(flow=st.sampled_from(FLOWS), keys=st.lists(st.sampled_from(KEYS), max_size=3))
    def link_parents(self, flow: str, keys: list[str]) -> None:
        waiting = self._waiting_for(flow, keys)
        awaited = self.ground.do(lambda c: pending.awaited(c, flow, "parents", keys))
        assert awaited == {key for key in keys if self._waiting_for(flow, [key])}
        self.ground.do(lambda c: pending.wake(c, flow, "parents", keys, self.now))
        for row in waiting:
            row.parent, row.waits_for, row.due = None, "", self.now

    def _waiting_for(self, flow: str, keys: Sequence[str]) -> list[Expected]:
        return [
            row
            for id, row in self.rows.items()
            if id[0] == flow and row.parent is not None and row.parent[1] in keys
        ]

    @rule(id=st.sampled_from(ALL), work=classes)
    def promote(self, id: Id, work: int) -> None:
        told = self.ground.do(lambda c: pending.promote(c, *id, work, self.now))
        row = self.rows.get(id)
        assert told == (row is not None)
        if row is None:
            return
        if row.waits_for == "budget" and work < row.work:
            row.due, row.waits_for = self.now, ""
        row.work = min(row.work, work)

    @rule(least=classes, seconds=spans, waits_for=st.sampled_from(["limit", "budget", "person"]))
    def stop_the_target(self, least: int, seconds: float, waits_for: str) -> None:
        later = self.now + timedelta(seconds=seconds)
        self.ground.do(lambda c: pending.put_off(c, "t1", least, self.now, later, waits_for, "why"))
        for id, row in self.rows.items():
            is_idle = row.taken is None and row.parent is None and row.due <= self.now
            if TARGET_OF[id[0]] == "t1" and row.work >= least and is_idle:
                row.due, row.waits_for = later, waits_for

    @rule(flow=st.sampled_from(FLOWS), waits_for=st.sampled_from(["budget", "person"]))
    def hurry(self, flow: str, waits_for: str) -> None:
        self.ground.do(lambda c: pending.hurry(c, flow, waits_for, self.now))
        for id, row in self.rows.items():
            if id[0] == flow and row.waits_for == waits_for:
                row.due, row.waits_for = self.now, ""

    # --- what goes wrong ------------------------------------------------------------------------

    @rule(settles=st.booleans(), seconds=spans)
    def die(self, settles: bool, seconds: float) -> None:
        """The process dies; where it had meant to write, its keys settle first."""
        self.epoch += 1
        self.ground.do(lambda c: pending.take_over(c, OURS, self.epoch))
        due = self.now + timedelta(seconds=seconds)
        for id in list(self.hand):
            self._let_go(id)
            row = self.rows[id]
            row.deaths += 1 if row.alone else 0
            row.taken, row.alone = None, True
            if settles:
                self._settle(id, due)
                row.due, row.waits_for = due, "settle"

    def _settle(self, id: Id, due: datetime) -> None:
        self.ground.do(lambda c: pending.sleep(c, *id, due, "settle"))

    @rule()
    def the_others_process_dies(self) -> None:
        """However old that workspace's lane is, what we have in hand stays ours."""
        self.ground.do(lambda c: pending.take_over(c, OTHERS, self.epoch + 100))

    @rule()
    def the_drain_breaks_off(self) -> None:
        self.ground.do(lambda c: pending.release(c, "t1", self.epoch))
        for id in list(self.hand):
            self._let_go(id)
            row = self.rows[id]
            row.taken, row.attempts = None, row.attempts - 1

    @precondition(lambda self: self.hand)
    @rule()
    def one_of_the_batch_breaks_it(self) -> None:
        taken = [self._let_go(id) for id in sorted(self.hand)]
        self.ground.do(lambda c: pending.isolate(c, taken, self.now))
        for one in taken:
            row = self.rows[one.id]
            row.taken, row.alone, row.due = None, True, self.now

    @rule(flow=st.sampled_from(FLOWS))
    def remove_a_flow(self, flow: str) -> None:
        if any(id[0] == flow for id in self.hand):
            return  # nobody works on it while it is removed
        self.ground.do(lambda c: pending.forget_flow(c, flow))
        self.rows = {id: row for id, row in self.rows.items() if id[0] != flow}

    @rule(seconds=spans)
    def time_passes(self, seconds: float) -> None:
        self.ground.pass_time(seconds)

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def nothing_said_is_lost_and_nothing_else_stands(self) -> None:
        shown = self.ground.do(_all_rows)
        there = {(r["flow"], r["route"], r["key"]): r for r in shown}
        assert set(there) == {id for id, row in self.rows.items() if row.unheard}
        assert set(there) == set(self.rows)
        for id, row in self.rows.items():
            assert _told(there[id]) == (
                row.said, row.work, row.cause, row.due, row.since, row.at_least, row.look,
                row.asked, row.event, row.taken, row.attempts, row.deaths, row.alone,
                row.waits_for, row.parent,
            )  # fmt: skip
            assert row.attempts >= 0

    @rule()
    def what_is_due_next_is_told(self) -> None:
        dues = [r.due for id, r in self.rows.items() if id[0] in OUR_FLOWS and r.parent is None]
        told = self.ground.do(lambda c: pending.next_due(c, "t1", OUR_FLOWS))
        assert told == min(dues, default=None)

    def teardown(self) -> None:
        """In the end all of it is worked off: nothing is stuck."""
        try:
            if sys.exc_info()[0] is None:
                self._work_off()
        finally:
            self.ground.close()

    def _work_off(self) -> None:
        self.die(settles=False, seconds=0.0)
        for flow in FLOWS:
            self.link_parents(flow, list(KEYS))
        self.ground.pass_time(100_000)
        for _ in ALL:
            self._do_all("t1", OUR_FLOWS)
            self._do_all("u1", ["g1"])
        assert self.ground.do(_all_rows) == []

    def _do_all(self, target: str, flows: Sequence[str]) -> None:
        taken = self.ground.do(lambda c: pending.take(c, target, self.epoch, self.now, 100, flows))
        self.ground.do(lambda c: pending.finish(c, taken))


def _all_rows(conn: Connection) -> list[dict[str, object]]:
    return [row for flow in FLOWS for row in queued.rows_of(conn, flow)]


def _told(row: dict[str, object]) -> tuple[object, ...]:
    parent = (row["waits_route"], row["waits_key"]) if row["waits_route"] else None
    names = (
        "generation", "work", "cause", "due_at", "since", "at_least", "look", "asked", "event_id",
        "taken", "attempts", "deaths", "alone", "waits_for",
    )  # fmt: skip
    return (*(row[name] for name in names), parent)


class OnDisk(PendingMachine):
    on_disk = True


TestPending = PendingMachine.TestCase
TestPending.settings = searching(40, steps=50)
TestPendingOnDisk = OnDisk.TestCase
TestPendingOnDisk.settings = searching(4, steps=30)


def test_what_is_said_of_a_child_in_hand_outlives_its_wait_for_a_parent() -> None:
    """It may have another parent by now, whose link would never wake it."""
    machine = PendingMachine()
    child: Id = ("f1", "children", "a")
    machine.mark([child], LIVE, "webhook", "", look=False, asked=False)
    machine.take(1, ["f1"], None)
    machine.mark([child], LIVE, "poll", "", look=False, asked=False)
    taken = machine.hand[child]
    machine.ground.do(lambda c: pending.wait_for(c, taken, "parents", "b", "why"))
    again = machine.ground.do(lambda c: pending.take(c, "t1", 1, machine.now, 1, ["f1"]))
    assert [(t.id, t.generation) for t in again] == [(child, 2)]
    machine.ground.close()
