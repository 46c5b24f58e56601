"""Money is `{"amount": "41.94", "code": "CAD"}`: the amount is decimal text, never a number."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

#: The currencies that this simulator's accounts can invoice in, with their decimal places.
PLACES = {
    "USD": 2, "CAD": 2, "EUR": 2, "GBP": 2, "AUD": 2, "NZD": 2, "CHF": 2, "SEK": 2, "NOK": 2,
    "DKK": 2, "PLN": 2, "CZK": 2, "HUF": 2, "INR": 2, "ZAR": 2, "MXN": 2, "BRL": 2, "SGD": 2,
    "HKD": 2, "CNY": 2, "AED": 2, "ILS": 2, "JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3,
}  # fmt: skip
ZERO = Decimal(0)
HUNDRED = Decimal(100)


def rounded(value: Decimal, code: str) -> Decimal:
    """To the currency's places, halves away from zero."""
    return value.quantize(Decimal(1).scaleb(-PLACES[code]), ROUND_HALF_UP)


def money(value: Decimal, code: str) -> dict[str, Any]:
    return {"amount": f"{rounded(value, code):f}", "code": code}


def raw_money(value: Decimal, code: str) -> dict[str, Any]:
    """Money that was computed and not rounded, as `net_paid_amount` was seen."""
    return {"amount": f"{value:f}", "code": code}


def percent_text(value: Decimal) -> str:
    """13, 8.25: no zeros behind the point, no exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
