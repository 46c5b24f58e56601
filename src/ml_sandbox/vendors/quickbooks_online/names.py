"""A display name is unique among customers, vendors and employees, and marked once inactive.

Rules as in the sheet, section 4: no colon, tab or line break; ` (deleted)` is appended to the name
of a record that is made inactive.
"""

from __future__ import annotations

from . import errors
from .company import Company
from .entities import NAMED
from .tables import Record, Row

MARK = " (deleted)"
_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


def display_name(data: Record) -> str:
    """The name given, or the person's. Raises Fault 2020 where there is neither."""
    name = str(data.get("DisplayName") or "").strip()
    if not name:
        name = " ".join(str(data[part]) for part in _PARTS if data.get(part))
    if not name:
        raise errors.missing("DisplayName")
    if any(sign in name for sign in ":\t\n"):
        raise errors.business("The name cannot contain a colon, a tab or a new line.")
    return name


def claim(company: Company, name: str, own: Row | None = None) -> None:
    """Raises Fault 6240 where another record bears the name."""
    ignore_case = bool(company.switch("name_comparison_ignores_case"))
    wanted = name.casefold() if ignore_case else name
    for entity in NAMED:
        for row in company.rows(entity):
            found = str(row.data.get("DisplayName", ""))
            if row is not own and (found.casefold() if ignore_case else found) == wanted:
                raise errors.duplicate_name(entity.lower())


def marked(name: str) -> str:
    return name if name.endswith(MARK) else f"{name}{MARK}"
