"""Asking tells whether a question to a person is right, and whether what waits does so for one.

A record may be put before a person where several records look alike, where people took its record
away at the target, where it is gone at the source while others wait for it, where the target cannot
take it, or where a vendor refused it once for no reason. Whatever else the engine asks keeps people
from what they were promised.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .towns import Expected, Town

Key = tuple[str, str]
"""Route and source id."""
Row = dict[str, Any]
MOST_DEATHS = 3
"""In the hand of so many processes that died, a record is set aside."""


class Asking:
    """As things stand now: open `reviews`, `pending` rows, `linked` keys whose target records
    stand, and the keys that a person said to `ignore`."""

    def __init__(
        self, town: Town, reviews: Sequence[Row], pending: Sequence[Row],
        linked: Collection[Key], ignored: Collection[Key], processes: int,
        refused: Collection[int],
    ) -> None:  # fmt: skip
        self._town = town
        self._reviews = {(str(r["route"]), str(r["source_key"])): r for r in reviews}
        self._pending = {(str(r["route"]), str(r["key"])): r for r in pending}
        self._linked = linked
        self._ignored = ignored
        self._deaths = processes - 1
        self._refused = refused
        self._expected: dict[Key, list[Expected]] = {}
        for each in town.expected():
            self._expected.setdefault((each.route, each.source_id), []).append(each)

    # --- what waits -------------------------------------------------------------------------------

    def stuck(self) -> list[Row]:
        """Pending rows that wait for no question to a person, and for no record that a person, or
        the flow's scope, leaves out."""
        return [row for row in self._pending.values() if not self._may_wait(row)]

    def _may_wait(self, row: Row) -> bool:
        passed: set[Key] = set()
        waiting: Row | None = row
        while waiting is not None and waiting["waits_route"]:
            parent = (str(waiting["waits_route"]), str(waiting["waits_key"]))
            if parent in self._ignored or parent in self._reviews:
                return True
            if parent in passed or parent in self._linked:
                return False
            passed.add(parent)
            waiting = self._pending.get(parent)
            if waiting is None:
                return not self._must(parent)
        return False

    def _must(self, key: Key) -> bool:
        return any(each.must for each in self._expected.get(key, ()))

    # --- what is asked ----------------------------------------------------------------------------

    def wrongly_asked(self) -> list[str]:
        """Questions without a reason that anybody could see."""
        return [
            f"{key[0]}:{key[1][-24:]} should not be before a person: {row['reason'][:120]}"
            for key, row in self._reviews.items()
            if key not in self._ignored and not self._may_ask(key, row)
        ]

    def _may_ask(self, key: Key, row: Row) -> bool:
        if self._deaths >= MOST_DEATHS and "ended the program" in row["reason"]:
            return True
        if row["candidates"]:
            return self._is_unclear(key, row["candidates"])
        nouns = {each.noun for each in self._expected.get(key, ())}
        nouns |= {self._town.nouns[key[0]]} if key[0] in self._town.nouns else set()
        if any((noun, key[1]) in self._town.removed for noun in nouns):
            return True
        if self._town.is_gone(*key):
            return any((r["waits_route"], r["waits_key"]) == key for r in self._pending.values())
        return row["kind"] == "refused" and (
            not self._must(key) or self._is_by_weather(row["reason"])
        )

    def _is_by_weather(self, reason: str) -> bool:
        """Refused once, in no words of the vendor's own; nobody can know that it is well again."""
        is_own = "Validation" in reason or "RecordInvalid" in reason
        return not is_own and any(f"status {status}" in reason for status in self._refused)

    def _is_unclear(self, key: Key, candidates: Sequence[Mapping[str, Any]]) -> bool:
        """Each of them is there and looks like it; they are several, or others look like it too."""
        looks = self._town.looks(self._town.nouns[key[0]])
        mine = self._town.known_by(*key)
        shown = [looks.get(str(each["id"]), set()) for each in candidates]
        if not all(mine & each for each in shown):
            return False
        return len(shown) > 1 or any(
            self._town.known_by(*other) & shown[0]
            for other in self._expected
            if other[0] == key[0] and other != key
        )
