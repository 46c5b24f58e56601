"""Reading a field of a row as an entity shows it, computed ones included.

Nothing is looked up in another table but what belongs to the record's own form.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.catalogue import Contract, Field
from ml_sandbox.vendors.acumatica.errors import cannot_optimize, odata, unknown_property
from ml_sandbox.vendors.acumatica.rows import Row
from ml_sandbox.vendors.acumatica.screens import stored_name

Getter = Callable[[Row], Any]
_MODIFIED = ("LastModifiedDateTime", "LastModified", "LastModifiedDate")
_CREATED = ("CreatedDateTime", "CreatedDate")


def read(books: Books, entity: str, row: Row, field: Field) -> Any:
    """A scalar, a Row or a list of Row; None where it is empty."""
    if field.type == "DateTime" and field.name in (*_MODIFIED, *_CREATED):
        return _stamp(row, field.name)
    if field.name == "NoteID":
        return row.id
    computed = _COMPUTED.get((entity, field.name))
    if computed is not None:
        return computed(books, row)
    return row[stored_name(entity, field.name)]


def _stamp(row: Row, name: str) -> datetime:
    return row.created if name in _CREATED else row.modified


def _main_email(books: Books, row: Row) -> Any:
    main = row["MainContact"]
    return None if main is None else main["Email"]


def _own_or_main(name: str) -> Callable[[Books, Row], Any]:
    """The billing or shipping contact is the main one unless it is overridden."""

    def contact(books: Books, row: Row) -> Any:
        own = row[name] if row[f"{name}Override"] else None
        return own or row["MainContact"]

    return contact


def _contacts_of(books: Books, row: Row) -> list[Row]:
    key = row["CustomerID"]
    return [c for c in books.tables["contacts"].rows() if c["BusinessAccount"] == key]


def _customer_contacts(books: Books, row: Row) -> list[Row]:
    return [
        Row(c.id, c.created, c.modified, {"ContactID": c["ContactID"], "Contact": c})
        for c in _contacts_of(books, row)
    ]


def _primary_contact(books: Books, row: Row) -> Row | None:
    number = row["PrimaryContactID"]
    return None if number is None else books.find("contacts", number)


def _order_payments(books: Books, row: Row) -> list[Row]:
    found = []
    for payment in books.tables["payments"].rows():
        for line in payment["OrdersToApply"] or ():
            if (line["OrderType"], line["OrderNbr"]) == (row["OrderType"], row["OrderNbr"]):
                shown = {
                    **{n: v for n, v in payment.values.items() if not isinstance(v, list)},
                    "DocType": payment["Type"],
                    "AppliedToOrder": line["AppliedToOrder"],
                }
                found.append(Row(line.id, payment.created, payment.modified, shown))
    return found


def _branches(books: Books, row: Row) -> list[Row]:
    return [
        books.new_row(
            BaseCurrencyID=books.base_currency, BranchCountry="US", BranchID=code,
            BranchName=name, BranchStatus=True, CompanyID=books.name.upper(),
            CompanyName="Bluebird & Daughters", CompanyStatus=True, CompanyType="With Branches",
        )
        for code, name in books.branches
    ]  # fmt: skip


def _main_address(books: Books, row: Row) -> Any:
    main = row["MainContact"]
    return None if main is None else main["Address"]


_COMPUTED: dict[tuple[str, str], Callable[[Books, Row], Any]] = {
    ("Customer", "Email"): _main_email,
    ("Customer", "BillingContact"): _own_or_main("BillingContact"),
    ("Customer", "ShippingContact"): _own_or_main("ShippingContact"),
    ("Customer", "Contacts"): _customer_contacts,
    ("Customer", "PrimaryContact"): _primary_contact,
    ("BusinessAccount", "PrimaryContact"): _primary_contact,
    ("BusinessAccount", "Contacts"): _contacts_of,
    ("BusinessAccount", "MainAddress"): _main_address,
    ("BusinessAccount", "Type"): lambda books, row: "Customer",
    ("SalesOrder", "Payments"): _order_payments,
    ("CompaniesStructure", "Results"): _branches,
}


class FieldPaths:
    """What a filter on one entity may name (implements `odata.Paths`)."""

    def __init__(self, books: Books, contract: Contract, entity: str) -> None:
        self._books = books
        self._contract = contract
        self._entity = entity
        self._blocked = {name for name in str(books.switch("not_optimizable")).split(",") if name}
        self.through_details = False

    def path(self, path: str) -> tuple[str, Getter]:
        """Raises unknown property, or the optimization's failure for a detail or such a field."""
        steps: list[tuple[str, Field]] = []
        entity = self._entity
        for name in path.split("/"):
            field = self._contract.entities[entity].get(name)
            if field is None:
                raise unknown_property(name, entity)
            if name in self._blocked:
                raise cannot_optimize(self._entity, path)
            if field.kind == "details":
                self._refuse_details(path)
            steps.append((entity, field))
            if field.kind != "value":
                entity = field.type
        if steps[-1][1].kind != "value":
            raise odata(f"The property '{path}' is not a value.")
        return steps[-1][1].type, lambda row: self._walk(row, steps)

    def _refuse_details(self, path: str) -> None:
        if self._books.switch("detail_filters") == "refuse":
            raise cannot_optimize(self._entity, path)
        self.through_details = True

    def _walk(self, row: Row, steps: list[tuple[str, Field]]) -> Any:
        found: Any = row
        for entity, field in steps:
            if found is None:
                return None
            found = read(self._books, entity, found, field)
            if isinstance(found, list):
                found = found[0] if found else None
        return found

    def custom(self, kind: str, name: str) -> Getter:
        known = self._books.custom_fields.get(self._entity, {})
        if known.get(name) != kind:
            raise odata(f"Could not find a custom field '{name}' of type {kind}.")
        return lambda row: row.custom.get(name)
