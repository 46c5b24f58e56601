"""The history of the source tells whether a write was older than what stood at the target already.

Every value that a source record ever had is kept in order. What a write left at the target must be
one that the source had at, or after, the one that stood there before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .towns import Town, fits

Field = tuple[str, str, str]
"""Noun, source id and name."""


class History:
    """`note` after whatever a person did; `landed` after every write that a vendor took."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._had: dict[Field, list[Any]] = {}
        self._tests: dict[Field, Callable[[Any], bool]] = {}
        """Of what has no value to be kept: what it must be like now."""
        self._stands: dict[Field, tuple[Any, Any]] = {}
        self._reached: dict[Field, int] = {}
        self._record: dict[Field, Any] = {}
        """The id of the record that was judged last: another one has a history of its own."""
        self.problems: list[str] = []
        self.note()

    def note(self) -> None:
        """What the source holds now, and what people left at the target."""
        self._grow()
        self._stands = self._standing()

    def _grow(self) -> None:
        told: set[Field] = set()
        for expected in self._town.expected():
            for name, value in expected.fields.items():
                field = (expected.noun, expected.source_id, name)
                told.add(field)
                if callable(value):
                    self._tests[field] = value
                else:
                    had = self._had.setdefault(field, [])
                    if not had or had[-1] != value:
                        had.append(value)
        for field in self._had.keys() - told:  # as of what was archived: nobody says what it is
            if self._had[field][-1] is not _anything:
                self._had[field].append(_anything)

    def knows(self, field: Field) -> bool:
        """Whether it can be told at all what the source says."""
        return field in self._tests or field in self._had

    def ever_said(self, field: Field, value: Any) -> bool:
        """Whether the source says that, or did, or nobody can say what it says."""
        test = self._tests.get(field)
        said = any(fits(version, value) for version in self._had.get(field, ()))
        return said or (test is not None and test(value))

    def landed(self) -> None:
        """Judge what has changed at the target since the last look: it was a write of ours."""
        stands = self._standing()
        for field, (id, value) in stands.items():
            if field in self._stands and self._stands[field] == (id, value):
                continue
            if self._record.get(field, id) != id:
                self._reached.pop(field, None)
            self._record[field] = id
            self._judge(field, value)
        self._stands = stands

    def _standing(self) -> dict[Field, tuple[Any, Any]]:
        """By field: the record that stands for the source's, and what it says."""
        held = {key: records[0] for key, records in self._town.held().items()}
        return {
            field: (held[field[:2]]["id"], held[field[:2]].get(field[2]))
            for field in self._had
            if field[:2] in held
        }

    def _judge(self, field: Field, value: Any) -> None:
        if self._has_come_to(field, value):
            return
        self._grow()  # the calendar turns what nobody touches
        if self._has_come_to(field, value):
            return
        versions = self._had[field]
        known: Mapping[bool, str] = {True: "an older value", False: "a value it never had"}
        word = known[any(fits(version, value) for version in versions)]
        if word == "an older value":
            noun, id, name = field
            self.problems.append(f"{noun} {id[-20:]}: {name} was overwritten by {word}, {value!r}")

    def _has_come_to(self, field: Field, value: Any) -> bool:
        """Whether it is a value that the source had since the one that was written last."""
        reached = self._reached.get(field, 0)
        for position, version in enumerate(self._had[field]):
            if position >= reached and fits(version, value):
                self._reached[field] = position
                return True
        return False


def _anything(told: Any) -> bool:
    return True
