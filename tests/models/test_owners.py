"""Field ownership against a model: over many passes each field holds the value of whose it is.

The steps are planned by the real functions and carried out here on a target that makes of a value
what it likes: upper case, a shorter text, a number. Writes are answered, land without an answer (or
the process ends before it is remembered), or are lost. The model holds for each field what of ours
stands at the target; whatever else stands there is a person's.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from ml_connector.core.flow import ONCE, SOURCE, UNTIL_TOUCHED, Owner
from ml_connector.core.mapping import Desired
from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import (
    Base,
    Write,
    is_unchanged,
    made_whole,
    plan_adoption,
    plan_create,
    plan_update,
    remembered,
)
from ml_connector.core.values import Value, Values, same
from ml_connector.engine.deciding import known_base
from ml_connector.engine.intending import supersedes
from ml_connector.engine.item import ToWrite
from ml_connector.store.intents import Intent
from ml_connector.store.links import Link
from tests.support.clock import START
from tests.support.searching import searching

Outcome = Literal["answered", "landed", "lost"]
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["answered", "answered", "landed", "lost"])


def kept(value: Value) -> Value:
    return value


def number(value: Value) -> Value:
    return float(str(value)) if value not in (None, "") else None


def upper(value: Value) -> Value:
    return str(value).upper() if value is not None else None


def cut(value: Value) -> Value:
    return str(value)[:3] if value is not None else None


@dataclass(frozen=True)
class Kind:
    """What a field is called by people, whose it is, what the target makes of it, and the values
    that the source and a person may give it."""

    name: str
    owner: Owner
    made_of: Callable[[Value], Value]
    values: tuple[Value, ...]
    persons: tuple[Value, ...]


WORDS = (None, "", "alpha", "beta", "gamma")
PERSONS = (None, "mine", "own words", "alpha")
KINDS = {
    "value": Kind("value", SOURCE, number, ("10.00", "10", "12.5", None), (11, 10, None)),
    "code": Kind("code", SOURCE, upper, WORDS, PERSONS),
    "title": Kind("title", ONCE, cut, WORDS, PERSONS),
    "stage": Kind("stage", UNTIL_TOUCHED, kept, WORDS, PERSONS),
    "label": Kind("label", UNTIL_TOUCHED, upper, WORDS, PERSONS),
    "cf_1": Kind("Note", UNTIL_TOUCHED, cut, WORDS, PERSONS),
    "cf_2": Kind("Terms", SOURCE, cut, WORDS, PERSONS),
}
STANDING = ("stage", "value")
"""Fields that stand as they were sent, so that a second write does not hold them again."""
fields = st.sampled_from(sorted(KINDS))


@dataclass
class Model:
    """`ours` is what of us stands at the target (or would, had it been answered); `theirs` are the
    fields that are a person's for good, with the value that must stand."""

    ours: Values = field(default_factory=dict)
    theirs: dict[str, Value] = field(default_factory=dict)


class OwnersMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.source: Values = {}
        self.there: Values | None = None
        self.link: Link | None = None
        self.meant: list[Intent] = []
        self.model = Model()
        self.owns_standard = True
        self.whole = False

    @initialize(
        data=st.data(), was_there=st.booleans(), owns=st.sampled_from([True, True, False]),
        whole=st.booleans(),
    )  # fmt: skip
    def set_up(self, data: st.DataObject, was_there: bool, owns: bool, whole: bool) -> None:
        for wire, kind in KINDS.items():
            self.source[wire] = data.draw(st.sampled_from(kind.values))
        self.whole = whole
        if was_there:
            self.owns_standard = owns
            self.there = {
                w: k.made_of(data.draw(st.sampled_from(k.persons))) for w, k in KINDS.items()
            }

    # --- what happens at both sides -------------------------------------------------------------

    @rule(wire=fields, data=st.data())
    def the_source_changes(self, wire: str, data: st.DataObject) -> None:
        self.source[wire] = data.draw(st.sampled_from(KINDS[wire].values))

    @precondition(lambda self: self.there is not None)
    @rule(wire=fields, data=st.data())
    def a_person_edits(self, wire: str, data: st.DataObject) -> None:
        """But for a field of a write that nobody has answered: what then stands there is taken for
        ours, as a person's edit between our read and our write is."""
        assert self.there is not None
        if not any(wire in intent.fields for intent in self.meant):
            kind = KINDS[wire]
            self.there[wire] = kind.made_of(data.draw(st.sampled_from(kind.persons)))

    # --- passes ---------------------------------------------------------------------------------

    @rule(outcome=outcomes, look=st.booleans())
    def work(self, outcome: Outcome, look: bool) -> None:
        self._pass(outcome, look=look)

    @precondition(lambda self: self.link is not None)
    @rule(wires=st.lists(st.sampled_from(STANDING), min_size=1, max_size=2), data=st.data())
    def writes_go_unseen(self, wires: list[str], data: st.DataObject) -> None:
        """One after the other, and then the first of the fields changes again."""
        for wire in wires:
            self.the_source_changes(wire, data)
            self._pass("landed", look=False)
        self.the_source_changes(wires[0], data)
        self._pass("answered", look=False)

    def _pass(self, outcome: Outcome, *, look: bool) -> Write | None:
        """As the engine goes about one record; what it wrote, None where nothing was to do."""
        desired = self._desired()
        if self.link is None:
            return self._first(desired, outcome)
        base = known_base(self.link, self.meant)
        if not (look or self.meant) and is_unchanged(desired, base):
            self._demand_nothing_differs(desired)
            return None
        before = deepcopy(self.model)
        self._a_read_shows(desired)
        write = plan_update(desired, base, self._record())
        self._demand_rightful(write, adopts=False)
        if self.whole:
            write = made_whole(write, desired)
            self._demand_rightful(write, adopts=False)
        if write.fields or write.kept or self.meant or write.base.wrote != self.link.wrote:
            self._carry_out(write, "7", outcome, adopts=False)
        if self.meant:  # what this pass saw beside its write is not remembered
            sent = {w: v for w, v in self.model.ours.items() if w in write.fields}
            self.model = Model({**before.ours, **sent}, before.theirs)
        return write

    def _first(self, desired: Desired, outcome: Outcome) -> Write:
        """A create; or what is there is taken, which may be what a create of ours left."""
        if self.there is None:
            write = plan_create(desired)
            self._carry_out(write, "", outcome, adopts=False)
            return write
        sent = [intent.fields for intent in self.meant]
        self._a_first_look_shows(desired, sent)
        write = plan_adoption(desired, self._record(), self.owns_standard, sent)
        self._demand_rightful(write, adopts=True)
        self._carry_out(write, "7", outcome, adopts=True)
        return write

    def _carry_out(self, write: Write, target_id: str, outcome: Outcome, *, adopts: bool) -> None:
        step = ToWrite("update", "", target_id, write, adopts)
        if supersedes(step):
            self.meant = []
        if not write.fields and target_id:
            outcome = "answered"  # nothing is sent
        self.meant.append(_intent(target_id, write.fields))
        if outcome != "lost":
            made = {w: KINDS[w].made_of(v) for w, v in write.fields.items()}
            self.there = {**(self.there or {}), **made}
            self.model.ours |= made
        if outcome == "answered":
            base = remembered(write, self._record())
            self.link, self.meant = _link(base), []

    # --- the model ------------------------------------------------------------------------------

    def _may_write(self, wire: str) -> bool:
        return self.owns_standard or KINDS[wire].name != wire

    def _a_read_shows(self, desired: Desired) -> None:
        """What is at the target and not of ours is a person's, unless it is what we want there."""
        assert self.there is not None
        for wire, kind in KINDS.items():
            stands = self.there.get(wire)
            if same(stands, desired.fields[wire]):
                if wire not in self.model.theirs:
                    self.model.ours[wire] = stands
            elif not same(stands, self.model.ours.get(wire)) and kind.owner is UNTIL_TOUCHED:
                self.model.theirs[wire] = stands
            if wire in self.model.theirs:
                self.model.theirs[wire] = stands

    def _a_first_look_shows(self, desired: Desired, sent: list[Values]) -> None:
        """What stood there before us is a person's, where it is anything. Only what is remembered
        as theirs is so for good."""
        assert self.there is not None
        self.model.theirs = {}
        for wire, kind in KINDS.items():
            stands = self.there.get(wire)
            is_ours = any(wire in each for each in sent) and wire in self.model.ours
            if same(stands, desired.fields[wire]):
                self.model.ours[wire] = stands
            elif not same(stands, None) and not is_ours and kind.owner is UNTIL_TOUCHED:
                self.model.theirs[wire] = stands
            else:
                self.model.ours[wire] = stands

    def _demand_rightful(self, write: Write, *, adopts: bool) -> None:
        """Nothing is written that a person, the target or another route keeps."""
        assert self.there is not None
        for wire in write.fields:
            assert self._may_write(wire)
            assert wire not in self.model.theirs
            if KINDS[wire].owner is ONCE:
                assert self.whole or (adopts and same(self.there.get(wire), None))
        for wire, kind in KINDS.items():
            if kind.owner is UNTIL_TOUCHED and self._may_write(wire):
                name_is_told = kind.name in write.kept
                assert not name_is_told or wire in self.model.theirs

    def _demand_nothing_differs(self, desired: Desired) -> None:
        """Without a look: what we last wrote is what is wanted."""
        for wire, kind in KINDS.items():
            if kind.owner is ONCE or wire in self.model.theirs:
                continue
            if self._may_write(wire):
                assert same(kind.made_of(desired.fields[wire]), self.model.ours.get(wire))

    @rule()
    def come_to_rest(self) -> None:
        """A pass that looks and is answered leaves every field as it should be, and no work."""
        self._pass("answered", look=True)
        self._demand_in_place()
        again = self._pass("answered", look=True)
        assert again is None or not again.fields
        assert self.link is not None
        assert is_unchanged(self._desired(), known_base(self.link, self.meant))

    def _demand_in_place(self) -> None:
        assert self.there is not None
        for wire, kind in KINDS.items():
            if wire in self.model.theirs or not self._may_write(wire):
                continue
            stands, wanted = self.there.get(wire), self.source[wire]
            if kind.owner is not ONCE:
                assert same(stands, wanted) or same(stands, kind.made_of(wanted)), wire

    # --- forms ----------------------------------------------------------------------------------

    def _desired(self) -> Desired:
        return Desired(
            dict(self.source), {w: k.owner for w, k in KINDS.items()}, {},
            {w: k.name for w, k in KINDS.items()},
        )  # fmt: skip

    def _record(self) -> TargetRecord:
        return TargetRecord("7", dict(self.there or {}), "")

    def teardown(self) -> None:
        if self.source:
            self.come_to_rest()


def _intent(target_id: str, sent: Values) -> Intent:
    operation = "update" if target_id else "create"
    return Intent(
        "i", "w", "r", "f", 1, "records", "k", "t", "papers", operation, target_id or None, "",
        sent, "", 1, "unknown", START,
    )  # fmt: skip


def _link(base: Base) -> Link:
    return Link(
        "f", "records", "k", "t", "papers", "7", False, base.owns_standard, "ok", "", base.wrote,
        base.returned, "", 1, START, START,
    )  # fmt: skip


TestOwners = OwnersMachine.TestCase
TestOwners.settings = searching(200, steps=20)


def test_a_change_that_a_person_made_too_and_the_source_takes_back_is_followed() -> None:
    """Nothing was to be written, so nothing was remembered, and the old value counted as there."""
    machine = OwnersMachine()
    machine.source = {wire: kind.values[0] for wire, kind in KINDS.items()}
    machine.source["cf_2"] = "one"
    machine._pass("answered", look=False)
    assert machine.there is not None
    machine.source["cf_2"] = machine.there["cf_2"] = "two"
    machine._pass("answered", look=False)
    machine.source["cf_2"] = "one"
    machine._pass("answered", look=False)
    assert machine.there["cf_2"] == "one"
