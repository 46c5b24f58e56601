"""Writing: a PUT or PATCH finds its record, sets the fields given, and lets the form's rules run.

PUT compares with what is stored and skips what is equal, so that rules may overwrite it; PATCH
sets exactly what it is given (sheet, section 6). Lines without id or key are added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ml_sandbox.vendors.acumatica.books import TABLES, Books, Unit
from ml_sandbox.vendors.acumatica.catalogue import Contract, keys_of
from ml_sandbox.vendors.acumatica.errors import Failure, forbidden, no_entity, px
from ml_sandbox.vendors.acumatica.inputs import Given, echoed
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import normal_key
from ml_sandbox.vendors.acumatica.rules import RULES
from ml_sandbox.vendors.acumatica.screens import (
    LINE_KEYS,
    SCREENS,
    Screen,
    entity_name,
    stored_name,
)
from ml_sandbox.vendors.acumatica.tables import comparable
from ml_sandbox.vendors.acumatica.work import Place, Work


@dataclass(frozen=True)
class Terms:
    """How a write is meant: `patch`, the two preconditions, whose hand, which day and branch."""

    patch: bool = False
    must_be_new: bool = False
    must_exist: bool = False
    by_hand: bool = False
    today: date | None = None
    branch: str = "MAIN"


@dataclass(frozen=True)
class Written:
    """The stored row, and whether it was made by this write."""

    row: Row
    is_new: bool


class Writer:
    """Writes records of one tenant under one version's contract."""

    def __init__(self, books: Books, contract: Contract) -> None:
        self._books = books
        self._contract = contract

    def write(self, given: Given, terms: Terms, matched: list[Row] | None) -> Written:
        """`matched` are the rows that `$filter` found, None where there was none.

        Raises the failure that is answered: 403, 404, 412, 422 or 500.
        """
        screen = SCREENS[given.entity]
        if not screen.writable:
            raise forbidden(screen.form)
        old = self._find(screen, given, matched)
        self._check_terms(terms, old)
        unit = self._books.unit(terms.by_hand)
        work = self._work(unit, screen, given, old, terms)
        self._assign(work, given, work.row, (), terms.patch)
        if old is None:
            RULES[screen.table].begin(work)
        if old is None or work.touched():
            RULES[screen.table].check(work)
        if work.errors:
            raise self._refused(work, given)
        if terms.patch:
            unit.force_stamp(work.row)
        unit.commit()
        return Written(self._books.tables[screen.table].get(work.row.id) or work.row, old is None)

    def _check_terms(self, terms: Terms, old: Row | None) -> None:
        if terms.patch and old is None:
            raise no_entity(404)
        if (terms.must_be_new and old is not None) or (terms.must_exist and old is None):
            if self._books.switch("precondition_body") == "empty":
                raise Failure(412)
            state = "already exists" if old is not None else "does not exist"
            raise px(412, f"The record {state}.", "PX.Api.ContractBased.PreconditionException")

    def _work(
        self, unit: Unit, screen: Screen, given: Given, old: Row | None, terms: Terms
    ) -> Work:
        row = self._books.new_row() if old is None else unit.draft(screen.table, old)
        if old is None:
            unit.add(screen.table, row)
        today = terms.today or self._books.today()
        work = Work(self._books, unit, screen, row, old, today, terms.branch, terms.by_hand)
        work.places[row.id] = ()
        return work

    def _find(self, screen: Screen, given: Given, matched: list[Row] | None) -> Row | None:
        """The record that is meant: by id, by key, by `$filter`."""
        table = self._books.tables[screen.table]
        if given.id is not None:
            row = table.get(given.id)
            if row is None or not RULES[screen.table].shows(screen.entity, row):
                raise no_entity(404 if self._books.switch("missing_record_status") == 404 else 500)
            return row
        if matched is not None:
            if len(matched) > 1 and self._books.switch("several_matches") == "refuse":
                raise px(500, "More than one entity satisfies the condition.")
            return table.get(matched[0].id) if matched else None
        return self._by_key(screen, given)

    def _by_key(self, screen: Screen, given: Given) -> Row | None:
        rules = RULES[screen.table]
        key = rules.key(screen, {n: given.fields.get(n) for n in keys_of(screen.entity)})
        if key is None:
            return None
        row = self._books.find(screen.table, *key)
        if row is None and screen.numbered and not rules.takes_key(self._books):
            if self._books.switch("unknown_number") == "refuse":
                name = keys_of(screen.entity)[-1]
                text = f"'{screen.title}' '{given.text(name)}' cannot be found in the system."
                raise echoed(given, {(name,): text})
            return None
        return row if row is None or rules.shows(screen.entity, row) else None

    # --- setting fields ---

    def _assign(self, work: Work, given: Given, row: Row, place: Place, patch: bool) -> None:
        if given.note is not None and given.note != row.note:
            row.note = given.note
            work.note_change(row, "note")
        for name, value in given.custom.items():
            if row.custom.get(name) != value:
                row.custom[name] = value
                work.note_change(row, name)
        for name, value in given.fields.items():
            stored = stored_name(given.entity, name)
            if isinstance(value, Given):
                self._assign_linked(work, row, stored, value, (*place, name), patch)
            elif isinstance(value, list):
                self._assign_lines(work, row, stored, value, (*place, name), patch)
            else:
                self._set(work, row, stored, value, place, patch)

    def _set(self, work: Work, row: Row, name: str, value: Any, place: Place, patch: bool) -> None:
        former = self._as_shown(work, row, name, place)
        if not place and work.old is not None and name in TABLES[work.screen.table]:
            value = former if _same_key(name, former, value) else value
        if _equal(former, value):
            if work.is_new and former is None and value is not None:
                row[name] = value  # a box that was left unticked on purpose
            if patch and value is not None:
                work.note_change(row, name)
            return
        if self._is_computed(work, name, place):
            if self._books.switch("read_only_fields") == "refuse":
                text = f"The field '{name}' is read-only."
                work.errors.setdefault((*place, entity_name(work.screen.entity, name)), text)
            return
        row[name] = value
        work.note_change(row, name)

    def _as_shown(self, work: Work, row: Row, name: str, place: Place) -> Any:
        if not place and name == "Email" and work.screen.entity == "Customer":
            main = row["MainContact"]
            return None if main is None else main["Email"]
        if name in ("NoteID", "CreatedDateTime", "CreatedDate"):
            return row.id if name == "NoteID" else row.created
        return row.modified if name.startswith("LastModified") else row[name]

    def _is_computed(self, work: Work, name: str, place: Place) -> bool:
        if name == "NoteID" or name.startswith(("LastModified", "Created")):
            return True
        if not place:
            return not work.screen.may_write(name) or (
                not work.is_new and name in keys_of(work.screen.entity) and work.screen.numbered
            )
        head = str(place[0])
        return not work.screen.may_write(head) or not work.screen.may_write(f"{head}/{name}")

    def _assign_linked(
        self, work: Work, row: Row, name: str, value: Given, place: Place, patch: bool
    ) -> None:
        if not work.screen.may_write(name):
            if value.fields and self._books.switch("read_only_fields") == "refuse":
                work.errors.setdefault(place, f"The field '{name}' is read-only.")
            return
        below = row[name]
        if below is None:
            below = row[name] = self._books.new_row()
        work.places[below.id] = place
        self._assign(work, value, below, place, patch)
        if work.changed.get(below.id):
            work.note_change(row, name)

    def _assign_lines(
        self, work: Work, row: Row, name: str, lines: list[Given], place: Place, patch: bool
    ) -> None:
        if not work.screen.may_write(name):
            if lines and self._books.switch("read_only_fields") == "refuse":
                work.errors.setdefault(place, f"The field '{name}' is read-only.")
            return
        for number, value in enumerate(lines):
            here = (*place, number)
            line = self._line(row.lines(name), value)
            if line is None and (value.id is not None or value.delete):
                work.errors.setdefault(here, "The row cannot be found.")
                continue
            if line is None:
                line = self._books.new_row()
                row.lines(name).append(line)
                work.note_change(row, name)
            work.places[line.id] = here
            if value.delete:
                row.lines(name).remove(line)
                work.note_change(row, name)
                continue
            self._assign(work, value, line, here, patch)
            if work.changed.get(line.id):
                work.note_change(row, name)

    def _line(self, lines: list[Row], value: Given) -> Row | None:
        """The line that is meant, by id or by key; None for one to be added."""
        if value.id is not None:
            return next((line for line in lines if line.id == value.id), None)
        names = LINE_KEYS.get(value.entity, ())
        if not names or any(value.fields.get(name) is None for name in names):
            return None
        wanted = [comparable(str(value.fields[name])) for name in names]
        for line in lines:
            if [comparable(str(line[stored_name(value.entity, n)])) for n in names] == wanted:
                return line
        return None

    # --- refusing ---

    def _refused(self, work: Work, given: Given) -> Failure:
        """422 with the body echoed; a record without a number yet is called <NEW>."""
        verb = "Inserting" if work.is_new else "Updating"
        entity = given.entity
        places: dict[Place, str] = {
            tuple(entity_name(entity, s) if isinstance(s, str) else s for s in place): message
            for place, message in work.errors.items()
        }
        text = f"{verb} '{work.screen.title}' record raised at least one error."
        places.setdefault((), f"{text} Please review the errors.")
        if work.is_new and work.screen.numbered:
            given.raw.setdefault(keys_of(entity)[-1], {"value": "<NEW>"})
        given.raw.setdefault("id", work.row.id)
        given.raw.setdefault("rowNumber", 1)
        return echoed(given, places)


def _equal(former: Any, value: Any) -> bool:
    if isinstance(value, bool) or isinstance(former, bool):
        return bool(former) == bool(value)
    return bool(former == value) or (former in (None, "") and value in (None, ""))


def _same_key(name: str, former: Any, value: Any) -> bool:
    return comparable(normal_key(name, str(value))) == comparable(str(former))
