"""Papers that stand around in an account from the first: items, taxes, vendors, bills, expenses."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ml_sandbox.business.names import GOODS, SURNAMES
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.money import money
from ml_sandbox.vendors.freshbooks.paper_desk import bill
from ml_sandbox.vendors.freshbooks.records import ACTIVE, DELETED, Paper
from ml_sandbox.vendors.freshbooks.times import eastern_text, utc_text

_TAXES = (("HST", "13"), ("VAT", "20"), ("Sales tax", "8.25"))
VENDORS = ("Northside Paper Co.", "Ink & Toner Depot", "City Power", "Atelier Léger", "Coffee Only")
#: As many bills as this share of the invoices, and never fewer than `LEAST_BILLS`.
BILLS_PER_INVOICE = 0.1
LEAST_BILLS = 4


def furnish(account: Account, at: datetime) -> None:
    for name, price, _ in GOODS:
        _file(account, "items", at, "itemid", _item(account, name, price))
    for name, percent in _TAXES:
        tax = {"name": name, "amount": percent, "number": "RT 1234", "compound": False}
        _file(account, "taxes", at, "taxid", tax)
    for name in VENDORS:
        _file(account, "bill_vendors", at, "vendorid", _vendor(account, name, at))
    expense = {
        "amount": money(Decimal("48.20"), account.currency),
        "vendor": VENDORS[0],
        "date": at.date().isoformat(),
        "notes": "Toner",
        "status": 0,
    }
    _file(account, "expenses", at, "expenseid", expense)


def _file(account: Account, kind: str, at: datetime, id_field: str, body: dict[str, Any]) -> None:
    table = account.papers[kind]
    number = table.new_id()
    known = {"id": number, id_field: number, "accounting_systemid": account.id}
    if kind != "bill_vendors":
        known["updated"] = eastern_text(at)
    if kind != "taxes":
        known["vis_state"] = ACTIVE
    table.seed(Paper(number, at, {**body, **known}))


def _item(account: Account, name: str, price: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": name,
        "qty": "1",
        "sku": name[:3].upper(),
        "inventory": None,
        "tax1": 0,
        "tax2": 0,
        "unit_cost": money(Decimal(price), account.currency),
    }


def _vendor(account: Account, name: str, at: datetime) -> dict[str, Any]:
    return {
        "vendor_name": name,
        "primary_contact_first_name": "",
        "primary_contact_last_name": SURNAMES[len(name) % len(SURNAMES)],
        "primary_contact_email": "",
        "currency_code": account.currency,
        "country": "United States",
        "language": "en",
        "is1099": False,
        "outstanding_balance": [],
        "overdue_balance": [],
        "tax_defaults": [],
        "created_at": utc_text(at),
        "updated_at": utc_text(at),
    }


def write_bills(
    account: Account,
    chance: random.Random,
    moment: Callable[[date], datetime],
    today: date,
    invoices: int,
) -> None:
    """Bills of the last two years; one of them is deleted."""
    vendors = [vendor.id for vendor in account.papers["bill_vendors"]]
    table = account.papers["bills"]
    for place in range(max(LEAST_BILLS, int(invoices * BILLS_PER_INVOICE))):
        on = today - timedelta(days=chance.randrange(1, 700))
        amount = Decimal(chance.randrange(2_000, 90_000)) / 100
        status = chance.choice(("paid", "paid", "unpaid", "overdue"))
        made = bill(
            table.new_id(),
            chance.choice(vendors),
            amount,
            account.currency,
            on,
            moment(on),
            status,
        )
        if place == 1:
            made = Paper(made.id, made.updated, {**made.body, "vis_state": DELETED}, DELETED)
        table.seed(made)
