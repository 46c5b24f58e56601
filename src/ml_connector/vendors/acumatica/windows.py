"""A window is a stretch of last-modified moments that is read whole, whatever the order of rows.

Acumatica promises no order and gives no next link, so `$skip` over changing data may miss rows. A
window that answers with fewer rows than asked for was read whole. A full one is parted at the
median of its stamps, and the earlier part is read first: what changes meanwhile moves into a part
that is still to come. Rows that share one moment and fill a page (an import) are a tie, which is
parted by their numbers in the same way.

    {}                                       before the very first reading
    {mark}                                   at rest: the next one begins OVERLAP before it
    {mark, after, before, tie, first}        within a reading; tie: {} or {after, before, whole}

The mark is the newest stamp seen. A transaction may be committed minutes after it was stamped,
hence the overlap; the engine knows again what it saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ml_connector.core.values import Values
from ml_connector.vendors.acumatica.entities import Number, literal
from ml_connector.vendors.acumatica.moments import shifted

OVERLAP = timedelta(minutes=5)
PAGE_SIZE = 500
_TICK = timedelta(milliseconds=1)

Placed = tuple[str, Number]
"""The moment of a row's last change, and its number."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A stretch of the numbers of rows that share one moment; its bounds are as a window's.

    `is_asked_whole`: it can be parted no more, and is asked for without a limit.
    """

    after: Number = ""
    before: tuple[Number, ...] = ()
    is_asked_whole: bool = False

    @classmethod
    def of(cls, cursor: object) -> Tie | None:
        """The tie at which a cursor points, if it points at one."""
        if not isinstance(cursor, dict) or not cursor:
            return None
        return cls(cursor["after"], tuple(cursor["before"]), bool(cursor["whole"]))

    @property
    def cursor(self) -> Values:
        return {"after": self.after, "before": list(self.before), "whole": self.is_asked_whole}

    def parted(self, numbers: Sequence[Number]) -> Tie:
        """At the median of what came; that number belongs to the later part.

        The database may put numbers into another order: any number within parts what it has.
        """
        within = set(numbers) - {self.after, *self.before}
        told = sorted(within, key=lambda n: (isinstance(n, str), n))
        if not told:
            return replace(self, is_asked_whole=True)
        return replace(self, before=(*self.before, told[len(told) // 2]))

    def then(self) -> Tie | None:
        """The part that follows this one."""
        return Tie(self.before[-1], self.before[:-1]) if self.before else None

    def bounds(self, field: str) -> list[str]:
        low = [f"{field} ge {literal(self.after)}"] if self.after != "" else []
        return low + [f"{field} lt {literal(bound)}" for bound in self.before[-1:]]


@dataclass(frozen=True, slots=True)
class Window:
    """`before` are the upper bounds still to come, the nearest last; moments are sortable texts."""

    mark: str = ""
    after: str = ""
    before: tuple[str, ...] = ()
    tie: Tie | None = None
    is_first: bool = False
    is_at_rest: bool = False

    @classmethod
    def of(cls, cursor: object) -> Window:
        """The window at which a cursor points; a new reading where the last one is at rest."""
        told = cursor if isinstance(cursor, dict) else {}
        mark = str(told.get("mark") or "")
        if "after" not in told:
            return cls(mark, shifted(mark, -OVERLAP) if mark else "", is_first=not mark)
        before = tuple(str(bound) for bound in told["before"])
        return cls(mark, str(told["after"]), before, Tie.of(told["tie"]), bool(told["first"]))

    @property
    def cursor(self) -> Values:
        if self.is_at_rest:
            return {"mark": self.mark} if self.mark else {}
        return {
            "mark": self.mark, "after": self.after, "before": list(self.before),
            "tie": self.tie.cursor if self.tie else {}, "first": self.is_first,
        }  # fmt: skip

    @property
    def limit(self) -> int | None:
        return None if self.tie is not None and self.tie.is_asked_whole else PAGE_SIZE

    def filter(self, stamp: str, number: str) -> str:
        """By these fields: the moment of a row's last change, and its number."""
        bounds = [("ge", self.after)] if self.after else []
        bounds += [("lt", bound) for bound in self.before[-1:]]
        told = ((how, at.replace("Z", "+00:00")) for how, at in bounds)
        moments = [f"{stamp} {how} datetimeoffset'{at}'" for how, at in told]
        return " and ".join(moments + (self.tie.bounds(number) if self.tie else []))

    def is_whole(self, rows: Sequence[object]) -> bool:
        """Whether these are all rows there are in it."""
        return self.limit is None or len(rows) < PAGE_SIZE

    def then(self, rows: Sequence[Placed]) -> Window:
        """What to read next; a window at rest ends the reading."""
        if not self.is_whole(rows):
            return self._parted(rows)
        mark = max([self.mark, *(stamp for stamp, _ in rows)])
        tie = self.tie.then() if self.tie else None
        if tie is not None:
            return replace(self, mark=mark, tie=tie)
        if self.before:
            after, rest = self.before[-1], self.before[:-1]
            return replace(self, mark=mark, after=after, before=rest, tie=None)
        return Window(mark, is_at_rest=True)

    def _parted(self, rows: Sequence[Placed]) -> Window:
        if self.tie is not None:
            return replace(self, tie=self.tie.parted([number for _, number in rows]))
        middle = sorted(stamp for stamp, _ in rows)[len(rows) // 2]
        if middle > self.after:
            return replace(self, before=(*self.before, middle))
        return replace(self, before=(*self.before, shifted(middle, _TICK)), tie=Tie())
