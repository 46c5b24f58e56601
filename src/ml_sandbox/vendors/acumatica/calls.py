"""A call is a request on an entity, and how the record is found that its address means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.catalogue import Contract, keys_of
from ml_sandbox.vendors.acumatica.door import Caller, branch_of
from ml_sandbox.vendors.acumatica.errors import no_entity, px
from ml_sandbox.vendors.acumatica.requests import Request
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rules import RULES
from ml_sandbox.vendors.acumatica.screens import SCREENS, Screen
from ml_sandbox.vendors.acumatica.shapes import Place
from ml_sandbox.vendors.acumatica.values import GUID, parse_moment


@dataclass(frozen=True)
class Call:
    """A request on an entity: by whom, where, and under which contract."""

    request: Request
    caller: Caller
    place: Place
    contract: Contract
    entity: str

    @property
    def books(self) -> Books:
        return self.caller.books

    @property
    def screen(self) -> Screen:
        return SCREENS[self.entity]

    def branch(self) -> str:
        """Where documents are entered: the header's branch, or the session's."""
        named = self.request.headers.get("px-cbapibranch")
        return self.caller.session.branch if named is None else branch_of(self.books, named)

    def business_date(self) -> date | None:
        """The header's day, None where it names none. Raises 400."""
        day = self.request.headers.get("px-cbapibusinessdate")
        if day is None:
            return None
        try:
            return parse_moment(day.replace("/", "-"), self.books.zone()).date()
        except ValueError:
            raise px(400, f"The business date '{day}' is not valid.") from None


def seen(call: Call, moment: datetime) -> list[Row]:
    """The rows that a read of that moment shows on the form."""
    rules = RULES[call.screen.table]
    seen = call.books.tables[call.screen.table].seen(moment)
    return [row for row in seen if rules.shows(call.entity, row)]


def found(call: Call, rest: list[str], moment: datetime | None = None) -> Row:
    """By id or by key; `|` may stand between keys. Raises the failure of a miss."""
    books, screen = call.books, call.screen
    missing = no_entity(int(call.books.switch("missing_record_status")))
    if not screen.table:
        raise missing
    rules, table = RULES[screen.table], books.tables[screen.table]
    names = keys_of(call.entity)
    parts = rest[0].split("|") if len(rest) == 1 and len(names) > 1 else rest
    row: Row | None = None
    if len(rest) == 1 and GUID.fullmatch(rest[0]):
        row = table.get(rest[0].lower())
        row_id = rest[0].lower()
    elif len(parts) == len(names):
        key = rules.key(screen, dict(zip(names, parts, strict=True)))
        row = None if key is None else books.find(screen.table, *key)
        row_id = "" if row is None else row.id
    else:
        raise missing
    if moment is not None:
        row = table.seen_by_id(row_id, moment)
    if row is None or not rules.shows(call.entity, row):
        raise missing
    return row
