"""The rules of sales orders.

Status is an outcome: it follows from Hold, from the customer and from actions (sheet, section 10).
"""

from __future__ import annotations

from decimal import Decimal

from ml_sandbox.vendors.acumatica import lines, money
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.customers import USABLE, check_address
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import Rules, normal_key
from ml_sandbox.vendors.acumatica.work import Work

#: Order type -> the status of an order that is off hold.
TYPES = {"SO": "Open", "IN": "Open", "QT": "Open", "CM": "Open", "RM": "Open"}
SHIPPED_TYPES = ("SO", "RM")
#: Billed without goods that leave a warehouse; a quote is never billed.
BILLED_TYPES = ("IN", "CM")
#: What may still be written on an order that is under way or ended.
ALWAYS_OPEN = frozenset({"ExternalRef", "CustomerOrder", "Description", "note"})
CLOSED = ("Completed", "Cancelled", "Shipping", "Back Order")


class OrderRules(Rules):
    def takes_key(self, books: Books) -> bool:
        return False

    def usual_key(self) -> dict[str, str]:
        return {"OrderType": "SO"}

    def begin(self, work: Work) -> None:
        row, books = work.row, work.books
        row["OrderType"] = normal_key("OrderType", row["OrderType"] or "SO")
        if row["OrderType"] not in TYPES:
            work.fail("'Order Type' cannot be found in the system.", "OrderType")
        work.default(
            Date=work.today, Branch=work.branch, Hold=bool(books.switch("orders_on_hold")),
            BaseCurrencyID=books.base_currency, LocationID="MAIN", CreditHold=False,
            Approved=True, Project="X", CurrencyRateTypeID="SPOT", TaxCalcMode="Tax Settings",
        )  # fmt: skip
        row["Totals"] = books.new_row()
        work.default(RequestedOn=row["Date"], EffectiveDate=row["Date"])

    def check(self, work: Work) -> None:
        row = work.row
        if not work.is_new and not self._may_change(work):
            return
        customer = None
        if not work.missing("CustomerID", "Customer"):
            customer = work.refer("CustomerID", "Customer", "customers")
        if customer is not None:
            self._take_customer(work, customer)
        work.choose("CurrencyID", "Currency", money.CURRENCIES)
        row["CurrencyRate"] = money.rate(row["CurrencyID"])
        row["ReciprocalRate"] = Decimal(1)
        for name in ("BillToAddress", "ShipToAddress"):
            check_address(work, row[name])
        self._check_reference(work)
        for line in row.lines():
            self._check_line(work, line)
        total_up(row, None if customer is None else customer["TaxZone"])
        self._settle_status(work, customer)
        if work.is_new and not work.errors:
            row["OrderNbr"] = work.books.next_number("SOORDER")

    def _may_change(self, work: Work) -> bool:
        row = work.row
        if row["Status"] not in CLOSED:
            return True
        own = set(work.changed.get(row.id, {})) - ALWAYS_OPEN - set(row.custom)
        for name in sorted(own):
            work.fail(f"The document has the status {row['Status']} and is read-only.", name)
        return not own

    def _take_customer(self, work: Work, customer: Row) -> None:
        row = work.row
        if customer["Status"] not in USABLE:
            work.fail(f"The customer status is '{customer['Status']}'.", "CustomerID")
        if work.sets("CustomerID") or row["CurrencyID"] is None:
            own = work.sets("CurrencyID")
            row["CurrencyID"] = row["CurrencyID"] if own else customer["CurrencyID"]
            self._take_addresses(work, customer)
        if row["CurrencyID"] != customer["CurrencyID"] and not customer["EnableCurrencyOverride"]:
            work.fail("The currency cannot be overridden for this customer.", "CurrencyID")

    def _take_addresses(self, work: Work, customer: Row) -> None:
        """Copies of the customer's own, unless the order overrides them."""
        row, books, main = work.row, work.books, customer["MainContact"]
        for side in ("BillTo", "ShipTo"):
            if not row[f"{side}ContactOverride"]:
                row[f"{side}Contact"] = books.new_row(
                    BusinessName=customer["CustomerName"], Email=main["Email"],
                    Phone1=main["Phone1"], Attention=main["Attention"],
                )  # fmt: skip
            if not row[f"{side}AddressOverride"]:
                row[f"{side}Address"] = books.new_row(**main["Address"].values)
        terms = books.new_row(Terms=customer["Terms"], Branch=row["Branch"], BillSeparately=False)
        row["FinancialSettings"] = row["FinancialSettings"] or terms

    def _check_reference(self, work: Work) -> None:
        row = work.row
        if not row["ExternalRef"] or not work.books.switch("external_ref_unique"):
            return
        for other in work.books.tables["sales_orders"].rows():
            same = (other["CustomerID"], other["ExternalRef"])
            if other.id != row.id and same == (row["CustomerID"], row["ExternalRef"]):
                text = "The external reference is used in another order of the customer."
                work.fail(text, "ExternalRef")

    def _check_line(self, work: Work, line: Row) -> None:
        row = work.row
        work.missing("InventoryID", "Inventory ID", line)
        lines.refer_item(work, line, "OrderQty", "LineDescription", row["CurrencyID"])
        lines.reckon(work, line, "OrderQty", row["CurrencyID"])
        if line["WarehouseID"] is None:
            line["WarehouseID"] = "WHOLESALE"
        elif str(line["WarehouseID"]).upper() not in WAREHOUSES:
            work.fail("'Warehouse' cannot be found in the system.", "WarehouseID", row=line)
        line["Branch"] = line["Branch"] or row["Branch"]
        shipped = line["QtyOnShipments"] or money.ZERO
        line["QtyOnShipments"] = shipped
        line["OpenQty"] = max(money.ZERO, Decimal(line["OrderQty"] or 0) - shipped)
        line["UnbilledAmount"] = line["Amount"]
        line["Completed"] = bool(line["Completed"])

    def _settle_status(self, work: Work, customer: Row | None) -> None:
        row = work.row
        if row["Status"] not in (None, "On Hold", "Open", "Credit Hold"):
            return
        if row["Hold"]:
            row["Status"] = "On Hold"
            return
        released = row["Status"] == "Open"
        on_credit = customer is not None and customer["Status"] == "Credit Hold" and not released
        row["CreditHold"] = on_credit
        row["Status"] = "Credit Hold" if on_credit else TYPES.get(row["OrderType"], "Open")

    def kept(self, row: Row) -> str | None:
        if row["Shipments"] or row["Status"] in ("Completed", "Shipping"):
            return "The order cannot be deleted because it has shipments or invoices."
        return None


WAREHOUSES = ("WHOLESALE", "RETAIL")


def total_up(row: Row, tax_zone: str | None) -> None:
    """The sums of an order from its lines."""
    details = row.lines()
    lines.number_lines(details)
    currency = row["CurrencyID"]
    net = sum((line["Amount"] for line in details), money.ZERO)
    tax = lines.tax_of(details, tax_zone, currency)
    row["OrderedQty"] = sum((Decimal(line["OrderQty"] or 0) for line in details), money.ZERO)
    row["TaxTotal"] = tax
    row["OrderTotal"] = money.rounded(net + tax, currency)
    totals = row["Totals"]
    if totals is not None:
        totals.update(
            {
                "LineTotalAmount": net,
                "TaxTotal": tax,
                "DiscountTotal": sum((ln["DiscountAmount"] for ln in details), money.ZERO),
                "UnpaidBalance": row["OrderTotal"],
            }
        )
