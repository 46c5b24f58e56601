"""Reads: lists, single records, and the schema of what a tenant has added to an entity."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.actions import ACTIONS
from ml_sandbox.vendors.acumatica.calls import Call, found, seen
from ml_sandbox.vendors.acumatica.catalogue import keys_of
from ml_sandbox.vendors.acumatica.errors import px
from ml_sandbox.vendors.acumatica.queries import Query, check_optimizable, matching, read_query
from ml_sandbox.vendors.acumatica.reading import FieldPaths
from ml_sandbox.vendors.acumatica.requests import Answer
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.shapes import Shape

DEFAULT_STALE_SECONDS = 5.0


class Reads:
    """Answers reads, as stale as faults have it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._shuffler: random.Random = site.random("shuffle")

    def listed(self, call: Call) -> Answer:
        if not keys_of(call.entity):
            raise px(500, "The inquiry is read with PUT.", "System.InvalidOperationException")
        books = call.books
        query = read_query(books, call.request.query)
        check_optimizable(books, call.entity, query.wanted)
        shape = Shape(books, call.contract, call.place, call.entity, query.wanted)
        rows = seen(call, self._moment(call, is_list=True))
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

    def record(self, call: Call, rest: list[str]) -> Answer:
        query = read_query(call.books, call.request.query)
        shape = Shape(call.books, call.contract, call.place, call.entity, query.wanted)
        row = found(call, rest, self._moment(call, is_list=False))
        return Answer(200, shape.show(row))

    def schema(self, call: Call) -> dict[str, Any]:
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

    def _moment(self, call: Call, is_list: bool) -> datetime:
        """The moment that a read shows: now, or as much earlier as a fault orders."""
        kinds = ("stale_read", "index_lag") if is_list else ("stale_read",)
        rules = [rule for kind in kinds if (rule := self._site.fault(kind)) is not None]
        lag = max(
            (DEFAULT_STALE_SECONDS if r.seconds is None else r.seconds for r in rules), default=0.0
        )
        return call.books.moment() - timedelta(seconds=lag)


def _sort_key(get: Callable[[Row], Any]) -> Callable[[Row], tuple[bool, Any]]:
    def key(row: Row) -> tuple[bool, Any]:
        value = get(row)
        return (value is not None, value.casefold() if isinstance(value, str) else value or 0)

    return key
