"""Money in the ERP: currencies with their digits, rates to the base currency, terms and taxes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ml_sandbox.business.bills import RATES

DIGITS = {"JPY": 0, "BHD": 3}
CURRENCIES = tuple(RATES)
TERMS_DAYS = {"14D": 14, "30D": 30, "45D": 45, "COD": 0}
#: Tax zone -> rate on lines of a taxable category.
TAX_RATES = {"DOMESTIC": Decimal("0.0825"), "EXPORT": Decimal(0)}
TAXABLE = "TAXABLE"
ZERO = Decimal(0)


def rounded(amount: Decimal, currency: str | None) -> Decimal:
    step = Decimal(1).scaleb(-DIGITS.get(currency or "", 2))
    return amount.quantize(step, ROUND_HALF_UP)


def rate(currency: str | None) -> Decimal:
    """What one unit of a currency is worth in base money."""
    return (1 / Decimal(RATES.get(currency or "", "1"))).quantize(Decimal("0.00000001"))


def price(item_price: Any, currency: str | None) -> Decimal:
    """A price of the list, kept in base money, in another currency."""
    return rounded(Decimal(item_price or 0) * Decimal(RATES.get(currency or "", "1")), currency)


def due(on: date, terms: str | None) -> date:
    return on + timedelta(days=TERMS_DAYS.get(terms or "", 30))


def period(on: date) -> str:
    """The financial period: 052026."""
    return f"{on.month:02d}{on.year}"


def tax_rate(zone: str | None) -> Decimal:
    return TAX_RATES.get(zone or "", ZERO)
