"""A row is one record of the ERP, header, linked record or line: stamped, with an id for life.

Rows in a table are never changed in place: a writer works on a copy and puts that back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class FileLink:
    """A file attached to a row."""

    id: str
    filename: str
    comment: str
    content: bytes


@dataclass
class Row:
    """`values` holds strings, whole numbers, Decimal, bool, datetime, date, Row and lists of Row,
    by stored field name; `custom` holds the same scalars by `View.Field`. None is empty.
    """

    id: str
    created: datetime
    modified: datetime
    values: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    custom: dict[str, Any] = field(default_factory=dict)
    files: list[FileLink] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.values[name] = value

    def lines(self, name: str = "Details") -> list[Row]:
        """The rows of a detail field, made empty on first use."""
        found: list[Row] = self.values.setdefault(name, [])
        return found

    def update(self, values: Mapping[str, Any]) -> None:
        self.values.update(values)

    def copy(self) -> Row:
        """A copy down to the last line, which shares nothing that can change."""
        return Row(
            self.id,
            self.created,
            self.modified,
            {name: _copied(value) for name, value in self.values.items()},
            self.note,
            dict(self.custom),
            list(self.files),
        )

    def same_as(self, other: Row) -> bool:
        """Whether nothing but stamps differs."""
        return (
            self.note == other.note
            and self.custom == other.custom
            and [f.id for f in self.files] == [f.id for f in other.files]
            and _plain(self.values) == _plain(other.values)
        )


def _copied(value: Any) -> Any:
    if isinstance(value, Row):
        return value.copy()
    if isinstance(value, list):
        return [row.copy() for row in value]
    return value


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values to compare: empties left out, rows by their id and own values."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Row):
            found[name] = (value.id, value.note, value.custom, _plain(value.values))
        elif isinstance(value, list):
            if value:
                found[name] = [(r.id, r.note, r.custom, _plain(r.values)) for r in value]
        elif value is not None:
            found[name] = value
    return found
