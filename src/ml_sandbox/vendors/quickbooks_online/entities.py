"""An entity is a kind of record at QuickBooks Online: what it holds, what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import fields
from .fields import Field


@dataclass(frozen=True)
class Entity:
    """`is_list` marks name lists, whose queries show only active rows unless asked.

    `series` names the sequence that ids come from; `writes` what the API may do with it.
    """

    name: str
    fields: Mapping[str, Field]
    series: str
    is_list: bool = True
    writes: tuple[str, ...] = ()


_SAVE = ("create", "update")
_TRADE = (*_SAVE, "delete")
_KNOWN = (
    Entity("Customer", fields.CUSTOMER, "names", writes=_SAVE),
    Entity("Vendor", fields.VENDOR, "names", writes=_SAVE),
    Entity("Employee", fields.EMPLOYEE, "names", writes=_SAVE),
    Entity("Term", fields.TERM, "terms", writes=_SAVE),
    Entity("PaymentMethod", fields.PAYMENT_METHOD, "methods", writes=_SAVE),
    Entity("CustomerType", fields.LISTED, "types"),
    Entity("Item", fields.LISTED, "items"),
    Entity("Account", fields.LISTED, "accounts"),
    Entity("Invoice", fields.INVOICE, "transactions", False, (*_TRADE, "void", "send")),
    Entity("Payment", fields.PAYMENT, "transactions", False, (*_TRADE, "void")),
    Entity("CreditMemo", fields.CREDIT_MEMO, "transactions", False, _TRADE),
    Entity("CompanyInfo", fields.COMPANY, "company", False, ("update",)),
    Entity("Preferences", fields.LISTED, "company", False),
)
#: Entities that exist at Intuit and hold nothing in this world.
_EMPTY = (
    "Bill", "BillPayment", "Budget", "Class", "CompanyCurrency", "Department", "Deposit",
    "Estimate", "ExchangeRate", "JournalCode", "JournalEntry", "Purchase", "PurchaseOrder",
    "RefundReceipt", "SalesReceipt", "TaxAgency", "TaxCode", "TaxRate", "TimeActivity", "Transfer",
    "VendorCredit",
)  # fmt: skip
ENTITIES: dict[str, Entity] = {
    **{entity.name: entity for entity in _KNOWN},
    **{name: Entity(name, fields.LISTED, name) for name in _EMPTY},
}
BY_LOWER: dict[str, Entity] = {name.lower(): entity for name, entity in ENTITIES.items()}
#: Entities that share one space of names (sheet, section 4, DisplayName).
NAMED = ("Customer", "Vendor", "Employee")
#: Change data capture knows nothing of these (CDCDOC).
WITHOUT_CDC = ("JournalCode", "TaxAgency", "TimeActivity", "TaxCode", "TaxRate")


def by_path(name: str) -> Entity | None:
    """The entity of a path, whose names are in lower case alone."""
    return BY_LOWER.get(name) if name == name.lower() else None
