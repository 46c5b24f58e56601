"""An action is a button of a form, called by its endpoint name or by the button's own.

Whether a button can be pressed follows from the record's status. What takes long in the ERP runs
as a long operation; the rest is done at once (sheet, sections 6 and 10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ml_sandbox.vendors.acumatica import documents, payments, shipping
from ml_sandbox.vendors.acumatica.books import Unit
from ml_sandbox.vendors.acumatica.customers import display_name
from ml_sandbox.vendors.acumatica.errors import disabled, px
from ml_sandbox.vendors.acumatica.orders import BILLED_TYPES, SHIPPED_TYPES, WAREHOUSES
from ml_sandbox.vendors.acumatica.rows import Row


@dataclass(frozen=True)
class Press:
    """A pressed button: the draft of the record, what was given, and the day."""

    unit: Unit
    row: Row
    given: Mapping[str, Any]
    today: date


@dataclass(frozen=True)
class Action:
    """`statuses` and `order_types` are those for which the button can be pressed; empty for all."""

    button: str
    run: Callable[[Press], None]
    statuses: tuple[str, ...] = ()
    long: bool = False
    order_types: tuple[str, ...] = ()

    def check(self, row: Row) -> None:
        """Raises the disabled button's failure."""
        wrong_type = self.order_types and row["OrderType"] not in self.order_types
        if wrong_type or (self.statuses and row["Status"] not in self.statuses):
            raise disabled(self.button)


def _open_order(press: Press) -> None:
    press.row["Hold"] = False
    customer = press.unit.books.find("customers", press.row["CustomerID"])
    on_credit = customer is not None and customer["Status"] == "Credit Hold"
    press.row["CreditHold"] = on_credit
    press.row["Status"] = "Credit Hold" if on_credit else "Open"


def _hold(press: Press) -> None:
    press.row["Hold"] = True
    press.row["Status"] = "On Hold"


def _cancel_order(press: Press) -> None:
    if any(link["ShipmentNbr"] for link in press.row.lines("Shipments")):
        raise disabled("Cancel Order")
    press.row["Hold"] = False
    press.row["Status"] = "Cancelled"


def _reopen_order(press: Press) -> None:
    press.row["Status"] = "Open"


def _release_credit(press: Press) -> None:
    press.row["CreditHold"] = False
    press.row["Status"] = "Open"


def _ship(press: Press) -> None:
    row = press.row
    warehouse = press.given.get("WarehouseID")
    if warehouse is not None and str(warehouse).upper() not in WAREHOUSES:
        raise px(500, "'Warehouse' cannot be found in the system.")
    if not any(line["OpenQty"] for line in row.lines()):
        raise px(500, "The order has no lines that can be shipped.")
    on = press.given.get("ShipmentDate") or press.today
    shipping.create_shipment(press.unit, row, on, warehouse)


def _bill_order(press: Press) -> None:
    shipping.bill_order(press.unit, press.row, press.today)


def _confirm(press: Press) -> None:
    shipping.confirm(press.unit, press.row)


def _correct(press: Press) -> None:
    shipping.correct(press.unit, press.row)


def _bill_shipment(press: Press) -> None:
    shipping.bill_shipment(press.unit, press.row, press.today)


def _update_inventory(press: Press) -> None:
    press.row["Status"] = "Completed"


def _release_document(press: Press) -> None:
    press.row["Hold"] = False
    documents.settle_balance(press.row)


def _unhold_document(press: Press) -> None:
    press.row["Hold"] = False
    press.row["Status"] = "Balanced"


def _release_payment(press: Press) -> None:
    dated = bool(press.unit.books.switch("payments_stamp_invoices"))
    payments.release(press.unit, press.row, dated)


def _void_payment(press: Press) -> None:
    dated = bool(press.unit.books.switch("payments_stamp_invoices"))
    payments.void(press.unit, press.row, dated)


def _release_journal(press: Press) -> None:
    press.row["Status"] = "Posted"


def _new_contact(press: Press) -> None:
    books = press.unit.books
    if not press.given.get("LastName"):
        raise px(500, "'Last Name' cannot be empty.")
    contact = books.new_row(
        ContactID=int(books.next_number("contact")) + 100, ContactClass="ENDUSER", Active=True,
        Status="Active", Type="Contact", BusinessAccount=press.row["CustomerID"],
        CompanyName=press.row["CustomerName"], **press.given,
    )  # fmt: skip
    contact["DisplayName"] = display_name(contact)
    press.unit.add("contacts", contact)


