"""An index keeps records sorted by one key, so that a page of thirty thousand costs a slice."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from ml_sandbox.vendors.wave.records import Stamped

T = TypeVar("T", bound=Stamped)


class Index(Generic[T]):
    """Records by rising (key, number). A record whose key may have moved is `put` again."""

    def __init__(self, key: Callable[[T], Any], records: Iterable[T]) -> None:
        self._key = key
        self._records = {record.number: record for record in records}
        self._keys = {number: key(record) for number, record in self._records.items()}
        self._order = sorted((key, number) for number, key in self._keys.items())

    def put(self, record: T) -> None:
        number = record.number
        key = self._key(record)
        if number in self._keys:
            if self._keys[number] == key:
                return
            self._take_out(number)
        self._records[number] = record
        self._keys[number] = key
        insort(self._order, (key, number))

    def remove(self, record: T) -> None:
        if record.number in self._keys:
            self._take_out(record.number)
            del self._records[record.number]
            del self._keys[record.number]

    def _take_out(self, number: int) -> None:
        del self._order[bisect_left(self._order, (self._keys[number], number))]

    def between(self, low: Any, high: Any, inclusive: bool) -> Walk[T]:
        """Records whose key lies between the two; None leaves an end open."""
        first = 0
        if low is not None:
            edge = (low,) if inclusive else (low, float("inf"))
            first = bisect_left(self._order, edge)
        last = len(self._order)
        if high is not None:
            edge = (high, float("inf")) if inclusive else (high,)
            last = bisect_right(self._order, edge)
        return Walk(self._order, self._records, first, max(first, last))


class Walk(Sequence[T]):
    """A stretch of an index, as a sequence that looks records up only when asked."""

    def __init__(
        self, order: list[tuple[Any, int]], records: dict[int, T], first: int, last: int
    ) -> None:
        self._order = order
        self._records = records
        self._first = first
        self._last = last

    def __len__(self) -> int:
        return self._last - self._first

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            places = range(self._first, self._last)[at]
            return [self._records[self._order[place][1]] for place in places]
        return self._records[self._order[range(self._first, self._last)[at]][1]]

    def __iter__(self) -> Iterator[T]:
        for place in range(self._first, self._last):
            yield self._records[self._order[place][1]]
