"""A page of a list: by cursor (`page[size]`, `page[after]`) or by offset (`page`, `per_page`).

Forms and caps as in the sheet, section 7.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from .errors import Refusal, coded, plain
from .tables import Record

MOST = 100
MOST_DEPTH = 10_000
_CURSOR = ("page[size]", "page[after]", "page[before]")
Show = Callable[[Record], Any]


def wants_cursor(query: Mapping[str, str]) -> bool:
    return any(name in query for name in _CURSOR)


def listed(
    name: str, records: Sequence[Record], query: Mapping[str, str], url: str, show: Show
) -> dict[str, Any]:
    """A page in the form that the query asks for; `url` is the list's own address."""
    if wants_cursor(query):
        return by_cursor(name, records, query, url, show)
    return by_offset(name, records, query, url, show)


def by_offset(
    name: str,
    records: Sequence[Record],
    query: Mapping[str, str],
    url: str,
    show: Show,
    most_depth: int = MOST_DEPTH,
) -> dict[str, Any]:
    """`next_page`, `previous_page`, `count`. Raises 400 beyond the depth."""
    page, size = page_and_size(query)
    if page * size > most_depth and (page - 1) * size >= most_depth:
        raise coded(
            400,
            "InvalidPaginationDepth",
            f"Requested response size was greater than Search Response Limits of {most_depth}",
        )
    first = (page - 1) * size
    shown = records[first : first + size]
    rest = {k: v for k, v in query.items() if k not in ("page", "per_page")}

    def address(number: int) -> str:
        return f"{url}?{urlencode({**rest, 'page': number, 'per_page': size})}"

    more = first + size < len(records)
    return {
        name: [show(record) for record in shown],
        "next_page": address(page + 1) if more else None,
        "previous_page": address(page - 1) if page > 1 else None,
        "count": len(records),
    }


def page_and_size(query: Mapping[str, str]) -> tuple[int, int]:
    """What an offset asks for; a larger page is cut to a hundred. Raises 400."""
    size = min(MOST, _number(query.get("per_page", str(MOST)), "per_page"))
    return _number(query.get("page", "1"), "page"), size


def _number(text: str, name: str) -> int:
    if not text.isdigit() or not int(text):
        raise plain(400, "InvalidPaginationParameter", f"{name} must be a number above 0")
    return int(text)


def page_size(query: Mapping[str, str], most: int = MOST) -> int:
    """Raises 400 where it is no number or above what is allowed."""
    text = query.get("page[size]", str(MOST))
    if not text.isdigit() or not 0 < int(text) <= most:
        raise coded(
            400,
            "InvalidPaginationParameter",
            f"page[size] must be an integer between 1 and {most}",
        )
    return int(text)


def by_cursor(
    name: str,
    records: Sequence[Record],
    query: Mapping[str, str],
    url: str,
    show: Show,
    sort: str = "id",
    most: int = MOST,
) -> dict[str, Any]:
    """`meta` and `links`; `sort` is a key of the records, with a minus for falling order."""
    size = page_size(query, most)
    field, falling = sort.removeprefix("-"), sort.startswith("-")

    def place(record: Record) -> tuple[Any, Any]:
        return record[field], record["id"]

    ordered = list(records) if sort == "id" else sorted(records, key=place, reverse=falling)
    start = 0
    mark = query.get("page[after]") or query.get("page[before]")
    if mark is not None:
        known = _opened(mark, sort)
        start = _start(ordered, known, place, falling)
        if "page[after]" not in query:  # the page before the record that the cursor names
            same = start > 0 and place(ordered[start - 1]) == known
            start = max(0, start - same - size)
    shown = ordered[start : start + size]
    more = start + size < len(ordered)
    after = _sealed(place(shown[-1]), sort) if shown else None
    before = _sealed(place(shown[0]), sort) if shown else None
    rest = {k: v for k, v in query.items() if k not in _CURSOR}

    def address(**mark: str | None) -> str:
        asked = {**rest, "page[size]": size, **{f"page[{k}]": v for k, v in mark.items()}}
        return f"{url}?{urlencode(asked)}"

    return {
        name: [show(record) for record in shown],
        "meta": {"has_more": more, "after_cursor": after, "before_cursor": before},
        "links": {
            "prev": address(before=before) if start > 0 and before else None,
            "next": address(after=after) if more else None,
        },
    }


def _start(
    ordered: Sequence[Record],
    mark: tuple[Any, Any],
    place: Callable[[Record], tuple[Any, Any]],
    falling: bool,
) -> int:
    """The position of the first record behind the mark."""
    if not falling:
        return bisect_right(ordered, mark, key=place)
    behind = (i for i, record in enumerate(ordered) if place(record) < mark)
    return next(behind, len(ordered))


def _sealed(place: tuple[Any, Any], sort: str) -> str:
    text = json.dumps({"o": sort, "v": list(place)}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _opened(mark: str, sort: str) -> tuple[Any, Any]:
    """The place behind a cursor. Raises 400 InvalidCursor for a stranger's."""
    try:
        found = json.loads(base64.urlsafe_b64decode(mark.encode()))
        if found["o"] != sort:
            raise ValueError(sort)
        value, key = found["v"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise invalid_cursor() from None
    return value, key


def invalid_cursor() -> Refusal:
    return coded(400, "InvalidCursor", "The cursor is invalid")


def timed_cursor(value: Any, now: datetime) -> str:
    """A cursor that knows when it was made."""
    text = json.dumps([value, now.timestamp()])
    return base64.urlsafe_b64encode(text.encode()).decode()


def open_timed(mark: str, now: datetime, life: timedelta | None) -> Any:
    """What a timed cursor holds. Raises 400 for an unknown or expired one."""
    try:
        value, made = json.loads(base64.urlsafe_b64decode(mark.encode()))
    except (binascii.Error, ValueError, TypeError):
        raise invalid_cursor() from None
    if life is not None and now.timestamp() - made > life.total_seconds():
        raise invalid_cursor()
    return value
