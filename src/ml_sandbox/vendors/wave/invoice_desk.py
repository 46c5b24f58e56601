"""What can be done to invoices, by the API as by a human: write, approve, send, open, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ml_sandbox.vendors.wave.books import Books
from ml_sandbox.vendors.wave.currencies import currency
from ml_sandbox.vendors.wave.errors import Invalid
from ml_sandbox.vendors.wave.invoicing import further, reckon, status_of
from ml_sandbox.vendors.wave.records import (
    INVOICE_FLAGS,
    INVOICE_TEXTS,
    Customer,
    Discount,
    Invoice,
    Item,
    ItemTax,
    copied_items,
    keep_past,
)

FIRST_INVOICE = 2001
_STAGE_OF = {"DRAFT": "DRAFT", "SAVED": "APPROVED"}
_PLAIN = {
    **{name: name for name in (*INVOICE_TEXTS, *INVOICE_FLAGS)},
    "invoice_date": "invoice_date",
    "due_date": "due_date",
}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def restate(books: Books, invoice: Invoice) -> None:
    """Works out sums and status anew."""
    reckon(invoice)
    set_status(books, invoice)


def set_status(books: Books, invoice: Invoice) -> None:
    approved = str(books.surroundings.switch("approved_status"))
    invoice.status = status_of(invoice, books.today(), approved)


@contextmanager
def changing(books: Books, invoice: Invoice, touches: bool = True) -> Iterator[None]:
    """Around any change of an invoice: past, sums, status, stamp, indexes."""
    keep_past(invoice, books.now())
    yield
    restate(books, invoice)
    if touches:
        invoice.modified_at = books.now()
    books.invoices.put(invoice)
    books.tell("invoice.updated", invoice)


def create(books: Books, given: Mapping[str, Any], at: datetime | None = None) -> Invoice:
    """A new invoice from an InvoiceCreateInput. Raises Invalid."""
    customer = _customer(books, given["customerId"])
    today = (at or books.now()).date()
    fields = {"invoice_date": today, **_read(books, given)}
    fields.setdefault("due_date", fields["invoice_date"])
    fields.setdefault("currency", customer.currency or books.currency)
    stamps = books.stamps(books.invoices, FIRST_INVOICE, at)
    fields.setdefault("invoice_number", str(stamps["number"] - FIRST_INVOICE + 1))
    _check_number(books, fields["invoice_number"], None)
    invoice = Invoice(
        **stamps, customer=customer, uuid=books.surroundings.new_uuid(), **_without_none(fields)
    )
    enter(books, invoice)
    books.tell("invoice.created", invoice)
    if invoice.stage != "DRAFT":
        books.tell("invoice.approved", invoice)
    return invoice


def enter(books: Books, invoice: Invoice) -> None:
    """Puts a new invoice into the books."""
    restate(books, invoice)
    file(books, invoice)


def file(books: Books, invoice: Invoice) -> None:
    """Puts an invoice whose sums and status are right into the books."""
    books.invoices.put(invoice)
    books.invoices_of.setdefault(invoice.customer.number, {})[invoice.number] = invoice


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Null leaves a field at its default, where the field itself is never null."""
    nullable = ("subhead", "po_number", "memo", "footer")
    return {k: v for k, v in fields.items() if v is not None or k in nullable}


def _customer(books: Books, key: str) -> Customer:
    customer = books.customers.by_id(key)
    if customer is None or customer.is_deleted:
        raise Invalid("Select an existing customer.", "customerId")
    return customer


def _check_number(books: Books, number: str, own: Invoice | None) -> None:
    if not number.strip():
        raise Invalid("Enter an invoice number.", "invoiceNumber")
    if not books.surroundings.switch("invoice_number_unique"):
        return
    if any(i.invoice_number == number and i is not own for i in books.invoices.alive()):
        raise Invalid("An invoice with this number already exists.", "invoiceNumber")


