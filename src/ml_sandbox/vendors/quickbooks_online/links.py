"""A link ties a payment's line to the invoice it pays or the credit it uses; both sides show it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from . import errors
from .company import Company
from .money import ZERO
from .reckoning import at_home
from .tables import Record, Row

LINKED = ("Invoice", "CreditMemo")


def targets(company: Company, lines: list[Record]) -> list[tuple[Row, Decimal]]:
    """What each line of a payment applies to, and how much. Raises Fault."""
    found = []
    for line in lines:
        amount = line.get("Amount")
        if amount is None:
            raise errors.missing("Line.Amount")
        if amount <= 0:
            raise errors.business("The amount of a line is above zero.")
        linked = line.get("LinkedTxn") or []
        if len(linked) != 1:
            raise errors.missing("Line.LinkedTxn")
        kind, key = linked[0].get("TxnType", ""), linked[0].get("TxnId", "")
        if kind not in LINKED:
            raise errors.bad_enumeration("LinkedTxn.TxnType", kind)
        row = company.tables[kind].get(key)
        if row is None or row.is_deleted:
            raise errors.bad_reference("LinkedTxn", key)
        found.append((row, Decimal(amount)))
    return found


def settle(
    company: Company, payment: Row, row: Row, amount: Decimal, at: datetime | None = None
) -> None:
    """Takes the amount off what is open, or gives a negative one back, and shows the payment.

    Whether that much is open has been checked.
    """
    left = Decimal(row.data["Balance"]) - amount
    links = [link for link in row.data.get("LinkedTxn", ()) if link["TxnId"] != payment.id]
    if amount > 0:
        links.append({"TxnId": payment.id, "TxnType": "Payment"})
    changes: Record = {"Balance": left, "LinkedTxn": links or None}
    changes.update(at_home(company, row.data, HomeBalance=left))
    if row.entity.name == "CreditMemo":
        changes["RemainingCredit"] = left
    company.change(row, changes, at)
    if at is None:
        company.tell(row, "updated")


def loosen(company: Company, row: Row, at: datetime | None = None) -> list[str]:
    """An invoice or credit memo goes: its payments keep the money, unapplied.

    Gives the ids of all customers whose balance this may have moved.
    """
    moved = [row.data["CustomerRef"]["value"]]
    for link in row.data.get("LinkedTxn", ()):
        payment = company.tables["Payment"].get(link["TxnId"])
        if payment is None or payment.is_deleted:
            continue
        kept = [line for line in payment.data["Line"] if not _names(line, row)]
        gone = sum((line["Amount"] for line in payment.data["Line"] if _names(line, row)), ZERO)
        sign = 1 if row.entity.name == "Invoice" else -1
        free = max(ZERO, Decimal(payment.data["UnappliedAmt"]) + sign * gone)
        company.change(payment, {"Line": kept, "UnappliedAmt": free}, at)
        moved.append(payment.data["CustomerRef"]["value"])
        if at is None:
            company.tell(payment, "updated")
    return moved


def _names(line: Record, row: Row) -> bool:
    return any(
        (link["TxnType"], link["TxnId"]) == (row.entity.name, row.id)
        for link in line.get("LinkedTxn", ())
    )
