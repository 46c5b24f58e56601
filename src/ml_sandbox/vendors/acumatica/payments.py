"""The rules of payments, and how one is applied to invoices when it is released or voided."""

from __future__ import annotations

from decimal import Decimal

from ml_sandbox.vendors.acumatica import money
from ml_sandbox.vendors.acumatica.books import Books, Unit
from ml_sandbox.vendors.acumatica.documents import settle_balance
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import Rules
from ml_sandbox.vendors.acumatica.work import Work

TYPES = ("Payment", "Prepayment", "Credit Memo", "Refund", "Voided Payment")
UNRELEASED = ("On Hold", "Balanced", "Pending Processing")
_APPLICABLE = frozenset({"DocumentsToApply", "OrdersToApply", "Description", "ExternalRef", "note"})


class PaymentRules(Rules):
    def takes_key(self, books: Books) -> bool:
        return False

    def usual_key(self) -> dict[str, str]:
        return {"Type": "Payment"}

    def begin(self, work: Work) -> None:
        books = work.books
        work.default(
            Type="Payment", ApplicationDate=work.today, PaymentMethod="CHECK", Branch=work.branch,
            Hold=bool(books.switch("payments_on_hold")), CashAccount="10200", IsCCPayment=False,
            BranchID=work.branch, CustomerLocationID="MAIN",
        )  # fmt: skip

    def check(self, work: Work) -> None:
        row = work.row
        if not work.is_new and row["Status"] not in UNRELEASED:
            self._check_released(work)
            return
        work.choose("Type", "Type", TYPES)
        if not work.missing("CustomerID", "Customer"):
            customer = work.refer("CustomerID", "Customer", "customers")
            if customer is not None:
                work.default(CurrencyID=customer["CurrencyID"])
        work.choose("CurrencyID", "Currency", money.CURRENCIES)
        method = work.refer("PaymentMethod", "Payment Method", "payment_methods")
        if method is not None and not method["Active"]:
            work.fail("The payment method is inactive.", "PaymentMethod")
        row["CashAccount"] = str(row["CashAccount"]).upper()
        if row["CashAccount"] not in CASH_ACCOUNTS:
            work.fail("'Cash Account' cannot be found in the system.", "CashAccount")
        row["PaymentAmount"] = money.rounded(Decimal(row["PaymentAmount"] or 0), row["CurrencyID"])
        if row["PaymentAmount"] < 0:
            work.fail("The value must be greater than or equal to 0.", "PaymentAmount")
        self._check_applications(work)
        row["Status"] = "On Hold" if row["Hold"] else "Balanced"
        if work.is_new and not work.errors:
            row["ReferenceNbr"] = work.books.next_number("ARPAYMENT")

    def _check_released(self, work: Work) -> None:
        """A released payment may still be applied while something of it is left."""
        row = work.row
        own = set(work.changed.get(row.id, {})) - _APPLICABLE - set(row.custom)
        for name in sorted(own):
            work.fail(f"The document has the status {row['Status']} and is read-only.", name)
        self._check_applications(work)

    def _check_applications(self, work: Work) -> None:
        row, total = work.row, money.ZERO
        for line in row.lines("DocumentsToApply"):
            line["DocType"] = line["DocType"] or "Invoice"
            document = work.books.find("documents", line["DocType"], line["ReferenceNbr"])
            if document is None or document["CustomerID"] != row["CustomerID"]:
                work.fail(
                    "'Reference Nbr.' cannot be found in the system.", "ReferenceNbr", row=line
                )
                continue
            self._check_amount(work, line, document)
            total += line["AmountPaid"]
        for line in row.lines("OrdersToApply"):
            order = work.books.find("sales_orders", line["OrderType"] or "SO", line["OrderNbr"])
            if order is None:
                work.fail("'Order Nbr.' cannot be found in the system.", "OrderNbr", row=line)
                continue
            line["OrderType"], line["OrderNbr"] = order["OrderType"], order["OrderNbr"]
            line["AppliedToOrder"] = Decimal(line["AppliedToOrder"] or 0)
        left = row["PaymentAmount"] if row["AvailableBalance"] is None else row["AvailableBalance"]
        if total > left:
            work.fail("The document is out of balance.", "PaymentAmount")
        if row["Status"] in (None, *UNRELEASED):
            _sum_up(row, total)

    def _check_amount(self, work: Work, line: Row, document: Row) -> None:
        if document["Status"] != "Open":
            words = f"The document has the status {document['Status']}."
            work.fail(words, "ReferenceNbr", row=line)
        line["ReferenceNbr"] = document["ReferenceNbr"]
        if line["AmountPaid"] is None:
            line["AmountPaid"] = min(document["Balance"], work.row["PaymentAmount"])
        if line["AmountPaid"] > document["Balance"]:
            work.fail("The amount exceeds the balance of the document.", "AmountPaid", row=line)

    def kept(self, row: Row) -> str | None:
        return None if row["Status"] in UNRELEASED else "The released payment cannot be deleted."


