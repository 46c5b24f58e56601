"""Reading is how rows of one or two entities become the records of an object.

An order that is billed is found from either side: an order's shipments name its invoices, and an
invoice's lines name its orders, as a filter on lines would if Acumatica had one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from ml_connector.core.faults import Refused
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.wire import Errand
from ml_connector.vendors.acumatica.api import Api
from ml_connector.vendors.acumatica.entities import (
    CONTACT,
    CUSTOMER,
    INVOICE,
    LAST_MODIFIED,
    NON_STOCK_ITEM,
    ORDER_LINKS,
    PAYMENT,
    SALES_INVOICE,
    SALES_ORDER,
    SINCE,
    STOCK_ITEM,
    Entity,
    Row,
)
from ml_connector.vendors.acumatica.objects import (
    BILLING,
    ITEMS,
    PAYMENTS,
    READ_BATCH,
    SALES_INVOICES,
    Glimpse,
)

ENTITIES: dict[str, tuple[Entity, ...]] = {
    "customers": (CUSTOMER,),
    "contacts": (CONTACT,),
    "items": (STOCK_ITEM, NON_STOCK_ITEM),
    "sales_orders": (SALES_ORDER,),
    "sales_invoices": (SALES_INVOICE,),
    "payments": (PAYMENT,),
    "billing": (SALES_ORDER,),
}
BILLED = ("Shipments.InvoiceType", "Shipments.InvoiceNbr")
PREPAID = tuple(
    f"Payments.{name}"
    for name in ("ReferenceNbr", "ApplicationDate", "Status", "AppliedToOrder", "Currency")
)
APPLIED = tuple(
    f"ApplicationsInvoice.{name}"
    for name in ("AdjustingDocReferenceNbr", "PaymentDate", "Status", "AmountPaid", "Currency")
)
EXTRA = {SALES_INVOICES.name: ORDER_LINKS, BILLING.name: (*BILLED, *PREPAID)}

Rows = dict[str, tuple[Entity, Row]]


class Reading:
    """For one connection."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._base_currency = ""

    def polled(self, obj: SourceObject) -> tuple[Entity, ...]:
        """The entities whose stamps tell what changed; before 23.200 sales invoices have none."""
        is_old = self._api.version < SINCE[SALES_INVOICE.name, LAST_MODIFIED]
        return (INVOICE,) if obj.name == SALES_INVOICES.name and is_old else ENTITIES[obj.name]

    def beside(self, obj: SourceObject, entity: Entity) -> tuple[str, ...]:
        """What is read of an object besides its entity's own paths."""
        return () if entity is INVOICE else EXTRA.get(obj.name, ())

    async def found(
        self, entities: Sequence[Entity], keys: Sequence[str], extra: Sequence[str], errand: Errand
    ) -> Rows:
        """By one listing of each entity; what it leaves out is asked for singly, for only
        Acumatica's word about that very key proves that it is gone."""
        found: Rows = {}
        for entity in entities:
            if left := [key for key in keys if key not in found]:
                listing = await self._api.listing(entity, entity.any_of(left), errand, extra=extra)
                found |= {entity.key_of(row): (entity, row) for row in listing.rows}
        for entity in entities:
            for key in [key for key in keys if key not in found]:
                row = await self._api.one(entity, key, errand, extra)
                if row is not None:
                    found[entity.key_of(row)] = (entity, row)
        return found

    async def records(
        self, obj: SourceObject, rows: Iterable[tuple[Entity, Row]], errand: Errand, *,
        is_first: bool = False, is_listing: bool = False,
    ) -> list[SourceModel]:  # fmt: skip
        """The records in rows. `is_first`: of the first reading of a whole history. One that cannot
        be read is a glimpse in a listing, and raises Refused elsewhere."""
        told = [(entity, row) for entity, row in rows]
        if any(entity is INVOICE for entity, _ in told):
            told = await self._as_sales_invoices(told, errand)
        parts = [self._with_key(entity, row) for entity, row in told]
        if obj.name == ITEMS.name and parts:
            code = await self._currency(errand)
            parts = [{**part, "BaseCurrencyID": code} for part in parts]
        if obj.name == PAYMENTS.name and not is_first:
            parts = await self._with_billed_orders(parts, errand)
        if obj.name == BILLING.name:
            parts = [await self._billing(part, errand) for part in parts]
        return [_parsed(obj, part, is_listing) for part in parts]

    def _with_key(self, entity: Entity, row: Row) -> dict[str, Any]:
        part: dict[str, Any] = {
            **row,
            "Key": entity.key_of(row),
            "ModifiedAt": entity.stamped(row),
            "IsStock": entity is STOCK_ITEM,
        }
        if entity is SALES_ORDER:
            part["Orders"] = (part["Key"],)
        if entity is SALES_INVOICE:
            part["Orders"] = _keys(row.get("Details"), "OrderType", "OrderNbr")
        if entity is PAYMENT:
            part["Orders"] = _keys(row.get("OrdersToApply"), "OrderType", "OrderNbr")
            history = row.get("ApplicationHistory")
            named = (
                *_keys(row.get("DocumentsToApply"), "DocType", "ReferenceNbr"),
                *_keys(history, "DisplayDocType", "DisplayRefNbr"),
                *_keys(history, "AdjustedDocType", "AdjustedRefNbr"),
            )
            part["Documents"] = tuple(dict.fromkeys(named))
        return part

    async def _as_sales_invoices(
        self, told: Sequence[tuple[Entity, Row]], errand: Errand
    ) -> list[tuple[Entity, Row]]:
        """The sales invoices with the keys and stamps of these rows; other documents of accounts
        receivable bill no order."""
        stamps = {INVOICE.key_of(row): row.get(INVOICE.stamp) for _, row in told}
        found = await self._sales_invoices(list(stamps), ORDER_LINKS, errand)
        rows = ({**row, SALES_INVOICE.stamp: stamps[key]} for key, row in found.items())
        return [(SALES_INVOICE, row) for row in rows]

    async def _sales_invoices(
        self, keys: Sequence[str], extra: Sequence[str], errand: Errand
    ) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for start in range(0, len(keys), READ_BATCH):
            wanted = SALES_INVOICE.any_of(keys[start : start + READ_BATCH])
            listing = await self._api.listing(SALES_INVOICE, wanted, errand, extra=extra)
            found |= {SALES_INVOICE.key_of(row): row for row in listing.rows}
        return found

    async def _with_billed_orders(
        self, parts: Sequence[dict[str, Any]], errand: Errand
    ) -> list[dict[str, Any]]:
        keys = list(dict.fromkeys(key for part in parts for key in part["Documents"]))
        found = await self._sales_invoices(keys, ORDER_LINKS, errand)
        billed = {k: _keys(row.get("Details"), "OrderType", "OrderNbr") for k, row in found.items()}
        return [
            {**part, "Orders": tuple(dict.fromkeys((*part["Orders"], *of)))}
            for part in parts
            for of in [[order for key in part["Documents"] for order in billed.get(key, ())]]
        ]

    async def _billing(self, part: dict[str, Any], errand: Errand) -> dict[str, Any]:
        keys = _keys(part.get("Shipments"), "InvoiceType", "InvoiceNbr")
        found = await self._sales_invoices(keys, (*ORDER_LINKS, *APPLIED), errand)
        invoices = [self._with_key(SALES_INVOICE, row) for row in found.values()]
        for invoice in invoices:
            invoice["Payments"] = tuple(invoice.get("ApplicationsInvoice") or ())
        prepaid = tuple(part.get("Payments") or ())
        newest = max([part["ModifiedAt"], *(invoice["ModifiedAt"] for invoice in invoices)])
        told = sorted(invoices, key=lambda invoice: str(invoice["Key"]))
        return {**part, "ModifiedAt": newest, "Invoices": tuple(told), "Prepayments": prepaid}

    async def _currency(self, errand: Errand) -> str:
        """The base currency, which only documents tell; empty while there is no order."""
        if not self._base_currency:
            extra = ("BaseCurrencyID",)
            rows = (await self._api.listing(SALES_ORDER, "", errand, 1, extra)).rows
            self._base_currency = str(rows[0].get("BaseCurrencyID") or "") if rows else ""
        return self._base_currency


def _keys(rows: Any, *names: str) -> tuple[str, ...]:
    """`<type>/<number>` of every detail row that names both."""
    told = (tuple(str(row.get(name) or "") for name in names) for row in rows or ())
    return tuple(dict.fromkeys("/".join(parts) for parts in told if all(parts)))


def _parsed(obj: SourceObject, part: dict[str, Any], is_listing: bool) -> SourceModel:
    try:
        return obj.model.model_validate(part)
    except ValidationError as wrong:
        if is_listing:
            return Glimpse.model_validate(part)
        first = wrong.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        sentence = f"Acumatica's {obj.label} {part['Key']} cannot be read: {field}: {first['msg']}"
    raise Refused(sentence, field)
