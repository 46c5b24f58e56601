"""The paper desk keeps bills: what the business owes others, never to be taken for invoices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ml_sandbox.refusal import Refusal
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.money import ZERO, money
from ml_sandbox.vendors.freshbooks.records import ACTIVE, DELETED, Actor, Paper
from ml_sandbox.vendors.freshbooks.times import utc_text

_CHANGED_BY_PEOPLE = ("bill_number", "issue_date", "due_date", "overall_description", "status")


def bill(
    number: int, vendorid: int, amount: Decimal, code: str, on: date, at: datetime, status: str
) -> Paper:
    """Times of bills are UTC, unlike those of invoices (official Python SDK)."""
    whole = money(amount, code)
    body = {
        "id": number,
        "vendorid": vendorid,
        "bill_number": f"B-{number}",
        "status": status,
        "amount": whole,
        "paid": whole if status == "paid" else money(ZERO, code),
        "outstanding": money(ZERO, code) if status == "paid" else whole,
        "tax_amount": money(ZERO, code),
        "total_amount": whole,
        "currency_code": code,
        "issue_date": on.isoformat(),
        "due_date": (on + timedelta(days=30)).isoformat(),
        "due_offset_days": 30,
        "language": "en",
        "overall_category": "Supplies",
        "overall_description": "Paper and ink",
        "lines": [],
        "created_at": utc_text(at),
        "updated_at": utc_text(at),
        "vis_state": ACTIVE,
    }
    return Paper(number, at, body)


def create_bill(account: Account, actor: Actor, given: Mapping[str, Any]) -> Paper:
    """`{vendorid, amount, issue_date}`, all of which may be left out."""
    vendors = account.papers["bill_vendors"]
    first = next(iter(vendors), None)
    vendorid = given.get("vendorid", first.id if first is not None else 0)
    amount = given.get("amount", "100.00")
    text = amount.get("amount") if isinstance(amount, dict) else amount
    number = account.papers["bills"].new_id()
    on = date.fromisoformat(given.get("issue_date", account.today().isoformat()))
    made = bill(number, vendorid, Decimal(str(text)), account.currency, on, account.now(), "unpaid")
    account.put_paper("bills", made)
    account.tell("bill.create", number, actor)
    return made


def change_bill(account: Account, actor: Actor, paper: Paper, given: Mapping[str, Any]) -> Paper:
    strange = sorted(given.keys() - set(_CHANGED_BY_PEOPLE))
    if strange:
        raise Refusal(400, f"not changed here: {', '.join(strange)}", _CHANGED_BY_PEOPLE)
    return _save(account, actor, paper, {**paper.body, **given}, paper.vis_state, "update")


def delete_bill(account: Account, actor: Actor, paper: Paper) -> Paper:
    return _save(account, actor, paper, {**paper.body, "vis_state": DELETED}, DELETED, "delete")


def _save(
    account: Account, actor: Actor, paper: Paper, body: dict[str, Any], state: int, verb: str
) -> Paper:
    now = account.now()
    body["updated_at"] = utc_text(now)
    changed = replace(paper, updated=now, body=body, vis_state=state)
    account.put_paper("bills", changed)
    account.tell(f"bill.{verb}", paper.id, actor)
    return changed
