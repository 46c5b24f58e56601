"""Money is a decimal amount together with its currency; the two never travel apart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ml_connector.core.values import decimal_of


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in major units with the currency's own number of decimals; `currency` is ISO
    4217. Raises ValueError for what is no number."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if decimal_of(self.amount) is None:
            raise ValueError("is no amount of money")

    @classmethod
    def from_minor(cls, minor_units: Decimal, currency: str, exponent: int) -> Money:
        """`minor_units` 12345 with `exponent` 2 is 123.45; exponent 0 for JPY, 3 for BHD."""
        scale = Decimal(1).scaleb(-exponent)
        return cls((minor_units * scale).quantize(scale), currency)

    @property
    def is_positive(self) -> bool:
        return self.amount > 0

    def minus(self, other: Money) -> Money:
        """The difference. Raises ValueError when the currencies differ."""
        if other.currency != self.currency:
            raise ValueError(f"cannot take {other.currency} from {self.currency}")
        return Money(self.amount - other.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"
