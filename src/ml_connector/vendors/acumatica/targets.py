"""The records of Acumatica that are written, each with the fields that flows may set.

Ids are the keys that other records name them by: a customer's CustomerID is what an order and a
contact hold. An order's or invoice's id is `SO/000123`. `Status` is the outcome of a workflow and
never written: a document moves by `Hold`, and by `action`, the name of an action that is run and
kept nowhere. `Details` are given when a document is made; sent again without their ids, the lines
would be added once more.
"""

from __future__ import annotations

from datetime import timedelta

from ml_connector.core.faults import Refused
from ml_connector.core.objects import Costs, Field, Likeness, TargetObject, TargetRecord, id_of
from ml_connector.core.values import Value, Values, likeness
from ml_connector.vendors.acumatica.entities import (
    ADDRESS_PATHS,
    CONTACT,
    CUSTOMER,
    SALES_INVOICE,
    SALES_ORDER,
    Entity,
    Row,
)
from ml_connector.vendors.acumatica.moments import date_text
from ml_connector.vendors.acumatica.objects import READ_BATCH
from ml_connector.vendors.acumatica.values import LINE_NUMBERS, number, value_at

ACTION = "action"
LINES = "Details"

SETTLE = timedelta(minutes=11)
"""A write may stand in the licence's queue for ten minutes and then still be done."""

_FREE = Costs(create=0, update=0, read=0, page=0)
"""Acumatica has no allowance of calls, only a pace."""


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, "text") for name in names)


def _target(
    name: str, label: str, key_field: str, fields: tuple[Field, ...], *, name_field: str,
    shared: bool = False, parent_field: str = "",
) -> TargetObject:  # fmt: skip
    return TargetObject(
        "acumatica", name, label, (*fields, *_texts(key_field)), "field", _FREE, SETTLE, READ_BATCH,
        key_field=key_field, shared=shared, name_field=name_field, parent_field=parent_field,
    )  # fmt: skip


CUSTOMERS = _target(
    "customers",
    "customer",
    "AccountRef",
    (
        *_texts("CustomerID", "CustomerName", "CustomerClass", "CurrencyID", "Terms", "TaxZone"),
        *_texts("MainContact.Email", "MainContact.Phone1", "MainContact.WebSite", *ADDRESS_PATHS),
    ),
    name_field="CustomerName",
    shared=True,
)
CONTACTS = _target(
    "contacts",
    "contact",
    "ExtRefNbr",
    (
        *_texts("FirstName", "LastName", "Email", "Phone1", "JobTitle"),
        Field("BusinessAccount", "reference"),
        Field("Active", "flag"),
    ),
    name_field="LastName",
    shared=True,
    parent_field="BusinessAccount",
)
_DOCUMENT = (
    Field("CustomerID", "reference"),
    *_texts("CustomerOrder", "Description"),
    Field("Date", "date"),
    Field("Hold", "flag"),
    Field(LINES, "object"),
    Field(ACTION, "text"),
)
SALES_ORDERS = _target(
    "sales_orders",
    "sales order",
    "ExternalRef",
    (*_texts("OrderType", "CurrencyID"), Field("RequestedOn", "date"), *_DOCUMENT),
    name_field="Description",
    parent_field="CustomerID",
)
SALES_INVOICES = _target(
    "sales_invoices",
    "sales invoice",
    "ExternalRef",
    (*_texts("Type", "Currency"), Field("DueDate", "date"), *_DOCUMENT),
    name_field="Description",
    parent_field="CustomerID",
)
TARGETS = (CUSTOMERS, CONTACTS, SALES_ORDERS, SALES_INVOICES)

ENTITIES: dict[str, Entity] = {
    CUSTOMERS.name: CUSTOMER,
    CONTACTS.name: CONTACT,
    SALES_ORDERS.name: SALES_ORDER,
    SALES_INVOICES.name: SALES_INVOICE,
}
_LINE_PARTS = {SALES_ORDERS.name: ("InventoryID", "OrderQty", "UnitPrice")}
_LINE_PARTS[SALES_INVOICES.name] = ("InventoryID", "Qty", "UnitPrice")


def line_paths(obj: TargetObject) -> tuple[str, ...]:
    """What is read of a document's lines; nothing of an object that has none."""
    return tuple(f"{LINES}.{part}" for part in _LINE_PARTS.get(obj.name, ()))


def to_wire(obj: TargetObject, fields: Values) -> dict[str, Value]:
    """What a write holds, `action` left out. Raises Refused where a value has no form for it."""
    return {name: _value(obj, name, value) for name, value in fields.items() if name != ACTION}


def _value(obj: TargetObject, name: str, value: Value) -> Value:
    if obj.field(name) is None:
        raise Refused(f"Acumatica's {obj.label} has no field '{name}' here.", name)
    if not isinstance(value, list):
        return None if value == "" else value
    return [
        {part: number(part, v) if part in LINE_NUMBERS else v for part, v in row.items()}
        for row in value
        if isinstance(row, dict)
    ]


def record_of(obj: TargetObject, row: Row, id: str = "") -> TargetRecord:
    """The record of one row, with what it may be recognised by; `id` where the row tells none.
    Raises ValueError where there is none."""
    entity = ENTITIES[obj.name]
    fields: Values = {}
    for field in obj.fields:
        value = value_at(row, field.name)
        if field.name == LINES:
            parts = _LINE_PARTS[obj.name]
            value = [{part: line.get(part) for part in parts} for line in value or ()]
        if field.name != ACTION:
            fields[field.name] = date_text(value) if field.kind == "date" else value
    told = (("name", fields.get("CustomerName")), ("email", _email(fields)))
    alike = ((kind, likeness(str(value or ""))) for kind, value in told)
    return TargetRecord(
        id=id or id_of(entity.key_of(row)),
        fields=fields,
        updated_at=entity.stamped(row),
        likenesses=tuple(Likeness(kind, value) for kind, value in alike if value),
    )


def _email(fields: Values) -> Value:
    return fields.get("MainContact.Email") or fields.get("Email")
