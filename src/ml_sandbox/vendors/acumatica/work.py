"""A piece of work is one write on its way: the row being changed, what was given, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ml_sandbox.vendors.acumatica.books import TABLES, Books, Unit
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.screens import Screen

Place = tuple[str | int, ...]


@dataclass
class Work:
    """`old` is None for a new record. `changed` says, by row id, which stored fields were set.

    `places` leads from a row to where it stands in the body, so that rules may name the spot.
    """

    books: Books
    unit: Unit
    screen: Screen
    row: Row
    old: Row | None
    today: date
    branch: str
    by_hand: bool = False
    changed: dict[str, dict[str, None]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    errors: dict[Place, str] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.old is None

    def sets(self, name: str, row: Row | None = None) -> bool:
        """Whether this write has changed that field, of the record itself or of a row below."""
        return name in self.changed.get((row or self.row).id, {})

    def note_change(self, row: Row, name: str) -> None:
        self.changed.setdefault(row.id, {})[name] = None

    def touched(self) -> bool:
        """Whether anything at all was changed."""
        return any(self.changed.values())

    def fail(self, message: str, *names: str, row: Row | None = None) -> None:
        """Marks a field of the record, or of a row below; without a name the whole of it."""
        start = () if row is None else self.places.get(row.id, ())
        self.errors.setdefault((*start, *names), message)

    def missing(self, name: str, label: str, row: Row | None = None) -> bool:
        """Marks a required field that is empty."""
        if (row or self.row)[name] not in (None, ""):
            return False
        self.fail(f"'{label}' cannot be empty.", name, row=row)
        return True

    def default(self, **given: Any) -> None:
        """Fills what is empty."""
        for name, value in given.items():
            if self.row[name] is None:
                self.row[name] = value

    def choose(self, name: str, label: str, choices: tuple[str, ...]) -> None:
        """A drop-down takes its displayed labels only."""
        value = self.row[name]
        if value is None:
            return
        for choice in choices:
            if str(value).casefold() == choice.casefold():
                self.row[name] = choice
                return
        self.fail(f"The list value '{value}' is not allowed for '{label}'.", name)

    def refer(self, name: str, label: str, table: str, row: Row | None = None) -> Row | None:
        """The row that a field refers to, its key put as the database has it; marks a miss."""
        holder = row or self.row
        value = holder[name]
        if value is None:
            return None
        found = self.books.find(table, value)
        if found is None:
            self.fail(f"'{label}' cannot be found in the system.", name, row=row)
            return None
        holder[name] = found[TABLES[table][0]]
        return found
