"""QuickBooks Online → Pipedrive: a bookkeeper at QuickBooks, sales people at Pipedrive."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .base import Expected, Record, number, pick
from .pipedrive_side import SWITCHES as PIPEDRIVE
from .pipedrive_side import PipedriveTarget
from .quickbooks_side import BOOKKEEPER, CALENDAR, QuickBooksSource
from .quickbooks_side import SWITCHES as QUICKBOOKS

MARK = " (deleted)"
ADDRESS = ("Line1", "Line2", "Line3", "Line4", "City", "PostalCode")
GONE = {"Source state": "Deleted"}


@dataclass
class Papers:
    """What is open or dated in twelve months, of one customer with its jobs."""

    invoices: list[Record]
    credits: list[Record]
    payments: list[Record]

    @property
    def open(self) -> list[Record]:
        return [i for i in self.invoices if number(i["Balance"]) > 0]


class QuickBooksPipedrive(QuickBooksSource, PipedriveTarget):
    key_fields = {  # noqa: RUF012 - nobody changes it
        "organizations": "QuickBooks customer ID",
        "persons": "QuickBooks customer ID",
    }
    people = {  # noqa: RUF012
        **BOOKKEEPER,
        "rename_organization": 2, "edit_person": 2, "delete_record": 1, "create_by_hand": 2,
        "merge_organizations": 0.7, "merge_persons": 0.5,
    }  # fmt: skip
    switches = {**QUICKBOOKS, **PIPEDRIVE}  # noqa: RUF012

    def edit_person(self, draw: random.Random) -> Any:
        person = pick(draw, self._living("persons", ours=True))
        change: Record = draw.choice([{"name": "Lady Ada"}, {"emails": [{"value": "l@x.example"}]}])
        self._touch("persons", person, *change)
        self.change("pipedrive", "persons", person["id"], change)
        return (person["id"], *change)

    # --- what must be there -----------------------------------------------------------------------

    def expected(self) -> list[Expected]:
        customers = {c["Id"]: c for c in self.of("quickbooks_online", "customers")}
        found = []
        for c in customers.values():
            papers = self._papers({k for k in customers if _top(k, customers) == c["Id"]})
            found += [self._of_customer(c, papers), self._of_contact(c, papers)]
        return found

    def _papers(self, family: set[str]) -> Papers:
        invoices, credits, payments = (
            [r for r in self.alive(noun) if r["CustomerRef"]["value"] in family]
            for noun in ("invoices", "credit_memos", "payments")
        )
        return Papers(invoices, credits, payments)

    def _of_customer(self, c: Record, papers: Papers) -> Expected:
        expected = "customers", "organizations", c["Id"]
        if c.get("status") == "Deleted":
            return Expected(*expected, GONE, must=False)
        if c["Id"] in self.merged:
            return Expected(*expected, {"Source state": {"Deleted", "Inactive"}}, must=False)
        if c["Job"]:
            return Expected(*expected, {"id": lambda told: False}, must=False)
        balance = number(c["BalanceWithJobs"])
        fields: dict[str, Any] = {
            "name": _names(c), "Source state": "Active" if c["Active"] else "Inactive",
            "address": lambda told: _is_address(c.get("BillAddr") or {}, told),
            "Payment terms": self._term(c), "Balance": balance,
            "Open invoices": Decimal(len(papers.open)),
            "Billing status": {_status(c, balance, papers, today) for today in self._days()},
            "Balance in home currency": self._home(c, balance, papers),
            **self._twelve_months(papers),
        }  # fmt: skip
        return Expected(*expected, fields, self._comes_in(c, papers))

    def _comes_in(self, c: Record, papers: Papers) -> bool:
        return self.since == "all" or c["Active"] or bool(papers.open)

    def _of_contact(self, c: Record, papers: Papers) -> Expected:
        expected = "contacts", "persons", c["Id"]
        if c.get("status") == "Deleted" or c["Id"] in self.merged:
            return Expected(*expected, {}, must=False)
        if c["Job"]:
            return Expected(*expected, {"id": lambda told: False}, must=False)
        person = " ".join(c[part] for part in ("GivenName", "FamilyName") if c.get(part))
        email = _email(c)
        fields: dict[str, Any] = {
            "name": {person} if person else _names(c),
            "org_id": self._is_organization_of(c["Id"]),
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

    def _home(self, c: Record, balance: Decimal, papers: Papers) -> Any:
        """Open invoices at their own rates; what else is owed in another money is left open."""
        if c["CurrencyRef"]["value"] == "USD":
            return balance
        rest = balance - sum((number(i["Balance"]) for i in papers.open), Decimal(0))
        home = sum((number(i.get("HomeBalance")) for i in papers.open), Decimal(0))
        return lambda told: bool(rest) or told is None or abs(number(told) - home) < Decimal("0.05")

    def _twelve_months(self, papers: Papers) -> dict[str, Any]:
        """Nothing where a paper is dated on the edge of the twelve months."""
        begin = self.day().replace(year=self.day().year - 1) if self._has_last_year() else None
        dated = [*papers.invoices, *papers.credits, *papers.payments]
        if begin is None or any(abs((_day(r) - begin).days) < 3 for r in dated):
            return {}
        invoices, credits, payments = (
            [r for r in some if _day(r) > begin]
            for some in (papers.invoices, papers.credits, papers.payments)
        )
        total = sum((number(i["TotalAmt"]) for i in invoices), Decimal(0))
        total -= sum((number(i["TotalAmt"]) for i in credits), Decimal(0))
        told: dict[str, Any] = {"Twelve-month total": lambda said: number(said) == total}
        living = [i for i in invoices if number(i["TotalAmt"]) > 0]
        if living:
            last = max(i["TxnDate"] for i in living)
            told["Last invoice date"] = last
            told["Last invoice number"] = {i["DocNumber"] for i in living if i["TxnDate"] == last}
        paid = [p for p in payments if number(p["TotalAmt"]) > 0]
        if paid:
            last = max(p["TxnDate"] for p in paid)
            sums = [number(p["TotalAmt"]) for p in paid if p["TxnDate"] == last]
            told["Last payment date"] = last
            told["Last payment"] = lambda said: number(said) in {*sums, sum(sums, Decimal(0))}
        return told

    def _has_last_year(self) -> bool:
        return (self.day().month, self.day().day) != (2, 29)

    def _is_organization_of(self, id: str) -> Callable[[Any], bool]:
        key = ("organizations", id)
        records = self.held().get(key, [])
        is_sure = len(records) == 1 and key not in self.removed
        return lambda told: not is_sure or told == records[0]["id"]


def _top(id: str, customers: dict[str, Record]) -> str:
    while above := customers[id].get("ParentRef"):
        id = above["value"]
    return id


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


def _day(paper: Record) -> date:
    return date.fromisoformat(paper["TxnDate"])


def _status(c: Record, balance: Decimal, papers: Papers, today: date) -> str:
    if not c["Active"]:
        return "Inactive"
    if any(date.fromisoformat(i["DueDate"]) < today for i in papers.open):
        return "Overdue"
    return "Open" if balance > 0 else "Credit" if balance < 0 else "Paid up"
