"""Running a query: which rows of a company it finds, in which order, and the page it shows.

Paging is by offset with no snapshot, so rows shift while a reader pages (sheet, section 3).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import properties
from .company import Company
from .entities import BY_LOWER, Entity
from .errors import invalid_query
from .query_text import Query, parse
from .tables import Record


class Queries:
    """The queries of one company. The last result is kept while its table does not change."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._last: tuple[Any, list[Record]] | None = None

    def answer(self, statement: str, moment: datetime | None = None) -> Record:
        """A QueryResponse, as the books were at that moment or are now. Raises Fault."""
        query = parse(statement, bool(self._company.switch("curly_apostrophe_breaks_queries")))
        entity = BY_LOWER.get(query.entity.lower())
        if entity is None:
            raise invalid_query(f"Invalid context declaration: {query.entity}")
        if query.columns and self._company.switch("query_projections") == "refused":
            raise invalid_query(f"projection of {query.columns[0]} is not supported")
        found = self._found(entity, query, moment)
        if query.is_count:
            return {"totalCount": len(found)}
        page = found[query.start - 1 : query.start - 1 + query.most]
        if not page:
            return {}
        if query.columns:
            page = [_projected(entity, data, query.columns) for data in page]
        answer: Record = {
            entity.name: page,
            "startPosition": query.start,
            "maxResults": len(page),
        }
        if self._company.switch("query_shows_total_count"):
            answer["totalCount"] = len(found)
        return answer

    def _found(self, entity: Entity, query: Query, moment: datetime | None) -> list[Record]:
        table = self._company.tables[entity.name]
        ignore_case = bool(self._company.switch("name_comparison_ignores_case"))
        key = (entity.name, query.conditions, query.order, table.version, ignore_case)
        if moment is None and self._last is not None and self._last[0] == key:
            return self._last[1]
        tests = [
            properties.test(properties.find(entity, c.name), c, ignore_case)
            for c in query.conditions
        ]
        orders = [(properties.find(entity, name), descends) for name, descends in query.order]
        names = [condition.name.lower() for condition in query.conditions]
        all_active = entity.is_list and "active" not in names
        seen = (row.at(moment) for row in table)
        found = [
            data
            for data in seen
            if data is not None
            and (not all_active or data.get("Active", True))
            and all(test(data) for test in tests)
        ]
        for order, descends in reversed(orders):
            found.sort(key=properties.sort_key(order), reverse=descends)
        if moment is None:
            self._last = (key, found)
        return found


def _projected(entity: Entity, data: Record, columns: tuple[str, ...]) -> Record:
    """Some of the properties, marked as sparse. Raises Fault 4001 for an unknown one."""
    known = {name.lower(): name for name in entity.fields}
    shown: Record = {"domain": "QBO", "sparse": True}
    for column in columns:
        name = known.get(column.partition(".")[0].lower())
        if name is None:
            raise invalid_query(f"Property {column} not found for Entity {entity.name}")
        if name in data:
            shown[name] = data[name]
    if "Id" in data:
        shown.setdefault("Id", data["Id"])
    return shown
