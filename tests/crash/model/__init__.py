"""The model says what both sides must look like, from the sandbox's records alone.

It knows nothing of the engine: for each kind of flow it writes down anew, and in the plainest way,
which target records there must be and what must stand in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.crash.world import Record, World, source_id

Picture = dict[str, dict[str, Any]]
"""By "object and source id": the fields that are compared, by their names."""
Kept = Mapping[tuple[str, str, str], object]
"""What people set by hand: (object, target id, field) → value."""


@dataclass
class Sides:
    """`wanted` is what must be there, `found` what is; `twice` are records that are there more than
    once. `ours` counts the target's records that were made over the API, deleted ones too."""

    wanted: Picture = field(default_factory=dict)
    found: Picture = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    ours: dict[str, int] = field(default_factory=dict)

    def differences(self) -> list[str]:
        """One sentence each: what is missing, what is different, what should not be there."""
        told = [f"{name} is missing" for name in sorted(self.wanted.keys() - self.found.keys())]
        told += [f"{name} should not be" for name in sorted(self.found.keys() - self.wanted.keys())]
        for name in sorted(self.wanted.keys() & self.found.keys()):
            told += [
                f"{name}: {of} is {self.found[name].get(of)!r}, not {value!r}"
                for of, value in self.wanted[name].items()
                if not _same(self.found[name].get(of), value)
            ]
        return told

    def show(self, name: str, fields: dict[str, Any]) -> None:
        """A record was found at the target."""
        if name in self.found:
            self.twice.append(f"{name} is there more than once")
        self.found[name] = fields


def _same(found: Any, wanted: Any) -> bool:
    """Amounts are equal as numbers, however they are written."""
    if isinstance(wanted, float):
        return found is not None and float(found) == wanted
    return bool(found == wanted)


def amount(money: Any) -> float | None:
    """The number of a monetary field as Pipedrive shows it."""
    return float(money["value"]) if isinstance(money, dict) and money["value"] is not None else None


def ours(world: World, sides: Sides, noun: str, key: str) -> list[tuple[str, Record]]:
    """(source id, record) of Pipedrive's records that carry our key in that field.

    All that were made since the world's beginning are counted.
    """
    records = world.pipedrive(noun)
    born = world.born[noun]
    sides.ours[noun] = sum(1 for record in records if str(record["id"]) not in born)
    found = [(source_id(record.get(key)), record) for record in records]
    return [(id, record) for id, record in found if id]
