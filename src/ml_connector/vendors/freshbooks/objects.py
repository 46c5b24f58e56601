"""FreshBooks' clients, invoices and payments as we read them: only the fields that some flow uses.

One value has several names there: `client.id` is `invoice.customerid`, `payment.logid` is its id.
Ids are whole numbers and travel as text here. Dates stay `YYYY-MM-DD`, and a status is kept as it
was told, since new words come. Shapes: the recorded bodies of the official Python SDK and of the
Java SDK, and "Invoices", "Clients", "Payments" and "Active/Deleted" of the API's pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ml_connector.core.money import Money
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.vendors.freshbooks.times import EASTERN, parse_stamp, version_of

READ_BATCH = 50
"""Ids that one listing is asked for; more would make an address of thousands of signs."""

_ID = re.compile(r"[0-9]{1,20}")

DELETED, ARCHIVED = 1, 2
"""Values of `vis_state`; 0 is active. A deleted record can be restored."""


def _id_of(told: Any) -> Any:
    """An id as text; 0 and null, which stand for none, are empty.

    It becomes a key, which stands in links, addresses and the audit, so nothing else passes for
    one.
    """
    if told is None or told == "":
        return ""
    if isinstance(told, bool) or _ID.fullmatch(str(told)) is None:
        raise ValueError("is no id")
    return "" if int(told) == 0 else str(told)


def _text_of(told: Any) -> Any:
    return "" if told is None else told


def _tuple_of(told: Any) -> Any:
    return tuple(told) if isinstance(told, list) else told


def _is_date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("is not YYYY-MM-DD")
    return text


def _is_stamp(text: str) -> str:
    parse_stamp(text)
    return text


def _money_of(told: Any) -> Any:
    """`{"amount": "41.94", "code": "CAD"}`; the amount is decimal text. Raises ValueError."""
    if not isinstance(told, Mapping):
        return told
    amount, code = told.get("amount"), told.get("code")
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        raise ValueError("has an amount that is no decimal number") from None
    if not number.is_finite() or not isinstance(code, str) or not code:
        raise ValueError("has no usable amount or currency")
    return Money(number, code)


Id = Annotated[str, BeforeValidator(_id_of)]
Text = Annotated[str, BeforeValidator(_text_of)]
DateText = Annotated[str, AfterValidator(_is_date)]
Stamp = Annotated[str, AfterValidator(_is_stamp)]
Amount = Annotated[Money, BeforeValidator(_money_of)]


class Record(SourceModel):
    """What every record of FreshBooks has."""

    id: Annotated[Id, Field(min_length=1)]
    updated: Stamp
    vis_state: int = 0

    def key(self) -> str:
        return self.id

    def version(self) -> str:
        return version_of(self.updated)

    def changed_at(self) -> datetime:
        return parse_stamp(self.updated)

    @property
    def is_deleted(self) -> bool:
        return self.vis_state == DELETED

    @property
    def is_archived(self) -> bool:
        return self.vis_state == ARCHIVED


class Glimpse(Record):
    """A listed record whose other fields cannot be read, perhaps not even its time.

    It is still known that it is there; reading it alone then says which field is wrong.
    """

    updated: Annotated[str, BeforeValidator(str)] = ""

    def version(self) -> str:
        return ""

    def changed_at(self) -> datetime:
        try:
            return parse_stamp(self.updated)
        except ValueError:
            return datetime.min.replace(tzinfo=UTC)


class Client(Record):
    """Somebody who is invoiced. `p_` is the billing address, `s_` the shipping address."""

    organization: Text = ""
    fname: Text = ""
    lname: Text = ""
    email: Text = ""
    currency_code: Text = ""
    p_street: Text = ""
    p_street2: Text = ""
    p_city: Text = ""
    p_province: Text = ""
    p_country: Text = ""
    p_code: Text = ""
    s_street: Text = ""
    s_street2: Text = ""
    s_city: Text = ""
    s_province: Text = ""
    s_country: Text = ""
    s_code: Text = ""

    @property
    def name(self) -> str:
        """There is no single name: the organization, else the person, the e-mail, the id."""
        person = " ".join(part for part in (self.fname.strip(), self.lname.strip()) if part)
        return self.organization.strip() or person or self.email.strip() or self.id

    def called(self) -> str:
        return self.name


class Line(SourceModel):
    """One line of an invoice, before taxes and the invoice's discount."""

    amount: Amount


class Invoice(Record):
    """A bill to a client; any of its fields may change as long as it exists.

    `v3_status` is the one of its four states that knows overdue, which comes with the calendar and
    hides a part payment; `payment_status` shows that. `past_due` is ours: by the vendor's clock at
    the reading, since nothing promises that `v3_status` or `updated` move on that day. Lines come
    only with single reads.
    """

    number: Text = Field("", alias="invoice_number")
    customer_id: Annotated[Id, Field(min_length=1)] = Field(alias="customerid")
    create_date: DateText
    due_date: DateText | None = None
    date_paid: DateText | None = None
    currency_code: str = Field(min_length=1)
    amount: Amount
    paid: Amount
    outstanding: Amount
    discount_total: Amount | None = None
    v3_status: Text = ""
    payment_status: Text = ""
    dispute_status: Text = ""
    current_organization: Text = ""
    organization: Text = ""
    fname: Text = ""
    lname: Text = ""
    lines: Annotated[tuple[Line, ...] | None, BeforeValidator(_tuple_of)] = None
    past_due: bool = False

    def called(self) -> str:
        return f"{self.number or self.id} ({self.client_name})"

    @property
    def client_name(self) -> str:
        person = " ".join(part for part in (self.fname.strip(), self.lname.strip()) if part)
        return self.current_organization or self.organization or person or self.customer_id

    @property
    def is_open(self) -> bool:
        return self.outstanding.is_positive

    @property
    def net(self) -> Money | None:
        """The lines less the discount, without taxes; None where the lines were not asked for.

        FreshBooks shows no sum of taxes. The discount is told below zero; both signs are taken.
        """
        if self.lines is None:
            return None
        discount = abs(self.discount_total.amount) if self.discount_total else Decimal()
        total = sum((line.amount.amount for line in self.lines), Decimal())
        return Money(total - discount, self.amount.currency)

    def seen_at(self, moment: datetime | None) -> Invoice:
        """The same with `past_due` by that moment of the vendor's clock."""
        if moment is None or self.due_date is None or not self.is_open:
            return self
        today = moment.astimezone(EASTERN).date().isoformat()
        is_late = self.v3_status != "draft" and self.due_date < today
        return self.model_copy(update={"past_due": is_late})


class Payment(Record):
    """A payment, or a credit that was used. It has no status: a void one is deleted.

    Its changes speak for its invoice, which holds the amounts.
    """

    invoice_id: Id = Field("", alias="invoiceid")


CLIENTS = SourceObject("freshbooks", "clients", Client, "client", READ_BATCH)
INVOICES = SourceObject("freshbooks", "invoices", Invoice, "invoice", READ_BATCH)
PAYMENTS = SourceObject("freshbooks", "payments", Payment, "payment", READ_BATCH)
