"""An endpoint answers for one entity at a time: lists, records, writes, actions and files."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica import errors
from ml_sandbox.vendors.acumatica.actions import ACTIONS, Action, Press
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.catalogue import Contract, Field, keys_of
from ml_sandbox.vendors.acumatica.door import Caller, branch_of
from ml_sandbox.vendors.acumatica.errors import Failure, no_entity, px
from ml_sandbox.vendors.acumatica.inputs import Given, Reader, parsed
from ml_sandbox.vendors.acumatica.longruns import LongRuns
from ml_sandbox.vendors.acumatica.queries import (
    Query,
    check_optimizable,
    matching,
    read_query,
)
from ml_sandbox.vendors.acumatica.reading import FieldPaths
from ml_sandbox.vendors.acumatica.requests import Answer, Request
from ml_sandbox.vendors.acumatica.rows import FileLink, Row
from ml_sandbox.vendors.acumatica.rules import RULES
from ml_sandbox.vendors.acumatica.screens import SCREENS, Screen
from ml_sandbox.vendors.acumatica.shapes import Place, Shape, Wanted
from ml_sandbox.vendors.acumatica.values import GUID, parse_moment
from ml_sandbox.vendors.acumatica.writing import Terms, Writer

DEFAULT_STALE_SECONDS = 5.0


@dataclass(frozen=True)
class Call:
    """A request on an entity: by whom, where, and under which contract."""

    request: Request
    caller: Caller
    place: Place
    contract: Contract
    entity: str

    @property
    def books(self) -> Books:
        return self.caller.books

    @property
    def screen(self) -> Screen:
        return SCREENS[self.entity]


class Endpoint:
    """All entities of all endpoints; `new_guid()` names long operations."""

    def __init__(self, site: Site, runs: LongRuns, new_guid: Callable[[], str]) -> None:
        self._site = site
        self._runs = runs
        self._new_guid = new_guid
        self._shuffler: random.Random = site.random("shuffle")

    def answer(self, call: Call, rest: list[str]) -> Answer:
        """`rest` is the path behind the entity. Raises the failure that is answered."""
        if call.entity == self._site.switch("setup_not_entered"):
            text = f"The required configuration data is not entered on the {call.entity} form."
            raise px(500, text, "PX.Data.PXSetupNotEnteredException")
        if rest[-2:-1] == ["status"] and len(rest) == 3:
            return self._status(rest[2])
        self._runs.check_lock(call.caller.session.key, call.screen.form)
        match (call.request.method, rest):
            case ("GET", []):
                return self._list(call)
            case ("GET", ["$adHocSchema"]):
                return Answer(200, self._schema(call))
            case ("GET", _):
                return self._record(call, rest)
            case ("PUT", []):
                return self._put(call)
            case ("PATCH", []):
                return self._write(call, patch=True)
            case ("DELETE", [_, *_]):
                return self._delete(call, rest)
            case ("POST", [action]):
                return self._act(call, action)
            case ("POST", []):
                raise Failure(406, {"message": "Not Acceptable"})
        raise Failure(405, {"message": "The requested resource does not support this method."})

    # --- reading ---

    def _moment(self, call: Call, is_list: bool) -> datetime:
        """The moment that a read shows: now, or as much earlier as a fault orders."""
        kinds = ("stale_read", "index_lag") if is_list else ("stale_read",)
        rules = [rule for kind in kinds if (rule := self._site.fault(kind)) is not None]
        lag = max(
            (DEFAULT_STALE_SECONDS if r.seconds is None else r.seconds for r in rules), default=0.0
        )
        return call.books.moment() - timedelta(seconds=lag)

    def _rows(self, call: Call, moment: datetime) -> list[Row]:
        rules = RULES[call.screen.table]
        seen = call.books.tables[call.screen.table].seen(moment)
        return [row for row in seen if rules.shows(call.entity, row)]

    def _list(self, call: Call) -> Answer:
        if not keys_of(call.entity):
            raise px(500, "The inquiry is read with PUT.", "System.InvalidOperationException")
        books = call.books
        query = read_query(books, call.request.query)
        check_optimizable(books, call.entity, query.wanted)
        shape = Shape(books, call.contract, call.place, call.entity, query.wanted)
        rows = self._rows(call, self._moment(call, is_list=True))
        if query.filter:
            rows = matching(books, call.contract, call.entity, query.filter, rows)
        rows = self._ordered(call, query, rows)
        end = None if query.top is None else query.skip + query.top
        page = rows[query.skip : end]
        return Answer(200, [shape.show(row, number) for number, row in enumerate(page, start=1)])

    def _ordered(self, call: Call, query: Query, rows: list[Row]) -> list[Row]:
        if self._site.switch("shuffle_lists"):
            return self._shuffler.sample(rows, len(rows))
        if not query.orderby or self._site.switch("orderby") != "honour":
            return rows
        paths = FieldPaths(call.books, call.contract, call.entity)
        for part in reversed(query.orderby.split(",")):
            name, _, direction = part.strip().partition(" ")
            _, get = paths.path(name)
            rows = sorted(rows, key=_sort_key(get), reverse=direction.strip() == "desc")
        return rows

    def _record(self, call: Call, rest: list[str]) -> Answer:
        query = read_query(call.books, call.request.query)
        shape = Shape(call.books, call.contract, call.place, call.entity, query.wanted)
        row = self._find(call, rest, self._moment(call, is_list=False))
        return Answer(200, shape.show(row))

    def _find(self, call: Call, rest: list[str], moment: datetime | None = None) -> Row:
        """By id or by key; `|` may stand between keys. Raises the failure of a miss."""
        books, screen = call.books, call.screen
        missing = no_entity(int(self._site.switch("missing_record_status")))
        if not screen.table:
            raise missing
        rules, table = RULES[screen.table], books.tables[screen.table]
        names = keys_of(call.entity)
        parts = rest[0].split("|") if len(rest) == 1 and len(names) > 1 else rest
        row: Row | None = None
        if len(rest) == 1 and GUID.fullmatch(rest[0]):
            row = table.get(rest[0].lower())
            row_id = rest[0].lower()
        elif len(parts) == len(names):
            key = rules.key(screen, dict(zip(names, parts, strict=True)))
            row = None if key is None else books.find(screen.table, *key)
            row_id = "" if row is None else row.id
        else:
            raise missing
        if moment is not None:
            row = table.seen_by_id(row_id, moment)
        if row is None or not rules.shows(call.entity, row):
            raise missing
        return row

    def _schema(self, call: Call) -> dict[str, Any]:
        """Custom fields of the entity, empty, and the names of actions beyond the endpoint's."""
        custom: dict[str, Any] = {}
        for name, kind in call.books.custom_fields.get(call.entity, {}).items():
            view, _, field_name = name.partition(".")
            custom.setdefault(view, {})[field_name] = {"type": f"Custom{kind}Field"}
        known = call.contract.actions.get(call.entity, {})
        extra = [name for name in ACTIONS.get(call.entity, {}) if name not in known]
        fields: dict[str, Any] = {
            name: {} for name, f in call.contract.entities[call.entity].items() if f.kind == "value"
        }
        return {**fields, "custom": custom, "_actions": extra}

    # --- writing ---

    def _put(self, call: Call) -> Answer:
        return self._write(call, patch=False) if keys_of(call.entity) else self._inquire(call)

    def _inquire(self, call: Call) -> Answer:
        """An inquiry takes its parameters as a body and answers its results."""
        if self._site.switch("companies_structure_fails"):
            raise px(500, "Object reference not set to an instance of an object.")
        query = read_query(call.books, call.request.query)
        shape = Shape(call.books, call.contract, call.place, call.entity, query.wanted)
        return Answer(200, shape.show(call.books.new_row()))

    def _write(self, call: Call, patch: bool) -> Answer:
        books = call.books
        query = read_query(books, call.request.query)
        given = Reader(books, call.contract).entity(call.entity, parsed(call.request.body))
        matched = None
        if query.filter:
            rows = self._rows(call, books.moment())
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
        day = headers.get("px-cbapibusinessdate")
        try:
            today = None if day is None else parse_moment(day.replace("/", "-"), call.books.zone())
        except ValueError:
            raise px(400, f"The business date '{day}' is not valid.") from None
        return Terms(
            patch=patch,
            must_be_new="if-none-match" in headers,
            must_exist="if-match" in headers,
            today=None if today is None else today.date(),
            branch=self._branch(call),
        )

    def _branch(self, call: Call) -> str:
        named = call.request.headers.get("px-cbapibranch")
        return call.caller.session.branch if named is None else branch_of(call.books, named)

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

    def _delete(self, call: Call, rest: list[str]) -> Answer:
        row = self._find(call, rest)
        if not call.screen.writable:
            raise errors.forbidden(call.screen.form)
        reason = RULES[call.screen.table].kept(row)
        if reason is not None and not _is_unused(call, row):
            raise px(500, reason)
        unit = call.books.unit()
        unit.remove(call.screen.table, row)
        unit.commit()
        return Answer(204)

    # --- actions ---

    def _act(self, call: Call, name: str) -> Answer:
        action = ACTIONS.get(call.entity, {}).get(name)
        declared = call.contract.actions.get(call.entity, {})
        if action is None and name not in declared:
            form = str(self._site.switch("not_found_body"))
            raise errors.not_found(form, f"The action '{name}' was not found.")
        body = parsed(call.request.body)
        strange = sorted(set(body) - {"entity", "parameters"})
        if strange:
            raise errors.invalid_request(strange[0], "Could not find such a member.")
        row = self._acted_on(call, body.get("entity"))
        if action is None:
            raise errors.disabled(name)
        given = self._parameters(call, declared.get(name), body.get("parameters"))
        action.check(row)
        return self._run(call, name, action, row, given)

    def _acted_on(self, call: Call, raw: Any) -> Row:
        given = Reader(call.books, call.contract).entity(call.entity, raw)
        if given.id is not None:
            return self._find(call, [given.id])
        key = {name: given.fields.get(name) for name in keys_of(call.entity)}
        found = RULES[call.screen.table].key(call.screen, key)
        if found is None:
            raise no_entity(500)
        return self._find(call, list(found))

    def _parameters(self, call: Call, known: dict[str, str] | None, raw: Any) -> dict[str, Any]:
        """Parameters are wrapped; those of an undeclared action stand below `custom`."""
        if raw is None or raw == {}:
            return {}
        if not isinstance(raw, dict):
            raise errors.invalid_request("parameters", "The parameters are an object.")
        if known is None:
            return {}
        fields = {name: Field(name, "value", kind) for name, kind in known.items()}
        contract = Contract(call.contract.version, {"Parameters": fields}, {})
        return Reader(call.books, contract).entity("Parameters", raw).fields

    def _run(
        self, call: Call, name: str, action: Action, row: Row, given: dict[str, Any]
    ) -> Answer:
        today = self._terms(call, patch=False).today or call.books.today()
        table = call.screen.table

        def work() -> None:
            stored = call.books.tables[table].get(row.id)
            if stored is None:
                raise no_entity(500)
            action.check(stored)
            unit = call.books.unit()
            action.run(Press(unit, unit.draft(table, stored), given, today))
            unit.commit()

        if not action.long or self._site.switch("actions_at_once"):
            work()
            return Answer(204)
        run = self._runs.start(self._new_guid(), call.caller.session.key, call.screen.form, work)
        address = f"{call.place.base}/{call.entity}/{name}/status/{run.id}"
        return Answer(202, headers=[("location", address)])

    def _status(self, run_id: str) -> Answer:
        ended = self._runs.poll(run_id)
        if ended is None:
            form = str(self._site.switch("not_found_body"))
            raise errors.not_found(form, "The operation was not found.")
        return Answer(204 if ended else 202)

    # --- files ---

    def put_file(self, books: Books, request: Request, parts: list[str]) -> Answer:
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

    def get_file(self, books: Books, file_id: str) -> Answer:
        for table in books.tables.values():
            for row in table.rows():
                for link in row.files:
                    if link.id == file_id:
                        kind = "application/octet-stream"
                        return Answer(200, link.content, content_type=kind)
        raise no_entity(500)


def _sort_key(get: Callable[[Row], Any]) -> Callable[[Row], tuple[bool, Any]]:
    def key(row: Row) -> tuple[bool, Any]:
        value = get(row)
        return (value is not None, value.casefold() if isinstance(value, str) else value or 0)

    return key


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