def _nothing(press: Press) -> None:
    """Recalculation of what is right already, and validation of what nobody checks."""


_OPEN = Action("Remove Hold", _open_order, ("On Hold", "Credit Hold"))
_HOLD_ORDER = Action("Hold", _hold, ("Open", "Credit Hold"))
_CANCEL = Action("Cancel Order", _cancel_order, ("On Hold", "Open", "Credit Hold"))
_REOPEN = Action("Reopen Order", _reopen_order, ("Completed", "Cancelled"))
_BILL = Action("Prepare Invoice", _bill_order, ("Open",), True, BILLED_TYPES)
_RELEASE = Action("Release", _release_document, ("Balanced",), long=True)
_UNHOLD = Action("Remove Hold", _unhold_document, ("On Hold",))
_HOLD = Action("Hold", _hold, ("Balanced",))
_RELEASE_PAYMENT = Action("Release", _release_payment, ("Balanced",), long=True)
_VOID = Action("Void", _void_payment, ("Open", "Closed"), long=True)
_POST = Action("Release", _release_journal, ("Balanced",), long=True)
_RECALCULATE = Action("Recalculate", _nothing)
_CARD = Action("Card Operation", _nothing, ("Pending Processing",), long=True)
_COST = Action("Update Cost", _nothing)
_NEW_CONTACT = Action("Create Contact", _new_contact)

#: Entity -> name -> action: names of the endpoint first, then the buttons' own names.
ACTIONS: dict[str, dict[str, Action]] = {
    "SalesOrder": {
        "OpenSalesOrder": _OPEN,
        "CancelSalesOrder": _CANCEL,
        "ReopenSalesOrder": _REOPEN,
        "ReleaseFromCreditHoldSalesOrder": Action(
            "Release from Credit Hold", _release_credit, ("Credit Hold",)
        ),
        "SalesOrderCreateShipment": Action(
            "Create Shipment", _ship, ("Open",), True, SHIPPED_TYPES
        ),
        "PrepareSalesInvoice": _BILL,
        "AutoRecalculateDiscounts": _RECALCULATE,
        "RecalculatePricesDiscounts": _RECALCULATE,
        "PutOnHold": _HOLD_ORDER,
        "ReleaseFromHold": _OPEN,
        "CancelOrder": _CANCEL,
        "ReopenOrder": _REOPEN,
        "PrepareInvoice": _BILL,
    },
    "Shipment": {
        "ConfirmShipment": Action("Confirm Shipment", _confirm, ("Open",), long=True),
        "CorrectShipment": Action("Correct Shipment", _correct, ("Confirmed",), long=True),
        "PrepareInvoice": Action("Prepare Invoice", _bill_shipment, ("Confirmed",), long=True),
        "UpdateIN": Action("Update IN", _update_inventory, ("Invoiced", "Confirmed"), long=True),
    },
    "SalesInvoice": {
        "ReleaseSalesInvoice": _RELEASE,
        "Release": _RELEASE,
        "PutOnHold": _HOLD,
        "ReleaseFromHold": _UNHOLD,
    },
    "Invoice": {
        "ReleaseInvoice": _RELEASE,
        "Release": _RELEASE,
        "PutOnHold": _HOLD,
        "ReleaseFromHold": _UNHOLD,
    },
    "Payment": {
        "ReleasePayment": _RELEASE_PAYMENT,
        "VoidPayment": _VOID,
        "CaptureCreditCardPayment": _CARD,
        "CardOperation": _CARD,
        "VoidCardPayment": _CARD,
        "Release": _RELEASE_PAYMENT,
        "VoidCheck": _VOID,
    },
    "JournalTransaction": {"ReleaseJournalTransaction": _POST, "Release": _POST},
    "Customer": {"CreateContactFromCustomer": _NEW_CONTACT},
    "Contact": {"ValidateContactAddress": _RECALCULATE, "MarkContactAsValidated": _RECALCULATE},
    "StockItem": {"UpdateStandardCostStockItem": _COST},
    "NonStockItem": {"UpdateStandardCostNonStockItem": _COST},
}
