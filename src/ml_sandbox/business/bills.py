"""A bill is what the business asked a customer to pay, and what became of it since.

Bills are told in shares and dates, not in sums: each accounting vendor rounds and taxes in its
own way.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from ml_sandbox.business.names import GOODS

HISTORY_DAYS = 3 * 365
TERMS_DAYS = (14, 30, 30, 30, 45)
#: What one unit of the business's own money buys, about.
RATES = {"USD": "1", "CAD": "1.37", "GBP": "0.79", "EUR": "0.92", "JPY": "149", "BHD": "0.376"}


class Fate(enum.Enum):
    """What became of a bill; whether it is overdue follows from its due date."""

    DRAFT = "draft"
    DELETED_DRAFT = "deleted draft"
    APPROVED = "approved"
    SENT = "sent"
    VIEWED = "viewed"
    PARTIAL = "partial"
    PAID = "paid"
    OVERPAID = "overpaid"
    REFUNDED = "refunded"


class BilledCustomer(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def since(self) -> date: ...


@dataclass(frozen=True)
class Line:
    """`good` is an index into `names.GOODS`; the price is in the bill's currency."""

    good: int
    quantity: Decimal
    unit_price: Decimal
    taxed: bool


@dataclass(frozen=True)
class Receipt:
    """Money that came in, as a share of the bill's total; a negative share went back."""

    on: date
    share: Decimal


@dataclass(frozen=True)
class Bill:
    """`number` counts from 1 by date; `discount_percent` is off the whole; `rate` to own money."""

    number: int
    customer: int
    on: date
    due: date
    currency: str
    lines: tuple[Line, ...]
    discount_percent: Decimal | None
    fate: Fate
    receipts: tuple[Receipt, ...]
    rate: Decimal
    order_number: str | None


#: Written in every world before chance decides: (fate, days ago, terms in days).
_CERTAIN = (
    (Fate.PAID, 200, 30),
    (Fate.SENT, 12, 30),
    (Fate.SENT, 70, 30),
    (Fate.PARTIAL, 20, 30),
    (Fate.OVERPAID, 90, 30),
    (Fate.DRAFT, 2, 30),
    (Fate.VIEWED, 8, 30),
    (Fate.REFUNDED, 150, 30),
    (Fate.APPROVED, 3, 30),
    (Fate.PARTIAL, 64, 30),
    (Fate.DELETED_DRAFT, 5, 30),
    (Fate.SENT, 29, 30),
    (Fate.PAID, 31, 14),
)
_RECENT = (Fate.DRAFT, Fate.APPROVED, Fate.SENT, Fate.SENT, Fate.VIEWED, Fate.PARTIAL, Fate.PAID)
_OLD = (
    *(Fate.PAID,) * 88, *(Fate.SENT,) * 4, *(Fate.VIEWED,) * 2, *(Fate.PARTIAL,) * 2,
    *(Fate.REFUNDED,) * 2, Fate.OVERPAID, Fate.DELETED_DRAFT,
)  # fmt: skip


def write_bills(
    chance: random.Random, customers: Sequence[BilledCustomer], count: int, today: date
) -> list[Bill]:
    """Bills by rising date. Every customer of a small world gets some."""
    if not customers:
        return []
    drafts = [_Draft(chance, customers, index, today) for index in range(count)]
    drafts.sort(key=lambda draft: (draft.on, draft.index))
    return [draft.bill(number) for number, draft in enumerate(drafts, start=1)]


class _Draft:
    """A bill before it has its number."""

    def __init__(
        self, chance: random.Random, customers: Sequence[BilledCustomer], index: int, today: date
    ) -> None:
        self.index = index
        self.customer = customers[index % len(customers)]
        self.fate, days_ago, terms = self._when(chance, today)
        self.on = today - timedelta(days=days_ago)
        self.due = self.on + timedelta(days=terms)
        self.rate = Decimal(RATES[self.customer.currency])
        self.lines = tuple(self._line(chance) for _ in range(chance.choice((1, 1, 2, 3))))
        self.discount = Decimal(chance.choice((5, 10, 15))) if chance.random() < 0.08 else None
        self.receipts = self._receipts(chance, today)
        self.order_number = f"PO-{chance.randrange(1000, 9999)}" if chance.random() < 0.2 else None

    def _when(self, chance: random.Random, today: date) -> tuple[Fate, int, int]:
        if self.index < len(_CERTAIN):
            return _CERTAIN[self.index]
        known_days = (today - self.customer.since).days
        days_ago = chance.randrange(max(1, known_days))
        fate = chance.choice(_RECENT if days_ago < 40 else _OLD)
        return fate, days_ago, chance.choice(TERMS_DAYS)

    def _line(self, chance: random.Random) -> Line:
        good = chance.randrange(len(GOODS))
        own = Decimal(GOODS[good][1])
        digits = {"JPY": "1", "BHD": "0.001"}.get(self.customer.currency, "0.01")
        quantity = Decimal(chance.choice(("1", "1", "2", "3", "7.5", "12", "0.25")))
        price = (own * self.rate).quantize(Decimal(digits))
        return Line(good, quantity, price, taxed=chance.random() < 0.4)

    def _receipts(self, chance: random.Random, today: date) -> tuple[Receipt, ...]:
        whole = Decimal(1)
        shares = {
            Fate.PARTIAL: (Decimal("0.4"),),
            Fate.PAID: (whole,) if chance.random() < 0.85 else (Decimal("0.5"), Decimal("0.5")),
            Fate.OVERPAID: (Decimal("1.1"),),
            Fate.REFUNDED: (whole, -whole),
        }.get(self.fate, ())
        found = []
        day = self.on
        for share in shares:
            day = min(today, day + timedelta(days=chance.randrange(1, 25)))
            found.append(Receipt(day, share))
        return tuple(found)

    def bill(self, number: int) -> Bill:
        return Bill(
            number=number,
            customer=self.customer.number,
            on=self.on,
            due=self.due,
            currency=self.customer.currency,
            lines=self.lines,
            discount_percent=self.discount,
            fate=self.fate,
            receipts=self.receipts,
            rate=self.rate,
            order_number=self.order_number,
        )
