"""The seed: the cast's customers and bills as the records of three companies.

The first holds all of the cast. The second holds a few of them in another order and money, so that
its ids are those of other customers. The third is the sandbox company of the development keys.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from ml_sandbox.business import bills, cast
from ml_sandbox.business.names import GOODS

from . import balances, payment_desk, sales_desk
from .company import Company
from .furniture import furnish
from .moments import Moments
from .money import ZERO, rounded
from .seed_names import Names
from .tables import Record, Row

SECOND_CUSTOMERS, SECOND_BILLS = 6, 10
SANDBOX_CUSTOMERS, SANDBOX_BILLS = 4, 6
_UNSENT = (bills.Fate.DRAFT, bills.Fate.DELETED_DRAFT, bills.Fate.APPROVED)
_TERM_OF_DAYS = {14: "2", 30: "3", 45: "4"}


class Seed:
    """Fills companies up to the beginning of the world's first day."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self._chance = chance
        self._today = today
        self._moments = Moments(chance, today)

    def fill(self, companies: Sequence[Company], business: cast.Business) -> None:
        """The three companies, in their order."""
        people = business.customers
        parts = (
            (people, business.bills),
            self._some(tuple(reversed(people[-SECOND_CUSTOMERS:])), business, SECOND_BILLS),
            self._some(people[:SANDBOX_CUSTOMERS], business, SANDBOX_BILLS),
        )
        for company, (chosen, written) in zip(companies, parts, strict=True):
            furnish(company, self._moments.ago(timedelta(days=bills.HISTORY_DAYS + 1)))
            found = Names(company, self._chance, self._moments)
            found.fill(chosen)
            papers = _Papers(company, found, self._chance, self._moments)
            for bill in written:
                papers.write(bill)
            customers = [row.id for row in company.rows("Customer")]
            balances.recount(company, customers, remember=False)

    def _some(
        self, people: Sequence[cast.Customer], business: cast.Business, count: int
    ) -> tuple[Sequence[cast.Customer], Sequence[bills.Bill]]:
        numbers = {person.number for person in people}
        return people, [bill for bill in business.bills if bill.customer in numbers][-count:]


class _Papers:
    """Writes bills as invoices, payments and credit memos."""

    def __init__(
        self, company: Company, found: Names, chance: random.Random, moments: Moments
    ) -> None:
        self._company = company
        self._names = found
        self._chance = chance
        self._moments = moments
        self._drafts = 0
        self._home = Decimal(bills.RATES[company.currency])

    def write(self, bill: bills.Bill) -> None:
        customer = self._names.by_number[bill.customer]
        job = self._names.jobs.get(bill.customer)
        if job is not None and (bill.number % 2 == 0 or bill.fate is bills.Fate.APPROVED):
            customer = job
        made = self._moments.on(bill.on)
        given = self._given(bill, customer)
        invoice = sales_desk.enter(self._company, "Invoice", given, made)
        if bill.fate is bills.Fate.DELETED_DRAFT:
            self._annul(invoice)
        for receipt in bill.receipts:
            self._receipt(bill, invoice, receipt)

    def _given(self, bill: bills.Bill, customer: Row) -> Record:
        given: Record = {
            "CustomerRef": self._company.reference(customer),
            "TxnDate": bill.on.isoformat(),
            "DueDate": bill.due.isoformat(),
            "DocNumber": str(1000 + bill.number),
            "Line": self._lines(bill),
            "EmailStatus": "NotSet" if bill.fate in _UNSENT else "EmailSent",
            "PrintStatus": "NeedToPrint" if bill.fate is bills.Fate.APPROVED else "NotSet",
        }
        term = _TERM_OF_DAYS.get((bill.due - bill.on).days)
        if term is not None:
            given["SalesTermRef"] = self._company.reference(self._company.row("Term", term))
        if bill.currency != self._company.currency:
            given["ExchangeRate"] = (self._home / bill.rate).quantize(Decimal("0.000001"))
        if bill.order_number is not None:
            given["CustomField"] = [
                {
                    "DefinitionId": "1",
                    "Name": "P.O. Number",
                    "Type": "StringType",
                    "StringValue": bill.order_number,
                }
            ]
        return given

    def _lines(self, bill: bills.Bill) -> list[Record]:
        lines: list[Record] = []
        for line in bill.lines:
            item = self._company.row("Item", str(line.good + 1))
            amount = rounded(line.unit_price * line.quantity, bill.currency)
            detail = {
                "ItemRef": self._company.reference(item),
                "UnitPrice": line.unit_price,
                "Qty": line.quantity,
                "TaxCodeRef": {"value": "TAX" if line.taxed else "NON"},
            }
            lines.append(
                {
                    "Description": GOODS[line.good][0],
                    "Amount": amount,
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": detail,
                }
            )
        if bill.discount_percent is not None:
            percent = {"PercentBased": True, "DiscountPercent": bill.discount_percent}
            lines.append({"DetailType": "DiscountLineDetail", "DiscountLineDetail": percent})
        return lines

    def _annul(self, invoice: Row) -> None:
        """QuickBooks keeps a voided invoice; of the others only the feed knows for a while."""
        at = self._moments.since(invoice.updated)
        if self._drafts % 2 == 0:
            sales_desk.void(self._company, invoice, at)
        else:
            sales_desk.delete(self._company, invoice, at)
        self._drafts += 1

    def _receipt(self, bill: bills.Bill, invoice: Row, receipt: bills.Receipt) -> None:
        """Money that came in; what went back is a credit memo with its credit open."""
        total = Decimal(invoice.data["TotalAmt"])
        amount = rounded(abs(total * receipt.share), bill.currency)
        opened = Decimal(invoice.data["Balance"])
        exact = sum((r.share for r in bill.receipts), ZERO) == 1
        if exact and receipt is bill.receipts[-1]:
            amount = opened
        at = max(self._moments.on(receipt.on), invoice.updated)
        if receipt.share < 0:
            self._credit(invoice, amount, receipt.on, at)
            return
        applied = min(amount, opened)
        if amount <= 0 or applied <= 0:
            return
        link = {"TxnId": invoice.id, "TxnType": "Invoice"}
        given: Record = {
            "CustomerRef": invoice.data["CustomerRef"],
            "TotalAmt": amount,
            "TxnDate": receipt.on.isoformat(),
            "PaymentMethodRef": self._company.reference(
                self._company.row("PaymentMethod", str(self._chance.choice((1, 2, 3))))
            ),
            "DepositToAccountRef": {"value": "3"},
            "Line": [{"Amount": applied, "LinkedTxn": [link]}],
            "ExchangeRate": invoice.data.get("ExchangeRate"),
        }
        payment_desk.enter(self._company, given, at)

    def _credit(self, invoice: Row, amount: Decimal, day: date, at: datetime) -> None:
        line = sales_desk.plain_line(self._company, amount, "Refund")
        given: Record = {
            "CustomerRef": invoice.data["CustomerRef"],
            "TxnDate": day.isoformat(),
            "DocNumber": f"CM-{invoice.data['DocNumber']}",
            "Line": [line],
            "ExchangeRate": invoice.data.get("ExchangeRate"),
        }
        sales_desk.enter(self._company, "CreditMemo", given, at)
