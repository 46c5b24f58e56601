"""A shape says which fields an answer shows, and writes rows out in the vendor's JSON.

Linked records and details are shown only where they are expanded; custom fields only where they
are asked for (sheet, sections 5 and 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any
from urllib.parse import quote

from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.catalogue import Contract
from ml_sandbox.vendors.acumatica.errors import odata, unknown_property
from ml_sandbox.vendors.acumatica.reading import read
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.screens import SCREENS
from ml_sandbox.vendors.acumatica.values import shown, wrapped

Tree = dict[str, Any]


@dataclass
class Wanted:
    """What the query asks for: trees of names; an empty `select` is every top-level field."""

    expand: Tree = field(default_factory=dict)
    select: Tree = field(default_factory=dict)
    custom: tuple[str, ...] = ()
    files: bool = False


@dataclass(frozen=True)
class Place:
    """Where an answer is given: the address of the endpoint, relative to the host."""

    root: str
    endpoint: str
    version: str

    @property
    def base(self) -> str:
        return f"{self.root}/entity/{self.endpoint}/{self.version}"


def tree_of(names: Iterable[str]) -> Tree:
    """`A,A/B` as nested names. A deeper level counts only where the one above it is listed."""
    tree: Tree = {}
    listed = sorted({name.strip("/") for name in names if name}, key=lambda n: n.count("/"))
    for name in listed:
        *above, last = name.split("/")
        branch: Tree | None = tree
        for step in above:
            branch = branch.get(step) if branch is not None else None
        if branch is not None:
            branch.setdefault(last, {})
    return tree


def select_tree(names: Iterable[str]) -> Tree:
    """`A,B/C` as nested names; here a deeper level brings those above along."""
    tree: Tree = {}
    for name in names:
        branch = tree
        for step in name.strip("/").split("/"):
            branch = branch.setdefault(step, {})
    return tree


class Shape:
    """Writes rows of one entity of one contract."""

    def __init__(
        self, books: Books, contract: Contract, place: Place, entity: str, wanted: Wanted
    ) -> None:
        self._books = books
        self._contract = contract
        self._place = place
        self._entity = entity
        self._wanted = wanted
        self._zone: timezone = books.zone()
        self._empty = str(books.switch("empty_field"))
        self._check(entity, wanted.expand, linked_only=True)
        self._check(entity, wanted.select, linked_only=False)
        for name in wanted.custom:
            self._check_custom(name)

    def _check(self, entity: str, tree: Tree, linked_only: bool) -> None:
        """Raises unknown property for a name that the contract does not have."""
        for name, below in tree.items():
            known = self._contract.entities[entity].get(name)
            if known is None:
                if name in ("id", "note", "rowNumber", "custom", "files") and not linked_only:
                    continue
                raise unknown_property(name, entity)
            if linked_only and known.kind == "value":
                raise odata(f"Property '{name}' on type '{entity}' is not a navigation property.")
            if below:
                self._check(known.type, below, linked_only)

    def _check_custom(self, name: str) -> None:
        if name not in self._books.custom_fields.get(self._entity, {}):
            raise odata(f"Could not find a custom field '{name}' of '{self._entity}'.")

    def show(self, row: Row, number: int = 1) -> dict[str, Any]:
        """The record of the entity itself, with its links."""
        body = self._record(self._entity, row, number, self._wanted.expand, self._wanted.select)
        body["custom"] = self._custom(row)
        base, screen = self._place.base, SCREENS[self._entity]
        if self._wanted.files:
            body["files"] = [
                {
                    "id": link.id,
                    "filename": link.filename,
                    "href": f"{base}/files/{link.id}",
                    "comment": link.comment,
                }
                for link in row.files
            ]
        body["_links"] = {
            "self": f"{base}/{self._entity}/{row.id}",
            "files:put": f"{base}/files/{screen.graph}/{quote(screen.view)}/{row.id}/{{filename}}",
        }
        return body

    def _record(
        self, entity: str, row: Row, number: int, expand: Tree, select: Tree
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "id": row.id,
            "rowNumber": number,
            "note": {"value": row.note},
        }
        for name, known in self._contract.entities[entity].items():
            if known.kind == "value":
                if not select or name in select:
                    value = read(self._books, entity, row, known)
                    body[name] = wrapped(value, self._zone, self._empty)
            elif name in expand:
                below = read(self._books, entity, row, known)
                body[name] = self._below(known.type, below, expand[name], select.get(name, {}))
        body["custom"] = {}
        return body

    def _below(self, entity: str, value: Any, expand: Tree, select: Tree) -> Any:
        if isinstance(value, Row):
            return self._record(entity, value, 1, expand, select)
        if value is None:
            return None
        return [
            self._record(entity, row, number, expand, select)
            for number, row in enumerate(value, start=1)
        ]

    def _custom(self, row: Row) -> dict[str, Any]:
        known = self._books.custom_fields.get(self._entity, {})
        body: dict[str, Any] = {}
        for name in self._wanted.custom:
            view, _, field_name = name.partition(".")
            value = shown(row.custom.get(name), self._zone)
            found = {"type": f"Custom{known[name]}Field", "value": value}
            body.setdefault(view, {})[field_name] = found
        return body
