"""The v2 search operations: per entity, over all items, and in one field's values."""

from __future__ import annotations

from collections.abc import Callable

from . import cursors
from .account import Account
from .calls import Answer, Call, Handler, page
from .desk import Desk
from .field_values import SEARCHABLE_TYPES
from .listing import Query
from .search import SEARCH_FIELDS, Search
from .tables import Record

ITEM_LIMIT = 100
FILTER_CAP = 2_000
ITEM_TYPES = (
    "deal",
    "person",
    "organization",
    "product",
    "lead",
    "file",
    "mail_attachment",
    "project",
)
FIELD_TYPES = ("deal", "lead", "person", "organization", "product", "project")
_ALL_FIELDS = (
    "address",
    "code",
    "custom_fields",
    "email",
    "name",
    "notes",
    "phone",
    "title",
    "description",
)
_EXTRAS = {
    "deal": ("deal.cc_email",),
    "person": ("person.picture",),
    "product": ("product.price",),
    "organization": (),
}
_BASE = ("term", "fields", "exact_match", "limit", "cursor")
_PATHS = {
    "organization": "/organizations/search",
    "person": "/persons/search",
    "deal": "/deals/search",
    "product": "/products/search",
}
_FILTERS = {"person": ("organization_id",), "deal": ("person_id", "organization_id", "status")}
_NAME_KEYS = {"deal": "title"}
#: built-in field codes that hold searchable text, as `itemSearch/field` may be asked for them
_SEARCHABLE_BUILT_IN = ("name", "title", "address", "code", "email", "phone", "emails", "phones")


def handlers(desk: Desk) -> dict[str, Handler]:
    """The operations by `METHOD /path`."""
    searches = Searches(desk.account, desk.search)
    table: dict[str, Handler] = {
        f"GET {path}": searches.of_entity(kind) for kind, path in _PATHS.items()
    }
    table["GET /itemSearch"] = searches.items
    table["GET /itemSearch/field"] = searches.by_field
    return table


