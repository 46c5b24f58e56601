"""From order to invoice: shipments are created, confirmed and billed.

Each step works on drafts of one unit, so that a step is stored whole.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ml_sandbox.vendors.acumatica import documents, money
from ml_sandbox.vendors.acumatica.books import Unit
from ml_sandbox.vendors.acumatica.orders import WAREHOUSES
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.rule import Rules


class ShipmentRules(Rules):
    """A shipment is made from an order; over the API it is changed, never entered."""

    def kept(self, row: Row) -> str | None:
        return None if row["Status"] in ("Open", "On Hold") else "The shipment is confirmed."


def create_shipment(unit: Unit, order: Row, on: date, warehouse: str | None) -> Row:
    """A shipment of all that is open on the order, a draft of the unit. The order is one too."""
    books = unit.books
    code = (warehouse or WAREHOUSES[0]).upper()
    shipment = unit.add(
        "shipments",
        books.new_row(
            ShipmentNbr=books.next_number("SOSHIPMENT"), Type="Shipment", Status="Open",
            ShipmentDate=on, CustomerID=order["CustomerID"], WarehouseID=code, Hold=False,
            Operation="Issue", LocationID="MAIN", CreateNewShipmentForEveryOrder=False,
        ),
    )  # fmt: skip
    shipped = money.ZERO
    for line in order.lines():
        quantity = Decimal(line["OpenQty"] or 0)
        if quantity <= 0:
            continue
        shipped += quantity
        line["OpenQty"] = money.ZERO
        line["QtyOnShipments"] = Decimal(line["QtyOnShipments"] or 0) + quantity
        shipment.lines().append(
            books.new_row(
                LineNbr=len(shipment.lines()) + 1, InventoryID=line["InventoryID"],
                ShippedQty=quantity, OrderedQty=line["OrderQty"], OpenQty=money.ZERO,
                OrderType=order["OrderType"], OrderNbr=order["OrderNbr"], WarehouseID=code,
                OrderLineNbr=line["LineNbr"], UOM=line["UOM"], Description=line["LineDescription"],
            )
        )  # fmt: skip
    shipment["ShippedQty"] = shipped
    link: dict[str, Any] = {
        "OrderType": order["OrderType"], "OrderNbr": order["OrderNbr"], "ShippedQty": shipped,
        "ShipmentType": "Shipment", "ShipmentNbr": shipment["ShipmentNbr"],
    }  # fmt: skip
    shipment.lines("Orders").append(books.new_row(**link, OrderNoteID=order.id))
    order.lines("Shipments").append(books.new_row(**link, Status="Open", ShipmentDate=on))
    order["Status"] = "Shipping"
    return shipment


def confirm(unit: Unit, shipment: Row) -> None:
    """The goods have left: the order of a whole shipment is completed."""
    shipment["Status"] = "Confirmed"
    for order in _orders_of(unit, shipment):
        for link in order.lines("Shipments"):
            if link["ShipmentNbr"] == shipment["ShipmentNbr"]:
                link["Status"] = "Confirmed"
        if all(not line["OpenQty"] for line in order.lines()):
            order["Status"] = "Completed"
            for line in order.lines():
                line["Completed"] = True


def correct(unit: Unit, shipment: Row) -> None:
    """Takes the confirmation back."""
    shipment["Status"] = "Open"
    for order in _orders_of(unit, shipment):
        order["Status"] = "Shipping"
        for line in order.lines():
            line["Completed"] = False


def bill_shipment(unit: Unit, shipment: Row, on: date) -> list[Row]:
    """An invoice for each order of the shipment."""
    made = [bill_order(unit, order, on, shipment) for order in _orders_of(unit, shipment)]
    shipment["Status"] = "Invoiced"
    return made


def bill_order(unit: Unit, order: Row, on: date, shipment: Row | None = None) -> Row:
    """A sales invoice of the order's lines, a draft of the unit, with its links both ways."""
    books = unit.books
    customer = books.find("customers", order["CustomerID"])
    terms = None if customer is None else customer["Terms"]
    hold = bool(books.switch("invoices_on_hold"))
    invoice = unit.add(
        "documents",
        books.new_row(
            Type="Invoice", ReferenceNbr=documents.next_number(books, "Invoice"),
            Origin=documents.SALES, CustomerID=order["CustomerID"], Currency=order["CurrencyID"],
            Date=on, DueDate=money.due(on, terms), Terms=terms, PostPeriod=money.period(on),
            CustomerOrder=order["CustomerOrder"], Description=order["Description"],
            ExternalRef=order["ExternalRef"], LinkBranch=order["Branch"], LocationID="MAIN",
            PaymentTotal=money.ZERO, LinkARAccount="11000", Project="X", Hold=hold,
            Status="On Hold" if hold else "Balanced", CreditHold=False, IsTaxValid=False,
            TaxCalcMode="Tax Settings",
        ),
    )  # fmt: skip
    for line in order.lines():
        invoice.lines().append(_billed_line(unit, order, line, shipment))
        line["UnbilledAmount"] = money.ZERO
    documents.total_up(invoice, None if customer is None else customer["TaxZone"])
    link = _link(unit, order, shipment)
    for holder in (link, *(() if shipment is None else shipment.lines("Orders"))):
        holder.update({"InvoiceType": "Invoice", "InvoiceNbr": invoice["ReferenceNbr"]})
    link["Status"] = "Invoiced"
    if shipment is None:
        order["Status"] = "Completed"
    return invoice


def _billed_line(unit: Unit, order: Row, line: Row, shipment: Row | None) -> Row:
    return unit.books.new_row(
        LineNbr=line["LineNbr"], InventoryID=line["InventoryID"], Qty=line["OrderQty"],
        UnitPrice=line["UnitPrice"], UOM=line["UOM"], ExtendedPrice=line["ExtendedPrice"],
        DiscountPercent=line["DiscountPercent"], DiscountAmount=line["DiscountAmount"],
        Amount=line["Amount"], TransactionDescr=line["LineDescription"],
        TaxCategory=line["TaxCategory"], OrderType=order["OrderType"], Account="40000",
        OrderNbr=order["OrderNbr"], OrderLineNbr=line["LineNbr"], SubAccount="000000",
        ShipmentNbr=None if shipment is None else shipment["ShipmentNbr"],
        BranchID=order["Branch"], WarehouseID=line["WarehouseID"],
    )  # fmt: skip


def _link(unit: Unit, order: Row, shipment: Row | None) -> Row:
    """The order's row on what was shipped and billed; billing without goods makes one too."""
    number = None if shipment is None else shipment["ShipmentNbr"]
    for link in order.lines("Shipments"):
        if link["ShipmentNbr"] == number:
            return link
    made = unit.books.new_row(ShipmentType="Invoice", ShipmentNbr=None)
    order.lines("Shipments").append(made)
    return made


def _orders_of(unit: Unit, shipment: Row) -> list[Row]:
    found = []
    for link in shipment.lines("Orders"):
        order = unit.books.find("sales_orders", link["OrderType"], link["OrderNbr"])
        if order is not None:
            found.append(unit.draft("sales_orders", order))
    return found
