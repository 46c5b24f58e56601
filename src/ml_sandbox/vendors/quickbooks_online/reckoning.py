"""Reckoning turns the lines of a sales form into its sums: subtotal, discount, tax, total, home."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from . import errors
from .company import Company, ordered
from .fields import LINE
from .money import ZERO, rounded
from .tables import Record

TAX_RATE = Decimal("0.0825")
_SALES, _DISCOUNT, _SUBTOTAL = "SalesItemLineDetail", "DiscountLineDetail", "SubTotalLineDetail"


def reckoned(company: Company, data: Record) -> Record:
    """Line, TxnTaxDetail, TotalAmt and HomeTotalAmt of a form. Raises Fault 2020 and 6070."""
    money = str(data["CurrencyRef"]["value"])
    lines = [line for line in data.get("Line") or () if line.get("DetailType") != _SUBTOTAL]
    sold = [_numbered(line, n, money) for n, line in enumerate(_sales(lines), start=1)]
    if not sold:
        raise errors.missing("Line")
    subtotal = sum((Decimal(line["Amount"]) for line in sold), ZERO)
    total_line = {"Amount": subtotal, "DetailType": _SUBTOTAL, _SUBTOTAL: {}}
    discounts = [_discount(line, subtotal, money) for line in _discounts(lines)]
    off = sum((Decimal(line["Amount"]) for line in discounts), ZERO)
    tax = _tax(data, sold, subtotal, off, money)
    total = rounded(subtotal - off + tax, money)
    if total < 0:
        raise errors.business("The total of a transaction is at least zero.")
    lines = [ordered(LINE.parts or (), line) for line in (*sold, total_line, *discounts)]
    found: Record = {"Line": lines, "TotalAmt": total}
    found["TxnTaxDetail"] = {"TotalTax": tax}
    found.update(at_home(company, data, HomeTotalAmt=total))
    return found


def at_home(company: Company, data: Record, **sums: Decimal) -> Record:
    """These sums in the company's own money; nothing where the form is in that money."""
    if data["CurrencyRef"]["value"] == company.currency:
        return {}
    rate = Decimal(data.get("ExchangeRate", 1))
    return {name: rounded(amount * rate, company.currency) for name, amount in sums.items()}


def _sales(lines: list[Record]) -> list[Record]:
    return [line for line in lines if line.get("DetailType", _SALES) != _DISCOUNT]


def _discounts(lines: list[Record]) -> list[Record]:
    return [line for line in lines if line.get("DetailType") == _DISCOUNT]


def _numbered(line: Record, number: int, money: str) -> Record:
    if "DetailType" not in line:
        raise errors.missing("Line.DetailType")
    if line["DetailType"] == "DescriptionOnly":
        return {"Id": str(number), "LineNum": number, **line, "Amount": ZERO}
    if "Amount" not in line:
        raise errors.missing("Line.Amount")
    amount = rounded(Decimal(line["Amount"]), money)
    detail: dict[str, Any] = line.get(_SALES, {})
    price, quantity = Decimal(detail.get("UnitPrice", 0)), Decimal(detail.get("Qty", 0))
    if price and quantity and rounded(price * quantity, money) != amount:
        message = "Amount calculation incorrect in the request"
        detail_text = f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount}"
        raise errors.Fault("6070", message, detail_text)
    return {**line, "Id": str(number), "LineNum": number, "Amount": amount}


def _discount(line: Record, subtotal: Decimal, money: str) -> Record:
    detail = line.get(_DISCOUNT, {})
    if detail.get("PercentBased"):
        percent = Decimal(detail.get("DiscountPercent", 0))
        return {**line, "Amount": rounded(subtotal * percent / 100, money)}
    return {**line, "Amount": rounded(Decimal(line.get("Amount", 0)), money)}


def _tax(data: Record, sold: list[Record], subtotal: Decimal, off: Decimal, money: str) -> Decimal:
    """The tax given, or that of the lines marked TAX, less their share of the discount."""
    given = (data.get("TxnTaxDetail") or {}).get("TotalTax")
    if given is not None:
        try:
            return rounded(Decimal(str(given)), money)
        except ArithmeticError:
            raise errors.unsupported_property("TxnTaxDetail.TotalTax") from None
    taxed = sum((Decimal(line["Amount"]) for line in sold if _is_taxed(line)), ZERO)
    share = (subtotal - off) / subtotal if subtotal else Decimal(1)
    return rounded(taxed * share * TAX_RATE, money)


def _is_taxed(line: Record) -> bool:
    return bool(line.get(_SALES, {}).get("TaxCodeRef", {}).get("value") == "TAX")