class Searches:
    def __init__(self, account: Account, search: Search) -> None:
        self.account = account
        self.search = search

    def of_entity(self, kind: str) -> Handler:
        def handler(call: Call) -> Answer:
            extras, filters = _EXTRAS[kind], _FILTERS.get(kind, ())
            known = (*_BASE, *filters, *(("include_fields",) if extras else ()))
            query = Query(call.query, known)
            exact = query.boolean("exact_match")
            term = _term(query, short_allowed=exact)
            limit, start = query.limit(), _offset(query)
            allowed = SEARCH_FIELDS[kind]
            fields = query.names("fields", allowed, len(allowed)) or list(allowed)
            include = frozenset(query.names("include_fields", extras, len(extras) + 1) or ())
            keep = self._filter(kind, query)
            query.done()
            found = self.search.find(kind, term, tuple(fields), exact=exact)
            kept = [match for match in found if keep(match[1])]
            return self._answer([(s, kind, r) for s, r in kept], start, limit, include)

        return handler

    def _filter(self, kind: str, query: Query) -> Callable[[Record], bool]:
        """Each filter reaches only the first 2000 records that it matches (OpenAPI)."""
        person = query.integer("person_id") if kind == "deal" else None
        organization = query.integer("organization_id") if kind in ("deal", "person") else None
        status = None
        if "status" in query.given and kind == "deal":
            status = query.choice("status", ("open", "won", "lost"), "open")
        pairs = [("person_id", person), ("org_id", organization), ("status", status)]
        wanted = [(key, value) for key, value in pairs if value is not None]
        taken = {key: 0 for key, _ in wanted}

        def keep(record: Record) -> bool:
            for key, value in wanted:
                if record[key] != value or taken[key] >= FILTER_CAP:
                    return False
                taken[key] += 1
            return True

        return keep

    def items(self, call: Call) -> Answer:
        known = (*_BASE, "item_types", "search_for_related_items", "include_fields")
        query = Query(call.query, known)
        exact = query.boolean("exact_match")
        term = _term(query, short_allowed=exact)
        limit, start = query.limit(ITEM_LIMIT), _offset(query)
        kinds = query.names("item_types", ITEM_TYPES, len(ITEM_TYPES)) or list(ITEM_TYPES)
        fields = query.names("fields", _ALL_FIELDS, len(_ALL_FIELDS)) or list(_ALL_FIELDS)
        extras = tuple(name for names in _EXTRAS.values() for name in names)
        include = frozenset(query.names("include_fields", extras, len(extras)) or ())
        related = query.boolean("search_for_related_items")
        query.done()
        found: list[tuple[float, str, Record]] = []
        for kind in (kind for kind in kinds if kind in SEARCH_FIELDS):
            usable = tuple(field for field in fields if field in SEARCH_FIELDS[kind])
            matches = self.search.find(kind, term, usable, exact=exact)
            found += [(score, kind, record) for score, record in matches]
        found.sort(key=lambda match: -match[0])
        answer = self._answer(found, start, limit, include)
        if related:
            shown = found[start : start + limit]
            answer.body["data"]["related_items"] = self._related(shown, include)
        return answer

    def _related(
        self, found: list[tuple[float, str, Record]], include: frozenset[str]
    ) -> list[Record]:
        items: dict[tuple[str, int], Record] = {}
        for _score, kind, record in found:
            for other_kind, other in self.search.related(kind, record):
                item = self.search.item(other_kind, other, include=include)
                items[other_kind, other["id"]] = {"result_score": 0, "item": item}
        return list(items.values())

    def _answer(
        self,
        found: list[tuple[float, str, Record]],
        start: int,
        limit: int,
        include: frozenset[str],
    ) -> Answer:
        items = [
            {"result_score": score, "item": self.search.item(kind, record, include=include)}
            for score, kind, record in found[start : start + limit]
        ]
        return page({"items": items}, _following(len(found), start, limit))

    def by_field(self, call: Call) -> Answer:
        known = ("term", "entity_type", "match", "field", "limit", "cursor")
        query = Query(call.query, known)
        match = query.choice("match", ("exact", "beginning", "middle"), "exact")
        term = _term(query, short_allowed=match == "exact")
        limit, start = query.limit(), _offset(query)
        kind = query.given.get("entity_type")
        code = query.given.get("field")
        query.faults += [
            (name, "is required")
            for name in ("entity_type", "field")
            if query.given.get(name) is None
        ]
        if kind is not None and kind not in FIELD_TYPES:
            query.faults.append(("entity_type", f"must be one of [{', '.join(FIELD_TYPES)}]"))
        elif kind in SEARCH_FIELDS and code is not None and not self._searchable(kind, code):
            query.faults.append(("field", "is not a searchable field"))
        query.done()
        if kind not in SEARCH_FIELDS:
            return page([], None)
        found = self.search.find_by_field(kind, code or "", term, match)
        name_key = _NAME_KEYS.get(kind, "name")
        data = [{"id": r["id"], "name": r[name_key]} for r in found[start : start + limit]]
        return page(data, _following(len(found), start, limit))

    def _searchable(self, kind: str, code: str) -> bool:
        custom = self.account.fields[kind].custom.get(code)
        if custom is not None:
            return custom["field_type"] in SEARCHABLE_TYPES
        return code in _SEARCHABLE_BUILT_IN


def _term(query: Query, *, short_allowed: bool) -> str:
    term = query.given.get("term", "").strip()
    least = 1 if short_allowed else 2
    if len(term) < least:
        query.faults.append(("term", f"must be at least {least} characters long"))
    return term


def _offset(query: Query) -> int:
    """Search results have no stable sort key: their cursor counts results."""
    start = query.cursor()
    if start is None:
        return 0
    if start.field != "offset":
        query.faults.append(("cursor", "was not given out for this search"))
    return start.id


def _following(found: int, start: int, limit: int) -> str | None:
    end = start + limit
    if end >= found:
        return None
    return cursors.encode(cursors.Cursor("offset", end, "asc", end))
