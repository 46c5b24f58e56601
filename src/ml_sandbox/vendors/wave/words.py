"""The words of Wave's chart of accounts: types, and subtypes with the type of each."""

from __future__ import annotations

from typing import Any

_ASSETS = (
    "CASH_AND_BANK DEPRECIATION_AND_AMORTIZATION INVENTORY MONEY_IN_TRANSIT OTHER_CURRENT_ASSETS"
    " OTHER_LONG_TERM_ASSETS PROPERTY_PLANT_EQUIPMENT RECEIVABLE RECEIVABLE_INVOICES"
    " RECEIVABLE_OTHER TRANSFERS VENDOR_PREPAYMENTS_AND_CREDITS"
)
_LIABILITIES = (
    "CREDIT_CARD CUSTOMER_PREPAYMENTS_AND_CREDITS DUE_FOR_PAYROLL DUE_TO_YOU_AND_OTHER_OWNERS LOANS"
    " OTHER_CURRENT_LIABILITY OTHER_LONG_TERM_LIABILITY PAYABLE PAYABLE_BILLS PAYABLE_OTHER"
    " SALES_TAX SYSTEM_CUSTOMER_CREDITS"
)
_INCOME = "DISCOUNTS GAIN_ON_FOREIGN_EXCHANGE INCOME OTHER_INCOME UNCATEGORIZED_INCOME"
_EXPENSES = (
    "COST_OF_GOODS_SOLD EXPENSE LOSS_ON_FOREIGN_EXCHANGE PAYMENT_PROCESSING_FEES PAYROLL_EXPENSES"
    " UNCATEGORIZED_EXPENSE UNKNOWN_ACCOUNT"
)
_EQUITY = "NON_RETAINED_EARNINGS RETAINED_EARNINGS"

#: Subtype to type.
SUBTYPES: dict[str, str] = {
    subtype: kind
    for kind, listed in (
        ("ASSET", _ASSETS),
        ("LIABILITY", _LIABILITIES),
        ("INCOME", _INCOME),
        ("EXPENSE", _EXPENSES),
        ("EQUITY", _EQUITY),
    )
    for subtype in listed.split()
}


def _name(value: str) -> str:
    return value.replace("_", " ").capitalize()


def account_type(value: str) -> dict[str, Any]:
    side = "DEBIT" if value in ("ASSET", "EXPENSE") else "CREDIT"
    return {"name": _name(value), "normal_balance_type": side, "value": value}


def account_subtype(value: str) -> dict[str, Any]:
    return {
        "archivable": True,
        "description": None,
        "name": _name(value),
        "system_created": value.startswith("SYSTEM_"),
        "type": account_type(SUBTYPES[value]),
        "value": value,
    }
