"""Currencies and their minor units. The best known have proper names."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

_WITHOUT_MINOR = frozenset(
    "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()  # noqa: SIM905  # a table
)
_WITH_THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905  # a table
_KNOWN = {
    "AUD": ("$", "Australian dollar", "Australian dollars"),
    "BHD": (".د.ب", "Bahraini dinar", "Bahraini dinars"),
    "CAD": ("$", "Canadian dollar", "Canadian dollars"),
    "CHF": ("CHF", "Swiss franc", "Swiss francs"),
    "EUR": ("€", "Euro", "Euros"),
    "GBP": ("£", "British pound", "British pounds"),
    "INR": ("₹", "Indian rupee", "Indian rupees"),
    "JPY": ("¥", "Japanese yen", "Japanese yen"),
    "MXN": ("$", "Mexican peso", "Mexican pesos"),
    "PLN": ("zł", "Polish złoty", "Polish złotys"),
    "SEK": ("kr", "Swedish krona", "Swedish kronor"),
    "USD": ("$", "United States dollar", "United States dollars"),
}


@dataclass(frozen=True, slots=True)
class Currency:
    """`exponent` is the number of digits behind the point, `smallest` one of the minor unit."""

    code: str
    exponent: int
    symbol: str
    name: str
    plural: str
    smallest: Decimal


@cache
def currency(code: str) -> Currency:
    """The currency of an ISO 4217 code that the schema knows."""
    exponent = 0 if code in _WITHOUT_MINOR else 3 if code in _WITH_THREE else 2
    symbol, name, plural = _KNOWN.get(code, (code, code, code))
    return Currency(code, exponent, symbol, name, plural, Decimal(1).scaleb(-exponent))
