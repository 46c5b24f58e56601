"""What an invoice comes to: lines, less a discount in percent, plus two taxes on what is left."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ml_sandbox.vendors.freshbooks.money import HUNDRED, ZERO, rounded
from ml_sandbox.vendors.freshbooks.records import Line, Totals


def line_amount(line: Line, code: str) -> Decimal:
    return rounded(line.quantity * line.unit_cost, code)


def reckon(lines: Iterable[Line], discount_percent: Decimal, code: str) -> Totals:
    """Each tax is rounded once over all lines, as the recorded invoice's 41.94 comes about."""
    written = list(lines)
    gross = sum((line_amount(line, code) for line in written), ZERO)
    discount = -rounded(gross * discount_percent / HUNDRED, code)
    kept = 1 - discount_percent / HUNDRED
    taxes: dict[tuple[int, Decimal], Decimal] = {}
    for line in written:
        net = line_amount(line, code) * kept
        first = net * line.tax1 / HUNDRED
        second = (net + (first if line.compounded else ZERO)) * line.tax2 / HUNDRED
        for place, (percent, tax) in enumerate(((line.tax1, first), (line.tax2, second))):
            taxes[place, percent] = taxes.get((place, percent), ZERO) + tax
    subtotal = rounded(gross + discount, code)
    total = subtotal + sum((rounded(tax, code) for tax in taxes.values()), ZERO)
    return Totals(subtotal, rounded(discount, code), rounded(total, code))


def net_paid(totals: Totals, paid: Decimal) -> Decimal:
    """The part of what was paid that is not tax, with all the digits of the division."""
    return ZERO if totals.amount == ZERO else paid * totals.subtotal / totals.amount
