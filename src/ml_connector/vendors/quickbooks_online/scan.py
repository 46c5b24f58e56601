"""A scan tells what changed since a mark: by one call of the change feed, or by queries where that
does not reach.

The feed shows at most 1,000 objects and no further page, and looks back thirty days. Where it is
cut, the mark stays, and what changed of each entity is queried, in the order of ids: in that of
changes, rows that are touched meanwhile pull the next ones past the reader's offset. Where the mark
is too old, or there is none, everything is queried. Queries show no deleted rows: a customer's
absence is noticed by the daily sweep, a document's by the books, which are read anew each day. The
mark is the vendor's clock when the scan began.

    {}                            before the very first scan
    {mark}                        at rest
    {mark, since, step, start}    querying: what changed since, or everything where that is empty
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ml_connector.core.values import Values
from ml_connector.vendors.quickbooks_online.books import (
    ALL_NAMES,
    BY_ID,
    OVERLAP,
    everything,
)
from ml_connector.vendors.quickbooks_online.times import format_instant, parse_instant

REACH = timedelta(days=29)
"""The feed looks back thirty days; one is left for its border."""

NAMES = ("Customer", "Term")
"""Lists of names, whose queries show only active rows unless they ask for others."""

_ENTITIES = (*NAMES, "Invoice", "CreditMemo", "Payment")


@dataclass(frozen=True, slots=True)
class Scan:
    """`mark` is where the next one begins. While querying, `step` is the query and `start` its
    row."""

    mark: datetime | None = None
    since: datetime | None = None
    step: int | None = None
    start: int = 1

    @classmethod
    def of(cls, cursor: Values) -> Scan:
        """The scan at which a cursor points; the first query of everything where there is none."""
        mark, since = _moment(cursor.get("mark")), _moment(cursor.get("since"))
        step, start = cursor.get("step"), cursor.get("start")
        if isinstance(step, int) and isinstance(start, int):
            return cls(mark, since, step, start)
        return cls(mark) if mark is not None else cls(step=0)

    @property
    def cursor(self) -> Values:
        mark = format_instant(self.mark) if self.mark else ""
        if self.step is None:
            return {"mark": mark}
        since = format_instant(self.since) if self.since else ""
        return {"mark": mark, "since": since, "step": self.step, "start": self.start}

    def query(self) -> tuple[str, str]:
        """Entity and clauses of the present query."""
        return self._queries()[self.step or 0]

    def then(self, following: int | None, at: datetime) -> Scan:
        """After a page of a query: its next page, or the next query, or rest."""
        mark, step = self.mark or at, self.step or 0
        if following is not None:
            return Scan(mark, self.since, step, following)
        is_last = step + 1 >= len(self._queries())
        return Scan(mark) if is_last else Scan(mark, self.since, step + 1)

    def _queries(self) -> tuple[tuple[str, str], ...]:
        if self.since is None:
            return everything(self.mark.date() if self.mark else date.max)
        changed = f"MetaData.LastUpdatedTime >= '{format_instant(self.since - OVERLAP)}'"
        active = f" AND {ALL_NAMES}"
        return tuple(
            (entity, f"WHERE {changed}{active if entity in NAMES else ''} {BY_ID}")
            for entity in _ENTITIES
        )


def _moment(told: object) -> datetime | None:
    return parse_instant(told) if isinstance(told, str) and told else None
