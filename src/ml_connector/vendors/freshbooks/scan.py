"""A scan reads everything that changed since a mark, page by page; a cursor says where it stands.

`updated_min` knows whole days only, and the zone of its border is not documented: so a scan begins
a day before the mark's Eastern date, and what was seen already is skipped by the engine. There is
no `updated_max`, which would cut off today. A deleted record is in no ordinary listing: a second
one follows with `vis_state` 1, except at the very first scan, which has nothing to take back.

Offset pages slide while they are read. A new record moves others onwards, where they are met twice.
One that leaves moves them back, past the reader: the count falls, and as many pages are read again.
The mark moves only when the whole scan is through, and never past the vendor's clock at its first
page: a scan may rest in the middle, and what changed behind it is met by the next one.

    {}                                                before the very first scan
    {mark}                                            at rest
    {mark, newest, began, deleted, page, total}       within a scan
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ml_connector.core.values import Value, Values
from ml_connector.vendors.freshbooks.listing import Listing
from ml_connector.vendors.freshbooks.objects import DELETED
from ml_connector.vendors.freshbooks.times import DAY, eastern_date, format_instant

TOLD_AFTER = timedelta(hours=2)
"""A deletion so long before the mark was told by an earlier scan. Longer than the doubled hour."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What to ask next. `newest` is the newest moment of change met in this scan."""

    mark: datetime | None = None
    newest: datetime | None = None
    began: datetime | None = None
    deleted: bool = False
    page: int = 1
    total: int | None = None

    @classmethod
    def of(cls, cursor: Values) -> Scan:
        """The scan at which a cursor points."""
        page, total = cursor.get("page"), cursor.get("total")
        return cls(
            mark=_moment(cursor.get("mark")),
            newest=_moment(cursor.get("newest")),
            began=_moment(cursor.get("began")),
            deleted=cursor.get("deleted") is True,
            page=page if isinstance(page, int) else 1,
            total=total if isinstance(total, int) else None,
        )

    @property
    def search(self) -> dict[str, str]:
        """The filters. FreshBooks ignores one that it does not know, so rows are looked at."""
        asked = {}
        if self.mark is not None:
            asked["updated_min"] = (eastern_date(self.mark) - DAY).isoformat()
        if self.deleted:
            asked["vis_state"] = str(DELETED)
        return asked

    def is_told(self, deleted_at: datetime) -> bool:
        """Whether an earlier scan has told this deletion already."""
        return self.mark is not None and deleted_at < self.mark - TOLD_AFTER

    def then(self, listing: Listing, moments: Sequence[datetime]) -> tuple[Values, bool]:
        """The cursor after this page, and whether there is more to read now."""
        known = [self.newest] if self.newest else []
        newest = max([*known, *moments], default=None)
        met = replace(self, newest=newest, began=self.began or listing.at, total=listing.total)
        slid = (self.total or 0) - (listing.total or 0) if self.page > 1 else 0
        if slid > 0 and listing.total is not None:
            back = -(-slid // listing.per_page)
            return replace(met, page=max(1, self.page - back)).cursor, True
        if listing.has_next:
            return replace(met, page=self.page + 1).cursor, True
        if self.mark is not None and not self.deleted:
            return replace(met, deleted=True, page=1, total=None).cursor, True
        return met._at_rest(), False

    @property
    def cursor(self) -> Values:
        """This scan as a cursor within it."""
        moments = {"mark": self.mark, "newest": self.newest, "began": self.began}
        told: dict[str, Value] = {n: format_instant(at) for n, at in moments.items() if at}
        return {**told, "deleted": self.deleted, "page": self.page, "total": self.total}

    def _at_rest(self) -> Values:
        newest = min(self.newest, self.began) if self.newest and self.began else self.newest
        mark = max((at for at in (self.mark, newest) if at), default=None)
        return {"mark": format_instant(mark)} if mark else {}


def _moment(told: object) -> datetime | None:
    return datetime.fromisoformat(told).astimezone(UTC) if isinstance(told, str) else None
