"""A listing is the answer to one list call: filtered, sorted, cut to a page.

What was filtered and sorted is kept until the account changes or its day turns, so that turning the
pages of thirty thousand invoices sorts them once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ml_sandbox.vendors.freshbooks import errors, inputs
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.catalogue import Shelf
from ml_sandbox.vendors.freshbooks.records import ACTIVE, ARCHIVED, DELETED
from ml_sandbox.vendors.freshbooks.search import Asked, Predicate, Query, predicates

MOST_PER_PAGE = 100
KEPT_LISTS = 16
_SWITCHES = ("default_order", "filter_with_time", "day_boundary_zone")


class Listings:
    """Answers list calls. `per_page` above 100 is cut in silence."""

    def __init__(self) -> None:
        self._kept: dict[Any, list[Any]] = {}

    def page(
        self, account: Account, shelf: Shelf, query: Query, lag: timedelta | None
    ) -> dict[str, Any]:
        """The `result` of a list; `lag` shows it as it was that long ago. Raises ApiError."""
        found = self._found(account, shelf, query, lag)
        per_page = min(query.per_page, MOST_PER_PAGE)
        first = (query.page - 1) * per_page
        include = includes(account, query)
        shown = [shelf.show(account, one, include) for one in found[first : first + per_page]]
        return {
            shelf.plural: shown,
            "page": query.page,
            "pages": -(-len(found) // per_page),
            "per_page": per_page,
            "total": len(found),
        }

    def _found(
        self, account: Account, shelf: Shelf, query: Query, lag: timedelta | None
    ) -> list[Any]:
        if lag is not None:
            moment = account.now() - lag
            return _chosen(account, shelf, query, shelf.table(account).as_of(moment))
        switches = tuple(account.switch(n) for n in _SWITCHES)
        asked = (shelf.plural, query.asked, query.sort, switches)
        key = (account.id, account.revision, account.today(), asked)
        if key not in self._kept:
            while len(self._kept) >= KEPT_LISTS:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = _chosen(account, shelf, query, shelf.table(account))
        return self._kept[key]


def includes(account: Account, query: Query) -> frozenset[str]:
    """Lines come without being asked for only where a switch says so."""
    always = {"lines", "presentation"} if account.switch("lines_always") else set()
    return query.include | always


def _chosen(account: Account, shelf: Shelf, query: Query, records: Iterable[Any]) -> list[Any]:
    tests = predicates(account, shelf.filters, query)
    if shelf.soft_deletes:
        tests.insert(0, _visible(query))
    found = [record for record in records if all(test(record) for test in tests)]
    newest_first = account.switch("default_order") == "newest_first"
    found.sort(key=lambda record: record.id, reverse=newest_first)
    name, _, direction = query.sort.rpartition("_")
    if direction in ("asc", "desc") and name in shelf.sorts:
        found.sort(key=shelf.sorts[name], reverse=direction == "desc")
    return found


def _visible(query: Query) -> Predicate:
    """Active and archived records, unless a state is asked for."""
    asked = next((one for one in query.asked if one.key == "vis_state"), None)
    if asked is None:
        return lambda record: record.vis_state != DELETED
    wanted = _state(asked)
    return lambda record: bool(record.vis_state == wanted)


def _state(asked: Asked) -> int:
    if asked.many:
        raise asked.wrong(errors.FILTER_SCALAR, "Filter takes one value.")
    try:
        number = int(asked.value)
        return int(inputs.one_of(ACTIVE, DELETED, ARCHIVED, numeric=True)(number))
    except (ValueError, inputs.Wrong):
        raise asked.wrong(errors.FILTER_NUMBER, "Filter must be 0, 1 or 2.") from None


def moment_of(account: Account, lag: timedelta | None) -> datetime | None:
    """The moment that a stale single read shows, None for now."""
    return None if lag is None else account.now() - lag
