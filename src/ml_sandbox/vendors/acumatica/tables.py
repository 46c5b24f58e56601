"""A table keeps the rows of one kind by id and by key, and for a while what they were before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from ml_sandbox.vendors.acumatica.rows import Row

#: How long former states are kept: longer than any stale read is ordered for.
MEMORY = timedelta(hours=6)
Key = tuple[str, ...]


class Table:
    """`key_of(row)` is the row's key as it is compared: upper case, without blanks at the end."""

    def __init__(self, name: str, key_of: Callable[[Row], Key]) -> None:
        self.name = name
        self._key_of = key_of
        self._rows: dict[str, Row] = {}
        self._ids: dict[Key, str] = {}
        self._past: dict[str, list[tuple[datetime, Row | None]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterator[Row]:
        """The rows as they are, in the order in which they were entered."""
        yield from self._rows.values()

    def get(self, row_id: str) -> Row | None:
        return self._rows.get(row_id)

    def find(self, *key: str) -> Row | None:
        """By key, however it is written."""
        row_id = self._ids.get(tuple(comparable(part) for part in key))
        return None if row_id is None else self._rows[row_id]

    def put(self, row: Row, seen_from: datetime | None) -> None:
        """Stores a row. Readers see it from that moment on; None for a row of the beginning."""
        former = self._rows.get(row.id)
        self._remember(row.id, former, seen_from)
        if former is not None:
            self._ids.pop(self._key_of(former), None)
        self._rows[row.id] = row
        self._ids[self._key_of(row)] = row.id

    def remove(self, row: Row, seen_from: datetime) -> None:
        self._remember(row.id, self._rows.pop(row.id), seen_from)
        self._ids.pop(self._key_of(row), None)

    def _remember(self, row_id: str, former: Row | None, until: datetime | None) -> None:
        if until is None:
            return
        past = self._past.setdefault(row_id, [])
        past.append((until, former))
        while past and past[0][0] < until - MEMORY:
            past.pop(0)

    def seen_by_id(self, row_id: str, moment: datetime) -> Row | None:
        """The row as a read of that moment shows it."""
        for until, state in self._past.get(row_id, ()):
            if until > moment:
                return state
        return self._rows.get(row_id)

    def seen(self, moment: datetime) -> list[Row]:
        """All rows as a read of that moment shows them, in the order of their entry."""
        found: list[Row] = []
        for row_id, row in self._rows.items():
            state = self.seen_by_id(row_id, moment) if row_id in self._past else row
            if state is not None:
                found.append(state)
        for row_id in self._past:
            if row_id not in self._rows and (gone := self.seen_by_id(row_id, moment)) is not None:
                found.append(gone)
        return found


def comparable(part: str) -> str:
    """A key as the database compares it: case and blanks at the end do not count."""
    return part.strip().upper()
