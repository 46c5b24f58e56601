"""Money at QuickBooks Online: decimals inside, JSON numbers outside, two digits for most."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
CURRENCIES = {
    "USD": "United States Dollar",
    "CAD": "Canadian Dollar",
    "GBP": "British Pound Sterling",
    "EUR": "Euro",
    "JPY": "Japanese Yen",
    "BHD": "Bahraini Dinar",
    "AUD": "Australian Dollar",
    "CHF": "Swiss Franc",
    "MXN": "Mexican Peso",
    "SEK": "Swedish Krona",
    "PLN": "Polish Zloty",
}
#: QuickBooks keeps two digits for every money but those that have none.
_WHOLE = ("JPY",)


def rounded(amount: Decimal, currency: str) -> Decimal:
    digits = Decimal(1) if currency in _WHOLE else Decimal("0.01")
    return amount.quantize(digits, ROUND_HALF_UP)


def as_number(amount: Decimal) -> int | float:
    """The JSON number: 2000 and 1250.5 rather than text."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def currency_ref(code: str) -> dict[str, str]:
    return {"value": code, "name": CURRENCIES[code]}
