"""What a customer of Wave owes, as a help desk must show it: from all invoices, drafts left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from .base import Record, number
from .wave_side import money

MOST_LINES = 10


def states(invoice: Record, today: date) -> set[str]:
    """How an invoice may be called on that day; amounts come before Wave's own word."""
    due, paid = money(invoice["amountDue"]), money(invoice["amountPaid"])
    if invoice["status"] in ("DRAFT", "SAVED"):
        return {"Draft"}
    if due <= 0:
        return {"Paid"} if paid > 0 else {"Paid", "Unpaid"}
    is_late = date.fromisoformat(invoice["dueDate"]) < today
    if is_late or invoice["status"] == "OVERDUE":
        return {"Overdue"}
    return {"Partial"} if paid > 0 else {"Unpaid"}


def owed(invoices: Sequence[Record]) -> list[Record]:
    return [i for i in _issued(invoices) if money(i["amountDue"]) > 0]


def _issued(invoices: Sequence[Record]) -> list[Record]:
    return [i for i in invoices if i["status"] not in ("DRAFT", "SAVED")]


def day_of(text: str) -> Callable[[Any], bool]:
    """Zendesk shows a day as its midnight."""
    return lambda told: str(told)[:10] == text


def account(
    customer: Record, invoices: Sequence[Record], days: Sequence[date], shown: Callable[..., Any]
) -> dict[str, Any]:
    """The fields of the organization; `days` are those that today may be, `shown` rounds."""
    open_ones = owed(invoices)
    late = [[i for i in open_ones if states(i, day) == {"Overdue"}] for day in days]
    own = (customer["currency"] or {}).get("code")
    sums = {i["currency"]["code"]: _sum(open_ones, i["currency"]["code"]) for i in open_ones}
    oldest = min((i["dueDate"] for i in open_ones), default=None)
    late_sums = [shown(_sum(some, own)) for some in late]
    told: dict[str, Any] = {
        "Wave: open balance": shown(_sum(open_ones, own)),
        "Wave: overdue balance": lambda text: any(_fits(text, each) for each in late_sums),
        "Wave: balances": (lambda text: _amounts(text) == sums) if sums else None,
        "Wave: open invoices": Decimal(len(open_ones)),
        "Wave: overdue invoices": {len(some) for some in late},
        "Wave: oldest due": oldest and day_of(oldest),
        "Wave: last payment": _payments(invoices) and partial(_is_last_payment, invoices),
        "Wave: billing status": {
            "Overdue" if some else "Open" if open_ones else "Clear" for some in late
        },
        "Wave: recent changes": _issued(invoices) and partial(_are_changes, invoices),
        "Wave: open invoice list": open_ones and (lambda text: _numbers_in(text, open_ones)),
    }
    return {name: None if value == [] else value for name, value in told.items()}


def _fits(told: Any, wanted: Any) -> bool:
    return bool(wanted(told)) if callable(wanted) else number(told) == wanted


def _sum(invoices: Sequence[Record], currency: str | None) -> Decimal:
    amounts = [money(i["amountDue"]) for i in invoices if i["currency"]["code"] == currency]
    return number(sum(amounts, Decimal(0)))


def _amounts(told: Any) -> dict[str, Decimal]:
    """`420.50 CAD, 12.00 USD`."""
    pairs = [part.split() for part in str(told or "").split(", ") if part]
    return {currency: number(amount.replace(",", "")) for amount, currency in pairs}


def _payments(invoices: Sequence[Record]) -> list[Record]:
    return [p for i in invoices for p in i["payments"] if not p["originInvoicePayment"]]


def _is_last_payment(invoices: Sequence[Record], told: Any) -> bool:
    """`2026-11-03 779.50 CAD`, one of those of the newest day; what went back is none."""
    paid = _payments(invoices)
    newest = max(p["paymentDate"] for p in paid)
    wanted = [
        [p["paymentDate"], number(p["amount"]), p["invoiceCurrency"]["code"]]
        for p in paid if p["paymentDate"] == newest
    ]  # fmt: skip
    day, amount, currency = str(told or "- 0 -").split()
    return [day, number(amount.replace(",", "")), currency] in wanted


def _are_changes(invoices: Sequence[Record], told: Any) -> bool:
    """Ten lines at most, newest first; what is not there is older than the last of them."""
    lines = str(told or "").splitlines()
    days = [line[:10] for line in lines]
    if days != sorted(days, reverse=True) or len(lines) > MOST_LINES:
        return False
    since = days[-1] if len(lines) == MOST_LINES else ""
    happened = [(i["invoiceDate"], i["invoiceNumber"]) for i in _issued(invoices)]
    happened += [(p["paymentDate"], i["invoiceNumber"]) for i in invoices for p in i["payments"]]
    return all(
        any(line.startswith(day) and number in line for line in lines)
        for day, number in happened
        if day > since
    )


def _numbers_in(told: Any, open_ones: Sequence[Record]) -> bool:
    """A line for each, twenty at most."""
    lines = str(told or "").splitlines()
    return len(lines) == min(20, len(open_ones)) and (
        len(open_ones) > 20 or all(i["invoiceNumber"] in str(told) for i in open_ones)
    )
