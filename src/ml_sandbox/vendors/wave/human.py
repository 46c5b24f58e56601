"""The human at Wave: the bookkeeper before the screen, and the customer who opens an invoice.

Bodies are the API's own inputs (`CustomerCreateInput` and so on), checked against the schema; ids
of business, product and account may be left out, and shown values may be handed back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values

from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Record
from ml_sandbox.vendors.wave import customer_desk, invoice_desk, payment_desk
from ml_sandbox.vendors.wave.books import Books
from ml_sandbox.vendors.wave.errors import Invalid
from ml_sandbox.vendors.wave.records import Customer, Invoice, Stamped
from ml_sandbox.vendors.wave.schema import executable_schema
from ml_sandbox.vendors.wave.shown import (
    shown_account,
    shown_customer,
    shown_invoice,
    shown_payment,
    shown_product,
)

_SHOW: dict[str, Callable[[Any], Record]] = {
    "customers": shown_customer,
    "invoices": shown_invoice,
    "payments": shown_payment,
    "products": shown_product,
    "accounts": shown_account,
}
_ACTIONS: dict[str, tuple[str, ...]] = {
    "customers": ("archive", "restore"),
    "invoices": ("approve", "send", "view", "pay", "refund"),
    "payments": (),
    "products": (),
    "accounts": (),
}


class WaveHuman:
    """Acts in the first business, unless a record or a body names another."""

    def __init__(self, businesses: Sequence[Books]) -> None:
        self._businesses = businesses

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        return _ACTIONS

    def records(self, noun: str) -> list[Record]:
        """The first business's, deleted ones included; the second's are reached by their ids."""
        show = _SHOW[noun]
        return [show(record) for record in getattr(self._businesses[0], noun).values()]

    def record(self, noun: str, key: str) -> Record:
        return _SHOW[noun](self._find(noun, key))

    def _find(self, noun: str, key: str) -> Any:
        for books in self._businesses:
            found: Stamped | None = getattr(books, noun).by_id(key)
            if found is not None:
                return found
        raise Refusal(404, f"there is no {key!r} among the {noun}")

    def _alive(self, noun: str, key: str) -> Any:
        found = self._find(noun, key)
        if found.is_deleted:
            raise Refusal(400, "the record is deleted")
        return found

    def create(self, noun: str, body: Record) -> Record:
        books = self._books(body.get("businessId"))
        given = {**body, "businessId": books.id}
        if noun == "customers":
            return self._do(noun, lambda: customer_desk.create(books, _customer(given, "Create")))
        if noun == "invoices":
            return self._do(
                noun, lambda: invoice_desk.create(books, _invoice(books, given, "Create"))
            )
        if noun == "payments":
            key = given.pop("invoiceId", "")
            given.pop("businessId")
            invoice = self._alive("invoices", str(key))
            return self._do(noun, lambda: _pay(invoice, given))
        raise Refusal(400, f"{noun} are not made here", ("customers", "invoices", "payments"))

    def _books(self, key: Any) -> Books:
        if key is None:
            return self._businesses[0]
        for books in self._businesses:
            if books.id == key:
                return books
        raise Refusal(400, "there is no such business", [books.id for books in self._businesses])

    def _do(self, noun: str, work: Callable[[], Any]) -> Record:
        try:
            return _SHOW[noun](work())
        except Invalid as invalid:
            place = ".".join(invalid.path)
            raise Refusal(
                400, f"{place}: {invalid.message}" if place else invalid.message
            ) from None

    def change(self, noun: str, key: str, body: Record) -> Record:
        record = self._alive(noun, key)
        given = {name: value for name, value in body.items() if name != "businessId"}
        given["id"] = key

        def work() -> Any:
            if isinstance(record, Customer):
                _change_customer(record, given)
            elif isinstance(record, Invoice):
                patch = _invoice(record.business, given, "Patch")
                invoice_desk.change(record.business, record, patch)
            else:
                raise Refusal(400, f"{noun} are not changed here", ("customers", "invoices"))
            return record

        return self._do(noun, work)

    def delete(self, noun: str, key: str) -> Record:
        record = self._alive(noun, key)

        def work() -> Any:
            books: Books = record.business
            if noun == "customers":
                customer_desk.delete(books, record)
            elif noun == "invoices":
                invoice_desk.delete(books, record, drafts_only=True)
            elif noun == "payments":
                payment_desk.delete(books, record)
            else:
                raise Refusal(400, f"{noun} are not deleted here")
            return record

        return self._do(noun, work)

    def act(self, noun: str, key: str, action: str, body: Record) -> Record:
        record = self._alive(noun, key)
        work = _act_on_customer if noun == "customers" else _act_on_invoice
        return self._do(noun, lambda: work(record, action, body))


def _change_customer(customer: Customer, given: Record) -> None:
    """isArchived is set here as on the screen, though the API cannot set it."""
    archived = given.pop("isArchived", customer.is_archived)
    if not isinstance(archived, bool):
        raise Refusal(400, "isArchived is true or false")
    customer_desk.change(customer.business, customer, _customer(given, "Patch"))
    if archived != customer.is_archived:
        customer_desk.archive(customer.business, customer, archived)


def _act_on_customer(customer: Customer, action: str, body: Record) -> Customer:
    customer_desk.archive(customer.business, customer, action == "archive")
    return customer


def _act_on_invoice(invoice: Invoice, action: str, body: Record) -> Invoice:
    """Sending and opening a draft approves it on the way, as the screen's button does."""
    books = invoice.business
    if action in ("send", "pay") and invoice.stage == "DRAFT":
        invoice_desk.approve(books, invoice)
    match action:
        case "approve":
            invoice_desk.approve(books, invoice)
        case "send":
            invoice_desk.send(books, invoice)
        case "view":
            invoice_desk.view(books, invoice)
        case "pay":
            _pay(invoice, body)
        case "refund":
            on = _date(body.get("date"), books)
            payment_desk.refund(books, invoice, _amount(body.get("amount")), on)
    return invoice


