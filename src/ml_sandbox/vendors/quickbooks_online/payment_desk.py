"""The payment desk: money received, what it is applied to, and what stays unapplied."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from . import balances, errors, links
from .company import Company
from .money import ZERO, rounded
from .sales_desk import VOIDED, check_open
from .tables import Record, Row


def create(company: Company, given: Record, at: datetime | None = None) -> Row:
    """A payment from a form that has been read. Raises Fault."""
    row = enter(company, given, at)
    company.tell(row, "created")
    applied = links.targets(company, row.data["Line"])
    balances.recount(company, _customers(row, applied), at is None)
    return row


def enter(company: Company, given: Record, at: datetime | None = None) -> Row:
    """As `create`; nobody is told, and the customer's balance waits for a recount."""
    data = {name: value for name, value in given.items() if value is not None}
    for name in ("CustomerRef", "TotalAmt"):
        if name not in data:
            raise errors.missing(name)
    customer = company.row("Customer", data["CustomerRef"]["value"])
    money = customer.data["CurrencyRef"]
    if "CurrencyRef" in data and data["CurrencyRef"]["value"] != money["value"]:
        raise errors.business("The currency of a transaction is that of its customer.")
    data["CurrencyRef"] = money
    if money["value"] != company.currency:
        data["ExchangeRate"] = data.get("ExchangeRate") or company.rate(money["value"])
    data.setdefault("TxnDate", company.today().isoformat())
    check_open(company, data["TxnDate"])
    data.setdefault("ProcessPayment", False)
    data.pop("LinkedTxn", None)
    data["TotalAmt"] = rounded(Decimal(data["TotalAmt"]), money["value"])
    data["Line"] = data.get("Line") or []
    applied = _checked(company, customer, data)
    data["UnappliedAmt"] = data["TotalAmt"] - _net(applied)
    row = company.add("Payment", data, at)
    for target, amount in applied:
        links.settle(company, row, target, amount, at)
    balances.file(company, row)
    return row


def _net(applied: list[tuple[Row, Decimal]]) -> Decimal:
    """What the lines take of the money: invoices less the credits that are used."""
    return sum((a if t.entity.name == "Invoice" else -a for t, a in applied), ZERO)


def _checked(company: Company, customer: Row, data: Record) -> list[tuple[Row, Decimal]]:
    applied = links.targets(company, data["Line"])
    for target, _ in applied:
        if not _of_family(company, target, customer):
            raise errors.business("The transaction belongs to another customer.")
        if sum(amount for other, amount in applied if other is target) > target.data["Balance"]:
            raise errors.business("The amount applied is more than what is open.")
    if data["TotalAmt"] < 0 or _net(applied) > data["TotalAmt"]:
        raise errors.business("The lines apply more than the payment's total.")
    return applied


def _of_family(company: Company, target: Row, customer: Row) -> bool:
    """A payment may settle the customer's own papers and those of its jobs."""
    key = target.data["CustomerRef"]["value"]
    while key != customer.id:
        owner = company.tables["Customer"].get(key)
        parent = None if owner is None else owner.data.get("ParentRef")
        if parent is None:
            return False
        key = parent["value"]
    return True


def _customers(row: Row, applied: list[tuple[Row, Decimal]]) -> list[str]:
    return [r.data["CustomerRef"]["value"] for r in (row, *(target for target, _ in applied))]


def change(company: Company, row: Row, given: Record, sparse: bool) -> Row:
    """An update; lines are given all or none (sheet, section 4). Raises Fault."""
    check_open(company, str(row.data["TxnDate"]))
    changes: Record = dict(given)
    changes.pop("LinkedTxn", None)
    if not sparse:
        kept = ("CurrencyRef", "ExchangeRate", "TxnDate", "CustomerRef", "TotalAmt", "LinkedTxn")
        for name, field in row.entity.fields.items():
            if not field.read_only and name not in changes and name not in kept:
                changes[name] = [] if name == "Line" else None
    data = {name: v for name, v in {**row.data, **changes}.items() if v is not None}
    customer = company.row("Customer", data["CustomerRef"]["value"])
    if customer.id != row.data["CustomerRef"]["value"]:
        raise errors.business("The customer of a payment cannot be changed.")
    data["Line"] = data.get("Line") or []
    if changes.get("Line") is not None or "TotalAmt" in changes:
        return _apply_anew(company, row, customer, changes, data)
    company.change(row, changes)
    company.tell(row, "updated")
    return row


def _apply_anew(company: Company, row: Row, customer: Row, changes: Record, data: Record) -> Row:
    before = links.targets(company, row.data["Line"])
    for target, amount in before:
        links.settle(company, row, target, -amount)
    try:
        applied = _checked(company, customer, data)
    except errors.Fault:
        for target, amount in before:
            links.settle(company, row, target, amount)
        raise
    free = Decimal(data["TotalAmt"]) - _net(applied)
    company.change(row, {**changes, "Line": data["Line"], "UnappliedAmt": free})
    for target, amount in applied:
        links.settle(company, row, target, amount)
    company.tell(row, "updated")
    balances.recount(company, _customers(row, [*before, *applied]))
    return row


def void(company: Company, row: Row) -> Row:
    """The total falls to zero and the invoices are open again (RUBY, payment void)."""
    before = _open_up(company, row)
    zero = {"TotalAmt": ZERO, "UnappliedAmt": ZERO, "Line": [], "PrivateNote": VOIDED}
    company.change(row, zero)
    company.tell(row, "voided")
    balances.recount(company, _customers(row, before))
    return row


def delete(company: Company, row: Row) -> Row:
    before = _open_up(company, row)
    company.remove(row)
    company.tell(row, "deleted")
    balances.recount(company, _customers(row, before))
    return row


def _open_up(company: Company, row: Row) -> list[tuple[Row, Decimal]]:
    before = links.targets(company, row.data["Line"])
    for target, amount in before:
        links.settle(company, row, target, -amount)
    return before
