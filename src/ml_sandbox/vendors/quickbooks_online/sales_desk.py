"""The sales desk: invoices and credit memos, from being written to being voided or deleted.

An invoice is paid when its Balance is 0 and its TotalAmt above 0; voided, both are 0 and its
PrivateNote begins with Voided (sheet, section 4).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from . import balances, errors, links
from .company import Company
from .money import ZERO
from .reckoning import at_home, reckoned
from .tables import Record, Row

VOIDED = "Voided"
_FIRST_NUMBER = 1001


def create(company: Company, entity: str, given: Record, at: datetime | None = None) -> Row:
    """An invoice or credit memo from a form that has been read. Raises Fault."""
    row = enter(company, entity, given, at)
    company.tell(row, "created")
    balances.recount(company, (row.data["CustomerRef"]["value"],), at is None)
    return row


def enter(company: Company, entity: str, given: Record, at: datetime | None = None) -> Row:
    """As `create`; nobody is told, and the customer's balance waits for a recount."""
    data = {name: value for name, value in given.items() if value is not None}
    data.pop("LinkedTxn", None)
    if "CustomerRef" not in data:
        raise errors.missing("CustomerRef")
    customer = company.row("Customer", data["CustomerRef"]["value"])
    data.setdefault("TxnDate", company.today().isoformat())
    check_open(company, data["TxnDate"])
    _check_number(company, entity, data)
    data.update(_money(company, customer, data))
    data.update(reckoned(company, data))
    if entity == "Invoice":
        data.update(_due(company, customer, data))
    data.setdefault("PrintStatus", "NotSet")
    data.setdefault("EmailStatus", "NotSet")
    data.setdefault("ApplyTaxAfterDiscount", False)
    for ours, theirs in (("BillEmail", "PrimaryEmailAddr"), ("BillAddr", "BillAddr")):
        if theirs in customer.data:
            data.setdefault(ours, customer.data[theirs])
    data.update(open_sums(company, entity, data, data["TotalAmt"]))
    row = company.add(entity, data, at)
    balances.file(company, row)
    return row


def open_sums(company: Company, entity: str, data: Record, left: Decimal) -> Record:
    """Balance and what follows from it."""
    found: Record = {"Balance": left, **at_home(company, data, HomeBalance=left)}
    if entity == "CreditMemo":
        found["RemainingCredit"] = left
    return found


def check_open(company: Company, day: str) -> None:
    """Raises Fault 6210 for a day in books that are closed."""
    closed = str(company.switch("closed_through"))
    if closed and day <= closed:
        raise errors.closed_period()


def _check_number(company: Company, entity: str, data: Record, own: Row | None = None) -> None:
    numbers = company.doc_numbers[entity]
    if "DocNumber" not in data:
        data["DocNumber"] = _next_number(numbers)
    elif data["DocNumber"] in numbers and (
        own is None or own.data.get("DocNumber") != data["DocNumber"]
    ):
        raise errors.duplicate_number(str(data["DocNumber"]))


def _next_number(numbers: set[str]) -> str:
    number = _FIRST_NUMBER + len(numbers)
    while str(number) in numbers:
        number += 1
    return str(number)


def _money(company: Company, customer: Row, data: Record) -> Record:
    money = customer.data["CurrencyRef"]
    if "CurrencyRef" in data and data["CurrencyRef"]["value"] != money["value"]:
        raise errors.business("The currency of a transaction is that of its customer.")
    if money["value"] == company.currency:
        return {"CurrencyRef": money, "ExchangeRate": None}
    rate = data.get("ExchangeRate") or company.rate(str(money["value"]))
    company.rates[money["value"]] = Decimal(rate)
    return {"CurrencyRef": money, "ExchangeRate": Decimal(rate)}


def _due(company: Company, customer: Row, data: Record) -> Record:
    """The due date given, or by the form's or the customer's terms."""
    term = data.get("SalesTermRef") or customer.data.get("SalesTermRef")
    found: Record = {} if term is None else {"SalesTermRef": term}
    if "DueDate" not in data:
        day = date.fromisoformat(data["TxnDate"])
        found["DueDate"] = _by_term(company, term, day).isoformat()
    return found