def _pay(invoice: Invoice, body: Record) -> Any:
    """`{amount, date}`: what is due, today, into the first cash account, unless said otherwise."""
    books = invoice.business
    amount = _amount(body.get("amount"))
    given = {
        "amount": invoice.due_value if amount is None else amount,
        "paymentDate": _date(body.get("date", body.get("paymentDate")), books),
        "paymentAccountId": body.get("paymentAccountId", _cash_account(books)),
        "paymentMethod": body.get("paymentMethod", "BANK_TRANSFER"),
        "exchangeRate": _amount(body.get("exchangeRate")) or invoice.exchange_rate_value,
        "memo": body.get("memo"),
    }
    return payment_desk.pay(books, invoice, given)


def _cash_account(books: Books) -> str:
    return next(a.id for a in books.accounts.values() if a.subtype_value == "CASH_AND_BANK")


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value["value"] if isinstance(value, dict) else value))
    except (InvalidOperation, KeyError):
        raise Refusal(400, "amount is a number of major units, such as 12.50") from None


def _date(value: Any, books: Books) -> date:
    if value is None:
        return books.today()
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Refusal(400, "date is yyyy-MM-dd") from None


def _coerced(body: Record, type_name: str) -> dict[str, Any]:
    """The body as the schema reads that input. Raises Refusal for the first thing that is wrong."""
    document = parse(f"query ($body: {type_name}!) {{ _ }}")
    operation = document.definitions[0]
    if not isinstance(operation, OperationDefinitionNode):
        raise TypeError("the document above is an operation")
    definitions = operation.variable_definitions or ()
    read = get_variable_values(executable_schema(), definitions, {"body": body})
    if isinstance(read, list):
        raise Refusal(400, read[0].message)
    found: dict[str, Any] = read.coerced["body"]
    return found


def _code(value: Any) -> Any:
    """A currency, country or province as it is shown, or its code."""
    return value.get("code") if isinstance(value, dict) else value


def _address(value: Any) -> Any:
    """An address as it is shown, or an AddressInput."""
    if not isinstance(value, dict):
        return value
    kept = {k: v for k, v in value.items() if k not in ("country", "province")}
    for shown in ("country", "province"):
        if shown in value:
            kept[f"{shown}Code"] = _code(value[shown])
    return kept


def _customer(body: Record, verb: str) -> dict[str, Any]:
    given = dict(body)
    if "currency" in given:
        given["currency"] = _code(given["currency"])
    if "address" in given:
        given["address"] = _address(given["address"])
    shipping = given.get("shippingDetails")
    if isinstance(shipping, dict) and "address" in shipping:
        given["shippingDetails"] = {**shipping, "address": _address(shipping["address"])}
    return _coerced(given, f"Customer{verb}Input")


def _invoice(books: Books, body: Record, verb: str) -> dict[str, Any]:
    given = dict(body)
    if "currency" in given:
        given["currency"] = _code(given["currency"])
    customer = given.pop("customer", None)
    if isinstance(customer, dict):
        given.setdefault("customerId", customer.get("id"))
    if isinstance(given.get("items"), list):
        given["items"] = [_item(books, item) for item in given["items"]]
    return _coerced(given, f"Invoice{verb}Input")


def _item(books: Books, item: Any) -> Any:
    """An item without a product is the first that is sold."""
    if not isinstance(item, dict):
        return item
    product = next(p.id for p in books.products.values() if p.is_sold)
    return {"productId": product, **item}
