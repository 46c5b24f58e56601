"""Attachments: files are put on a record and read back by their own id."""

from __future__ import annotations

from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.errors import no_entity
from ml_sandbox.vendors.acumatica.requests import Answer, Request
from ml_sandbox.vendors.acumatica.rows import FileLink
from ml_sandbox.vendors.acumatica.screens import SCREENS


def put_file(books: Books, request: Request, parts: list[str]) -> Answer:
    """`parts` are graph, view, record id and file name."""
    graph, view, row_id, filename = parts
    for screen in SCREENS.values():
        if (screen.graph, screen.view) == (graph, view) and screen.table:
            row = books.tables[screen.table].get(row_id)
            if row is not None:
                unit = books.unit()
                comment = request.headers.get("px-cbfilecomment", "")
                link = FileLink(books.new_guid(), filename, comment, request.body)
                draft = unit.draft(screen.table, row)
                draft.files = [f for f in draft.files if f.filename != filename] + [link]
                unit.commit()
                return Answer(204)
    raise no_entity(500)


def get_file(books: Books, file_id: str) -> Answer:
    for table in books.tables.values():
        for row in table.rows():
            for link in row.files:
                if link.id == file_id:
                    kind = "application/octet-stream"
                    return Answer(200, link.content, content_type=kind)
    raise no_entity(500)
