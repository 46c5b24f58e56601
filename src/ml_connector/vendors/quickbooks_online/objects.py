"""QuickBooks Online's objects as we read them: customers, and what speaks for them.

A job, a sub-customer and a project are Customer rows too.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field, ValidationError

from ml_connector.core.faults import Refused
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.vendors.quickbooks_online.billing import Billing
from ml_connector.vendors.quickbooks_online.documents import (
    Amount,
    CreditMemo,
    Email,
    Invoice,
    Payment,
    Phone,
    Record,
    Reference,
    Term,
)

READ_BATCH = 100
"""Ids of one `Id IN (…)`, which stands in an address."""

DELETED_MARK = " (deleted)"
"""What the server appends to the name of a customer that is made inactive."""


class Glimpse(Record):
    """A listed customer whose other fields cannot be read: it is there; reading it alone tells."""


class Address(SourceModel):
    """Free-form: the whole of it may stand in the lines."""

    line1: str = Field("", alias="Line1")
    line2: str = Field("", alias="Line2")
    line3: str = Field("", alias="Line3")
    line4: str = Field("", alias="Line4")
    line5: str = Field("", alias="Line5")
    city: str = Field("", alias="City")
    region: str = Field("", alias="CountrySubDivisionCode")
    postal_code: str = Field("", alias="PostalCode")
    country: str = Field("", alias="Country")


class Customer(Record):
    """A customer, job or sub-customer, with what its documents come to.

    What stands below the line is put together by us: `own` is of its own documents, `whole` of
    those of the jobs below it too. Neither is there before that.
    """

    display_name: str = Field("", alias="DisplayName")
    company_name: str = Field("", alias="CompanyName")
    given_name: str = Field("", alias="GivenName")
    family_name: str = Field("", alias="FamilyName")
    email: Email = Field(None, alias="PrimaryEmailAddr")
    phone: Phone = Field(None, alias="PrimaryPhone")
    mobile: Phone = Field(None, alias="Mobile")
    address: Address | None = Field(None, alias="BillAddr")
    active: bool = Field(True, alias="Active")
    job: bool = Field(False, alias="Job")
    parent_id: Reference = Field(None, alias="ParentRef")
    balance: Amount = Field(Decimal(), alias="Balance")
    balance_with_jobs: Amount | None = Field(None, alias="BalanceWithJobs")
    currency: Reference = Field(None, alias="CurrencyRef")
    term_id: Reference = Field(None, alias="SalesTermRef")
    # ---
    root_id: str = ""
    term: str = ""
    own: Billing | None = None
    whole: Billing | None = None

    def called(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What it is called, without the mark of an inactive one."""
        name = self.display_name.strip()
        if name.lower().endswith(DELETED_MARK):
            name = name[: -len(DELETED_MARK)].rstrip()
        return name or self.company_name.strip() or self.person or self.id

    @property
    def person(self) -> str:
        return " ".join(n for n in (self.given_name.strip(), self.family_name.strip()) if n)

    @property
    def is_job(self) -> bool:
        return self.job or bool(self.parent_id)


INVOICES = SourceObject("quickbooks_online", "invoices", Invoice, "invoice", READ_BATCH)
PAYMENTS = SourceObject("quickbooks_online", "payments", Payment, "payment", READ_BATCH)
CREDIT_MEMOS = SourceObject(
    "quickbooks_online", "credit_memos", CreditMemo, "credit memo", READ_BATCH
)
TERMS = SourceObject("quickbooks_online", "terms", Term, "term", READ_BATCH)
CUSTOMERS = SourceObject(
    "quickbooks_online",
    "customers",
    Customer,
    "customer",
    READ_BATCH,
    carries=(INVOICES.name, PAYMENTS.name, CREDIT_MEMOS.name, TERMS.name),
)
"""One change feed tells of all of them in one call."""

MODELS: Mapping[str, type[Record]] = {
    "Customer": Customer,
    "Term": Term,
    "Invoice": Invoice,
    "CreditMemo": CreditMemo,
    "Payment": Payment,
}

ENTITIES: Mapping[str, SourceObject] = {
    "Customer": CUSTOMERS,
    "Term": TERMS,
    "Invoice": INVOICES,
    "CreditMemo": CREDIT_MEMOS,
    "Payment": PAYMENTS,
}
"""Customers first: what is listed after them finds the roots of its customers."""

DELETED = "Deleted"
"""The status of a row that is not there any more; such a row holds little else."""

_BARE = ("Id", "SyncToken", "MetaData", "CustomerRef")


def parsed(entity: str, row: Mapping[str, Any]) -> Record:
    """The record in a row. Raises Refused, naming the field but not what it holds."""
    return _read(MODELS[entity], row)


def listed(entity: str, row: Mapping[str, Any]) -> Record:
    """The record in a listed row, or what little of it can be read, so that one does not stop all.

    Raises Refused where not even its id and time are told.
    """
    try:
        return parsed(entity, row)
    except Refused:
        if entity == "Customer":
            return _read(Glimpse, row)
        bare = {name: row[name] for name in _BARE if name in row}
        return _read(MODELS[entity], {**bare, "is_whole": False})


def _read(model: type[Record], row: Mapping[str, Any]) -> Record:
    try:
        return model.model_validate(row)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(step) for step in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    sentence = f"{model.__name__} {row.get('Id')} of QuickBooks cannot be read: {field}: {reason}"
    raise Refused(sentence, field)