CASH_ACCOUNTS = ("10200", "10250")


def _sum_up(row: Row, applied: Decimal) -> None:
    row["AppliedToDocuments"] = applied
    row["AppliedToOrders"] = sum(
        (line["AppliedToOrder"] for line in row.lines("OrdersToApply")), money.ZERO
    )


def release(unit: Unit, payment: Row, dated: bool = True) -> None:
    """Takes the money in: applies the lines, and the payment is open while something is left.

    `payment` is a draft of the unit. Invoices move their stamp only where `dated`.
    """
    books = unit.books
    left = (
        payment["PaymentAmount"]
        if payment["AvailableBalance"] is None
        else (payment["AvailableBalance"])
    )
    for line in payment.lines("DocumentsToApply"):
        document = books.find("documents", line["DocType"], line["ReferenceNbr"])
        if document is None:
            continue
        draft = unit.draft("documents", document)
        amount = min(Decimal(line["AmountPaid"]), draft["Balance"], left)
        left -= amount
        apply(unit, payment, draft, amount, dated)
    payment["DocumentsToApply"] = []
    payment["AvailableBalance"] = left
    applied = sum((h["AmountPaid"] for h in payment.lines("ApplicationHistory")), money.ZERO)
    _sum_up(payment, applied)
    payment["Hold"] = False
    payment["Status"] = "Open" if left > 0 else "Closed"


def apply(unit: Unit, payment: Row, document: Row, amount: Decimal, dated: bool) -> None:
    """Moves an amount from the payment to the document, and notes it on both."""
    document["Balance"] -= amount
    document["PaymentTotal"] = (document["PaymentTotal"] or money.ZERO) + amount
    settle_balance(document)
    if not dated:
        unit.leave_stamp(document)
    number = len(payment.lines("ApplicationHistory")) + 1
    document.lines("Applications").append(
        unit.books.new_row(
            PaymentNbr=payment["ReferenceNbr"], DocType=payment["Type"], AmountPaid=amount,
            Balance=document["Balance"], Customer=document["CustomerID"], AdjustmentNbr=number,
            Currency=document["Currency"], PaymentDate=payment["ApplicationDate"],
            PaymentRef=payment["PaymentRef"], Status=payment["Status"],
            PaymentPeriod=money.period(payment["ApplicationDate"]),
            DocumentNbr=document["ReferenceNbr"], AdjustedType=document["Type"],
        )
    )  # fmt: skip
    payment.lines("ApplicationHistory").append(
        unit.books.new_row(
            DisplayDocType=document["Type"], DisplayRefNbr=document["ReferenceNbr"],
            AdjustedDocType=document["Type"], AdjustedRefNbr=document["ReferenceNbr"],
            AdjustingDocType=payment["Type"], AdjustingRefNbr=payment["ReferenceNbr"],
            AmountPaid=amount, Balance=document["Balance"], AdjustmentNbr=number,
            CurrencyID=document["Currency"], Customer=document["CustomerID"],
            Date=document["Date"], DueDate=document["DueDate"],
            CustomerOrder=document["CustomerOrder"],
            ApplicationPeriod=money.period(payment["ApplicationDate"]),
        )
    )  # fmt: skip


def void(unit: Unit, payment: Row, dated: bool = True) -> None:
    """Takes a released payment back: the invoices it had paid are open again."""
    for line in payment.lines("ApplicationHistory"):
        document = unit.books.find("documents", line["DisplayDocType"], line["DisplayRefNbr"])
        if document is None:
            continue
        draft = unit.draft("documents", document)
        draft["Balance"] += line["AmountPaid"]
        draft["PaymentTotal"] -= line["AmountPaid"]
        draft["Applications"] = [
            a for a in draft.lines("Applications") if a["PaymentNbr"] != payment["ReferenceNbr"]
        ]
        settle_balance(draft)
        if not dated:
            unit.leave_stamp(draft)
    payment["ApplicationHistory"] = []
    payment["AvailableBalance"] = money.ZERO
    _sum_up(payment, money.ZERO)
    payment["Status"] = "Voided"
