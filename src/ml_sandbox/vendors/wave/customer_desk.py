"""What can be done to customers, by the API as by a human."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ml_sandbox.vendors.wave.books import Books
from ml_sandbox.vendors.wave.currencies import currency
from ml_sandbox.vendors.wave.errors import Invalid
from ml_sandbox.vendors.wave.money import Money, money
from ml_sandbox.vendors.wave.places import country, province
from ml_sandbox.vendors.wave.records import Address, Customer, ShippingDetails, keep_past

FIRST_CUSTOMER = 1001
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_TEXTS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "displayId": "display_id",
    "email": "email",
    "mobile": "mobile",
    "phone": "phone",
    "fax": "fax",
    "tollFree": "toll_free",
    "website": "website",
    "internalNotes": "internal_notes",
}


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def read_address(given: Mapping[str, Any] | None, *path: str) -> Address | None:
    """An AddressInput. Raises Invalid for a province that is none of the country."""
    if given is None:
        return None
    code = given.get("countryCode")
    province_code = given.get("provinceCode")
    found = province(province_code) if province_code else None
    if province_code and (found is None or (code and not province_code.startswith(f"{code}-"))):
        raise Invalid("Select a valid province.", *path, "provinceCode")
    return Address(
        given.get("addressLine1"),
        given.get("addressLine2"),
        given.get("city"),
        country(code) if code else None,
        given.get("postalCode"),
        found,
    )


def _read_shipping(given: Mapping[str, Any] | None) -> ShippingDetails | None:
    if given is None:
        return None
    address = read_address(given.get("address"), "shippingDetails", "address")
    return ShippingDetails(
        given.get("name"), given.get("phone"), given.get("instructions"), address
    )


def _read(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a create or patch input. Raises Invalid."""
    fields: dict[str, Any] = {
        ours: given[theirs] for theirs, ours in _TEXTS.items() if theirs in given
    }
    if "name" in given:
        if not (given["name"] or "").strip():
            raise Invalid("Enter a customer name.", "name")
        fields["name"] = given["name"]
    if given.get("email") and not is_email(given["email"]):
        raise Invalid("Enter a valid email address.", "email")
    if "currency" in given:
        fields["currency"] = currency(given["currency"]) if given["currency"] else None
    if "address" in given:
        fields["address"] = read_address(given["address"], "address")
    if "shippingDetails" in given:
        fields["shipping_details"] = _read_shipping(given["shippingDetails"])
    return fields


def create(books: Books, given: Mapping[str, Any], at: datetime | None = None) -> Customer:
    """A new customer from a CustomerCreateInput. Raises Invalid."""
    fields = _read(given)
    fields.setdefault("currency", books.currency)
    customer = Customer(**books.stamps(books.customers, FIRST_CUSTOMER, at), **fields)
    books.customers.put(customer)
    books.tell("customer.created", customer=customer)
    return customer


def change(books: Books, customer: Customer, given: Mapping[str, Any]) -> None:
    """Fields that are given are set, null empties them. Raises Invalid."""
    _write(books, customer, _read(given))


def _write(books: Books, customer: Customer, fields: Mapping[str, Any]) -> None:
    keep_past(customer, books.now())
    for name, value in fields.items():
        setattr(customer, name, value)
    customer.modified_at = books.now()
    books.customers.put(customer)
    if "name" in fields:  # invoices may be sorted by the customer's name
        for invoice in books.invoices_for(customer):
            books.invoices.put(invoice)
    books.tell("customer.updated", customer=customer)


def archive(books: Books, customer: Customer, archived: bool) -> None:
    _write(books, customer, {"is_archived": archived})


def delete(books: Books, customer: Customer) -> None:
    """Gone from the API without a tombstone; its invoices keep it (sheet, section 4, rule 4)."""
    keep_past(customer, books.now())
    customer.is_deleted = True
    customer.modified_at = books.now()
    books.customers.put(customer)


def balance(books: Books, customer: Customer, overdue_only: bool) -> Money:
    """What the customer owes in its own currency, drafts and overpayments left out."""
    unit = customer.currency or books.currency
    owed = Decimal(0)
    for invoice in books.invoices_for(customer):
        counts = invoice.status == "OVERDUE" if overdue_only else invoice.status != "DRAFT"
        if counts and invoice.currency == unit and invoice.due_value > 0:
            owed += invoice.due_value
    return money(owed, unit)
