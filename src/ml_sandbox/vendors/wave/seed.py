"""The seed: the cast's customers and bills as records of two businesses at Wave.

Everything is dated relative to the day on which the world begins, and nothing lies ahead of it. The
second business is small, and its customers bear the same numbers as the first's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ml_sandbox.business import bills, cast
from ml_sandbox.business.names import GOODS
from ml_sandbox.vendors.wave import invoice_desk, payment_desk
from ml_sandbox.vendors.wave.books import Books, Surroundings
from ml_sandbox.vendors.wave.currencies import currency
from ml_sandbox.vendors.wave.customer_desk import FIRST_CUSTOMER
from ml_sandbox.vendors.wave.ids import new_uuid
from ml_sandbox.vendors.wave.invoicing import reckon
from ml_sandbox.vendors.wave.money import rounded
from ml_sandbox.vendors.wave.places import country, province
from ml_sandbox.vendors.wave.records import (
    Account,
    Address,
    Customer,
    Discount,
    Invoice,
    Item,
    ItemTax,
    Product,
    SalesTax,
)

SECOND_CUSTOMERS = 6
SECOND_BILLS = 10
_ACCOUNTS = (
    ("Cash on Hand", "ASSET", "CASH_AND_BANK"),
    ("Accounts Receivable", "ASSET", "RECEIVABLE_INVOICES"),
    ("Sales", "INCOME", "INCOME"),
    ("Owner's Equity", "EQUITY", "NON_RETAINED_EARNINGS"),
)
_FIRST = {"Account": 101, "Product": 501, "SalesTax": 701}
_STAGE = {
    bills.Fate.DRAFT: "DRAFT",
    bills.Fate.DELETED_DRAFT: "DRAFT",
    bills.Fate.APPROVED: "APPROVED",
    bills.Fate.VIEWED: "VIEWED",
}


class Seed:
    """Fills books up to the beginning of the world's first day."""

    def __init__(self, surroundings: Surroundings, chance: random.Random, today: date) -> None:
        self._surroundings = surroundings
        self._chance = chance
        self._midnight = datetime.combine(today, time(), UTC)

    def businesses(self, business: cast.Business) -> list[Books]:
        """The two businesses, filled."""
        first = self._books(cast.OWNER_NAME, "USD")
        self._fill(first, business.customers, business.bills)
        second = self._books("Bluebird Workshop", "CAD")
        people = tuple(reversed(business.customers[-SECOND_CUSTOMERS:]))
        renumbered = {customer.number: n for n, customer in enumerate(people)}
        chosen = [bill for bill in business.bills if bill.customer in renumbered]
        self._fill(second, people, chosen[-SECOND_BILLS:])
        return [first, second]

    def _books(self, name: str, code: str) -> Books:
        began = self._midnight - timedelta(days=bills.HISTORY_DAYS + 1)
        return Books(
            self._surroundings,
            new_uuid(self._chance),
            name,
            currency(code),
            began,
            began,
            Address("12 Wharf Lane", None, "Portland", country("US"), "97201", province("US-OR")),
            "+1 503 555 0100",
            "https://bluebird.example",
        )

    def _moment(self, day: date, hour: float) -> datetime:
        """A moment of that day, to the millisecond, which has passed when the world begins."""
        moment = datetime.combine(day, time(), UTC) + timedelta(hours=hour)
        if moment >= self._midnight:
            moment = self._midnight - timedelta(milliseconds=self._chance.randrange(1, 3_600_000))
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def _fill(
        self, books: Books, people: Sequence[cast.Customer], written: Sequence[bills.Bill]
    ) -> None:
        self._furnish(books)
        customers = {person.number: self._customer(books, person) for person in people}
        for number, bill in enumerate(written, start=1):
            self._invoice(books, customers[bill.customer], bill, number)

    def _furnish(self, books: Books) -> None:
        """Accounts, taxes and products: every invoice line stands on these."""
        at = books.created_at
        for name, kind, subtype in _ACCOUNTS:
            stamps = books.stamps(books.accounts, _FIRST["Account"], at)
            books.accounts.put(
                Account(
                    **stamps,
                    name=name,
                    type_value=kind,
                    subtype_value=subtype,
                    currency=books.currency,
                )
            )
        stamps = books.stamps(books.sales_taxes, _FIRST["SalesTax"], at)
        books.sales_taxes.put(
            SalesTax(**stamps, name="Sales tax", abbreviation="ST", rate_value=Decimal("0.0825"))
        )
        income = next(a for a in books.accounts.values() if a.subtype_value == "INCOME")
        for name, price, _ in GOODS:
            stamps = books.stamps(books.products, _FIRST["Product"], at)
            books.products.put(
                Product(**stamps, name=name, price=Decimal(price), income_account=income)
            )

    def _customer(self, books: Books, person: cast.Customer) -> Customer:
        place = person.place
        stamps = books.stamps(
            books.customers, FIRST_CUSTOMER, self._moment(person.since, self._chance.uniform(7, 19))
        )
        customer = Customer(
            **stamps,
            name=person.name,
            first_name=person.person.first_name,
            last_name=person.person.last_name,
            email=person.email,
            phone=person.phone,
            website=person.website,
            currency=currency(person.currency),
            address=Address(
                person.street,
                None,
                place.city,
                country(place.country),
                place.postal_code,
                province(place.province),
            ),
            is_archived=person.archived,
        )
        books.customers.put(customer)
        return customer

    def _invoice(self, books: Books, customer: Customer, bill: bills.Bill, number: int) -> None:
        written = self._moment(bill.on, self._chance.uniform(7, 19))
        invoice = Invoice(
            **books.stamps(books.invoices, invoice_desk.FIRST_INVOICE, written),
            customer=customer,
            invoice_number=str(number),
            invoice_date=bill.on,
            due_date=bill.due,
            currency=currency(bill.currency),
            uuid=new_uuid(self._chance),
            exchange_rate_value=(1 / bill.rate).quantize(Decimal("0.000001")),
            stage=_STAGE.get(bill.fate, "SENT"),
            items=[self._item(books, line) for line in bill.lines],
            discount_list=_discounts(bill, written),
            po_number=bill.order_number,
        )
        if invoice.stage in ("SENT", "VIEWED"):
            invoice.last_sent_at, invoice.last_sent_via = written, "WAVE"
        if invoice.stage == "VIEWED":
            invoice.last_viewed_at = invoice.modified_at = self._moment(
                bill.on + timedelta(days=1), self._chance.uniform(7, 19)
            )
        reckon(invoice)
        self._pay(books, invoice, bill)
        invoice.is_deleted = bill.fate is bills.Fate.DELETED_DRAFT
        invoice_desk.set_status(books, invoice)
        invoice_desk.file(books, invoice)

    def _item(self, books: Books, line: bills.Line) -> Item:
        product = books.products[_FIRST["Product"] + line.good]
        tax = books.sales_taxes[_FIRST["SalesTax"]]
        return Item(
            id=new_uuid(self._chance),
            product=product,
            description=product.name,
            quantity_value=line.quantity,
            price_value=line.unit_price,
            taxes=[ItemTax(tax)] if line.taxed else [],
        )

    def _pay(self, books: Books, invoice: Invoice, bill: bills.Bill) -> None:
        """The receipts; the last of several makes up for what rounding left."""
        left = invoice.total_value
        account = next(iter(books.accounts.values()))
        last_payment = None
        for receipt in bill.receipts:
            value = rounded(invoice.total_value * receipt.share, invoice.currency)
            if receipt is bill.receipts[-1] and sum(r.share for r in bill.receipts) == 1:
                value = left
            left -= value
            invoice.paid_value += value
            at = self._moment(receipt.on, self._chance.uniform(7, 19))
            more: dict[str, Any] = {"refund_of": last_payment} if receipt.share < 0 else {}
            last_payment = payment_desk.enter(
                books, invoice, value, receipt.on, account, at, **more
            )
            invoice.modified_at = max(invoice.modified_at, at)


def _discounts(bill: bills.Bill, at: datetime) -> list[Discount]:
    if bill.discount_percent is None:
        return []
    return [Discount(at, at, "Loyalty", None, bill.discount_percent)]
