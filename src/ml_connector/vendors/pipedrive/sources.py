"""Pipedrive's deals, organizations and persons as records that another system follows.

Ids are texts. Of custom fields only the external keys are kept: they tell which record of another
system a deal was made from. A deal's lines are filled in only where it is read by its id; a line
names its product's code, which the line itself does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from ml_connector.core.keys import ExternalKey
from ml_connector.core.money import Money
from ml_connector.core.objects import SourceModel, SourceObject

READ_BATCH = 100
"""As many as `ids=` and `deal_ids=` take."""


def _text(told: Any) -> Any:
    return None if told is None else str(told)


def _decimal(told: Any) -> Decimal:
    return Decimal(str(told or 0))


def _primary(told: Any) -> Any:
    """The value of the entry that is marked primary, else of the first."""
    if not isinstance(told, list):
        return told
    ranked = sorted(told, key=lambda entry: entry.get("primary") is not True)
    return ranked[0].get("value") or None if ranked else None


def _keys_in(told: Any) -> Any:
    values = told.values() if isinstance(told, Mapping) else told or ()
    return tuple(v for v in values if isinstance(v, str) and ExternalKey.parse(v))


Id = Annotated[str, BeforeValidator(_text)]
OptionalId = Annotated[str | None, BeforeValidator(_text)]
Number = Annotated[Decimal, BeforeValidator(_decimal)]
Entries = Annotated[tuple[dict[str, Any], ...], BeforeValidator(lambda told: tuple(told or ()))]
Primary = Annotated[str | None, BeforeValidator(_primary)]


class Record(SourceModel):
    """What every record has."""

    id: Id
    add_time: str
    update_time: str | None = None
    external_keys: Annotated[tuple[str, ...], BeforeValidator(_keys_in)] = Field(
        (), validation_alias=AliasChoices("custom_fields", "external_keys")
    )
    owner_id: OptionalId = None

    def key(self) -> str:
        return self.id

    def version(self) -> str:
        return self.update_time or self.add_time

    def changed_at(self) -> datetime:
        return datetime.fromisoformat(self.version())


class Line(SourceModel):
    """A product in a deal. `discount` is percent or an amount, as `discount_type` says."""

    id: Id
    product_id: Id
    code: str | None = None
    name: str | None = None
    quantity: Number
    price: Number = Field(alias="item_price")
    discount: Number = Decimal(0)
    discount_type: str | None = None
    tax: Number = Decimal(0)
    is_enabled: bool = True


class Deal(Record):
    """A deal. It is won by its status, whatever its stage."""

    title: str
    status: str
    value: Money
    won_time: str | None = None
    stage_id: OptionalId = None
    pipeline_id: OptionalId = None
    org_id: OptionalId = None
    person_id: OptionalId = None
    expected_close_date: str | None = None
    is_archived: bool = False
    lines: tuple[Line, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_currency(cls, told: Any) -> Any:
        if not isinstance(told, Mapping) or isinstance(told.get("value"), Money):
            return told
        return {**told, "value": Money(_decimal(told.get("value")), str(told.get("currency")))}

    def called(self) -> str:
        return self.title


class Address(SourceModel):
    """A postal address, whole in `value` and in the parts that Pipedrive found in it."""

    value: str | None = None
    country: str | None = None
    admin_area_level_1: str | None = None
    locality: str | None = None
    route: str | None = None
    street_number: str | None = None
    postal_code: str | None = None


class Organization(Record):
    """A company."""

    name: str
    address: Address | None = None
    website: str | None = None

    def called(self) -> str:
        return self.name


class Person(Record):
    """A person, of an organization where `org_id` names one; the primary e-mail and phone, and all
    of them as Pipedrive keeps them."""

    name: str
    first_name: str | None = None
    last_name: str | None = None
    org_id: OptionalId = None
    email: Primary = Field(None, validation_alias=AliasChoices("emails", "email"))
    phone: Primary = Field(None, validation_alias=AliasChoices("phones", "phone"))
    email_entries: Entries = Field((), validation_alias=AliasChoices("emails", "email_entries"))
    phone_entries: Entries = Field((), validation_alias=AliasChoices("phones", "phone_entries"))

    def called(self) -> str:
        return self.name


class Glimpse(Record):
    """A listed record whose other fields cannot be read: reading it alone says which."""


DEALS = SourceObject("pipedrive", "deals", Deal, "deal", READ_BATCH)
ORGANIZATIONS = SourceObject("pipedrive", "organizations", Organization, "organization", READ_BATCH)
PERSONS = SourceObject("pipedrive", "persons", Person, "person", READ_BATCH)

SOURCES = (DEALS, ORGANIZATIONS, PERSONS)
