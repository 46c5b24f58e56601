"""A table holds an account's records of one kind, and how they were a while ago."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, Protocol, TypeVar

#: Versions of one record that are kept; stale reads look back seconds, not weeks.
KEPT_VERSIONS = 16


class Numbered(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=Numbered)


class Table(Generic[T]):
    """Records by rising id, deleted ones included."""

    def __init__(self, first_id: int) -> None:
        self._records: dict[int, T] = {}
        self._before: dict[int, list[tuple[datetime, T | None]]] = {}
        self._next_id = first_id

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[T]:
        return iter(self._records.values())

    def new_id(self) -> int:
        number, self._next_id = self._next_id, self._next_id + 1
        return number

    def seed(self, record: T) -> None:
        """A record that has been there since before the world began."""
        self._records[record.id] = record

    def put(self, record: T, now: datetime) -> None:
        """A new record, or a new version of a known one."""
        kept = self._before.setdefault(record.id, [])
        kept.append((now, self._records.get(record.id)))
        del kept[:-KEPT_VERSIONS]
        self._records[record.id] = record

    def remove(self, number: int) -> None:
        """Takes a record out for good, as only callbacks are."""
        self._records.pop(number, None)
        self._before.pop(number, None)

    def get(self, number: int, moment: datetime | None = None) -> T | None:
        """The record, as it was at a moment if one is given."""
        current = self._records.get(number)
        return current if moment is None else self._as_of(number, current, moment)

    def as_of(self, moment: datetime) -> Iterator[T]:
        for number, current in self._records.items():
            record = self._as_of(number, current, moment)
            if record is not None:
                yield record

    def _as_of(self, number: int, current: T | None, moment: datetime) -> T | None:
        for replaced_at, before in self._before.get(number, ()):
            if replaced_at > moment:
                return before
        return current
