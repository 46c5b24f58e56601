"""A rule book is what a form does by itself: numbers, defaults, checks and sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_sandbox.vendors.acumatica.books import TABLES, Books
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.screens import Screen, stored_name
from ml_sandbox.vendors.acumatica.tables import Key, comparable
from ml_sandbox.vendors.acumatica.work import Work

KEY_LENGTHS = {"CustomerID": 10, "InventoryID": 30, "OrderType": 2, "AccountCD": 10}
USUAL_KEY_LENGTH = 15


class Rules:
    """The rules of a table of set-up data: a key, and whatever is written."""

    def __init__(self, table: str) -> None:
        self.table = table

    def shows(self, entity: str, row: Row) -> bool:
        """Whether that entity's form shows the row."""
        return True

    def takes_key(self, books: Books) -> bool:
        """Whether a key that does not exist yet may be entered."""
        return True

    def usual_key(self) -> Mapping[str, str]:
        """What a part of the key is where it is left out."""
        return {}

    def key(self, screen: Screen, given: Mapping[str, Any]) -> Key | None:
        """The key as the database has it, or None where a part is missing."""
        parts = []
        for name, value in given.items():
            stored = stored_name(screen.entity, name)
            part = value if value is not None else self.usual_key().get(stored)
            if part is None:
                return None
            parts.append(normal_key(stored, str(part)))
        return tuple(comparable(part) for part in parts)

    def begin(self, work: Work) -> None:
        """Numbers and defaults of a new record; what was given is set already."""
        for name in TABLES[self.table]:
            if not work.missing(name, spoken(name)):
                work.row[name] = normal_key(name, str(work.row[name]))

    def check(self, work: Work) -> None:
        """Checks, and what is computed."""

    def kept(self, row: Row) -> str | None:
        """Why the row cannot be deleted, None where it can."""
        return None


def normal_key(name: str, value: str) -> str:
    """Upper case and cut to the mask, as segmented keys are; labels are left as they are."""
    if name in ("Type", "Module"):
        return value.strip()
    return value.strip().upper()[: KEY_LENGTHS.get(name, USUAL_KEY_LENGTH)]


def spoken(name: str) -> str:
    """`CustomerID` as the form labels it: Customer ID."""
    words = "".join(f" {c}" if c.isupper() else c for c in name).split()
    return " ".join(words).replace("I D", "ID").replace("C D", "CD")
