"""The rules of receivable documents: sales invoices and plain invoices, memos included.

One table holds both; a document of an order shows on both forms, a plain one on its own only.
"""

from __future__ import annotations

from decimal import Decimal

from ml_sandbox.vendors.acumatica import lines, money
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.customers import USABLE
from ml_sandbox.vendors.acumatica.errors import forbidden
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import Rules
from ml_sandbox.vendors.acumatica.work import Work

TYPES = ("Invoice", "Debit Memo", "Credit Memo", "Cash Sale", "Overdue Charge")
UNRELEASED = ("On Hold", "Balanced", "Credit Hold", "Pending Print", "Pending Approval")
SALES, PLAIN = "SO", "AR"
_ALWAYS_OPEN = frozenset({"Description", "DueDate", "CustomerOrder", "note"})


class DocumentRules(Rules):
    def takes_key(self, books: Books) -> bool:
        return False

    def usual_key(self) -> dict[str, str]:
        return {"Type": "Invoice"}

    def shows(self, entity: str, row: Row) -> bool:
        return entity == "Invoice" or row["Origin"] == SALES

    def begin(self, work: Work) -> None:
        row, books = work.row, work.books
        row["Origin"] = SALES if work.screen.entity == "SalesInvoice" else PLAIN
        allowed = work.by_hand or books.switch("advanced_so_invoices")
        if row["Origin"] == SALES and not allowed:
            raise forbidden(work.screen.form)
        work.default(
            Type="Invoice", Date=work.today, Hold=bool(books.switch("invoices_on_hold")),
            LinkBranch=work.branch, LocationID="MAIN", Project="X", PaymentTotal=money.ZERO,
            LinkARAccount="11000", TaxCalcMode="Tax Settings", IsTaxValid=False,
        )  # fmt: skip

    def check(self, work: Work) -> None:
        row = work.row
        if not work.is_new and row["Status"] not in UNRELEASED:
            self._refuse_closed(work)
            return
        work.choose("Type", "Type", TYPES)
        customer = None
        if not work.missing("CustomerID", "Customer"):
            customer = work.refer("CustomerID", "Customer", "customers")
        if customer is not None:
            self._take_customer(work, customer)
        work.choose("Currency", "Currency", money.CURRENCIES)
        work.choose("Terms", "Terms", tuple(money.TERMS_DAYS))
        if work.sets("Date") or work.sets("Terms") or row["DueDate"] is None:
            terms, own = row["Terms"], work.sets("DueDate")
            row["DueDate"] = row["DueDate"] if own else money.due(row["Date"], terms)
        row["PostPeriod"] = row["PostPeriod"] or money.period(row["Date"])
        for line in row.lines():
            check_line(work, line)
        total_up(row, None if customer is None else customer["TaxZone"])
        row["Status"] = "On Hold" if row["Hold"] else "Balanced"
        if work.is_new and not work.errors:
            row["ReferenceNbr"] = next_number(work.books, str(row["Type"]))

    def _refuse_closed(self, work: Work) -> None:
        row = work.row
        own = set(work.changed.get(row.id, {})) - _ALWAYS_OPEN - set(row.custom)
        for name in sorted(own):
            work.fail(f"The document has the status {row['Status']} and is read-only.", name)

    def _take_customer(self, work: Work, customer: Row) -> None:
        row = work.row
        if customer["Status"] not in USABLE:
            work.fail(f"The customer status is '{customer['Status']}'.", "CustomerID")
        if work.sets("CustomerID") or row["Currency"] is None:
            own = work.sets("Currency")
            row["Currency"] = row["Currency"] if own else customer["CurrencyID"]
            row["Terms"] = row["Terms"] if work.sets("Terms") else customer["Terms"]
        if row["Currency"] != customer["CurrencyID"] and not customer["EnableCurrencyOverride"]:
            work.fail("The currency cannot be overridden for this customer.", "Currency")

    def kept(self, row: Row) -> str | None:
        return None if row["Status"] in UNRELEASED else "The released document cannot be deleted."


def check_line(work: Work, line: Row) -> None:
    """A line without an item has a text and a price of its own."""
    currency = work.row["Currency"]
    lines.refer_item(work, line, "Qty", "TransactionDescr", currency)
    if line["InventoryID"] is None and work.screen.entity == "SalesInvoice":
        work.missing("InventoryID", "Inventory ID", line)
    if work.sets("ExtendedPrice", line) and not work.sets("UnitPrice", line):
        line["Qty"] = Decimal(line["Qty"] or 0) or Decimal(1)
        line["UnitPrice"] = Decimal(line["ExtendedPrice"] or 0) / line["Qty"]
    lines.reckon(work, line, "Qty", currency)
    line["Account"] = line["Account"] or "40000"
    line["SubAccount"] = line["SubAccount"] or "000000"
    line["BranchID"] = line["BranchID"] or work.row["LinkBranch"]
    if work.books.find("accounts", line["Account"]) is None:
        work.fail("'Account' cannot be found in the system.", "Account", row=line)


def total_up(row: Row, tax_zone: str | None) -> None:
    """The sums of an unreleased document from its lines."""
    details = row.lines()
    lines.number_lines(details)
    currency = row["Currency"]
    net = sum((line["Amount"] for line in details), money.ZERO)
    tax = lines.tax_of(details, tax_zone, currency)
    row.update({"DetailTotal": net, "TaxTotal": tax})
    row["DiscountTotal"] = money.ZERO
    row["Amount"] = row["Balance"] = money.rounded(net + tax, currency)


def next_number(books: Books, kind: str) -> str:
    prefix = {"Invoice": "AR", "Credit Memo": "CM", "Debit Memo": "DM"}.get(kind, "AR")
    return books.next_number(f"AR{kind}", prefix + "{:06d}")


def settle_balance(row: Row) -> None:
    """The status of a released document follows from its balance."""
    row["Status"] = "Open" if row["Balance"] > 0 else "Closed"
