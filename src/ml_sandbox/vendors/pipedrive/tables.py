"""A table holds all records of one kind, soft-deleted ones included, in several orders at once.

Records are plain dictionaries in the v2 form. The orders (id, update_time, add_time, …) are
sorted lists of `(value, id)`, so that a page of 500 costs 500 steps and not a sort of the table.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from .cursors import Cursor

Record = dict[str, Any]
SortKey = tuple[Any, int]


class Table:
    """Records by id, with an index per sortable field."""

    def __init__(self, name: str, sorts: tuple[str, ...], *, first_id: int = 1) -> None:
        self.name = name
        self.records: dict[int, Record] = {}
        self.next_id = first_id
        self._orders: dict[str, list[SortKey]] = {sort: [] for sort in sorts}
        self._deleted: deque[tuple[str, int]] = deque()

    @property
    def sorts(self) -> tuple[str, ...]:
        return tuple(self._orders)

    def take_id(self) -> int:
        taken = self.next_id
        self.next_id += 1
        return taken

    def get(self, record_id: int) -> Record | None:
        return self.records.get(record_id)

    def alive(self, record_id: int) -> Record | None:
        record = self.records.get(record_id)
        return None if record is None or record.get("is_deleted") else record

    def add(self, record: Record) -> None:
        self.records[record["id"]] = record
        for sort, order in self._orders.items():
            insort(order, _key(record, sort))

    def replace(self, record: Record) -> None:
        """Puts the new state of a record in place of the old one, moving it in every order."""
        old = self.records[record["id"]]
        for sort, order in self._orders.items():
            before, after = _key(old, sort), _key(record, sort)
            if before != after:
                del order[bisect_left(order, before)]
                insort(order, after)
        self.records[record["id"]] = record

    def note_deleted(self, record_id: int, at: str) -> None:
        self._deleted.append((at, record_id))

    def purge(self, before: str) -> list[int]:
        """Removes for good what was deleted before that time; the ids that went."""
        gone = []
        while self._deleted and self._deleted[0][0] < before:
            record_id = self._deleted.popleft()[1]
            record = self.records.get(record_id)
            if record is not None and record.get("is_deleted"):
                self.discard(record_id)
                gone.append(record_id)
        return gone

    def discard(self, record_id: int) -> None:
        record = self.records.pop(record_id)
        for sort, order in self._orders.items():
            del order[bisect_left(order, _key(record, sort))]

    def walk(
        self,
        sort: str,
        direction: str,
        start: Cursor | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> Iterator[Record]:
        """Records in order from the cursor on; `low` (inclusive) and `high` (exclusive) bound
        the sort value where the caller knows a range of it."""
        order = self._orders[sort]
        left = 0 if low is None else bisect_left(order, (low, -1))
        right = len(order) if high is None else bisect_left(order, (high, -1))
        if start is not None and direction == "asc":
            left = max(left, bisect_left(order, start.key))
        elif start is not None:
            right = min(right, bisect_right(order, start.key))
        steps = range(left, right) if direction == "asc" else range(right - 1, left - 1, -1)
        for position in steps:
            yield self.records[order[position][1]]

    def page(
        self,
        sort: str,
        direction: str,
        limit: int,
        keep: Callable[[Record], bool],
        start: Cursor | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> tuple[list[Record], Cursor | None]:
        """Up to `limit` kept records and the cursor of the one after them, if there is one."""
        found: list[Record] = []
        for record in self.walk(sort, direction, start, low, high):
            if not keep(record):
                continue
            if len(found) == limit:
                value, record_id = _key(record, sort)
                return found, Cursor(sort, value, direction, record_id)
            found.append(record)
        return found, None


def _key(record: Record, sort: str) -> SortKey:
    value = record[sort]
    return ("" if value is None else value), record["id"]
