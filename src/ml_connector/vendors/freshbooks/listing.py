"""A listing is one page of records: `{"response": {"result": {"invoices": […], "page": 1, …}}}`.

Pages are by offset and at most 100 long; the answer says how long they really are ("Parameters").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from ml_connector.core.faults import Refused, Unreachable
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.wire import Response
from ml_connector.vendors.freshbooks.objects import Glimpse, Invoice, Record

PER_PAGE = 100
"""More is cut down to this without a word."""

Row = Mapping[str, Any]

_GLIMPSES = SourceObject("freshbooks", "glimpses", Glimpse, "record", 1)


@dataclass(frozen=True, slots=True)
class Listing:
    """`total` and `pages` are None where they are not told; `at` is the vendor's clock."""

    rows: tuple[Row, ...]
    page: int
    pages: int | None
    per_page: int
    total: int | None
    at: datetime | None

    @property
    def has_next(self) -> bool:
        """A page past the end is empty, and no error."""
        if not self.rows:
            return False
        return self.page < self.pages if self.pages is not None else self.is_full

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= self.per_page


def result_of(response: Response) -> Mapping[str, Any]:
    """What an answer holds. Raises Unreachable where it is none of the accounting or events API."""
    body = response.json()
    inner = body.get("response") if isinstance(body, dict) else None
    result = inner.get("result") if isinstance(inner, dict) else None
    if not isinstance(result, dict):
        raise Unreachable("The answer is none of FreshBooks'. Is base_url the address of its API?")
    return result


def listing_of(response: Response, noun: str, asked_page: int) -> Listing:
    """The page of those records. Raises Unreachable where the answer lacks it."""
    result = result_of(response)
    rows = result.get(noun)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreachable(f"FreshBooks' answer lacks the {noun} that were asked for.")
    return Listing(
        rows=tuple(rows),
        page=_count(result.get("page")) or asked_page,
        pages=_count(result.get("pages")),
        per_page=_count(result.get("per_page")) or PER_PAGE,
        total=_count(result.get("total")),
        at=response.answered_at,
    )


def parsed(obj: SourceObject, row: Row, at: datetime | None) -> SourceModel:
    """The record in a row. Raises Refused, naming the field but not what it holds."""
    try:
        record = obj.model.model_validate(row)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        which = "" if field == "id" else f" {row.get('id')}"  # what is no id may be anything
        sentence = f"FreshBooks' {obj.label}{which} cannot be read: {field}: {reason}"
    else:
        return record.seen_at(at) if isinstance(record, Invoice) else record
    raise Refused(sentence, field)


def listed(obj: SourceObject, row: Row, at: datetime | None) -> Record:
    """The record in a listed row, without its lines, which not every listing has.

    Or a glimpse of it where a field cannot be read, so that one record does not stop a poll. Raises
    Refused where not even its id is told.
    """
    try:
        record = parsed(obj, {**row, "lines": None}, at)
    except Refused:
        record = parsed(_GLIMPSES, row, at)
    if not isinstance(record, Record):
        raise TypeError(f"{obj.path} is no object of FreshBooks")
    return record


def _count(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None