def _by_term(company: Company, term: Record | None, day: date) -> date:
    if term is None:
        return day
    data = company.row("Term", term["value"]).data
    if data.get("Type") != "DATE_DRIVEN":
        return day + timedelta(days=int(data.get("DueDays", 0)))
    fixed = int(data["DayOfMonthDue"])
    late = day.day + int(data.get("DueNextMonthDays", 0)) > fixed
    month = day.month + (1 if late else 0)
    year, month = (day.year + 1, 1) if month > 12 else (day.year, month)
    return date(year, month, min(fixed, 28))


def change(company: Company, row: Row, given: Record, sparse: bool) -> Row:
    """An update from a form that has been read; what a full one omits is cleared. Raises Fault."""
    check_open(company, str(row.data["TxnDate"]))
    changes: Record = dict(given)
    changes.pop("LinkedTxn", None)
    if not sparse:
        kept = ("CurrencyRef", "ExchangeRate", "TxnDate", "DocNumber", "LinkedTxn", "DueDate")
        for name, field in row.entity.fields.items():
            if not field.read_only and name not in changes and name not in kept:
                changes[name] = None
    data = {name: v for name, v in {**row.data, **changes}.items() if v is not None}
    if "CustomerRef" not in data:
        raise errors.missing("CustomerRef")
    if data["CustomerRef"]["value"] != row.data["CustomerRef"]["value"]:
        raise errors.business("The customer of a transaction with this number cannot be changed.")
    if "DocNumber" in data:
        _check_number(company, row.entity.name, data, row)
    if "Line" in given and "TxnTaxDetail" not in given:
        data.pop("TxnTaxDetail", None)
    sums = reckoned(company, data)
    left = sums["TotalAmt"] - (Decimal(row.data["TotalAmt"]) - Decimal(row.data["Balance"]))
    if left < 0:
        raise errors.business("The total is below what has been paid already.")
    company.change(row, {**changes, **sums, **open_sums(company, row.entity.name, data, left)})
    company.tell(row, "updated")
    balances.recount(company, (row.data["CustomerRef"]["value"],))
    return row


def void(company: Company, row: Row, at: datetime | None = None) -> Row:
    """Sums fall to zero, payments come loose. Nobody is told where `at` is in the past."""
    moved = links.loosen(company, row, at)
    lines = [{**line, "Amount": ZERO} for line in row.data["Line"]]
    for line in lines:
        if "SalesItemLineDetail" in line:
            line["SalesItemLineDetail"] = {**line["SalesItemLineDetail"], "Qty": ZERO}
    zero: dict[str, Any] = {"TotalAmt": ZERO, "TxnTaxDetail": {"TotalTax": ZERO}, "Line": lines}
    zero.update(at_home(company, row.data, HomeTotalAmt=ZERO))
    zero.update(open_sums(company, row.entity.name, row.data, ZERO))
    company.change(row, {**zero, "PrivateNote": VOIDED, "LinkedTxn": None}, at)
    if at is None:
        company.tell(row, "voided")
        balances.recount(company, moved)
    return row


def delete(company: Company, row: Row, at: datetime | None = None) -> Row:
    moved = links.loosen(company, row, at)
    company.remove(row, at)
    if at is None:
        company.tell(row, "deleted")
        balances.recount(company, moved)
    return row


def send(company: Company, row: Row, address: str | None) -> Row:
    """E-mailed to that address, or to the one that the form bears. Raises Fault."""
    changes: Record = {"EmailStatus": "EmailSent"}
    if address:
        changes["BillEmail"] = {"Address": address}
    elif "BillEmail" not in row.data:
        raise errors.missing("BillEmail")
    company.change(row, changes)
    company.tell(row, "emailed")
    return row


def plain_line(company: Company, amount: Decimal, description: str) -> Record:
    """One line over that sum, on the company's first item."""
    item = next(iter(company.rows("Item")))
    detail = {"ItemRef": company.reference(item), "TaxCodeRef": {"value": "NON"}}
    return {
        "Description": description,
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }


def opening_balance(company: Company, customer: Row, owed: Decimal, day: str | None) -> None:
    """The balance named when a customer is made becomes an invoice."""
    given: Record = {
        "CustomerRef": company.reference(customer),
        "Line": [plain_line(company, owed, "Opening Balance")],
    }
    if day:
        given["TxnDate"] = day
    create(company, "Invoice", given)


def write_off(company: Company, customer: Row, owed: Decimal) -> None:
    """The adjusting entry that takes an inactive customer's balance away."""
    given: Record = {
        "CustomerRef": company.reference(customer),
        "Line": [plain_line(company, owed, "Adjusting entry")],
    }
    create(company, "CreditMemo", given)
