"""QuickBooks Online → Pipedrive: a bookkeeper at QuickBooks, sales people at Pipedrive."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .base import Expected, Record, number, pick
from .pipedrive_side import SWITCHES as PIPEDRIVE
from .pipedrive_side import PipedriveTarget
from .quickbooks_papers import Papers
from .quickbooks_side import BOOKKEEPER, CALENDAR, MARK, QuickBooksSource
from .quickbooks_side import SWITCHES as QUICKBOOKS

ADDRESS = ("Line1", "Line2", "Line3", "Line4", "City", "PostalCode")
Held = dict[tuple[str, str], list[Record]]
GONE = {"Source state": "Deleted"}


class QuickBooksPipedrive(QuickBooksSource, PipedriveTarget):
    key_fields = {
        "organizations": "QuickBooks customer ID",
        "persons": "QuickBooks customer ID",
    }
    people = {
        **BOOKKEEPER,
        "rename_organization": 2, "edit_person": 2, "delete_record": 1, "create_by_hand": 2,
        "merge_organizations": 0.7, "merge_persons": 0.5,
    }  # fmt: skip
    nouns = {"customers": "organizations", "contacts": "persons"}
    switches = {**QUICKBOOKS, **PIPEDRIVE}
    choices = {
        "deal_value": ("gross", "gross", "net"),
        "jobs": ("roll_up", "roll_up", "separate"),
        "people": ("yes", "yes", "no"),
    }

    def edit_person(self, draw: random.Random) -> Any:
        person = pick(draw, self._living("persons", ours=True))
        change: Record = draw.choice([{"name": "Lady Ada"}, {"emails": [{"value": "l@x.example"}]}])
        self._touch("persons", person, *change)
        self.change("pipedrive", "persons", person["id"], change)
        return (person["id"], *change)

    # --- what must be there -----------------------------------------------------------------------

    def expected(self) -> list[Expected]:
        customers = {c["Id"]: c for c in self.of("quickbooks_online", "customers")}
        found, held = [], self.held()
        for c in customers.values():
            family = {k for k in customers if self._owner(k, customers) == c["Id"]}
            papers = self._papers(family)
            found += [self._of_customer(c, papers), self._of_contact(c, papers, held)]
        return found

    def _owner(self, id: str, customers: dict[str, Record]) -> str:
        """Whose organization tells of that customer's papers."""
        while self._rolls_up and (above := customers[id].get("ParentRef")):
            id = above["value"]
        return id

    @property
    def _rolls_up(self) -> bool:
        return self.given.get("jobs") != "separate"

    def _stays_away(self, c: Record) -> bool:
        is_person = not c.get("CompanyName") and (c.get("GivenName") or c.get("FamilyName"))
        return bool(is_person) and self.given.get("people") == "no"

    def _papers(self, family: set[str]) -> Papers:
        invoices, credits, payments = (
            [r for r in self.alive(noun) if r["CustomerRef"]["value"] in family]
            for noun in ("invoices", "credit_memos", "payments")
        )
        return Papers(invoices, credits, payments)

    def _of_customer(self, c: Record, papers: Papers) -> Expected:
        expected = "customers", "organizations", c["Id"]
        goes_on = self.survivor_of(c["Id"])  # what lives on outside the flow's scope is left alone
        if self._stays_away(c) or self._stays_away(goes_on):
            return Expected(*expected, {}, must=False)
        heir = [
            ("customers", str(goes_on["Id"]))
        ]  # where a person left it alone, so is what it got
        if c.get("status") == "Deleted":
            return Expected(*expected, GONE, False, heir)
        if c["Id"] in self.merged:
            return Expected(*expected, {"Source state": {"Deleted", "Inactive"}}, False, heir)
        if c["Job"] and self._rolls_up:
            return Expected(*expected, {"id": lambda told: False}, must=False)
        balance = number(c["BalanceWithJobs" if self._rolls_up else "Balance"])
        words = {papers.status(c, balance, today) for today in self._days()}
        fields: dict[str, Any] = {
            "name": _names(c), "Source state": "Active" if c["Active"] else "Inactive",
            "address": lambda told: _is_address(c.get("BillAddr") or {}, told),
            "Payment terms": self._term(c), "Balance": balance,
            "Open invoices": Decimal(len(papers.open)),
            "Billing status": lambda told: told in words,  # it turns with the calendar too
            "Balance in home currency": papers.at_home(self._money(c), balance),
            **papers.twelve_months(self.day(), net=self.given.get("deal_value") == "net"),
        }  # fmt: skip
        return Expected(*expected, fields, self._comes_in(c, papers))

    def _money(self, c: Record) -> str:
        """A company that never turned several currencies on has but its own."""
        has_several = self.world.switches.value("quickbooks_online.multi_currency")
        return str(c["CurrencyRef"]["value"]) if has_several else "USD"

    def _comes_in(self, c: Record, papers: Papers) -> bool:
        return self.since == "all" or c["Active"] or bool(papers.open)

    def _of_contact(self, c: Record, papers: Papers, held: Held) -> Expected:
        expected = "contacts", "persons", c["Id"]
        is_gone = c.get("status") == "Deleted" or c["Id"] in self.merged
        if is_gone or self._stays_away(c):
            return Expected(*expected, {}, must=False)
        if c["Job"] and self._rolls_up:
            return Expected(*expected, {"id": lambda told: False}, must=False)
        person = " ".join(c[part] for part in ("GivenName", "FamilyName") if c.get(part))
        email = _email(c)
        fields: dict[str, Any] = {
            "name": {person} if person else _names(c),
            "org_id": self._is_organization_of(c["Id"], held),
        }
        if email:
            fields["emails"] = lambda told: email in [e["value"] for e in told or []]
        must = bool(person or email) and self._comes_in(c, papers)
        if c["Id"] in self.shared:  # it may be another customer's person
            must, fields = False, {}
        return Expected(*expected, fields, must, [("customers", c["Id"])])

    def _days(self) -> list[date]:
        """Today, and yesterday while the company's day is young."""
        now = self.world.clock.now().astimezone(CALENDAR)
        return sorted({now.date(), (now - timedelta(hours=3)).date()})

    def _term(self, c: Record) -> str:
        terms = {t["Id"]: t["Name"] for t in self.of("quickbooks_online", "terms")}
        return str(terms[c["SalesTermRef"]["value"]]) if c.get("SalesTermRef") else "none"

    def _is_organization_of(self, id: str, held: Held) -> Callable[[Any], bool]:
        key = ("organizations", id)
        records = held.get(key, [])
        is_sure = len(records) == 1 and key not in self.removed
        return lambda told: not is_sure or told == records[0]["id"]


def _names(c: Record) -> set[str]:
    """Without the mark of an inactive one; where it stayed with an active one, either."""
    bare = str(c["DisplayName"]).removesuffix(MARK)
    return {bare, c["DisplayName"]} if c["Active"] else {bare}


def _email(c: Record) -> str:
    told = (c.get("PrimaryEmailAddr") or {}).get("Address") or ""
    return next((part.strip() for part in told.split(",") if "@" in part), "")


def _is_address(address: Record, told: Any) -> bool:
    """Every part of it stands there."""
    line = str((told or {}).get("value") or "")
    return all(address[part] in line for part in ADDRESS if address.get(part))
