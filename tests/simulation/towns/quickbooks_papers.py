"""Papers are a QuickBooks customer's invoices, credit memos and payments, with their sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .base import Record, number


@dataclass
class Papers:
    """Of one customer, with those of its jobs where these roll up."""

    invoices: list[Record]
    credits: list[Record]
    payments: list[Record]

    @property
    def open(self) -> list[Record]:
        return [i for i in self.invoices if number(i["Balance"]) > 0]

    def status(self, c: Record, balance: Decimal, today: date) -> str:
        """The first rule of the flow's page that holds."""
        if not c["Active"]:
            return "Inactive"
        if any(date.fromisoformat(i["DueDate"]) < today for i in self.open):
            return "Overdue"
        return "Open" if balance > 0 else "Credit" if balance < 0 else "Paid up"

    def at_home(self, money: str, balance: Decimal) -> Any:
        """Open invoices at their own rates; what else is owed in another money is left open."""
        if money == "USD":
            return balance
        rest = balance - sum((number(i["Balance"]) for i in self.open), Decimal(0))
        home = sum((number(i.get("HomeBalance")) for i in self.open), Decimal(0))
        return lambda told: bool(rest) or told is None or abs(number(told) - home) < Decimal("0.05")

    def twelve_months(self, today: date, *, net: bool) -> dict[str, Any]:
        """Nothing where a paper is dated on the edge of the twelve months."""
        begin = date(today.year - 1, today.month, min(today.day, 28))
        if any(abs((_day(p) - begin).days) < 4 for p in self._all()):
            return {}
        invoices, credits, payments = (
            [p for p in some if _day(p) > begin]
            for some in (self.invoices, self.credits, self.payments)
        )
        total = _sum(invoices, net) - _sum(credits, net)
        told: dict[str, Any] = {"Twelve-month total": number(total)}
        if living := [i for i in invoices if number(i["TotalAmt"]) > 0]:
            last = max(i["TxnDate"] for i in living)
            told["Last invoice date"] = last
            told["Last invoice number"] = {i["DocNumber"] for i in living if i["TxnDate"] == last}
        if paid := [p for p in payments if number(p["TotalAmt"]) > 0]:
            last = max(p["TxnDate"] for p in paid)
            sums = [number(p["TotalAmt"]) for p in paid if p["TxnDate"] == last]
            told["Last payment date"] = last
            told["Last payment"] = lambda said: number(said) in {*sums, sum(sums, Decimal(0))}
        return told

    def _all(self) -> Sequence[Record]:
        return [*self.invoices, *self.credits, *self.payments]


def _sum(papers: Sequence[Record], net: bool) -> Decimal:
    total = sum((number(p["TotalAmt"]) for p in papers), Decimal(0))
    if net:
        total -= sum((number(p["TxnTaxDetail"]["TotalTax"]) for p in papers), Decimal(0))
    return total


def _day(paper: Record) -> date:
    return date.fromisoformat(paper["TxnDate"])
