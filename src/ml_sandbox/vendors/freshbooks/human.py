"""The human at FreshBooks: the bookkeeper before the screen, and the client who opens an invoice.

Bodies are bare records in the API's own names and forms; what is only shown may be handed back. Ids
are those of the first account; a record of another one goes by `<account_id>:<id>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Record
from ml_sandbox.vendors.freshbooks import client_desk, invoice_desk, paper_desk, payment_desk
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.api_accounting import DESKS
from ml_sandbox.vendors.freshbooks.callbacks import Callbacks
from ml_sandbox.vendors.freshbooks.errors import ApiError
from ml_sandbox.vendors.freshbooks.inputs import Form
from ml_sandbox.vendors.freshbooks.invoice_form import LINE_FORM
from ml_sandbox.vendors.freshbooks.money import ZERO, money
from ml_sandbox.vendors.freshbooks.records import (
    ACTIVE,
    ARCHIVED,
    DELETED,
    Callback,
    Invoice,
    Stage,
)
from ml_sandbox.vendors.freshbooks.shown import (
    shown_callback,
    shown_client,
    shown_invoice,
    shown_payment,
)
from ml_sandbox.vendors.freshbooks.status import number, v3
from ml_sandbox.vendors.freshbooks.tables import Table

_ACTIONS: dict[str, tuple[str, ...]] = {
    "clients": ("archive", "restore"),
    "invoices": ("send", "view", "pay", "dispute", "archive", "restore"),
    "payments": ("restore",),
    "callbacks": ("disable",),
    "bills": (),
}
_STATES = {"archive": ARCHIVED, "restore": ACTIVE}


class FreshBooksHuman:
    """Acts in the first account, unless a key or `accounting_systemid` names another."""

    def __init__(self, accounts: Sequence[Account], callbacks: Callbacks) -> None:
        self._accounts = accounts
        self._callbacks = callbacks

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        return _ACTIONS

    # --- looking ---

    def records(self, noun: str) -> list[Record]:
        account = self._accounts[0]
        return [_show(account, noun, record) for record in _table(account, noun)]

    def record(self, noun: str, key: str) -> Record:
        account, found = self._find(noun, key)
        return _show(account, noun, found)

    def _find(self, noun: str, key: str) -> tuple[Account, Any]:
        account_id, _, digits = key.rpartition(":")
        account = self._account(account_id or None)
        found = _table(account, noun).get(int(digits)) if digits.isdecimal() else None
        if found is None:
            raise Refusal(404, f"there is no {key!r} among the {noun}")
        return account, found

    def _account(self, account_id: Any) -> Account:
        if account_id is None:
            return self._accounts[0]
        for account in self._accounts:
            if account.id == account_id:
                return account
        raise Refusal(404, "there is no such account", [account.id for account in self._accounts])

    # --- changing ---

    def create(self, noun: str, body: Record) -> Record:
        given = dict(body)
        account = self._account(given.pop("accounting_systemid", None))
        if noun == "bills":
            return dict(paper_desk.create_bill(account, account.owner, given).body)
        if noun not in DESKS:
            raise Refusal(400, f"{noun} are made through the API alone", sorted(DESKS))
        state = given.pop("vis_state", ACTIVE)
        today = account.today().isoformat()
        if noun == "invoices":
            given.setdefault("create_date", today)
            given.setdefault("lines", [_one_line(given)] if "amount" in given else [])
        if noun == "payments":
            given.setdefault("date", today)
            given["amount"] = self._money(account, given)

        def work() -> Any:
            desk = DESKS[noun]
            found = desk.form.read(_readable(desk.form, given), ignore_unknown=False)
            made = desk.create(account, account.owner, found)
            return desk.set_vis_state(account, account.owner, made, _state(state))

        return _show(account, noun, _doing(work))

    def _money(self, account: Account, given: Record) -> Any:
        """The amount of a payment in any of the ways in which a person may write it."""
        amount = given.get("amount")
        if isinstance(amount, dict):
            return amount
        invoice = account.invoices.get(given.get("invoiceid", 0))
        if invoice is None:
            raise Refusal(400, "invoiceid is the number of an invoice")
        if amount is None:
            return money(invoice.outstanding, invoice.currency)
        return {"amount": str(amount), "code": invoice.currency}

    def change(self, noun: str, key: str, body: Record) -> Record:
        account, record = self._find(noun, key)
        given = {name: value for name, value in body.items() if name != "accounting_systemid"}
        if noun == "bills":
            return dict(paper_desk.change_bill(account, account.owner, record, given).body)
        if noun not in DESKS:
            raise Refusal(400, f"{noun} are changed through the API alone", sorted(DESKS))

        def work() -> Any:
            changed = self._changed(account, noun, record, given)
            if "vis_state" in given:
                state = _state(given["vis_state"])
                changed = DESKS[noun].set_vis_state(account, account.owner, changed, state)
            return changed

        return _show(account, noun, _doing(work))

    def _changed(self, account: Account, noun: str, record: Any, given: Record) -> Any:
        desk, actor = DESKS[noun], account.owner
        told: Any = record
        if isinstance(record, Invoice):
            given = _as_written(record, given)
            shown = v3(record, account.today())
            if given.get("v3_status", shown) != shown:
                told = invoice_desk.tell_status(account, actor, record, given["v3_status"])
        readable = _readable(desk.form, {k: v for k, v in given.items() if k != "vis_state"})
        if not readable:
            return told
        return desk.change(account, actor, told, desk.form.read(readable, ignore_unknown=False))

    def delete(self, noun: str, key: str) -> Record:
        account, record = self._find(noun, key)
        if isinstance(record, Callback):
            self._callbacks.remove(account, record)
            return _show(account, noun, record)
        if noun == "bills":
            gone = paper_desk.delete_bill(account, account.owner, record)
            return dict(gone.body)
        desk = DESKS[noun]
        return _show(account, noun, desk.set_vis_state(account, account.owner, record, DELETED))

    def act(self, noun: str, key: str, action: str, body: Record) -> Record:
        account, record = self._find(noun, key)

        def work() -> Any:
            if isinstance(record, Callback):
                return self._callbacks.disable(account, record)
            if action in _STATES:
                state = _STATES[action]
                return DESKS[noun].set_vis_state(account, account.owner, record, state)
            return _act_on_invoice(account, record, action, body)

        return _show(account, noun, _doing(work))


def _table(account: Account, noun: str) -> Table[Any]:
    if noun == "bills":
        return account.papers["bills"]
    found: Table[Any] = getattr(account, noun)
    return found


def _show(account: Account, noun: str, record: Any) -> Record:
    """Every field, lines and look included; a callback with what the API keeps to itself."""
    if noun == "clients":
        return shown_client(account, record)
    if noun == "invoices":
        return shown_invoice(account, record, ("lines", "presentation"))
    if noun == "payments":
        return shown_payment(account, record)
    if noun == "bills":
        return dict(record.body)
    kept = {"id": record.id, "disabled": record.disabled, "verifier": record.verifier}
    return {**shown_callback(account, record), **kept, "accounting_systemid": account.id}


def _doing(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except ApiError as error:
        raise Refusal(400, "; ".join(row.message for row in error.rows)) from None


def _readable(form: Form, given: Record) -> Record:
    """Without what is only shown, so that a record may be handed back as it was read."""
    kept = {name: value for name, value in given.items() if name not in form.read_only}
    if isinstance(kept.get("lines"), list):
        kept["lines"] = [_readable_line(line) for line in kept["lines"]]
    return kept


def _readable_line(line: Any) -> Any:
    if not isinstance(line, dict):
        return line
    return {name: value for name, value in line.items() if name in LINE_FORM.readers}


def _one_line(given: Record) -> Record:
    """An invoice over an amount, for people who do not care for its lines."""
    amount = given["amount"]
    unit_cost = amount if isinstance(amount, dict) else {"amount": str(amount)}
    return {"name": "Services", "qty": "1", "unit_cost": unit_cost}


def _as_written(invoice: Invoice, given: Record) -> Record:
    """A status handed back is no change; a due date is stored as days after the invoice's date."""
    if given.get("status") == number(invoice):
        given = {name: value for name, value in given.items() if name != "status"}
    due_date = given.get("due_date")
    if due_date is None or due_date == invoice.due_date.isoformat():
        return given
    begins = _date(given.get("create_date"), invoice.create_date)
    offset = (_date(due_date, invoice.due_date) - begins).days
    return {**given, "due_offset_days": offset}


