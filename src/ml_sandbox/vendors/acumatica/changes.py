"""Changes: PUT, PATCH and DELETE on an entity, and the inquiry that is asked with PUT."""

from __future__ import annotations

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.calls import Call, found, seen
from ml_sandbox.vendors.acumatica.catalogue import keys_of
from ml_sandbox.vendors.acumatica.errors import Failure, forbidden, px
from ml_sandbox.vendors.acumatica.inputs import Given, Reader, parsed
from ml_sandbox.vendors.acumatica.queries import Query, matching, read_query
from ml_sandbox.vendors.acumatica.requests import Answer
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rules import RULES
from ml_sandbox.vendors.acumatica.shapes import Shape, Wanted
from ml_sandbox.vendors.acumatica.writing import Terms, Writer


class Changes:
    """Answers writes."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def put(self, call: Call) -> Answer:
        return self.write(call, patch=False) if keys_of(call.entity) else self._inquire(call)

    def _inquire(self, call: Call) -> Answer:
        """An inquiry takes its parameters as a body and answers its results."""
        if self._site.switch("companies_structure_fails"):
            raise px(500, "Object reference not set to an instance of an object.")
        query = read_query(call.books, call.request.query)
        shape = Shape(call.books, call.contract, call.place, call.entity, query.wanted)
        return Answer(200, shape.show(call.books.new_row()))

    def write(self, call: Call, patch: bool) -> Answer:
        books = call.books
        query = read_query(books, call.request.query)
        given = Reader(books, call.contract).entity(call.entity, parsed(call.request.body))
        matched = None
        if query.filter:
            rows = seen(call, books.moment())
            matched = matching(books, call.contract, call.entity, query.filter, rows)
        shape_of = self._answer_shape(call, given, query)
        writer = Writer(books, call.contract)
        written = writer.write(given, self._terms(call, patch), matched)
        if written.is_new:
            self._site.created(call.screen.noun or call.screen.table)
        return Answer(200, shape_of.show(written.row))

    def _terms(self, call: Call, patch: bool) -> Terms:
        headers = call.request.headers
        for name in ("if-match", "if-none-match"):
            if headers.get(name, "*") != "*":
                raise Failure(400, {"message": f"The value of the header {name} is not *."})
        return Terms(
            patch=patch,
            must_be_new="if-none-match" in headers,
            must_exist="if-match" in headers,
            today=call.business_date(),
            branch=call.branch(),
        )

    def _answer_shape(self, call: Call, given: Given, query: Query) -> Shape:
        """An answer holds what was sent and what was asked for (sheet, section 6)."""
        mode, wanted = self._site.switch("put_answer"), query.wanted
        select = dict(wanted.select)
        if mode == "all":
            select = {}
        else:
            sent = [n for n, v in given.fields.items() if not isinstance(v, Given | list)]
            for name in sent + (list(keys_of(call.entity)) if mode == "keys" else []):
                select.setdefault(name, {})
            select.setdefault("id", {})
        asked = Wanted(wanted.expand, select, wanted.custom, wanted.files)
        return Shape(call.books, call.contract, call.place, call.entity, asked)

    def delete(self, call: Call, rest: list[str]) -> Answer:
        row = found(call, rest)
        if not call.screen.writable:
            raise forbidden(call.screen.form)
        reason = RULES[call.screen.table].kept(row)
        if reason is not None and not _is_unused(call, row):
            raise px(500, reason)
        unit = call.books.unit()
        unit.remove(call.screen.table, row)
        unit.commit()
        return Answer(204)


def _is_unused(call: Call, row: Row) -> bool:
    """Whether a customer or an item stands in no document."""
    books = call.books
    if call.screen.table == "customers":
        tables = ("sales_orders", "documents", "payments")
        rows = (r for name in tables for r in books.tables[name].rows())
        return all(r["CustomerID"] != row["CustomerID"] for r in rows)
    if call.screen.table in ("stock_items", "non_stock_items"):
        rows = (r for name in ("sales_orders", "documents") for r in books.tables[name].rows())
        lines = (line for r in rows for line in r["Details"] or ())
        return all(line["InventoryID"] != row["InventoryID"] for line in lines)
    return False
