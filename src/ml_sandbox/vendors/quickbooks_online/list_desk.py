"""The list desk: the short lists of a company, such as terms, and its other names."""

from __future__ import annotations

from . import errors, names
from .company import Company
from .entities import NAMED
from .tables import Record, Row


def create(company: Company, entity: str, given: Record) -> Row:
    """A term, payment method, vendor or employee from a form that has been read. Raises Fault."""
    data = {name: value for name, value in given.items() if value is not None}
    data.setdefault("Active", True)
    if entity in NAMED:
        data["DisplayName"] = names.display_name(data)
        names.claim(company, data["DisplayName"])
    else:
        _claim(company, entity, data)
    if entity == "Term":
        data["Type"] = _kind_of_term(data)
    row = company.add(entity, data)
    company.tell(row, "created")
    return row


def _claim(company: Company, entity: str, data: Record, own: Row | None = None) -> None:
    if not data.get("Name"):
        raise errors.missing("Name")
    for row in company.rows(entity):
        if row is not own and row.data["Name"].casefold() == data["Name"].casefold():
            raise errors.duplicate_name(entity.lower())


def _kind_of_term(data: Record) -> str:
    """Days from the form's date, or a day of the month; never both, and one of them at least."""
    by_date, by_days = "DayOfMonthDue" in data, "DueDays" in data
    if by_date == by_days:
        raise errors.missing("DueDays") if not by_days else errors.business("Two kinds of terms.")
    return "DATE_DRIVEN" if by_date else "STANDARD"


def change(company: Company, row: Row, given: Record, sparse: bool) -> Row:
    """An update from a form that has been read. Raises Fault."""
    changes: Record = dict(given)
    if not sparse:
        for name, field in row.entity.fields.items():
            if not field.read_only and name not in changes and name != "Active":
                changes[name] = None
    if row.entity.name == "CompanyInfo":
        return _saved(company, row, changes)
    data = {name: v for name, v in {**row.data, **changes}.items() if v is not None}
    was_active = row.active()
    changes["Active"] = data["Active"] = bool(data.get("Active", was_active))
    if row.entity.name in NAMED:
        name = names.display_name(data)
        if name != row.data["DisplayName"]:
            names.claim(company, name, row)
        gone = was_active and not changes["Active"]
        changes["DisplayName"] = names.marked(name) if gone else name
    else:
        _claim(company, row.entity.name, data, row)
    if row.entity.name == "Term":
        changes["Type"] = _kind_of_term(data)
    return _saved(company, row, changes)


def _saved(company: Company, row: Row, changes: Record) -> Row:
    company.change(row, changes)
    company.tell(row, "updated")
    return row
