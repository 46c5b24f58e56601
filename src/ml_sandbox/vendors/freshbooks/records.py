"""The records of an account: clients, invoices, payments, callbacks, and papers nobody computes.

All are frozen: a change puts a new version into the table, which keeps the ones before for reads
that are stale on purpose. What a client may write and the product only stores lies in `plain`, by
the API's own names.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

ACTIVE, DELETED, ARCHIVED = 0, 1, 2


@dataclass(frozen=True)
class Actor:
    """Who changes something; webhooks name both numbers."""

    identity_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class Client:
    id: int
    uuid: str
    username: str
    signup: datetime
    updated: datetime
    plain: Mapping[str, Any]
    vis_state: int = ACTIVE


class Stage(enum.IntEnum):
    """What was done with an invoice, by the number that `status` shows for it."""

    DISPUTED = 0
    DRAFT = 1
    SENT = 2
    VIEWED = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `tax1` and `tax2` are percent, the amount follows from quantity and price."""

    name: str
    description: str
    quantity: Decimal
    unit_cost: Decimal
    plain: Mapping[str, Any]
    tax1: Decimal = Decimal(0)
    tax2: Decimal = Decimal(0)
    compounded: bool = False
    kind: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """`subtotal` is after the discount and before taxes; `discount` is zero or negative."""

    subtotal: Decimal
    discount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """`paid` counts active payments only. `told_status` is a `v3_status` that the product gave by
    itself, such as `failed` after an automatic payment that did not go through."""

    id: int
    uuid: str
    customerid: int
    number: str
    create_date: date
    due_offset_days: int
    currency: str
    stage: Stage
    lines: tuple[Line, ...]
    discount_percent: Decimal
    totals: Totals
    created: datetime
    updated: datetime
    plain: Mapping[str, Any]
    paid: Decimal = Decimal(0)
    date_paid: date | None = None
    auto_paid: bool = False
    told_status: str | None = None
    ext_archive: int = 0
    sentid: int = 0
    vis_state: int = ACTIVE

    @property
    def due_date(self) -> date:
        return self.create_date + timedelta(days=self.due_offset_days)

    @property
    def outstanding(self) -> Decimal:
        return self.totals.amount - self.paid


@dataclass(frozen=True, slots=True)
class Payment:
    id: int
    invoiceid: int
    clientid: int
    amount: Decimal
    currency: str
    date: date
    type: str
    updated: datetime
    plain: Mapping[str, Any]
    overpaymentid: int | None = None
    from_credit: bool = False
    vis_state: int = ACTIVE


@dataclass(frozen=True, slots=True)
class Callback:
    """`verifier` is the code that was proven and signs events; `code` is the one sent last."""

    id: int
    event: str
    uri: str
    updated: datetime
    verified: bool = False
    disabled: bool = False
    verifier: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A record that is shown as it was written: bills, bill vendors, items, taxes, credit notes."""

    id: int
    updated: datetime
    body: Mapping[str, Any]
    vis_state: int = ACTIVE
