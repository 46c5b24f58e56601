"""A crossing judges the two-way fields of a linked pair: which travel forth, which back.

Each side has a base of its own: what we made of the source's record when we last wrote, and what
the target returned. A field travels only if its own side differs from its own base, so that what a
side makes of a value (upper case, a shorter text) never travels back, and a value that went there
and back again is no change. Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from ml_connector.core.mapping import Desired
from ml_connector.core.objects import TargetRecord
from ml_connector.core.plan import Base
from ml_connector.core.values import same


@dataclass(frozen=True, slots=True)
class Crossing:
    """Wire names at the target. `back` travel to the source, `held` do not travel forth;
    `overruled` changed on both sides, and one side's value is lost."""

    back: tuple[str, ...]
    held: frozenset[str]
    overruled: tuple[str, ...]


def cross(
    desired: Desired,
    base: Base,
    target: TargetRecord,
    two_way: Collection[str],
    winner: Literal["source", "target"],
    gone_on: Collection[str] = (),
) -> Crossing:
    """The judgement for the fields of these wire names.

    `gone_on` are those that the target changed after what it held before had been applied to the
    source by a write that nobody answered; it may hold again what it returned.
    """
    back: list[str] = []
    held: set[str] = set()
    overruled: list[str] = []
    for wire in sorted(two_way):
        if wire not in desired.fields or wire not in base.returned:
            continue
        there = target.fields.get(wire)
        has_moved = wire in gone_on or not same(there, base.returned[wire])
        if not has_moved or same(there, desired.fields[wire]):
            continue
        both = not same(desired.fields[wire], base.wrote.get(wire))
        if both:
            overruled.append(wire)
        if not both or winner == "target":
            back.append(wire)
            held.add(wire)
    return Crossing(tuple(back), frozenset(held), tuple(overruled))


def without(desired: Desired, held: Collection[str]) -> Desired:
    """What is desired at the target, but for fields that do not travel forth now."""
    fields = {wire: value for wire, value in desired.fields.items() if wire not in held}
    owners = {wire: owner for wire, owner in desired.owners.items() if wire not in held}
    return Desired(fields, owners, desired.follows, desired.names, desired.notes)
