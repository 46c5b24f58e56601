"""A query is what stands behind the question mark: filter, select, expand, custom, top and skip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.catalogue import Contract
from ml_sandbox.vendors.acumatica.errors import cannot_optimize, odata
from ml_sandbox.vendors.acumatica.odata import compiled
from ml_sandbox.vendors.acumatica.reading import FieldPaths
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.shapes import Tree, Wanted, select_tree, tree_of


@dataclass(frozen=True)
class Query:
    """`filter` and `orderby` are as they came; `top` None is the whole table."""

    wanted: Wanted
    filter: str | None
    orderby: str | None
    top: int | None
    skip: int


def read_query(books: Books, given: Mapping[str, str]) -> Query:
    """Raises the failure of a parameter that cannot be read."""
    expand = _names(given.get("$expand"))
    if "$count" in given and books.switch("count") == "refuse":
        raise odata("The query parameter '$count' is not supported.")
    if "$orderby" in given and books.switch("orderby") == "refuse":
        raise odata("The query parameter '$orderby' is not supported.")
    wanted = Wanted(
        tree_of(name for name in expand if name not in ("files", "custom")),
        select_tree(_names(given.get("$select"))),
        tuple(_names(given.get("$custom"))),
        "files" in expand,
    )
    top = _count(given, "$top")
    return Query(
        wanted, given.get("$filter"), given.get("$orderby"), top, _count(given, "$skip") or 0
    )


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _count(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise odata(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def check_optimizable(books: Books, entity: str, wanted: Wanted) -> None:
    """A list cannot be read in one query with some fields (sheet, section 7)."""
    blocked = {name for name in str(books.switch("not_optimizable")).split(",") if name}
    bad = sorted(blocked & {*_all_names(wanted.expand), *_all_names(wanted.select)})
    if bad:
        raise cannot_optimize(entity, ", ".join(bad))


def _all_names(tree: Tree) -> list[str]:
    return [*tree, *(name for below in tree.values() for name in _all_names(below))]


def matching(
    books: Books, contract: Contract, entity: str, text: str, rows: list[Row]
) -> list[Row]:
    """The rows that a filter finds. One on details, if it is let through, finds what it likes."""
    paths = FieldPaths(books, contract, entity)
    test = compiled(text, paths, books.zone())
    if paths.through_details:
        return rows[::2]
    return [row for row in rows if test(row)]