def _read(books: Books, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that create and patch have in common. Raises Invalid."""
    fields = {ours: given[camel(name)] for name, ours in _PLAIN.items() if camel(name) in given}
    if given.get("status"):
        fields["stage"] = _STAGE_OF[given["status"]]
    if given.get("currency"):
        fields["currency"] = currency(given["currency"])
    if given.get("invoiceNumber") is not None:
        fields["invoice_number"] = given["invoiceNumber"]
    if given.get("exchangeRate") is not None:
        if given["exchangeRate"] <= 0:
            raise Invalid("The exchange rate is above zero.", "exchangeRate")
        fields["exchange_rate_value"] = given["exchangeRate"]
    if given.get("items") is not None:
        fields["items"] = [_item(books, item, n) for n, item in enumerate(given["items"])]
    if given.get("discounts") is not None:
        fields["discount_list"] = _discounts(books, given["discounts"])
    return fields


def _item(books: Books, given: Mapping[str, Any], place: int) -> Item:
    product = books.products.by_id(given["productId"])
    if product is None or product.is_deleted:
        raise Invalid("Select an existing product.", "items", str(place), "productId")
    quantity = given.get("quantity")
    price = given.get("unitPrice")
    taxes = []
    for tax in given.get("taxes") or ():
        known = books.sales_taxes.by_id(tax["salesTaxId"])
        if known is None:
            raise Invalid("Select an existing tax.", "items", str(place), "taxes", "salesTaxId")
        taxes.append(ItemTax(known))
    return Item(
        id=books.surroundings.new_uuid(),
        product=product,
        description=given.get("description", product.description),
        quantity_value=Decimal(1) if quantity is None else quantity,
        price_value=product.price if price is None else price,
        taxes=taxes,
    )


def _discounts(books: Books, given: list[Mapping[str, Any]]) -> list[Discount]:
    if len(given) > 1:
        raise Invalid("An invoice has one discount at most.", "discounts")
    found = []
    for one in given:
        kind = "amount" if one["discountType"] == "FIXED" else "percentage"
        value = one.get(kind)
        if value is None or value < 0 or (kind == "percentage" and value > 100):
            raise Invalid("Enter a valid discount.", "discounts", "0", kind)
        now = books.now()
        amount, percentage = (value, None) if kind == "amount" else (None, value)
        found.append(Discount(now, now, one.get("name"), amount, percentage))
    return found


def change(books: Books, invoice: Invoice, given: Mapping[str, Any]) -> None:
    """Fields that are given are set; items replace the whole list. Raises Invalid."""
    fields = _without_none(_read(books, given))
    customer = _customer(books, given["customerId"]) if given.get("customerId") else None
    if "invoice_number" in fields:
        _check_number(books, fields["invoice_number"], invoice)
    if fields.get("stage") == "DRAFT" and invoice.stage != "DRAFT":
        raise Invalid("An approved invoice does not become a draft again.", "status")
    approves = fields.get("stage") == "APPROVED" and invoice.stage == "DRAFT"
    if not approves:
        fields.pop("stage", None)
    with changing(books, invoice):
        for name, value in fields.items():
            setattr(invoice, name, value)
        if customer is not None:
            del books.invoices_of[invoice.customer.number][invoice.number]
            books.invoices_of.setdefault(customer.number, {})[invoice.number] = invoice
            invoice.customer = customer
    if approves:
        books.tell("invoice.approved", invoice)


def approve(books: Books, invoice: Invoice) -> None:
    if invoice.stage != "DRAFT":
        raise Invalid("Only a draft can be approved.", "invoiceId")
    with changing(books, invoice):
        invoice.stage = "APPROVED"
    books.tell("invoice.approved", invoice)


def send(books: Books, invoice: Invoice, via: str = "WAVE", at: datetime | None = None) -> None:
    """Sends, or marks as sent; a draft is not sent before it is approved. Raises Invalid."""
    if invoice.stage == "DRAFT":
        raise Invalid("Approve the invoice before sending it.", "invoiceId")
    with changing(books, invoice):
        invoice.stage = further(invoice.stage, "SENT")
        invoice.last_sent_at = at or books.now()
        invoice.last_sent_via = via
    books.tell("invoice.sent", invoice)


def view(books: Books, invoice: Invoice) -> None:
    """The customer opens the invoice."""
    if invoice.stage == "DRAFT":
        raise Invalid("A draft has not been sent to anybody.", "invoiceId")
    with changing(books, invoice, bool(books.surroundings.switch("view_touches_modified"))):
        invoice.stage = further(invoice.stage, "VIEWED")
        invoice.last_viewed_at = books.now()
    books.tell("invoice.viewed", invoice)


def delete(books: Books, invoice: Invoice, drafts_only: bool) -> None:
    """Gone from the API without a tombstone. Raises Invalid for what may not go."""
    if drafts_only and invoice.stage != "DRAFT":
        raise Invalid("Only a draft can be deleted.", "invoiceId")
    keep_past(invoice, books.now())
    invoice.is_deleted = True
    invoice.modified_at = books.now()
    books.invoices.put(invoice)


def clone(books: Books, invoice: Invoice) -> Invoice:
    """A new draft with the same lines, dated today."""
    stamps = books.stamps(books.invoices, FIRST_INVOICE)
    terms = invoice.due_date - invoice.invoice_date
    kept: dict[str, Any] = {
        name: getattr(invoice, name) for name in (*INVOICE_TEXTS, *INVOICE_FLAGS)
    }
    items = copied_items(invoice.items)
    for item in items:
        item.id = books.surroundings.new_uuid()
    copied = Invoice(
        **stamps,
        **kept,
        customer=invoice.customer,
        invoice_number=str(stamps["number"] - FIRST_INVOICE + 1),
        invoice_date=books.today(),
        due_date=books.today() + terms,
        currency=invoice.currency,
        uuid=books.surroundings.new_uuid(),
        exchange_rate_value=invoice.exchange_rate_value,
        items=items,
        discount_list=[replace(discount) for discount in invoice.discount_list],
    )
    enter(books, copied)
    books.tell("invoice.created", copied)
    return copied


def fall_due(books: Books) -> None:
    """Calendar work: what is past due with a balance becomes overdue, told once each."""
    touches = bool(books.surroundings.switch("overdue_touches_modified"))
    today = books.today()
    for invoice in _unsettled(books, lambda i: i.due_date < today and i.status != "OVERDUE"):
        with changing(books, invoice, touches):
            pass
        if invoice.status == "OVERDUE":
            books.tell("invoice.overdue", invoice)


def _unsettled(books: Books, wanted: Callable[[Invoice], bool]) -> list[Invoice]:
    """Approved invoices with a balance, by number."""
    return [
        invoice
        for invoice in books.invoices.alive()
        if invoice.stage != "DRAFT" and invoice.due_value > 0 and wanted(invoice)
    ]
