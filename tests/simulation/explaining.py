"""Explaining holds the audit against the target: whatever our writes changed there, seen as they
reached the vendor, must be what the audit says last of that field.

A write that nobody answered, or whose process died before it could be remembered, is told by what
was found afterwards, not by its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .towns import Town
from .towns.base import number, plain
from .witness import Call

Place = tuple[str, str, str]
"""Noun, target id and field."""
Row = Mapping[str, Any]
LATEST_SECONDS = 120.0
"""In which an answer is remembered, where the process lives on."""
CLOSE = 0.02
"""Vendors round."""


@dataclass(frozen=True)
class Wrote:
    """What a write of ours left in one field, and when."""

    value: Any
    call: Call
    at: float


class Explaining:
    """`took` after every write of ours, `acted` after what a person did. `troubles` are the moments
    in which a process ended, or began, or could not store something, in seconds."""

    def __init__(self, town: Town, troubles: Sequence[float]) -> None:
        self._town = town
        self._troubles = troubles
        self._names: dict[str, set[str]] = {}
        """By noun, the fields that the town knows of."""
        self._stands = self._standing()
        self._wrote: dict[Place, Wrote] = {}

    def acted(self) -> None:
        """What a person changed is theirs to explain."""
        before, self._stands = self._stands, self._standing()
        for place, value in self._stands.items():
            if before.get(place) != value:
                self._wrote.pop(place, None)

    def is_ours(self, noun: str, record: Mapping[str, Any], name: str) -> bool:
        """Whether what stands in that field was written by us, and by nobody since."""
        return (noun, self._town.seen_as(noun, dict(record)), name) in self._wrote

    def took(self, call: Call) -> None:
        """A vendor took a write of ours."""
        before, self._stands = self._stands, self._standing()
        now = self._town.world.clock.now().timestamp()
        for place, value in self._stands.items():
            if before.get(place) != value:
                self._wrote[place] = Wrote(value, call, now)

    def _standing(self) -> dict[Place, Any]:
        for each in self._town.expected():
            self._names.setdefault(each.noun, set()).update(each.fields)
        return {
            (noun, self._town.seen_as(noun, record), name): value
            for noun in dict.fromkeys(self._town.nouns.values())
            for record in self._town.standing(noun)
            for name, value in record.items()
        }

    def unexplained(self, rows: Sequence[Row]) -> list[str]:
        """`rows` are those of the audit, oldest first."""
        told = dict(self._told(rows))
        known = {(self._town.nouns[r["route"]], str(r["target_id"])) for r in rows}
        return [
            f"{noun} {id}: we wrote {name} {wrote.value!r}, and the audit says "
            f"{told.get((noun, id, name))!r}"
            for (noun, id, name), wrote in self._wrote.items()
            if (noun, id, name) in self._stands
            and name in self._names.get(noun, set()) - self._town.moved
            and not self._is_told(told, (noun, id, name), wrote.value)
            and not (self._is_unsure(wrote) and (noun, id) in known)
        ]

    def _told(self, rows: Sequence[Row]) -> Iterator[tuple[Place, Any]]:
        for row in rows:
            noun, id = self._town.nouns[row["route"]], str(row["target_id"])
            for name, change in row["changes"].items():
                yield (noun, id, name.rpartition(".")[2]), change["after"]

    def _is_told(self, told: Mapping[Place, Any], place: Place, value: Any) -> bool:
        is_left = place in told and told[place] in (None, "") and not self._town.clears()
        return is_left or means(told.get(place), value)

    def _is_unsure(self, wrote: Wrote) -> bool:
        """Whether it was not answered, or that could not be remembered."""
        if wrote.call.came_at == 0:
            return True
        return any(wrote.at <= at <= wrote.at + LATEST_SECONDS for at in self._troubles)


def means(told: Any, value: Any) -> bool:
    """Whether what the audit says is what stands there, in whatever form."""
    if isinstance(told, dict) and "value" in told:
        told = told["value"]
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if told in (None, "", []) or value in (None, "", []):
        return told in (None, "", []) and value in (None, "", [])
    if isinstance(told, list) and isinstance(value, list):
        return all(any(_are_alike(one, other) for other in value) for one in told)
    if isinstance(told, bool) or isinstance(value, bool):
        return told is value
    return _is_number(told, value) or _is_text(str(told), str(value))


def _are_alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict) and "value" in one:
        return plain(one["value"]) == plain(other.get("value"))
    return True  # lines of an order, in the vendor's own form


def _is_number(told: Any, value: Any) -> bool:
    try:
        return abs(float(number(told)) - float(number(value))) < CLOSE
    except ArithmeticError:
        return False


def _is_text(told: str, value: str) -> bool:
    """Case and blanks do not count, nor does the day's time; choices go by words or by tags, and a
    text may be cut."""
    one, other = (each.casefold().replace("_", " ").split() for each in (told, value))
    if not one or not other:
        return False
    there = " ".join(other)
    return " ".join(one).startswith(there) or there.startswith(" ".join(one)) or one[1:] == other
