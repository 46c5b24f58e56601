"""The search language of lists: `search[key]=value`, `search[keys][]=…`, `key_min`, `key_max`.

Each key is a filter of one kind. A key that nobody knows is ignored, and the whole list comes back
with 200: seen live, and a trap for a misspelt filter (sheet, section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ml_sandbox.vendors.freshbooks import errors
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.times import day_of

Predicate = Callable[[Any], bool]
#: Takes the account and what was asked; raises ApiError for a value that does not fit.
Filter = Callable[[Account, "Asked"], Predicate]


@dataclass(frozen=True)
class Asked:
    """One key of a query; `many` if it came with `[]`."""

    key: str
    values: tuple[str, ...]
    many: bool

    @property
    def value(self) -> str:
        return self.values[-1]

    def wrong(self, errno: int, message: str) -> ApiError:
        return ApiError(422, Row(errno, message, self.key, None, ",".join(self.values)))


@dataclass(frozen=True)
class Query:
    """The parameters of a list, as read; `page` counts from 1."""

    page: int = 1
    per_page: int = 15
    asked: tuple[Asked, ...] = ()
    sort: str = ""
    include: frozenset[str] = field(default_factory=frozenset)


def read_query(pairs: Sequence[tuple[str, str]]) -> Query:
    """Raises ApiError: errno 1013 and 1014 for pages that are no whole numbers."""
    scalars: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    include = []
    searched: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith("search[") and name.endswith("[]") and name[-3] == "]":
            lists.setdefault(name[7:-3], []).append(value)
        elif name.startswith("search[") and name.endswith("]"):
            searched[name[7:-1]] = value
        elif name in ("include[]", "include"):
            include.append(value)
        else:
            scalars[name] = value
    asked = [Asked(key, (value,), many=False) for key, value in searched.items()]
    asked += [Asked(key, tuple(values), many=True) for key, values in lists.items()]
    return Query(
        page=_page(scalars.get("page")),
        per_page=_per_page(scalars.get("per_page")),
        asked=tuple(sorted(asked, key=lambda one: one.key)),
        sort=scalars.get("sort", ""),
        include=frozenset(include),
    )


def _page(text: str | None) -> int:
    """Page 0 acts as 1."""
    if text is None:
        return 1
    if not _is_whole(text):
        raise _bad_page(errors.INVALID_PAGE, "page", text)
    return max(1, int(text))


def _per_page(text: str | None) -> int:
    if text is None:
        return 15
    if not _is_whole(text) or int(text) == 0:
        raise _bad_page(errors.INVALID_PER_PAGE, "per_page", text)
    return int(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12


def _bad_page(errno: int, name: str, text: str) -> ApiError:
    return ApiError(422, Row(errno, f"{name} must be a positive integer.", name, None, text))


# --- kinds of filters ---


def _scalar(asked: Asked) -> str:
    if asked.many:
        raise asked.wrong(errors.FILTER_SCALAR, "Filter takes one value.")
    return asked.value


def _number(asked: Asked, text: str) -> int:
    if not _is_whole(text):
        raise asked.wrong(errors.FILTER_NUMBER, "Filter must be a number.")
    return int(text)


def number(get: Callable[[Any], Any]) -> Filter:
    def build(account: Account, asked: Asked) -> Predicate:
        wanted = _number(asked, _scalar(asked))
        return lambda record: bool(get(record) == wanted)

    return build


def numbers(get: Callable[[Any], Any]) -> Filter:
    def build(account: Account, asked: Asked) -> Predicate:
        if not asked.many:
            raise asked.wrong(errors.FILTER_LIST, "Filter must be a list.")
        wanted = {_number(asked, text) for text in asked.values}
        return lambda record: get(record) in wanted

    return build


def word(get: Callable[[Account, Any], Any]) -> Filter:
    """The whole text, without regard to case."""

    def build(account: Account, asked: Asked) -> Predicate:
        wanted = _scalar(asked).casefold()
        return lambda record: str(get(account, record) or "").casefold() == wanted

    return build


def like(get: Callable[[Account, Any], Sequence[Any]]) -> Filter:
    """A part of any of these texts, without regard to case."""

    def build(account: Account, asked: Asked) -> Predicate:
        wanted = _scalar(asked).casefold()
        return lambda record: any(
            wanted in str(text).casefold() for text in get(account, record) if text
        )

    return build


def flag(get: Callable[[Account, Any], bool]) -> Filter:
    def build(account: Account, asked: Asked) -> Predicate:
        text = _scalar(asked).casefold()
        if text not in ("true", "false", "1", "0"):
            raise asked.wrong(errors.FILTER_BOOLEAN, "Filter must be a boolean.")
        wanted = text in ("true", "1")
        return lambda record: get(account, record) is wanted

    return build


def _day(account: Account, asked: Asked) -> date:
    """A day; what a longer value says of the time is not looked at, or refused."""
    text = _scalar(asked)
    whole = account.switch("filter_with_time") == "refused"
    try:
        if len(text) < 10 or (whole and len(text) != 10):
            raise ValueError(text)
        if len(text) > 10:
            datetime.fromisoformat(text)
        return date.fromisoformat(text[:10])
    except ValueError:
        raise asked.wrong(errors.FILTER_DATE, "Filter must be a date, YYYY-MM-DD.") from None


def days(get: Callable[[Any], date | datetime], least: bool) -> Filter:
    """`_min` takes the day in, `_max` leaves it out; a moment counts by its calendar day."""

    def build(account: Account, asked: Asked) -> Predicate:
        edge = _day(account, asked)
        zone_name = account.switch("day_boundary_zone")

        def within(record: Any) -> bool:
            found = get(record)
            day = day_of(found, zone_name) if isinstance(found, datetime) else found
            return day >= edge if least else day < edge

        return within

    return build


def amounts(get: Callable[[Any], Decimal], least: bool) -> Filter:
    def build(account: Account, asked: Asked) -> Predicate:
        try:
            edge = Decimal(_scalar(asked))
        except InvalidOperation:
            raise asked.wrong(errors.FILTER_NUMBER, "Filter must be a number.") from None
        return lambda record: get(record) >= edge if least else get(record) < edge

    return build


def span(name: str, get: Callable[[Any], date | datetime]) -> dict[str, Filter]:
    """The pair of keys of a range of days."""
    return {f"{name}_min": days(get, least=True), f"{name}_max": days(get, least=False)}


def predicates(account: Account, filters: Mapping[str, Filter], query: Query) -> list[Predicate]:
    """What a record must fulfil. Raises ApiError; unknown keys are passed over."""
    return [filters[asked.key](account, asked) for asked in query.asked if asked.key in filters]
