"""A plan says what to write to one target record and why: a pure function of what is desired, what
we wrote before, and what the target holds, under field ownership.

Who owns a field decides what happens after the record was created. The source's fields follow the
source. `once` is set at create and then the target's. `until_touched` is ours until a person
changes it there: then it is theirs for good.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ml_connector.core.flow import Owner
from ml_connector.core.mapping import Desired
from ml_connector.core.objects import TargetRecord
from ml_connector.core.values import Value, Values, likeness, same

ANY = "*"
"""What a field follows that is written together with whatever else is."""

Changes = dict[str, dict[str, Value]]
"""Field name → before and after, as the audit keeps it."""


@dataclass(frozen=True, slots=True)
class Base:
    """What an earlier write left behind: what we sent, and what the target returned.

    A field that is in `wrote` but not in `returned` was touched by a person.
    `owns_standard` is false where another route was first to keep this record's standard fields.
    """

    wrote: Values
    returned: Values
    owns_standard: bool = True


@dataclass(frozen=True, slots=True)
class Write:
    """What one write changes. `kept` and `overwritten` name fields that a person had changed.

    `theirs` are the wire names that belong to a person from now on.
    """

    fields: Values
    changes: Changes
    kept: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    theirs: frozenset[str] = frozenset()
    base: Base = field(default_factory=lambda: Base({}, {}))


def plan_create(desired: Desired) -> Write:
    """Everything that has a value; an absent value needs no writing into a new record."""
    fields = {wire: value for wire, value in desired.fields.items() if not _empty(value)}
    for wire, leader in desired.follows.items():
        if leader != ANY and leader not in fields:
            fields.pop(wire, None)
    changes: Changes = {
        desired.names[wire]: {"before": None, "after": value} for wire, value in fields.items()
    }
    return Write(fields, changes, base=Base(dict(desired.fields), {}))


def is_unchanged(desired: Desired, base: Base) -> bool:
    """Whether everything we would write is what we wrote last. Costs no call to the target."""
    return all(
        owner is Owner.ONCE
        or wire in desired.follows
        or not _ours(desired, base, wire)
        or (wire in base.wrote and same(desired.fields[wire], base.wrote[wire]))
        for wire, owner in desired.owners.items()
    )


def why_updated(desired: Desired, base: Base) -> str:
    """What an update is for, as the audit tells it."""
    unchanged = is_unchanged(desired, base)
    return "the target was found to differ" if unchanged else "it changed at the source"


def reads_first(desired: Desired) -> bool:
    """Whether a person may have taken over a field, so that the target must be read first."""
    return Owner.UNTIL_TOUCHED in desired.owners.values()


def plan_update(desired: Desired, base: Base, target: TargetRecord | None) -> Write:
    """Only the fields that must change. `target` is the record as just read, where it was read."""
    fields: Values = {}
    kept: list[str] = []
    overwritten: list[str] = []
    theirs: set[str] = set()
    wrote = dict(base.wrote)
    for wire, value in desired.fields.items():
        if wire in desired.follows or not _ours(desired, base, wire):
            continue
        owner = desired.owners[wire]
        touched = _touched(wire, base, target) and not _stands(value, wire, target)
        if owner is Owner.ONCE:
            if touched:
                kept.append(desired.names[wire])
                theirs.add(wire)
            continue
        changed = wire not in base.wrote or not same(value, base.wrote[wire])
        if owner is Owner.UNTIL_TOUCHED and (touched or _taken_over(wire, base)):
            theirs.add(wire)
            if touched or changed:
                kept.append(desired.names[wire])
        elif (changed or touched) and not _stands(value, wire, target):
            fields[wire] = value
            if touched:
                overwritten.append(desired.names[wire])
        wrote[wire] = value
    for wire, leader in desired.follows.items():
        if _leads(leader, fields) and wire in desired.fields:
            fields[wire] = wrote[wire] = desired.fields[wire]
    changes = _changes(desired.names, fields, base, target)
    after = replace(base, wrote=wrote)
    return Write(fields, changes, tuple(kept), tuple(overwritten), frozenset(theirs), after)


def plan_adoption(
    desired: Desired, target: TargetRecord, owns_standard: bool, sent: Sequence[Values] = (),
    two_way: Collection[str] = (),
) -> Write:  # fmt: skip
    """The first write to a record that was there before us: what a person set there stays theirs.

    `sent` is what our own writes to it held that nobody answered; a value among them is no
    person's. `two_way` are the wire names that both sides keep: what the source never filled in
    does not empty what the target has.
    """
    fields: Values = {}
    theirs: list[str] = []
    base = Base({}, {}, owns_standard)
    for wire, value in desired.fields.items():
        if wire in desired.follows or not _ours(desired, base, wire):
            continue
        there = target.fields.get(wire)
        if same(value, there):
            continue
        is_ours = any(wire in write and comes_of(write[wire], there) for write in sent)
        if desired.owners[wire] is Owner.ONCE and is_ours:
            continue
        if wire in two_way and _empty(value) and not is_ours:
            continue
        if desired.owners[wire] is Owner.SOURCE or _empty(there) or is_ours:
            fields[wire] = value
        else:
            theirs.append(wire)
    for wire, leader in desired.follows.items():
        if _leads(leader, fields) and wire in desired.fields:
            fields[wire] = desired.fields[wire]
    changes = _changes(desired.names, fields, base, target)
    wrote = {w: v for w, v in desired.fields.items() if _ours(desired, base, w)}
    kept = tuple(desired.names[wire] for wire in theirs)
    return Write(fields, changes, kept, theirs=frozenset(theirs), base=replace(base, wrote=wrote))


def made_whole(write: Write, desired: Desired) -> Write:
    """The write with every field that is ours, where it changes anything at all."""
    if not write.fields:
        return write
    fields = {w: v for w, v in write.base.wrote.items() if w in desired.fields}
    return replace(write, fields={w: v for w, v in fields.items() if w not in write.theirs})


def remembered(write: Write, target: TargetRecord) -> Base:
    """The base after the target answered: what it returned for each field that is still ours."""
    returned = {
        wire: target.fields.get(wire) for wire in write.base.wrote if wire not in write.theirs
    }
    return Base(write.base.wrote, returned, write.base.owns_standard)


def _ours(desired: Desired, base: Base, wire: str) -> bool:
    """Another route keeps the standard fields of a shared record; the custom ones are always
    ours."""
    return base.owns_standard or desired.names[wire] != wire


def _leads(leader: str, fields: Values) -> bool:
    return bool(fields) if leader == ANY else leader in fields


def _stands(value: Value, wire: str, target: TargetRecord | None) -> bool:
    return target is not None and same(value, target.fields.get(wire))


def _touched(wire: str, base: Base, target: TargetRecord | None) -> bool:
    return (
        target is not None
        and wire in base.returned
        and not same(target.fields.get(wire), base.returned[wire])
    )


def _taken_over(wire: str, base: Base) -> bool:
    return wire in base.wrote and wire not in base.returned


def _changes(
    names: Mapping[str, str], fields: Values, base: Base, target: TargetRecord | None
) -> Changes:
    before = target.fields if target is not None else base.returned
    return {names[w]: {"before": before.get(w), "after": value} for w, value in fields.items()}


def comes_of(sent: Value, there: Value) -> bool:
    """Whether it is what a vendor makes of what it is sent: the same, other case or blanks, or cut
    at the field's length."""
    if same(sent, there):
        return True
    if not isinstance(sent, str) or not isinstance(there, str) or _empty(there):
        return False
    return likeness(sent).startswith(likeness(there))


def _empty(value: Value) -> bool:
    return value in (None, "", [], {})
