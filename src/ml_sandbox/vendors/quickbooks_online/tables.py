"""A table keeps the rows of one entity in one company, and what each row was before.

A row's data is never changed in place: a change puts a new record there and keeps the old one with
the moment that ended it, so that ordered staleness can show the world as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .entities import Entity

Record = dict[str, Any]


@dataclass(slots=True)
class Row:
    """`updated` is LastUpdatedTime, whole seconds; `is_deleted` rows answer no read."""

    entity: Entity
    id: str
    data: Record
    created: datetime
    updated: datetime
    is_deleted: bool = False
    past: list[tuple[datetime, Record | None]] = field(default_factory=list)

    def at(self, moment: datetime | None) -> Record | None:
        """What a reader sees, now or at that earlier moment; None where there is nothing."""
        if moment is not None:
            for ended, data in self.past:
                if moment < ended:
                    return data
        return None if self.is_deleted else self.data

    def active(self) -> bool:
        return bool(self.data.get("Active", True))


class Table:
    """Rows by id, in the order of their making. `version` counts the changes."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.version = 0
        self._rows: dict[str, Row] = {}

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def get(self, key: str) -> Row | None:
        return self._rows.get(key)

    def put(self, row: Row) -> None:
        self._rows[row.id] = row
        self.version += 1
