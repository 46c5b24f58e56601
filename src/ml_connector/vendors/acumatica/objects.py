"""What Acumatica's records are to flows: models of those that are read.

Dates are `YYYY-MM-DD`, moments UTC texts. Statuses are labels of a workflow that each tenant may
change, so they stay as told. An amount's currency stands in its document; an item's price is in the
tenant's base currency, which items do not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_pascal

from ml_connector.core.money import Money
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.vendors.acumatica.moments import date_text

READ_BATCH = 20
"""Keys in one filter: with all its fields the address stays below two thousand signs."""

Date = Annotated[str | None, BeforeValidator(date_text)]
Flag = Annotated[bool, BeforeValidator(bool)]


class Part(SourceModel):
    """Something inside a record; Acumatica's names are read into ours."""

    model_config = ConfigDict(alias_generator=to_pascal)


class Record(Part):
    """What every record has; `Key` and `ModifiedAt` are put there from the entity's own names."""

    id: str = Field(alias="Key", min_length=1)
    modified_at: str

    def key(self) -> str:
        return self.id

    def version(self) -> str:
        return self.modified_at

    def changed_at(self) -> datetime:
        return datetime.fromisoformat(self.modified_at)


class Glimpse(Record):
    """A listed record whose other fields cannot be read: reading it alone says which."""


class Address(Part):
    """A postal address; the country is an ISO code."""

    line1: str | None = Field(None, alias="AddressLine1")
    line2: str | None = Field(None, alias="AddressLine2")
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class MainContact(Part):
    """How a customer's company is reached. It is not one of the contacts."""

    email: str | None = None
    phone: str | None = Field(None, alias="Phone1")
    web_site: str | None = None
    address: Address | None = None


class Customer(Record):
    """A customer of the ledger."""

    name: str | None = Field(None, alias="CustomerName")
    status: str | None = None
    currency: str | None = Field(None, alias="CurrencyID")
    account_ref: str | None = None
    main_contact: MainContact | None = None

    def called(self) -> str:
        return self.name or self.id


class Contact(Record):
    """A person, of a customer where `customer_id` names one."""

    display_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = Field(None, alias="Phone1")
    job_title: str | None = None
    customer_id: str | None = Field(None, alias="BusinessAccount")
    active: bool | None = None
    ext_ref_nbr: str | None = None

    def called(self) -> str:
        return self.display_name or self.id


def _money(told: Any, currency: str, *names: str) -> Any:
    """The named amounts as money in the currency that stands beside them, nothing for none.

    A credit memo's amounts are told above zero and count against the others.
    """
    if not isinstance(told, Mapping):
        return told
    code, sign = told.get(currency) or "", -1 if told.get("Type") == "Credit Memo" else 1
    there = [n for n in names if n in told and not isinstance(told[n], Money)]
    return {**told, **{n: Money(Decimal(str(told[n] or 0)) * sign, code) for n in there}}


class Item(Record):
    """What is sold: a stock or a non-stock item."""

    description: str | None = None
    status: str | None = Field(None, alias="ItemStatus")
    item_class: str | None = None
    tax_category: str | None = None
    unit: str | None = Field(None, validation_alias=AliasChoices("SalesUOM", "SalesUnit"))
    is_stock: bool
    price: Money | None = Field(None, alias="DefaultPrice")

    @model_validator(mode="before")
    @classmethod
    def _with_currency(cls, told: Any) -> Any:
        """Without a currency the price is left out."""
        if isinstance(told, Mapping) and not told.get("BaseCurrencyID"):
            return {**told, "DefaultPrice": None}
        return _money(told, "BaseCurrencyID", "DefaultPrice")

    def called(self) -> str:
        return f"{self.id} ({self.description})" if self.description else self.id


class SalesOrder(Record):
    """An order; `orders` are the billing keys that it speaks for: its own."""

    orders: tuple[str, ...]
    customer_id: str | None = Field(None, alias="CustomerID")
    customer_order: str | None = None
    external_ref: str | None = None
    description: str | None = None
    date: Date = None
    status: str | None = None
    hold: Flag = False
    total: Money = Field(alias="OrderTotal")

    @model_validator(mode="before")
    @classmethod
    def _with_currency(cls, told: Any) -> Any:
        return _money(told, "CurrencyID", "OrderTotal")


class Application(Part):
    """What a payment pays of a document."""

    number: str | None = Field(
        None, validation_alias=AliasChoices("AdjustingDocReferenceNbr", "ReferenceNbr")
    )
    date: Date = Field(None, validation_alias=AliasChoices("PaymentDate", "ApplicationDate"))
    status: str | None = None
    amount: Money = Field(validation_alias=AliasChoices("AmountPaid", "AppliedToOrder"))

    @model_validator(mode="before")
    @classmethod
    def _with_currency(cls, told: Any) -> Any:
        return _money(told, "Currency", "AmountPaid", "AppliedToOrder")


class SalesInvoice(Record):
    """An invoice or memo; `orders` are the orders that its lines bill. A credit memo's amounts are
    below zero here. `payments` are there only as part of a billing."""

    orders: tuple[str, ...]
    type: str
    number: str = Field(alias="ReferenceNbr")
    customer_id: str | None = Field(None, alias="CustomerID")
    external_ref: str | None = None
    status: str | None = None
    hold: Flag = False
    date: Date = None
    due_date: Date = None
    amount: Money
    balance: Money
    payments: tuple[Application, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _with_currency(cls, told: Any) -> Any:
        return _money(told, "Currency", "Amount", "Balance")

    def called(self) -> str:
        return f"{self.type} {self.number}"


class Payment(Record):
    """A payment; `documents` are the invoices it is applied to, `orders` those that they bill and
    those it is applied to itself. The first reading of a history leaves the invoices' orders out:
    each order is read whole then anyway."""

    orders: tuple[str, ...]
    documents: tuple[str, ...]
    customer_id: str | None = Field(None, alias="CustomerID")
    status: str | None = None
    date: Date = Field(None, alias="ApplicationDate")
    amount: Money = Field(alias="PaymentAmount")

    @model_validator(mode="before")
    @classmethod
    def _with_currency(cls, told: Any) -> Any:
        return _money(told, "CurrencyID", "PaymentAmount")


class Billing(SalesOrder):
    """Where an order stands: itself, the invoices that bill it, and what was paid on them or
    beforehand. Its version is the newest of theirs."""

    invoices: tuple[SalesInvoice, ...]
    prepayments: tuple[Application, ...]

    def total_of(self, name: str) -> Money:
        """The sum of `amount` or `balance` of its invoices."""
        amounts = (getattr(invoice, name).amount for invoice in self.invoices)
        return Money(sum(amounts, Decimal(0)), self.total.currency)


def _source(
    name: str, model: type[SourceModel], label: str, is_listed: bool = True
) -> SourceObject:
    return SourceObject("acumatica", name, model, label, READ_BATCH, is_listed=is_listed)


ITEMS = _source("items", Item, "item")
CUSTOMERS = _source("customers", Customer, "customer")
CONTACTS = _source("contacts", Contact, "contact")
SALES_ORDERS = _source("sales_orders", SalesOrder, "sales order")
SALES_INVOICES = _source("sales_invoices", SalesInvoice, "sales invoice")
PAYMENTS = _source("payments", Payment, "payment")
BILLING = _source("billing", Billing, "billing of an order", is_listed=False)

SOURCES = (CUSTOMERS, CONTACTS, ITEMS, SALES_ORDERS, SALES_INVOICES, PAYMENTS, BILLING)
