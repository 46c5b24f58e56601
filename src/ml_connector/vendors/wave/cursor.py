"""A cursor says where the next page of changes begins; its moments are `modifiedAt` of records.

Wave has offset pages only. Sorted by change, a record that is touched meanwhile moves behind the
reader, and another slides over a page border unseen. So deep pages are not walked: each call asks
for the first page of a window that begins at the last moment seen, less a millisecond, since
whether `modifiedAtAfter` includes its own moment is not documented.

Records that share one moment and fill a page (an import) would keep the window from moving. They
are read as a **tie**: a window closed on both sides, paged through. Nothing enters a past moment;
if something left it, the count falls and the tie is read from its first page again.

    {}                                            before the very first poll
    {mark}                                        at rest: the next poll begins OVERLAP before it
    {mark, after, page}                           within a poll
    {mark, after, before, page, total}            within a tie
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ml_connector.core.values import Values
from ml_connector.vendors.wave.instants import format_instant, parse_instant

OVERLAP = timedelta(minutes=5)
_STEP = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed: moments of change in its order, the count of the window, more pages."""

    moments: Sequence[datetime]
    total: int | None
    has_next: bool


@dataclass(frozen=True, slots=True)
class Window:
    """What to ask next. `mark` is the newest moment seen so far, `total` the count in a tie."""

    mark: datetime | None = None
    after: datetime | None = None
    before: datetime | None = None
    page: int = 1
    total: int | None = None

    @classmethod
    def of(cls, cursor: Values) -> Window:
        """The window at which a cursor points."""
        mark, page = _moment(cursor.get("mark")), cursor.get("page")
        if not isinstance(page, int):
            return cls(mark, after=mark - OVERLAP if mark else None)
        after, before = _moment(cursor.get("after")), _moment(cursor.get("before"))
        total = cursor.get("total")
        return cls(mark, after, before, page, total if isinstance(total, int) else None)

    @property
    def arguments(self) -> Values:
        """The variables of the question; a bound that is open is left out."""
        bounds = {"after": self.after, "before": self.before}
        told: Values = {name: format_instant(at) for name, at in bounds.items() if at}
        return {**told, "page": self.page}

    @property
    def cursor(self) -> Values:
        """This window as a cursor within a poll."""
        mark: Values = {"mark": format_instant(self.mark)} if self.mark else {}
        total: Values = {"total": self.total} if self.total is not None else {}
        return {**mark, **self.arguments, **total}

    def then(self, seen: Seen) -> tuple[Values, bool]:
        """The cursor after this page, and whether there is more to read now."""
        known = [self.mark] if self.mark else []
        marked = replace(self, mark=max([*known, *seen.moments], default=None))
        following = marked._within_tie(seen) if self.before else marked._onwards(seen)
        if following is None:
            return ({"mark": format_instant(marked.mark)} if marked.mark else {}), False
        return following.cursor, True

    def _onwards(self, seen: Seen) -> Window | None:
        if not seen.has_next:
            return None
        if not seen.moments:
            return replace(self, page=self.page + 1)
        last = _whole_milliseconds(seen.moments[-1])
        if self.after is None or last - _STEP > self.after:
            return replace(self, after=last - _STEP, page=1)
        return replace(self, before=last + 2 * _STEP, page=1)

    def _within_tie(self, seen: Seen) -> Window | None:
        if self.page > 1 and (seen.total or 0) < (self.total or 0):
            return replace(self, page=1, total=seen.total)
        if seen.has_next:
            return replace(self, page=self.page + 1, total=seen.total)
        after = self.before - _STEP if self.before else None
        return replace(self, after=after, before=None, page=1, total=None)


def _whole_milliseconds(moment: datetime) -> datetime:
    """What the cursor can hold; with more, a window would seem to move and stand still."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _moment(told: object) -> datetime | None:
    return parse_instant(told) if isinstance(told, str) else None
