"""An amount as Wave tells it: `Money` in minor units for documents, a bare text for payments.

Of `Money`, only `minorUnitValue` with the currency's exponent is used: how `value` groups its
digits is not documented, and `raw` is deprecated because it overflows ("API Reference"). It comes
as a JSON string; a JSON number is taken too. It must be whole: a fraction would mean that the unit
is not what its name says, and an amount that is wrong by a hundred is worse than a review.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ml_connector.core.money import Money

_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


def decimal_of(told: object) -> Decimal:
    """The number in `14.99`, in `1,234.50` or in a JSON number. Raises ValueError."""
    known = isinstance(told, str | int | float) and not isinstance(told, bool)
    text = str(told).strip() if known else ""
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise ValueError("is not a decimal number")
    return Decimal(text)


def money_of(told: Any) -> Any:
    """`Money { minorUnitValue currency { code exponent } }` as our money. Raises ValueError."""
    if not isinstance(told, Mapping):
        return told
    minor_units = decimal_of(told.get("minorUnitValue"))
    if minor_units != minor_units.to_integral_value():
        raise ValueError("has a fraction of a minor unit")
    return Money.from_minor(minor_units, *_currency(told.get("currency")))


def payment_amount(told: object, currency: object) -> Money | None:
    """A payment's `amount` in major units, in the payment's currency; None where not told."""
    if told is None:
        return None
    code, exponent = _currency(currency)
    scale = Decimal(1).scaleb(-exponent)
    amount = decimal_of(told)
    rounded = amount.quantize(scale)
    return Money(rounded if rounded == amount else amount, code)


def _currency(told: object) -> tuple[str, int]:
    code, exponent = (
        (told.get("code"), told.get("exponent")) if isinstance(told, Mapping) else ("", 0)
    )
    if not isinstance(code, str) or not code:
        raise ValueError("has no currency code")
    if isinstance(exponent, bool) or not isinstance(exponent, int) or not 0 <= exponent <= 4:
        raise ValueError("has a currency without a usable exponent")
    return code, exponent
