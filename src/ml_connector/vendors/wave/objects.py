"""Wave's customers and invoices as we read them: only the fields that some flow uses.

Dates stay `YYYY-MM-DD` and instants stay Wave's own text, so that a flow may copy them. A status is
kept as it was told, since Wave adds new ones (OVERPAID came later than the others). `payments` is
filled only where a single invoice was asked for; a listing leaves it None (schema remark).
Shapes: "API Reference" of Wave's developer portal, which is also what introspection answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from ml_connector.core.money import Money
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.vendors.wave.amounts import money_of, payment_amount
from ml_connector.vendors.wave.instants import parse_instant

READ_BATCH = 25
"""Single reads that share one request as GraphQL aliases; Wave's ceiling is not published."""


def _is_date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("is not YYYY-MM-DD")
    return text


def _is_instant(text: str) -> str:
    parse_instant(text)
    return text


def _payments_of(told: Any) -> Any:
    """A list with its gaps left out; null where the list was asked for means none."""
    return tuple(payment for payment in told or () if payment is not None)


DateText = Annotated[str, AfterValidator(_is_date)]
InstantText = Annotated[str, AfterValidator(_is_instant)]
Amount = Annotated[Money, BeforeValidator(money_of)]


class Part(SourceModel):
    """Something inside a record; Wave's camelCase names are read into ours."""

    model_config = ConfigDict(alias_generator=to_camel)


class Record(Part):
    """What every record of Wave has."""

    id: str = Field(min_length=1)
    modified_at: InstantText

    def key(self) -> str:
        return self.id

    def version(self) -> str:
        return self.modified_at

    def changed_at(self) -> datetime:
        return parse_instant(self.modified_at)


class Glimpse(Record):
    """A listed record whose other fields cannot be read: it is still known that it changed.

    Reading it alone then says which field is wrong, for that record only.
    """


class Address(Part):
    """A postal address; province codes are ISO 3166-2 (`US-AZ`), country codes ISO 3166-1."""

    line1: str | None = Field(None, alias="addressLine1")
    line2: str | None = Field(None, alias="addressLine2")
    city: str | None = None
    postal_code: str | None = None
    province_code: str | None = Field(None, validation_alias=AliasPath("province", "code"))
    province_name: str | None = Field(None, validation_alias=AliasPath("province", "name"))
    country_code: str | None = Field(None, validation_alias=AliasPath("country", "code"))
    country_name: str | None = Field(None, validation_alias=AliasPath("country", "name"))


class Customer(Record):
    """Somebody who is invoiced. There are no custom fields at Wave."""

    business_id: str
    name: str
    first_name: str | None = None
    last_name: str | None = None
    display_id: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    address: Address | None = None
    currency: str | None = Field(None, validation_alias=AliasPath("currency", "code"))
    is_archived: bool | None = None
    created_at: InstantText

    def called(self) -> str:
        return self.name


class InvoiceCustomer(Part):
    """The customer as an invoice names it."""

    id: str = Field(min_length=1)
    name: str
    email: str | None = None


class Payment(Part):
    """A payment on an invoice. `refund_of` is the payment that this one gives back.

    Its `amount` tells nothing of the direction; whether a refund's is below zero is not documented.
    """

    id: str = Field(min_length=1)
    amount: Money | None = None
    date: DateText | None = Field(None, alias="paymentDate")
    method: str | None = Field(None, alias="paymentMethod")
    state: str | None = None
    origin: str | None = None
    transaction_type: str | None = None
    memo: str | None = None
    active: bool | None = None
    refund_of: str | None = Field(None, validation_alias=AliasPath("originInvoicePayment", "id"))
    created_at: InstantText
    modified_at: InstantText

    @model_validator(mode="before")
    @classmethod
    def _with_currency(cls, told: Any) -> Any:
        """The amount is a bare text: its currency is the payment's, else the invoice's."""
        if not isinstance(told, Mapping) or isinstance(told.get("amount"), Money):
            return told
        currency = told.get("paymentCurrency") or told.get("invoiceCurrency")
        return {**told, "amount": payment_amount(told.get("amount"), currency)}


class Invoice(Record):
    """A bill to a customer; any of its fields may change as long as it exists."""

    business_id: str
    status: str
    number: str = Field(alias="invoiceNumber")
    title: str
    po_number: str | None = None
    invoice_date: DateText
    due_date: DateText
    view_url: str
    customer: InvoiceCustomer
    currency: str = Field(validation_alias=AliasPath("currency", "code"))
    total: Amount
    tax_total: Amount
    amount_due: Amount
    amount_paid: Amount
    created_at: InstantText
    payments: Annotated[tuple[Payment, ...] | None, BeforeValidator(_payments_of)] = None

    def called(self) -> str:
        return f"{self.number} ({self.customer.name})"

    @property
    def net(self) -> Money:
        """The total without taxes."""
        return self.total.minus(self.tax_total)


CUSTOMERS = SourceObject("wave", "customers", Customer, "customer", READ_BATCH)
INVOICES = SourceObject("wave", "invoices", Invoice, "invoice", READ_BATCH)
