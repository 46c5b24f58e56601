"""Pages of a list at Wave: 1-based, by offset, with a total; sorts, and filters by modifiedAt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from ml_sandbox.vendors.wave.books import Table
from ml_sandbox.vendors.wave.errors import BAD_INPUT, coded
from ml_sandbox.vendors.wave.records import Stamped, as_of
from ml_sandbox.vendors.wave.session import Session

T = TypeVar("T")
RecordT = TypeVar("RecordT", bound=Stamped)
MOST = 1_000_000


@dataclass
class PageInfo:
    current_page: int
    total_count: int
    total_pages: int


@dataclass
class Edge(Generic[T]):
    node: T


@dataclass
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo


def page_of(
    session: Session, found: Sequence[T], page: int | None, size: int | None, usual: int
) -> Connection[T]:
    """One page; beyond the last it is empty. Raises BAD_USER_INPUT for an unfit page or size."""
    number = 1 if page is None else page
    length = _size(session, usual if size is None else size)
    if number < 1 or number > MOST:
        raise coded("page must be at least 1.", BAD_INPUT)
    first = (number - 1) * length
    total = len(found)
    shown = found[first : first + length]
    info = PageInfo(number, total, -(-total // length))
    return Connection([Edge(record) for record in shown], info)


def _size(session: Session, size: int) -> int:
    cap = int(session.site.switch("page_size_cap"))
    if size < 1:
        raise coded("pageSize must be at least 1.", BAD_INPUT)
    if cap and size > cap:
        if session.site.switch("page_size_over_cap") == "error":
            raise coded(f"pageSize must not be over {cap}.", BAD_INPUT)
        return cap
    return size


@dataclass(frozen=True)
class Between:
    """The bounds of modifiedAt that a list was asked for."""

    after: datetime | None
    before: datetime | None
    inclusive: bool

    def takes(self, record: Stamped) -> bool:
        moment = record.modified_at
        low, high = self.after, self.before
        if self.inclusive:
            return (low is None or moment >= low) and (high is None or moment <= high)
        return (low is None or moment > low) and (high is None or moment < high)


def sorted_list(
    session: Session,
    table: Table[RecordT],
    sorts: Sequence[str],
    bounds: Between,
    filters: Sequence[Callable[[RecordT], bool]],
) -> Sequence[RecordT]:
    """The living records that pass, in order. A plain walk along one index costs no copying."""
    moment = session.list_moment()
    if moment is not None or len(sorts) != 1:
        return _sorted_slowly(table, sorts, [bounds.takes, *filters], moment)
    name, _, direction = sorts[0].rpartition("_")
    by_time = name == "MODIFIED_AT"
    low, high = (bounds.after, bounds.before) if by_time else (None, None)
    walk: Sequence[RecordT] = table.walk(name, low, high, bounds.inclusive)
    bounded = bounds.after is not None or bounds.before is not None
    if filters or (bounded and not by_time):
        walk = [r for r in walk if bounds.takes(r) and all(passes(r) for passes in filters)]
    return Backwards(walk) if direction == "DESC" else walk


def _sorted_slowly(
    table: Table[RecordT],
    sorts: Sequence[str],
    filters: Sequence[Callable[[RecordT], bool]],
    moment: datetime | None,
) -> list[RecordT]:
    found = list(table.values())
    if moment is not None:
        found = [state for record in found if (state := as_of(record, moment)) is not None]
    found = [r for r in found if not r.is_deleted and all(passes(r) for passes in filters)]
    for sort in reversed(sorts):
        name, _, direction = sort.rpartition("_")
        found.sort(key=table.key(name), reverse=direction == "DESC")
    return found


class Backwards(Sequence[Any]):
    """A sequence from its end; a slice takes only what it needs."""

    def __init__(self, ahead: Sequence[Any]) -> None:
        self._ahead = ahead

    def __len__(self) -> int:
        return len(self._ahead)

    def __getitem__(self, at: Any) -> Any:
        if not isinstance(at, slice):
            return self._ahead[len(self._ahead) - 1 - at]
        places = range(len(self))[at]
        size = len(self._ahead)
        return list(self._ahead[size - places.stop : size - places.start])[::-1]
