"""Two-way fields against a model: what one side's people change reaches the other side, once.

The real judgement of a linked pair is carried out here on two sides of which each makes of a value
what it likes. A process may end after a write was applied and before it is remembered, forth or
back, and meanwhile a side takes its change back. The model holds for each field what stood on both
sides when they last agreed; what differs from it was changed there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ml_connector.core.flow import LEAVE, Back, FieldRule, Given, Leave, Route, copy, linked
from ml_connector.core.mapping import Codes, Desired, map_record, resolve
from ml_connector.core.objects import SourceModel, TargetObject, TargetRecord
from ml_connector.core.plan import is_unchanged, plan_create, remembered
from ml_connector.core.values import Value, Values, same
from ml_connector.engine.deciding import known_base
from ml_connector.engine.intending import supersedes
from ml_connector.engine.item import Done, Item, ToUpdate, ToWrite
from ml_connector.engine.returning import bases_after, plan_both_ways
from ml_connector.store.intents import Intent
from ml_connector.store.links import Link
from ml_connector.store.pending import Taken
from tests.models.ledger import ENTRIES, PAPERS
from tests.support.clock import START
from tests.support.searching import searching

Winner = Literal["source", "target"]
Cut = Literal["", "forth lost", "forth landed", "back lost", "back landed"]

NAMES = ("exact", "shouted", "short", "kept")
VALUES = (None, "", "alpha", "beta", "gamma")
AT_SOURCE: dict[str, Callable[[str], str]] = {"short": lambda text: text[:3]}
AT_TARGET: dict[str, Callable[[str], str]] = {"shouted": str.upper, "short": lambda text: text[:4]}

names = st.sampled_from(NAMES)
values = st.sampled_from(VALUES)


class Party(SourceModel):
    exact: str | None
    shouted: str | None
    short: str | None
    kept: str | None

    def key(self) -> str:
        return "k"

    def version(self) -> str:
        return ""


def held_as(made_of: dict[str, Callable[[str], str]], name: str, value: Value) -> Value:
    """What a side makes of a value that it is given."""
    return made_of[name](str(value)) if name in made_of and value else value


def back_of(name: str) -> Back:
    def making(there: Values, record: Any, given: Given) -> Value | Leave:
        """`kept` is not emptied from the other side."""
        return LEAVE if name == "kept" and not there.get(name) else there.get(name)

    return Back(name, making)


def route_of(winner: Winner) -> Route:
    fields: dict[str, FieldRule] = {name: copy(name) for name in NAMES}
    return Route(
        name="parties", label="Parties", reads=replace(ENTRIES, model=Party), writes=WRITES,
        match=(linked(),), fields=fields, back_to=WRITES, winner=winner,
        back={name: back_of(name) for name in NAMES},
    )  # fmt: skip


WRITES: TargetObject = replace(
    PAPERS, fields=tuple(replace(PAPERS.fields[0], name=name) for name in NAMES)
)
GIVEN = Given({}, START, "2026-05-04", START)


class TwoWayMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.route = route_of("source")
        self.source: Values = {}
        self.target: Values = {}
        self.agreed: dict[str, tuple[Value, Value]] = {}
        self.link: Link | None = None
        self.meant: list[Intent] = []

    @initialize(winner=st.sampled_from(["source", "target"]), data=st.data())
    def begin(self, winner: Winner, data: st.DataObject) -> None:
        self.pair(winner, {name: data.draw(values) for name in NAMES})

    def pair(self, winner: Winner, values: Values) -> None:
        """A target record that was just made of such a source record."""
        self.route = route_of(winner)
        self.source = {name: held_as(AT_SOURCE, name, values[name]) for name in NAMES}
        write = plan_create(self._desired())
        self.target = {n: held_as(AT_TARGET, n, write.fields.get(n)) for n in NAMES}
        self._agree(NAMES)
        base = remembered(write, self._record())
        self.link = Link(
            "f", "parties", "k", "t", "papers", "7", False, True, "ok", "", base.wrote,
            base.returned, "", 1, START, START,
        )  # fmt: skip

    # --- people ---------------------------------------------------------------------------------

    @rule(name=names, value=values)
    def the_source_changes(self, name: str, value: Value) -> None:
        if not self._is_meant(name, "s"):
            self.source[name] = held_as(AT_SOURCE, name, value)

    @rule(name=names, value=values)
    def the_target_changes(self, name: str, value: Value) -> None:
        is_left = name == "kept" and not value and self.route.winner == "target"
        if not self._is_meant(name, "t") and not is_left:
            self.target[name] = held_as(AT_TARGET, name, value)

    def _is_meant(self, name: str, account: str) -> bool:
        """Whether a write of it to that side is open."""
        return any(name in each.fields and each.account == account for each in self.meant)

    @rule(name=names, value=values, cut=st.sampled_from(["forth landed", "back landed"]))
    def there_and_back(self, name: str, value: Value, cut: Cut) -> None:
        """A change crosses, nobody remembers it, and the side that made it takes it back."""
        side, change = (
            (self.source, self.the_source_changes) if cut == "forth landed"
            else (self.target, self.the_target_changes)
        )  # fmt: skip
        before = side[name]
        change(name, value)
        self._pass(cut)
        change(name, before)
        self._pass("")

    # --- passes ---------------------------------------------------------------------------------

    @rule(cut=st.sampled_from(["", "", "forth lost", "forth landed", "back lost", "back landed"]))
    def work(self, cut: Cut) -> None:
        self._pass(cut)

    def _pass(self, cut: Cut) -> None:
        """As the engine goes about one pair that it looks at; the process may end in it."""
        assert self.link is not None
        desired, base = self._desired(), known_base(self.link, self.meant)
        item = Item(_TAKEN, link=self.link, intents=self.meant, record=self._party())
        item.desired, item.target = desired, self._record()
        told = self._told()
        step = plan_both_ways(self.route, item, ToUpdate("7"), desired, base, self._record(), GIVEN)
        if isinstance(step, Done):
            assert set(told.values()) <= {"", "none"}
            self._remember(told)
            return
        self._demand_told(told, step)
        if supersedes(step):
            self.meant = []
        self.meant = [*self.meant, _intent("t", step.write.fields)]
        if step.back:
            self.meant = [*self.meant, _intent("s", step.back)]
            if cut != "back lost":
                self.source |= {n: held_as(AT_SOURCE, n, v) for n, v in step.back.items()}
                self._agree(step.back)
            if cut in ("back lost", "back landed"):
                return
            item.record = self._party()
            step = bases_after(self.route, item, step, self._desired().fields)
        if step.write.fields:
            if cut != "forth lost":
                written = step.write.fields
                self.target |= {n: held_as(AT_TARGET, n, v) for n, v in written.items()}
                self._agree(written)
            if cut in ("forth lost", "forth landed"):
                return
        after = remembered(step.write, self._record())
        self.link = replace(self.link, wrote=after.wrote, returned=after.returned)
        self._remember(told)

    def _remember(self, told: dict[str, str]) -> None:
        self.meant = []
        self._agree(name for name, way in told.items() if way == "none")

    # --- the model ------------------------------------------------------------------------------

    def _told(self) -> dict[str, str]:
        """Which way each field should travel; empty where neither side changed it."""
        return {name: self._way(name) for name in NAMES}

    def _way(self, name: str) -> str:
        here, there = self.source[name], self.target[name]
        was_here, was_there = self.agreed[name]
        has_here, has_there = not same(here, was_here), not same(there, was_there)
        if not has_here and not has_there:
            return ""
        sent = [e.fields[name] for e in self.meant if e.account == "s" and name in e.fields]
        is_as_sent = sent[-1:] == [there] and here == held_as(AT_SOURCE, name, there)
        if same(here, there) or is_as_sent:
            return "none"  # as it would be, had the write that nobody answered been applied
        if has_there and (not has_here or self.route.winner == "target"):
            return "none" if name == "kept" and same(there, None) else "back"
        return "forth"

    def _demand_told(self, told: dict[str, str], step: ToWrite) -> None:
        """What neither side changed travels nowhere, unless nobody knows whether it did."""
        for name, way in told.items():
            if way == "back":
                assert name in step.back, name
            else:  # or once more, where it shows on no side whether it was applied
                sent = [each.fields.get(name) for each in self.meant if each.account == "s"]
                assert name not in step.back or step.back[name] in sent, name
            if way == "forth":
                assert name in step.write.fields, name
            elif not self._is_meant(name, "t"):
                assert name not in step.write.fields, name

    def _agree(self, fields: Any) -> None:
        for name in fields:
            self.agreed[name] = (self.source[name], self.target[name])

    @rule()
    def come_to_rest(self) -> None:
        """Two passes at most, and nothing is left to do."""
        for _ in range(3):
            self._pass("")
        assert self.link is not None
        assert not any(self._told().values())
        assert is_unchanged(self._desired(), known_base(self.link, self.meant))
        for name in NAMES:
            here, there = self.source[name], self.target[name]
            made = {held_as(AT_TARGET, name, here or ""), held_as(AT_SOURCE, name, there or "")}
            is_left = name == "kept" and same(there, None)
            assert is_left or same(here, there) or here in made or there in made

    # --- forms ----------------------------------------------------------------------------------

    def _party(self) -> Party:
        return Party.model_validate(self.source)

    def _desired(self) -> Desired:
        named = map_record(self.route, self._party(), GIVEN, "key", {})
        return resolve(self.route, named, {}, Codes({}, {}))

    def _record(self) -> TargetRecord:
        return TargetRecord("7", dict(self.target), "")

    def teardown(self) -> None:
        if self.link is not None:
            self.come_to_rest()


_TAKEN = Taken("f", "parties", "k", 1, "poll", 0, 1, 0, False, "", False, True, "", "", START)


def _intent(account: str, sent: Values) -> Intent:
    return Intent(
        "i", "w", "r", "f", 1, "parties", "k", account, "papers", "update", "7", "", sent, "", 1,
        "unknown", START,
    )  # fmt: skip


TestTwoWay = TwoWayMachine.TestCase
TestTwoWay.settings = searching(150, steps=20)


@pytest.mark.parametrize("winner", ["source", "target"])
@pytest.mark.parametrize("name", NAMES)
def test_what_a_side_takes_back_after_an_unseen_write_is_taken_back_at_the_other(
    winner: Winner, name: str
) -> None:
    """At the target it was overwritten: what our own write had left at the source counted as the
    source's change."""
    machine = TwoWayMachine()
    machine.pair(winner, dict.fromkeys(NAMES, "one"))
    for cut in ("forth landed", "back landed"):
        machine.there_and_back(name=name, value="two", cut=cut)
        machine._pass("")
        for side in (machine.source, machine.target):
            assert {str(value).lower() for value in side.values()} == {"one"}


def test_what_the_source_made_of_an_unseen_write_does_not_travel_forth() -> None:
    machine = TwoWayMachine()
    machine.pair("source", dict.fromkeys(NAMES, "one"))
    machine.the_target_changes(name="short", value="beta")
    machine._pass("back landed")
    machine._pass("")
    assert (machine.source["short"], machine.target["short"]) == ("bet", "beta")


def test_of_several_unseen_writes_the_last_one_counts() -> None:
    machine = TwoWayMachine()
    machine.pair("source", dict.fromkeys(NAMES, "one"))
    for value in ("two", "three"):
        machine.the_target_changes(name="exact", value=value)
        machine._pass("back landed")
    machine.the_target_changes(name="exact", value="two")
    machine._pass("")
    assert (machine.source["exact"], machine.target["exact"]) == ("two", "two")
