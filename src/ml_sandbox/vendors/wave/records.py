"""The records of one business at Wave: customers, invoices, payments, and what these stand on.

Amounts are decimals in major units. Attributes are the schema's field names in snake case.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from ml_sandbox.vendors.wave.currencies import Currency
from ml_sandbox.vendors.wave.money import Money, money
from ml_sandbox.vendors.wave.places import Country, Province

if TYPE_CHECKING:  # books hold records, so records only name them
    from ml_sandbox.vendors.wave.books import Books

PAST_STATES_KEPT = 8


@dataclass
class Address:
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    country: Country | None = None
    postal_code: str | None = None
    province: Province | None = None


@dataclass
class ShippingDetails:
    name: str | None = None
    phone: str | None = None
    instructions: str | None = None
    address: Address | None = None


@dataclass(kw_only=True, eq=False)
class Stamped:
    """What every record has. `past` holds earlier states with the moment each was left."""

    business: Books = field(repr=False)
    id: str
    number: int
    created_at: datetime
    modified_at: datetime
    is_deleted: bool = False
    past: list[tuple[datetime, Stamped]] = field(default_factory=list, repr=False)

    @property
    def internal_id(self) -> str:
        return str(self.number)


StampedT = TypeVar("StampedT", bound=Stamped)


def keep_past(record: Stamped, now: datetime) -> None:
    """Remembers the state before a change, for reads that are ordered to be stale."""
    before = copy.copy(record)
    before.past = []
    record.past = [*record.past[1 - PAST_STATES_KEPT :], (now, before)]


def as_of(record: StampedT, moment: datetime) -> StampedT | None:
    """The record as it was at that moment; None where it did not exist yet."""
    if record.created_at > moment:
        return None
    for left_at, state in record.past:
        if left_at > moment:
            return state  # type: ignore[return-value]  # a record's past is of its own kind
    return record


@dataclass(kw_only=True, eq=False)
class Customer(Stamped):
    name: str
    first_name: str | None = None
    last_name: str | None = None
    display_id: str | None = None
    email: str | None = None
    mobile: str | None = None
    phone: str | None = None
    fax: str | None = None
    toll_free: str | None = None
    website: str | None = None
    internal_notes: str | None = None
    currency: Currency | None = None
    address: Address | None = None
    shipping_details: ShippingDetails | None = None
    is_archived: bool = False


@dataclass(kw_only=True, eq=False)
class Account(Stamped):
    name: str
    type_value: str
    subtype_value: str
    currency: Currency
    display_id: str | None = None
    description: str | None = None
    is_archived: bool = False
    classic_id: str | None = None


@dataclass(kw_only=True, eq=False)
class SalesTax(Stamped):
    """`rate_value` is a share: 0.0825 is 8.25 %."""

    name: str
    abbreviation: str
    rate_value: Decimal
    description: str | None = None
    is_archived: bool = False
    is_compound: bool = False
    is_recoverable: bool = False
    show_tax_number_on_invoices: bool = False
    tax_number: str | None = None


@dataclass(kw_only=True, eq=False)
class Product(Stamped):
    name: str
    price: Decimal
    description: str | None = None
    income_account: Account | None = None
    expense_account: Account | None = None
    is_archived: bool = False
    is_bought: bool = False
    is_sold: bool = True
    default_sales_taxes: list[SalesTax] = field(default_factory=list)


@dataclass
class ItemTax:
    sales_tax: SalesTax
    value: Decimal = Decimal(0)


@dataclass
class Item:
    id: str
    product: Product
    description: str | None
    quantity_value: Decimal
    price_value: Decimal
    taxes: list[ItemTax]
    subtotal_value: Decimal = Decimal(0)


@dataclass
class Discount:
    """Either an amount or a percentage of the subtotal."""

    created_at: datetime
    modified_at: datetime
    name: str | None = None
    amount_value: Decimal | None = None
    percentage_value: Decimal | None = None


@dataclass(kw_only=True, eq=False)
class Payment(Stamped):
    """Money in; with `refund_of` it is money back and `value` is negative."""

    invoice: Invoice
    account: Account
    value: Decimal
    payment_date: date
    payment_method: str = "BANK_TRANSFER"
    exchange_rate_value: Decimal = Decimal(1)
    memo: str | None = None
    refund_of: Payment | None = None


#: Fields that are plain text or flags, which the create and patch inputs share with the invoice.
INVOICE_TEXTS = (
    "title",
    "subhead",
    "po_number",
    "memo",
    "footer",
    "amount_title",
    "item_title",
    "price_title",
    "unit_title",
)
INVOICE_FLAGS = (
    "disable_amex_payments",
    "disable_bank_payments",
    "disable_credit_card_payments",
    "hide_amount",
    "hide_description",
    "hide_name",
    "hide_price",
    "hide_unit",
    "require_terms_of_service_agreement",
)


@dataclass(kw_only=True, eq=False)
class Invoice(Stamped):
    """`stage` is how far the invoice went by hand; `status` follows from it, sums and dates."""

    customer: Customer
    invoice_number: str
    invoice_date: date
    due_date: date
    currency: Currency
    uuid: str
    exchange_rate_value: Decimal = Decimal(1)
    stage: str = "DRAFT"
    status: str = "DRAFT"
    items: list[Item] = field(default_factory=list)
    discount_list: list[Discount] = field(default_factory=list)
    payment_list: list[Payment] = field(default_factory=list)
    title: str = "Invoice"
    subhead: str | None = None
    po_number: str | None = None
    memo: str | None = None
    footer: str | None = None
    amount_title: str = "Amount"
    item_title: str = "Items"
    price_title: str = "Price"
    unit_title: str = "Quantity"
    disable_amex_payments: bool = False
    disable_bank_payments: bool = False
    disable_credit_card_payments: bool = False
    hide_amount: bool = False
    hide_description: bool = False
    hide_name: bool = False
    hide_price: bool = False
    hide_unit: bool = False
    require_terms_of_service_agreement: bool = False
    last_sent_at: datetime | None = None
    last_sent_via: str | None = None
    last_viewed_at: datetime | None = None
    subtotal_value: Decimal = Decimal(0)
    discount_value: Decimal = Decimal(0)
    tax_value: Decimal = Decimal(0)
    total_value: Decimal = Decimal(0)
    paid_value: Decimal = Decimal(0)

    @property
    def due_value(self) -> Decimal:
        """Below zero where too much was paid."""
        return self.total_value - self.paid_value

    def money(self, amount: Decimal) -> Money:
        return money(amount, self.currency)


def copied_items(items: list[Item]) -> list[Item]:
    return [replace(item, taxes=[replace(tax) for tax in item.taxes]) for item in items]
