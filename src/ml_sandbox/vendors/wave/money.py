"""Money at Wave: a text for people, a whole number of minor units as text, and a currency.

Whether `value` groups its thousands is not documented, so a switch says (sheet, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ml_sandbox.vendors.wave.currencies import Currency


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` is in major units, rounded to the currency's minor unit."""

    amount: Decimal
    currency: Currency

    @property
    def minor_unit_value(self) -> str:
        return str(self.raw)

    @property
    def raw(self) -> int:
        return int(self.amount.scaleb(self.currency.exponent))

    def text(self, grouped: bool) -> str:
        return f"{self.amount:,f}" if grouped else f"{self.amount:f}"


def rounded(amount: Decimal, currency: Currency) -> Decimal:
    """Half up, to the currency's minor unit."""
    return amount.quantize(currency.smallest, ROUND_HALF_UP)


def money(amount: Decimal, currency: Currency) -> Money:
    return Money(rounded(amount, currency), currency)
