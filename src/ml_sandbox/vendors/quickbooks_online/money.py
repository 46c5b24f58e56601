"""Money at QuickBooks Online: decimals inside, JSON numbers outside, two digits for most."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

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
#: What a record shows of currencies.
_FOREIGN = ("CurrencyRef", "ExchangeRate", "HomeBalance", "HomeTotalAmt")
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


def without_currencies(shown: Any) -> Any:
    """The same record or answer as of a company that never turned several currencies on."""
    if isinstance(shown, list):
        return [without_currencies(item) for item in shown]
    if not isinstance(shown, dict):
        return shown
    found = {k: without_currencies(v) for k, v in shown.items() if k not in _FOREIGN}
    if "MultiCurrencyEnabled" in found:
        found["MultiCurrencyEnabled"] = False
    return found
