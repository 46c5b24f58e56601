"""A balance is what a customer owes: open invoices less unapplied payments and open credits.

Kept in the customer's own money (a switch shows it in the company's); BalanceWithJobs sums what
stands below. Neither is written by anybody, and by default neither moves the customer's stamps.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .company import Company
from .money import ZERO, rounded
from .tables import Row

_OPEN = {"Invoice": ("Balance", 1), "Payment": ("UnappliedAmt", -1), "CreditMemo": ("Balance", -1)}


def file(company: Company, row: Row) -> None:
    """Puts a new transaction under its customer."""
    key = row.data["CustomerRef"]["value"]
    company.transactions.setdefault(key, []).append(row)


def has_any(company: Company, key: str) -> bool:
    return any(not row.is_deleted for row in company.transactions.get(key, ()))


def of_customer(company: Company, key: str) -> list[Row]:
    """A customer's living transactions, in the order of their making."""
    return [row for row in company.transactions.get(key, ()) if not row.is_deleted]


def _owed(company: Company, customer: Row) -> Decimal:
    home = company.switch("customer_balance_currency") == "home"
    total = ZERO
    for row in of_customer(company, customer.id):
        name, sign = _OPEN[row.entity.name]
        rate = Decimal(row.data.get("ExchangeRate", 1)) if home else Decimal(1)
        total += sign * rate * Decimal(row.data.get(name, ZERO))
    money = company.currency if home else customer.data["CurrencyRef"]["value"]
    return rounded(total, money)


def recount(company: Company, keys: Iterable[str], remember: bool = True) -> None:
    """Counts these customers anew, then all that stand above them."""
    bumps = bool(company.switch("balance_moves_customer")) and remember
    due: dict[str, None] = dict.fromkeys(keys)
    while due:
        key = next(iter(due))
        del due[key]
        row = company.tables["Customer"].get(key)
        if row is None or row.is_deleted:
            continue
        own = _owed(company, row)
        both = own + sum(
            (Decimal(child.data["BalanceWithJobs"]) for child in below(company, key)), ZERO
        )
        parent = row.data.get("ParentRef")
        if parent is not None:
            due[parent["value"]] = None
        if (row.data["Balance"], row.data["BalanceWithJobs"]) == (own, both):
            continue
        if bumps:
            company.change(row, {"Balance": own, "BalanceWithJobs": both})
            company.tell(row, "updated")
        else:
            company.set_quietly(row, {"Balance": own, "BalanceWithJobs": both}, remember)


def below(company: Company, key: str) -> list[Row]:
    """The jobs and sub-customers directly under a customer."""
    children = company.children.get(key, ())
    found = (company.tables["Customer"].get(child) for child in children)
    return [row for row in found if row is not None and not row.is_deleted]


def hand_over(company: Company, loser: Row, survivor: Row) -> None:
    """A merge: the loser's transactions bear the survivor's name from now on."""
    ref = company.reference(survivor)
    for row in company.transactions.pop(loser.id, []):
        changes = {"CustomerRef": ref}
        if row.is_deleted:
            continue
        if company.switch("merge_moves_transactions"):
            company.change(row, changes)
        else:
            company.set_quietly(row, changes)
        company.transactions.setdefault(survivor.id, []).append(row)