def _state(value: Any) -> int:
    if value not in (ACTIVE, DELETED, ARCHIVED) or isinstance(value, bool):
        raise Refusal(400, "vis_state is 0, 1 or 2")
    return int(value)


def _date(value: Any, usual: date) -> date:
    if value is None:
        return usual
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Refusal(400, "a date is YYYY-MM-DD") from None


def _act_on_invoice(account: Account, invoice: Invoice, action: str, body: Record) -> Invoice:
    actor = account.owner
    if action == "send":
        return invoice_desk.mark_sent(account, actor, invoice)
    if action == "dispute":
        return invoice_desk.dispute(account, actor, invoice)
    if action == "view":
        if invoice.stage is Stage.DRAFT:
            invoice = invoice_desk.mark_sent(account, actor, invoice)
        return invoice_desk.view(account, actor, invoice)
    _pay(account, invoice, body)
    return account.invoices.get(invoice.id) or invoice


def _pay(account: Account, invoice: Invoice, body: Record) -> None:
    """`{amount, date, type}`: what is owed, today, a bank transfer, unless said otherwise."""
    client_desk.refuse_deleted("invoice", "invoiceid", invoice.id, invoice.vis_state)
    amount = body.get("amount")
    if isinstance(amount, dict):
        amount = amount.get("amount")
    try:
        value = invoice.outstanding if amount is None else Decimal(str(amount))
    except InvalidOperation:
        raise Refusal(400, "amount is a number of major units, such as 12.50") from None
    if value <= ZERO:
        raise Refusal(400, "there is nothing to pay")
    given = {
        "invoiceid": invoice.id,
        "amount": (value, invoice.currency),
        "date": _date(body.get("date"), account.today()),
        "type": body.get("type", "Bank Transfer"),
    }
    if given["type"] not in payment_desk.TYPES:
        raise Refusal(400, "there is no such type", payment_desk.TYPES)
    payment_desk.create(account, account.owner, given)
