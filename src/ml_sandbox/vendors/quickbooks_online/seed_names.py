"""The seed's names: the shared cast as customers, with jobs, private persons, vendors, employees.

Every trouble of the sheet is there on purpose: twins, marks of deletion, addresses without a city,
several e-mails in one, terms without a name.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ml_sandbox.business import cast

from . import customer_desk, names
from .company import Company
from .moments import Moments
from .money import currency_ref
from .tables import Record, Row

_COUNTRIES = {"US": "USA", "CA": "Canada", "GB": "United Kingdom", "DE": "Germany", "FR": "France"}
_JOBS = ("Warehouse refit", "Spring order", "Rebranding", "Second site")
_PRIVATE = (("Ana", "Whitlock"), ("Bruno", "Galvão"))


class Names:
    """Fills one company with names. `by_number` and `jobs` find what was made of the cast."""

    def __init__(self, company: Company, chance: random.Random, moments: Moments) -> None:
        self._company = company
        self._chance = chance
        self._moments = moments
        self._used: set[str] = set()
        self.by_number: dict[int, Row] = {}
        self.jobs: dict[int, Row] = {}

    def fill(self, people: Sequence[cast.Customer]) -> None:
        for place, person in enumerate(people, start=1):
            self.by_number[person.number] = self._customer(place, person)
        for place, person in enumerate(people, start=1):
            if place % 8 == 1 and not person.archived:
                self._job(place, person)
        if len(people) >= 10:
            for first, last in _PRIVATE:
                self._private(first, last)
        if people:
            self._others()

    def _free(self, *wanted: str) -> str:
        """The first of these names that nobody bears."""
        name = next(name for name in wanted if name.casefold() not in self._used)
        self._used.add(name.casefold())
        return name

    def _customer(self, place: int, person: cast.Customer) -> Row:
        town = f"{person.name} - {person.place.city}"
        name = self._free(person.name, town, f"{person.name} ({person.number})")
        data: Record = {
            "GivenName": person.person.first_name,
            "FamilyName": person.person.last_name,
            "CompanyName": None if place % 10 == 0 else person.name,
            "DisplayName": name,
            "PrimaryPhone": {"FreeFormNumber": person.phone},
            "PrimaryEmailAddr": _email(place, person),
            "WebAddr": {"URI": person.website} if person.website else None,
            "BillAddr": _address(place, person),
            "CurrencyRef": currency_ref(person.currency),
            "PreferredDeliveryMethod": "Email" if person.email else "Print",
        }
        if place % 5 == 0:
            data["ShipAddr"] = {"Line1": "Loading dock 2", "City": person.place.city}
        if place % 6:
            data["SalesTermRef"] = self._term(str(1 + place % 6))
        if place % 4 == 0:
            data["PaymentMethodRef"] = {"value": "2", "name": "Check"}
            data["Notes"] = "Prefers a call before noon"
        given = {key: value for key, value in data.items() if value is not None}
        made = self._moments.on(person.since)
        row = customer_desk.enter(self._company, given, made)
        self._later(place, row, person)
        return row

    def _term(self, key: str) -> Record:
        return self._company.reference(self._company.row("Term", key))

    def _later(self, place: int, row: Row, person: cast.Customer) -> None:
        """Some were written to again since; the archived ones were made inactive."""
        if place % 4 == 0:
            self._company.change(row, {}, self._moments.since(row.created))
        if person.archived:
            name = names.marked(str(row.data["DisplayName"]))
            gone: Record = {"Active": False, "DisplayName": name, "FullyQualifiedName": name}
            self._company.change(row, gone, self._moments.since(row.updated))

    def _job(self, place: int, person: cast.Customer) -> None:
        """A job; under every other one a project, which is a customer's row as well."""
        parent = self.by_number[person.number]
        job = self._below(parent, f"{_JOBS[place % len(_JOBS)]} {place}", False)
        self.jobs[person.number] = job
        if place % 16 == 1:
            self._below(job, f"Phase {place}", True)

    def _below(self, parent: Row, wanted: str, is_project: bool) -> Row:
        data: dict[str, Any] = {
            "DisplayName": self._free(wanted, f"{wanted} bis"),
            "Job": True,
            "ParentRef": {"value": parent.id},
            "BillWithParent": True,
            "IsProject": is_project,
        }
        made = self._moments.since(parent.created)
        return customer_desk.enter(self._company, data, made)

    def _private(self, first: str, last: str) -> None:
        """A person, with no company and no address."""
        data: Record = {"GivenName": first, "FamilyName": last}
        data["DisplayName"] = self._free(f"{first} {last}", f"{first} {last} (private)")
        data["PrimaryEmailAddr"] = {"Address": f"{first.lower()}@private.example"}
        customer_desk.enter(self._company, data, self._moments.ago(timedelta(days=200)))

    def _others(self) -> None:
        at = self._moments.ago(timedelta(days=900))
        for name in ("Tern Street Paper", "Quarry Power & Light"):
            data: Record = {"DisplayName": self._free(name, f"{name} (supplier)"), "Active": True}
            self._company.add("Vendor", {**data, "CompanyName": name}, at)
        data = {"DisplayName": self._free("Robin Bluebird", "R. Bluebird"), "Active": True}
        self._company.add("Employee", data, at)


def _email(place: int, person: cast.Customer) -> Record | None:
    """Users put several addresses into one field, and words that are none."""
    if person.email is None:
        return None
    if place % 9 == 2:
        return {"Address": f"{person.email}, copy.{person.email}"}
    if place == 13:
        return {"Address": f"see notes, {person.email}"}
    return {"Address": person.email}


def _address(place: int, person: cast.Customer) -> Record:
    """In parts, or as lines with no city, as people paste them."""
    town = person.place
    country = _COUNTRIES.get(town.country, town.country)
    if place % 7 == 3:
        return {
            "Line1": person.name,
            "Line2": person.street,
            "Line3": f"{town.city}  {town.postal_code}",
            "Line4": country,
        }
    return {
        "Line1": person.street,
        "City": town.city,
        "Country": country,
        "CountrySubDivisionCode": town.province.rpartition("-")[2],
        "PostalCode": town.postal_code,
    }
