"""Keeping holds the promise that a person's own edit is not silently undone.

What somebody set at the target, in a field that is theirs once they touch it, must stand there
after every write of ours, and in the end. What docs/reliability.md leaves out is left out here: an
edit while a write of ours to that record is unanswered, or between our read and our write. A value
that the source has too, or that stood there as ours, is no edit that anybody could tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ml_connector.core.faults import Unreachable

from .history import History
from .towns import Town
from .witness import Call, Witness

Place = tuple[str, str, str]
"""Noun, target id and field."""
LONGEST_MOMENT_SECONDS = 900.0
"""Between our read and our write; a process may be frozen for ten minutes there."""
INDIRECT = ("merge", "delete", "hire", "remove")
"""What people do that changes other records, or fields, than they had in mind."""


@dataclass
class Edit:
    """`set_at` is in seconds; `seen_at` the moment in which a process was first shown it. `is_new`:
    the record was made with it."""

    value: Any
    set_at: float
    is_unsure: bool
    is_new: bool
    seen_at: int = 0


class Keeping:
    """`look` before, and `acted` after what a person does; `wrote` and `heard` for the wire."""

    def __init__(self, town: Town, history: History, witness: Witness) -> None:
        self._town = town
        self._history = history
        self._witness = witness
        self._edits: dict[Place, Edit] = {}
        self._ours: dict[Place, Any] = {}
        """What stood there as ours last."""
        self._stands = self._standing()
        self._last: dict[tuple[str, str], Call] = {}
        """The write that reached a record last."""
        self.problems: list[str] = []
        self.kept = 0
        """Edits to records of ours that stand in the end."""
        for place, (key, value) in self._stands.items():
            self._edit(place, key, value, is_new=True)
        witness.heard = self._heard

    # --- what people do ---------------------------------------------------------------------------

    def acted(self, name: str) -> None:
        """Somebody did something of that name."""
        before, self._stands = self._stands, self._standing()
        for place, (key, value) in self._stands.items():
            if place not in before:
                self._edit(place, key, value, is_new=True)
            elif before[place][1] != value:
                self._edits.pop(place, None)
                if not name.startswith(INDIRECT):
                    self._edit(place, key, value, is_new=False)
        self._let_lapse()

    def _edit(self, place: Place, key: str, value: Any, *, is_new: bool) -> None:
        """An empty field of a record that is not ours yet may be filled in."""
        if (is_new or not key) and value in (None, "", []):
            return
        unanswered = self._town.unanswered
        is_unsure = key in unanswered if key else bool(unanswered)
        now = self._town.world.clock.now().timestamp()
        self._edits[place] = Edit(value, now, is_unsure, is_new)

    # --- what we do -------------------------------------------------------------------------------

    def took(self, call: Call) -> None:
        """A vendor took a write of ours."""
        parts = call.path.split("/")
        for noun, id in {place[:2] for place in self._edits}:
            if parts[-1].partition(".")[0] == id and any(noun in part for part in parts):
                self._last[noun, id] = call
        self.look()

    def _heard(self, call: Call) -> None:
        """A process was shown records: whose edits are among what they hold?"""
        if call.is_write or call.answer is None or call.answer.status != 200:
            return
        nouns = [noun for noun in self._town.keeps if noun in call.path]
        open_edits = [(p, e) for p, e in self._edits.items() if p[0] in nouns and not e.seen_at]
        if not open_edits:
            return
        try:
            shown = {str(r["id"]): r for r in _records(call.answer.json())}
        except Unreachable:  # it was no JSON
            return
        for (_, id, name), edit in open_edits:
            if id in shown and shown[id].get(name) == edit.value:
                edit.seen_at = call.came_at

    def look(self) -> None:
        """Judge what has changed at the target since the last look: it was our doing."""
        before, self._stands = self._stands, self._standing()
        self._let_lapse()
        for place, (_, value) in self._stands.items():
            edit = self._edits.get(place)
            if edit is not None and edit.value != value:
                self._judge(place, self._edits.pop(place), value)
            if before.get(place, (None, None))[1] != value:
                self._ours[place] = value

    def _judge(self, place: Place, edit: Edit, value: Any) -> None:
        noun, id, name = place
        call = self._last.get((noun, id))
        sent_at = call.sent_at if call else self._witness.now()
        was_told = 0 < edit.seen_at < sent_at
        lasted = self._town.world.clock.now().timestamp() - edit.set_at
        if edit.is_unsure or not (was_told or lasted > LONGEST_MOMENT_SECONDS):
            return
        self.problems.append(
            f"{noun} {id}: {name} was set to {edit.value!r} by a person, and we made it {value!r}"
        )

    def at_the_end(self) -> None:
        """A last look."""
        self.look()
        ours = (edit for place, edit in self._edits.items() if self._stands[place][0])
        self.kept = sum(not edit.is_unsure for edit in ours)

    # --- what is no edit --------------------------------------------------------------------------

    def _let_lapse(self) -> None:
        for place, edit in list(self._edits.items()):
            if place not in self._stands:
                del self._edits[place]
                continue
            key = self._stands[place][0]
            field = (place[0], key, place[2])
            is_ours = place in self._ours and self._ours[place] == edit.value
            is_open = edit.is_new and bool(key) and not self._history.knows(field)
            if is_ours or is_open or self._history.ever_said(field, edit.value):
                del self._edits[place]

    def _standing(self) -> dict[Place, tuple[str, Any]]:
        """By field: our key on its record, and what it says."""
        keys = {
            (noun, str(record["id"])): key
            for (noun, key), records in self._town.held().items()
            for record in records
        }
        return {
            (noun, id, name): (keys.get((noun, id), ""), record.get(name))
            for noun, names in self._town.keeps.items()
            for id, record in ((str(r["id"]), r) for r in self._town.standing(noun))
            for name in names
        }


def _records(told: Any) -> Iterator[dict[str, Any]]:
    """Everything in an answer that has an id."""
    if isinstance(told, dict):
        if "id" in told:
            yield told
        for each in told.values():
            yield from _records(each)
    elif isinstance(told, list):
        for each in told:
            yield from _records(each)
