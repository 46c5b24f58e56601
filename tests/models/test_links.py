"""Links, aliases and merges at the source against a model: chains and circles, told in any order.

The model knows what the bookkeeper did; the store only what was told, late and out of order. What
the engine does with a record beyond its merges (make it, mark it as gone) is done here in its
simplest form, by the same functions of the store.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from ml_connector.engine.merging import follow_merges
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.opening import parse_settings
from ml_connector.flows import FLOWS
from ml_connector.store import connections, cursors, flows, intents, links, queued
from ml_connector.store.cursors import Fact
from ml_connector.store.intents import Intent
from ml_connector.store.links import Link
from ml_connector.store.tables import links as links_table
from ml_connector.vendors import VENDORS
from tests.models.ground import OURS, Ground
from tests.support.searching import searching

FLOW, ROUTE, OBJECT = "f1", "customers", "organizations"
KEYS = ("a", "b", "c", "d", "e")
SETTLING = 60.0

keys = st.sampled_from(KEYS)


def opened(ground: Ground) -> OpenFlow:
    """A flow that is installed between two connections, as far as the store knows of it."""
    flow = next(f for f in FLOWS if f.kind == "quickbooks-pipedrive")
    vendors = {v.name: v for v in VENDORS}
    row = ground.do(lambda c: flows.get(c, FLOW))
    side = ground.do(lambda c: connections.get(c, "t1"))
    assert row is not None
    assert side is not None

    def of(vendor: str) -> OpenConnection:
        client: object = None
        return OpenConnection(
            side, vendors[vendor], client, client, OURS, OURS, *[None] * 3  # type: ignore[arg-type]  # nothing is called
        )  # fmt: skip

    return OpenFlow(row, flow, parse_settings(flow, {}), of(flow.source), of(flow.target))


def link_of(key: str, target_id: str, ground: Ground) -> Link:
    now = ground.moment
    return Link(
        FLOW, ROUTE, key, OURS, OBJECT, target_id, False, True, "ok", "v", {"name": key},
        {"name": key}, "", 1, now, now,
    )  # fmt: skip


def put_fact(ground: Ground, lost: str, into: str) -> Fact:
    fact = Fact(FLOW, ROUTE, lost, "source", "merged", into)
    ground.do(lambda c: cursors.put_fact(c, fact, ground.moment))
    return fact


class MergesMachine(RuleBasedStateMachine):
    """Five customers, whom the bookkeeper merges into each other."""

    def __init__(self) -> None:
        super().__init__()
        self.ground = Ground()
        self.opened = opened(self.ground)
        self.route = self.opened.flow.route(ROUTE)
        self.into: dict[str, str] = {}
        """What the bookkeeper merged."""
        self.untold: list[tuple[str, str]] = []
        self.told: dict[str, str] = {}
        self.due: set[str] = set()
        self.targets = itertools.count(1)

    def survivor(self, key: str, into: dict[str, str]) -> str:
        while key in into:
            key = into[key]
        return key

    @property
    def alive(self) -> list[str]:
        return [key for key in KEYS if key not in self.into]

    def links(self) -> dict[str, Link]:
        return self.ground.do(lambda c: links.of_keys(c, FLOW, ROUTE, KEYS))

    # --- the books ------------------------------------------------------------------------------

    @rule(changed=st.sets(keys, min_size=1, max_size=2), at_once=st.booleans())
    def change(self, changed: set[str], at_once: bool) -> None:
        self.due |= changed
        if at_once:
            self._work(sorted(changed))

    @precondition(lambda self: len(self.alive) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        pair = st.lists(st.sampled_from(self.alive), min_size=2, max_size=2, unique=True)
        self._merge(*data.draw(pair))

    def _merge(self, lost: str, into: str) -> None:
        self.into[lost] = into
        self.untold.append((lost, into))

    @precondition(lambda self: self.untold)
    @rule(data=st.data(), twice=st.booleans(), at_once=st.booleans())
    def be_told(self, data: st.DataObject, twice: bool, at_once: bool) -> None:
        """One of the deliveries comes, whichever; now and then once more."""
        which = data.draw(st.integers(0, len(self.untold) - 1))
        lost, into = self.untold[which] if twice else self.untold.pop(which)
        self._tell(lost, into)
        if at_once:
            self._work([lost, into])

    def _tell(self, lost: str, into: str) -> None:
        put_fact(self.ground, lost, into)
        self.told[lost] = into
        self.due |= {lost, into}

    # --- the work -------------------------------------------------------------------------------

    @precondition(lambda self: self.due)
    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        self._work(data.draw(st.lists(st.sampled_from(sorted(self.due)), min_size=1, unique=True)))

    def _work(self, batch: list[str]) -> None:
        batch = [key for key in batch if not self._is_settling(key)]
        now = self.ground.moment
        before = self.links()
        unanswered = set(self.ground.do(lambda c: intents.of_keys(c, FLOW, ROUTE, KEYS)))
        done = self.ground.do(lambda c: follow_merges(c, self.opened, self.route, batch, now))
        self.due |= {r["key"] for r in self.ground.do(lambda c: queued.rows_of(c, FLOW))}
        self._demand_heirs(batch, before, done.heirs, unanswered)
        for key in batch:
            if key in done.waiting:
                assert done.waiting[key] > now
                continue
            self._remember(key)
            self.due.discard(key)

    def _demand_heirs(
        self, batch: list[str], before: dict[str, Link], heirs: set[str], unanswered: set[str]
    ) -> None:
        """Nobody inherits what is not theirs, nor relies on what nobody answered."""
        after = self.links()
        for key in heirs:
            id = after[key].target_id
            [of] = [k for k, x in before.items() if x.target_id == id and not x.is_alias]
            assert key not in before
            assert self.survivor(of, self.told) == key
            assert after[of].is_alias
            assert key in self.due or key in batch
            assert ("name" in after[key].wrote) == (of not in unanswered)

    def _remember(self, key: str) -> None:
        """What the engine does with a record that it looked at."""
        known, now = self.links(), self.ground.moment
        link, is_told = known.get(key), key in self.told
        if link is None and not is_told:
            self._demand_nothing_to_inherit(key, known)
            made = link_of(key, str(next(self.targets)), self.ground)
            self.ground.do(lambda c: links.put(c, [made]))
        elif link is not None and is_told and not link.is_alias:
            self.ground.do(lambda c: links.set_state(c, link, "source_gone", now))
        elif link is not None and not link.is_alias:
            self.ground.do(lambda c: links.put(c, [replace(link, source_version="v", state="ok")]))
        self.ground.do(lambda c: intents.close(c, FLOW, ROUTE, [key]))
        self.ground.do(lambda c: cursors.drop_facts(c, FLOW, ROUTE, key))

    def _demand_nothing_to_inherit(self, key: str, known: dict[str, Link]) -> None:
        """A record is not made anew while one stands that lives on as this one."""
        ours = [k for k in KEYS if self.survivor(k, self.told) == key]
        standing = [k for k in ours if k in known and not known[k].is_alias]
        assert [k for k in standing if known[k].state == "ok"] == []

    @rule(key=keys, then_into=st.none() | keys)
    def write_without_an_answer(self, key: str, then_into: str | None) -> None:
        """A write to a record that is linked was sent, and nobody knows what became of it; now and
        then it is merged just then."""
        known = self.links()
        if key not in known or known[key].is_alias:
            return
        until = self.ground.moment + timedelta(seconds=SETTLING)
        intent = Intent(
            f"i{next(self.targets)}", OURS, "run", FLOW, 1, ROUTE, key, OURS, OBJECT, "update",
            known[key].target_id, key, {"name": "new"}, "", 1, "unknown", self.ground.moment, until,
        )  # fmt: skip
        self.ground.do(lambda c: intents.put(c, [intent]))
        self.due.add(key)
        if then_into != key and {key, then_into} <= set(self.alive):
            self._merge(key, str(then_into))

    def _is_settling(self, key: str) -> bool:
        meant = self.ground.do(lambda c: intents.of_keys(c, FLOW, ROUTE, [key])).get(key, [])
        return any(i.settle_until and i.settle_until > self.ground.moment for i in meant)

    @rule()
    def time_passes(self) -> None:
        self.ground.pass_time(SETTLING)

    # --- what must hold -------------------------------------------------------------------------

    @invariant()
    def one_primary_link_for_a_target(self) -> None:
        primary = [x.target_id for x in self.links().values() if not x.is_alias]
        assert all(n == 1 for n in Counter(primary).values())

    def teardown(self) -> None:
        """Once all is told and looked at, one record stands for each customer that is alive."""
        try:
            if sys.exc_info()[0] is None:
                self._settle()
        finally:
            self.ground.close()

    def _settle(self) -> None:
        for pair in self.untold:
            self._tell(*pair)
        self.untold.clear()
        self.due |= set(self.alive)
        for _ in range(8):
            self._work(sorted(self.due))
            self.ground.pass_time(SETTLING)
        known = self.links()
        assert self.due <= {r["key"] for r in self.ground.do(lambda c: queued.rows_of(c, FLOW))}
        for key in KEYS:
            if key in self.alive:
                assert (known[key].is_alias, known[key].state) == (False, "ok")
            elif key in known and not known[key].is_alias:
                assert known[key].state == "source_gone"


def test_a_survivor_waits_for_a_record_that_ends_in_it_over_others() -> None:
    """Found by searching: b, which is being written, was merged into d and that into c; once the
    second merge was looked at, c no longer waited and was made anew."""
    machine = MergesMachine()
    machine.change({"b"}, at_once=True)
    machine.write_without_an_answer("b", "d")
    machine._merge("d", "c")
    for pair in machine.untold:
        machine._tell(*pair)
    machine.untold.clear()
    machine._work(["d", "c"])
    machine._work(["c"])
    machine.teardown()


TestMerges = MergesMachine.TestCase
TestMerges.settings = searching(50, steps=30)


def test_two_primary_links_to_one_target_are_refused() -> None:
    ground = Ground()
    try:
        ground.do(lambda c: links.put(c, [link_of("a", "1", ground)]))
        with pytest.raises(IntegrityError):
            ground.do(lambda c: links.put(c, [link_of("b", "1", ground)]))
        alias = replace(link_of("b", "1", ground), is_alias=True)
        ground.do(lambda c: links.put(c, [alias]))
        assert ground.do(_targets) == [("a", "1"), ("b", "1")]
    finally:
        ground.close()


def _targets(conn: Connection) -> list[tuple[str, str]]:
    rows = conn.execute(select(links_table).order_by(links_table.c.source_key))
    return [(row.source_key, row.target_id) for row in rows]


@pytest.mark.parametrize(
    ("merges", "survivor"),
    [
        ({"a": "b"}, "b"),
        ({"a": "b", "b": "c"}, "c"),
        ({"a": "b", "b": "a"}, "b"),
        ({"a": "b", "b": "c", "c": "b"}, "c"),
        ({"a": "a"}, "a"),
    ],
)  # fmt: skip
def test_a_chain_of_merges_ends_and_a_circle_too(merges: dict[str, str], survivor: str) -> None:
    ground = Ground()
    try:
        facts = [put_fact(ground, *pair) for pair in merges.items()]
        for followed in (False, True):
            if followed:
                ground.do(lambda c: cursors.drop_facts(c, FLOW, ROUTE, "b"))
            assert ground.do(lambda c: cursors.survivor_of(c, facts[0])) == survivor
    finally:
        ground.close()
