"""A window is a stretch of last-modified moments that is read whole, whatever the order of rows.

Acumatica promises no order and gives no next link, so `$skip` over changing data may miss rows. A
window that answers with fewer rows than asked for was read whole. A full one is parted at the
median of its stamps, and the earlier part is read first: what changes meanwhile moves into a part
that is still to come. Rows that share one moment and fill a page (an import) are asked for without
a limit.

    {}                                       before the very first reading
    {mark}                                   at rest: the next one begins OVERLAP before it
    {mark, after, before, tie, first}        within a reading

The mark is the newest stamp seen. A transaction may be committed minutes after it was stamped,
hence the overlap; the engine knows again what it saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ml_connector.core.values import Values
from ml_connector.vendors.acumatica.moments import shifted

OVERLAP = timedelta(minutes=5)
PAGE_SIZE = 500
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """`before` are the upper bounds still to come, the nearest last; moments are sortable texts."""

    mark: str = ""
    after: str = ""
    before: tuple[str, ...] = ()
    is_tie: bool = False
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
        return cls(mark, str(told["after"]), before, bool(told["tie"]), bool(told["first"]))

    @property
    def cursor(self) -> Values:
        if self.is_at_rest:
            return {"mark": self.mark} if self.mark else {}
        return {
            "mark": self.mark, "after": self.after, "before": list(self.before),
            "tie": self.is_tie, "first": self.is_first,
        }  # fmt: skip

    @property
    def limit(self) -> int | None:
        return None if self.is_tie else PAGE_SIZE

    def filter(self, field: str) -> str:
        bounds = [("ge", self.after)] if self.after else []
        bounds += [("lt", bound) for bound in self.before[-1:]]
        told = ((how, at.replace("Z", "+00:00")) for how, at in bounds)
        return " and ".join(f"{field} {how} datetimeoffset'{at}'" for how, at in told)

    def is_whole(self, stamps: Sequence[str]) -> bool:
        """Whether these are all rows there are in it."""
        return self.is_tie or len(stamps) < PAGE_SIZE

    def then(self, stamps: Sequence[str]) -> Window:
        """What to read next; a window at rest ends the reading."""
        if not self.is_whole(stamps):
            middle = sorted(stamps)[len(stamps) // 2]
            if middle > self.after:
                return replace(self, before=(*self.before, middle))
            return replace(self, before=(*self.before, shifted(middle, _TICK)), is_tie=True)
        mark = max([self.mark, *stamps])
        if self.before:
            after, rest = self.before[-1], self.before[:-1]
            return replace(self, mark=mark, after=after, before=rest, is_tie=False)
        return Window(mark, is_at_rest=True)
