"""The books that are left after a life: which intents without an answer are rightly left."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine

from ml_connector.store.tables import metadata
from tests.crash.meant import unexplained

KEY = {"flow": "f", "route": "customers", "source_key": "c1"}


class Books:
    """A database in which what is not said is empty."""

    def __init__(self, path: str) -> None:
        engine = create_engine(f"sqlite:///{path}")
        metadata.create_all(engine)
        engine.dispose()
        self._connection = sqlite3.connect(path, isolation_level=None)

    def put(self, table: str, **values: Any) -> None:
        columns = metadata.tables[table].c
        empty = {c.name: "" for c in columns if not (c.nullable or c.autoincrement is True)}
        row = {**empty, **KEY, **values}
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        line = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own
        self._connection.execute(line, [*row.values()])

    def rows(self, question: str) -> list[Any]:
        return self._connection.execute(question).fetchall()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def books(tmp_path: Any) -> Iterator[Books]:
    found = Books(str(tmp_path / "database"))
    yield found
    found.close()


def told(books: Books, decision: str, reason: str = "") -> None:
    books.put("audit", decision=decision, reason=reason)


LEFT = "it left the scope of the flow and is no longer updated"
OUTSIDE = "it is outside the flow's scope"


@pytest.mark.parametrize(
    ("review", "link", "words"),
    [
        ("open", None, ()),
        ("ignored", "ok", ()),
        (None, None, (("gone", "the customer was deleted before it was brought over"),)),
        (None, "source_gone", (("unchanged", "the customer is known to be deleted"),)),
        (None, "ok", (("update", ""), ("unchanged", LEFT))),
        (None, None, (("create", "nobody answered"), ("unchanged", OUTSIDE))),
    ],
)
def test_an_unknown_one_is_left_where_the_books_say_why(
    books: Books, review: str | None, link: str | None, words: tuple[tuple[str, str], ...]
) -> None:
    books.put("intents", state="unknown")
    if review is not None:
        books.put("reviews", state=review)
    if link is not None:
        books.put("links", state=link)
    for decision, reason in words:
        told(books, decision, reason)
    assert unexplained(books.rows) == []
    books.put("intents", id="2", state="open")
    assert [state for _, _, state, _ in unexplained(books.rows)] == ["open"]


@pytest.mark.parametrize(
    ("review", "link", "words"),
    [
        (None, None, ()),
        (None, "ok", (("update", ""),)),
        ("decided", None, (("create", "nobody answered"),)),
        (None, None, (("create", "nobody answered"),)),
        (None, "target_gone", (("unchanged", "nothing to write differs"),)),
        (None, "ok", (("unchanged", LEFT), ("update", "it came back"))),
    ],
)
def test_an_unknown_one_without_a_reason_is_found(
    books: Books, review: str | None, link: str | None, words: tuple[tuple[str, str], ...]
) -> None:
    books.put("intents", state="unknown")
    if review is not None:
        books.put("reviews", state=review)
    if link is not None:
        books.put("links", state=link)
    for decision, reason in words:
        told(books, decision, reason)
    assert len(unexplained(books.rows)) == 1


def test_what_another_record_or_flow_is_told_explains_nothing(books: Books) -> None:
    books.put("intents", state="unknown")
    books.put("reviews", state="open", source_key="c2")
    books.put("audit", decision="gone", flow="g")
    books.put("links", state="source_gone", route="invoices")
    assert len(unexplained(books.rows)) == 1


def test_what_was_meant_for_set_up_is_never_left(books: Books) -> None:
    books.put("intents", state="unknown", route="", source_key="")
    assert len(unexplained(books.rows)) == 1
