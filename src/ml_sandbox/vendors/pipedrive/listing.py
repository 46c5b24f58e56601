"""A listing is one v2 list request: its parameters checked, its page cut, its records shown.

Every parameter must be one the endpoint knows; unknown or malformed ones are refused with the
validation error of v2 (sheet, sections 3 and 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from . import clocktext, cursors
from .account import Account
from .errors import Invalid, not_allowed
from .tables import Record, Table

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_IDS = 100
MAX_CUSTOM_FIELDS = 15

_COUNTS = (
    "email_messages_count",
    "activities_count",
    "done_activities_count",
    "undone_activities_count",
    "files_count",
    "notes_count",
    "followers_count",
)
_DEAL_COUNTS = (
    "open_deals_count",
    "related_open_deals_count",
    "closed_deals_count",
    "related_closed_deals_count",
    "won_deals_count",
    "related_won_deals_count",
    "lost_deals_count",
    "related_lost_deals_count",
)
_ACTIVITY_IDS = ("next_activity_id", "last_activity_id")
_MAIL_TIMES = ("last_incoming_mail_time", "last_outgoing_mail_time")
#: entity -> the optional fields that `include_fields` may name
INCLUDABLE = {
    "organization": (*_ACTIVITY_IDS, *_DEAL_COUNTS, *_COUNTS, "people_count", "smart_bcc_email"),
    "person": (
        *_ACTIVITY_IDS,
        *_DEAL_COUNTS,
        *_COUNTS,
        *_MAIL_TIMES,
        "participant_open_deals_count",
        "participant_closed_deals_count",
        "marketing_status",
        "doi_status",
        "smart_bcc_email",
    ),
    "deal": (
        *_ACTIVITY_IDS,
        *_COUNTS,
        *_MAIL_TIMES,
        "first_won_time",
        "products_count",
        "participants_count",
        "smart_bcc_email",
        "source_lead_id",
    ),
    "activity": ("attendees",),
    "product": (),
}


class Query:
    """The query string of one request, read parameter by parameter; faults gather."""

    def __init__(self, given: Mapping[str, str], known: tuple[str, ...]) -> None:
        self.given = given
        self.faults = [not_allowed(name) for name in given if name not in known]

    def done(self) -> None:
        """Raises Invalid if anything was wrong."""
        if self.faults:
            raise Invalid(self.faults)

    def integer(self, name: str, least: int | None = 1, most: int | None = None) -> int | None:
        text = self.given.get(name)
        if text is None:
            return None
        try:
            number = int(text)
        except ValueError:
            self.faults.append((name, "must be an integer"))
            return None
        if least is not None and number < least:
            self.faults.append((name, f"must be greater than or equal to {least}"))
        if most is not None and number > most:
            self.faults.append((name, f"must be less than or equal to {most}"))
        return number

    def boolean(self, name: str) -> bool:
        text = self.given.get(name)
        if text not in (None, "true", "false", "1", "0"):
            self.faults.append((name, "must be a boolean"))
        return text in ("true", "1")

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        text = self.given.get(name, default)
        if text not in allowed:
            self.faults.append((name, f"must be one of [{', '.join(allowed)}]"))
            return default
        return text

    def moment(self, name: str) -> str | None:
        text = self.given.get(name)
        if text is None:
            return None
        try:
            return clocktext.parse_seconds(text)
        except ValueError as error:
            self.faults.append((name, str(error)))
            return None

    def integers(self, name: str, most: int) -> list[int] | None:
        text = self.given.get(name)
        if text is None:
            return None
        try:
            numbers = [int(part) for part in text.split(",") if part.strip()]
        except ValueError:
            self.faults.append((name, "must be a comma separated list of integers"))
            return None
        if len(numbers) > most:
            self.faults.append((name, f"must not contain more than {most} items"))
        return numbers

    def names(self, name: str, allowed: tuple[str, ...] | None, most: int) -> list[str] | None:
        text = self.given.get(name)
        if text is None:
            return None
        names = [part.strip() for part in text.split(",") if part.strip()]
        if len(names) > most:
            self.faults.append((name, f"must not contain more than {most} items"))
        unknown = [part for part in names if allowed is not None and part not in allowed]
        if unknown:
            self.faults.append((name, f"has unknown values {', '.join(unknown)}"))
        return names

    def limit(self, most: int = MAX_LIMIT) -> int:
        return self.integer("limit", 1, most) or DEFAULT_LIMIT

    def cursor(self) -> cursors.Cursor | None:
        text = self.given.get("cursor")
        if text is None:
            return None
        try:
            return cursors.decode(text)
        except ValueError as error:
            self.faults.append(("cursor", str(error)))
            return None


@dataclass(frozen=True)
class View:
    """How records are shown: which optional and custom fields, labels spelled out or not."""

    entity: str
    include: tuple[str, ...] = ()
    custom_keys: tuple[str, ...] | None = None
    option_labels: bool = False
    labels: bool = False


VIEW_PARAMETERS = ("include_fields", "custom_fields", "include_option_labels", "include_labels")


def read_view(query: Query, account: Account, entity: str) -> View:
    include = query.names("include_fields", INCLUDABLE[entity], len(INCLUDABLE[entity]))
    keys = query.names("custom_fields", None, MAX_CUSTOM_FIELDS)
    if keys is not None:
        book = account.fields[entity]
        query.faults += [
            ("custom_fields", f"no custom field with key {key}")
            for key in keys
            if key not in book.custom
        ]
    return View(
        entity,
        tuple(include or ()),
        None if keys is None else tuple(keys),
        query.boolean("include_option_labels"),
        query.boolean("include_labels"),
    )


@dataclass
class Page:
    """What a list request asks for, ready to be cut from a table."""

    sort: str
    direction: str
    limit: int
    start: cursors.Cursor | None
    keep: list[Callable[[Record], bool]] = field(default_factory=list)
    low: str | int | None = None
    high: str | int | None = None
    ids: list[int] | None = None

    def cut(self, table: Table) -> tuple[list[Record], str | None]:
        """The page and the next cursor, null at the end."""
        if self.ids is not None:
            return self._cut_ids(table)
        records, following = table.page(
            self.sort, self.direction, self.limit, self.keeps, self.start, self.low, self.high
        )
        return records, None if following is None else cursors.encode(following)

    def keeps(self, record: Record) -> bool:
        return all(test(record) for test in self.keep)

    def _cut_ids(self, table: Table) -> tuple[list[Record], str | None]:
        named = (table.get(record_id) for record_id in sorted(set(self.ids or ())))
        found = [record for record in named if record is not None and self.keeps(record)]
        found.sort(key=lambda r: (r[self.sort] or "", r["id"]), reverse=self.direction == "desc")
        if self.start is not None:
            ascending = self.direction == "asc"
            found = [r for r in found if _after(r, self.sort, self.start, ascending=ascending)]
        following = None
        if len(found) > self.limit:
            nxt = found[self.limit]
            value = nxt[self.sort] or ""
            following = cursors.encode(cursors.Cursor(self.sort, value, self.direction, nxt["id"]))
        return found[: self.limit], following


def _after(record: Record, sort: str, start: cursors.Cursor, *, ascending: bool) -> bool:
    key = (record[sort] or "", record["id"])
    return key >= start.key if ascending else key <= start.key


_NUMERIC_SORTS = ("id", "order_nr", "deal_id")
PAGE_PARAMETERS = ("limit", "cursor", "sort_by", "sort_direction")


def read_page(query: Query, sorts: tuple[str, ...]) -> Page:
    """Paging and order; a cursor carries on with the order it was given out for."""
    sort = query.choice("sort_by", sorts, "id")
    direction = query.choice("sort_direction", ("asc", "desc"), "asc")
    limit, start = query.limit(), query.cursor()
    if start is not None:
        fits = start.field == sort and start.direction == direction
        named = "sort_by" in query.given or "sort_direction" in query.given
        if start.field not in sorts or (named and not fits) or not _typed(start):
            query.faults.append(("cursor", "was not given out for this order"))
        else:
            sort, direction = start.field, start.direction
    return Page(sort, direction, limit, start)


def _typed(start: cursors.Cursor) -> bool:
    kind = int if start.field in _NUMERIC_SORTS else str
    return isinstance(start.value, kind)


def bound_by_update(query: Query, page: Page) -> None:
    """`updated_since` is inclusive, `updated_until` is not; both on whole seconds."""
    since, until = query.moment("updated_since"), query.moment("updated_until")
    if page.sort == "update_time" and page.ids is None:
        page.low, page.high = since, until
        return
    if since is not None:
        page.keep.append(lambda record: record["update_time"] >= since)
    if until is not None:
        page.keep.append(lambda record: record["update_time"] < until)
