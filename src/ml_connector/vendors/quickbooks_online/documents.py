"""A document is an invoice, a credit memo or a payment; a term says when an invoice is due.

Ids, sync tokens and references are texts at QuickBooks Online, amounts are JSON numbers and are
parsed as decimals, and what is not set is left out. Shapes: the published XSDs of the API's version
3, recorded answers in the SDKs' tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ml_connector.core.objects import SourceModel
from ml_connector.vendors.quickbooks_online.times import format_instant, parse_instant


def _decimal_of(told: Any) -> Any:
    """Whole numbers come as such; a flag is no amount."""
    return Decimal(told) if isinstance(told, int) and not isinstance(told, bool) else told


def _value_of(told: Any) -> Any:
    """The id in a reference `{"value": "3", "name": "Net 30"}`."""
    return told.get("value") if isinstance(told, Mapping) else told


def inner(name: str) -> BeforeValidator:
    return BeforeValidator(lambda told: told.get(name) if isinstance(told, Mapping) else told)


def _is_date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("is not YYYY-MM-DD")
    return text


def _is_instant(text: str) -> str:
    parse_instant(text)
    return text


Amount = Annotated[Decimal, BeforeValidator(_decimal_of), Field(allow_inf_nan=False)]
DateText = Annotated[str, AfterValidator(_is_date)]
Reference = Annotated[str | None, BeforeValidator(_value_of)]
Email = Annotated[str | None, inner("Address")]
Phone = Annotated[str | None, inner("FreeFormNumber")]
Stamp = Annotated[str, inner("LastUpdatedTime"), AfterValidator(_is_instant)]


class Record(SourceModel):
    """What every record has. `updated` is of whole seconds, with an offset."""

    id: str = Field(alias="Id", min_length=1)
    sync_token: str = Field("", alias="SyncToken")
    updated: Stamp = Field(alias="MetaData")

    def key(self) -> str:
        return self.id

    def version(self) -> str:
        return f"{format_instant(self.changed_at())}#{self.sync_token.zfill(10)}"

    def changed_at(self) -> datetime:
        return parse_instant(self.updated)


class Document(Record):
    """An invoice, a credit memo or a payment; what counts is whose it is and what it comes to.

    `root_id` is the customer at the top of whose tree it stands, once that is known. `is_whole` is
    false where only its id and its customer could be read.
    """

    customer_id: Reference = Field(None, alias="CustomerRef")
    number: str = Field("", alias="DocNumber")
    dated: DateText | None = Field(None, alias="TxnDate")
    due: DateText | None = Field(None, alias="DueDate")
    total: Amount = Field(Decimal(), alias="TotalAmt")
    balance: Amount = Field(Decimal(), alias="Balance")
    home_balance: Amount | None = Field(None, alias="HomeBalance")
    rate: Amount | None = Field(None, alias="ExchangeRate")
    currency: Reference = Field(None, alias="CurrencyRef")
    tax: Annotated[Amount | None, inner("TotalTax")] = Field(None, alias="TxnTaxDetail")
    root_id: str = ""
    is_whole: bool = True

    def called(self) -> str:
        return self.number or self.id


class Invoice(Document):
    """Paid once its balance is nothing; a void one comes to nothing at all."""


class CreditMemo(Document):
    """What is given back on paper."""


class Payment(Document):
    """Money that came in. What of it is not applied to an invoice lowers the customer's balance."""


class Term(Record):
    """Terms of payment; customers name them by id only."""

    name: str = Field("", alias="Name")

    def called(self) -> str:
        return self.name or self.id
