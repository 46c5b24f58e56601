"""The accounting family: `/accounting/account/{account_id}/<group>/<resource>[/{id}]`.

Clients, invoices and payments are read and written; the other kinds are read. Creates answer 200.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ml_sandbox.vendors.freshbooks import (
    client_desk,
    errors,
    invoice_desk,
    invoice_form,
    payment_desk,
)
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.bodies import wrapped
from ml_sandbox.vendors.freshbooks.caller import Answer, Caller, Request
from ml_sandbox.vendors.freshbooks.catalogue import ACCOUNTING, Shelf
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row, not_found
from ml_sandbox.vendors.freshbooks.inputs import Form, Wrong
from ml_sandbox.vendors.freshbooks.listing import Listings, includes, moment_of
from ml_sandbox.vendors.freshbooks.records import DELETED, Actor, Invoice
from ml_sandbox.vendors.freshbooks.search import read_query

Given = Mapping[str, Any]


@dataclass(frozen=True)
class Desk:
    """How one kind is written."""

    form: Form
    create: Callable[[Account, Actor, Given], Any]
    change: Callable[[Account, Actor, Any, Given], Any]
    set_vis_state: Callable[[Account, Actor, Any, int], Any]


DESKS = {
    "clients": Desk(
        client_desk.FORM, client_desk.create, client_desk.change, client_desk.set_vis_state
    ),
    "invoices": Desk(
        invoice_form.FORM, invoice_desk.create, invoice_desk.change, invoice_desk.set_vis_state
    ),
    "payments": Desk(
        payment_desk.FORM, payment_desk.create, payment_desk.change, payment_desk.set_vis_state
    ),
}


class AccountingApi:
    """Answers one request of the family; `created(noun)` counts creates."""

    def __init__(self, created: Callable[[str], None]) -> None:
        self._created = created
        self._listings = Listings()

    def answer(self, request: Request, caller: Caller) -> Answer:
        """Raises ApiError."""
        account_id, group, resource, *rest = [*request.parts[2:], "", ""][:5]
        account = caller.account(account_id)
        path = f"{group}/{resource}"
        number = rest[0] if rest else ""
        if path == "systems/systems":
            return self._system(request, caller, account, number)
        if path not in ACCOUNTING or len(request.parts) > 6:
            raise ApiError(404, Row(errors.UNKNOWN_RESOURCE, errors.NOT_FOUND))
        shelf, noun = ACCOUNTING[path]
        verb = "read" if request.method in ("GET", "HEAD") else "write"
        caller.need(f"user:{noun}:{verb}")
        return self._result(self._do(request, caller, account, shelf, number))

    def _result(self, result: dict[str, Any] | None) -> Answer:
        return Answer(200, {"response": {} if result is None else {"result": result}})

    def _do(
        self, request: Request, caller: Caller, account: Account, shelf: Shelf, number: str
    ) -> dict[str, Any] | None:
        query = read_query(request.query)
        if request.method == "GET" and not number:
            return self._listings.page(account, shelf, query, caller.list_lag)
        if request.method == "GET":
            moment = moment_of(account, caller.read_lag)
            record = self._find(account, shelf, number, moment)
        else:
            record = self._write(request, caller, account, shelf, number)
        if record is None:
            return None
        return {shelf.single: shelf.show(account, record, includes(account, query))}

    def _find(self, account: Account, shelf: Shelf, number: str, moment: Any = None) -> Any:
        """The record; how a deleted one is answered for is unknown, so a switch says."""
        found = shelf.table(account).get(int(number), moment) if number.isdecimal() else None
        gone = found is not None and found.vis_state == DELETED
        as_deleted = account.switch("deleted_by_id")
        if found is None or (gone and as_deleted == "not_found"):
            raise not_found(shelf.single, shelf.id_field, number)
        if gone and as_deleted == "refused":
            message = f"{shelf.single.capitalize()} is deleted."
            row = Row(errors.DELETED_RESOURCE, message, shelf.id_field, shelf.single, str(number))
            raise ApiError(404, row)
        return found

    def _write(
        self, request: Request, caller: Caller, account: Account, shelf: Shelf, number: str
    ) -> Any:
        desk = DESKS.get(shelf.plural)
        method = request.method
        allowed = ("POST",) if not number else ("PUT", "DELETE")
        deletable = shelf.plural == "invoices"
        if desk is None or method not in allowed or (method == "DELETE" and not deletable):
            raise ApiError(405, Row(errors.ACCESS_DENIED, "The method is not allowed here."))
        actor = caller.identity.actor
        if method == "POST":
            return self._create(wrapped(request, shelf.single), desk, account, actor, shelf.plural)
        record = shelf.table(account).get(int(number)) if number.isdecimal() else None
        if record is None:
            raise not_found(shelf.single, shelf.id_field, number)
        if method == "DELETE":
            desk.set_vis_state(account, actor, record, DELETED)
            return None
        return self._put(wrapped(request, shelf.single), desk, account, actor, record)

    def _create(
        self, given: dict[str, Any], desk: Desk, account: Account, actor: Actor, noun: str
    ) -> Any:
        _refuse_status(account, desk.form, given)
        state = _vis_state(desk.form, given.pop("vis_state", 0))
        found = desk.form.read(given, account.switch("unknown_fields") == "ignored")
        record = desk.create(account, actor, found)
        self._created(noun)
        if isinstance(record, Invoice):
            record = _act(account, actor, record, found)
        return desk.set_vis_state(account, actor, record, state)

    def _put(
        self, given: dict[str, Any], desk: Desk, account: Account, actor: Actor, record: Any
    ) -> Any:
        """Runs the first phase that is there; the rest is dropped in silence, with success."""
        if "ext_vis_state" in given and isinstance(record, Invoice):
            state = _vis_state(desk.form, given["ext_vis_state"])
            return invoice_desk.set_ext_archive(account, actor, record, state)
        if "vis_state" in given:
            state = _vis_state(desk.form, given["vis_state"])
            return desk.set_vis_state(account, actor, record, state)
        ignore = account.switch("unknown_fields") == "ignored"
        if isinstance(record, Invoice):
            names = {*invoice_form.ACTIONS, "email_recipients", "email_include_pdf"}
            action = desk.form.read({n: given[n] for n in given if n in names}, ignore)
            if any(action.get(name) for name in invoice_form.ACTIONS):
                return _act(account, actor, record, action)
        _refuse_status(account, desk.form, given)
        return desk.change(account, actor, record, desk.form.read(given, ignore))

    def _system(self, request: Request, caller: Caller, account: Account, number: str) -> Answer:
        """The account itself, as the older resource tells of it."""
        caller.need("user:business:read")
        if request.method != "GET" or number not in ("", account.id):
            raise not_found("system", "systemid", number)
        system = {
            "id": account.business_id + 101,
            "systemid": account.business_id + 101,
            "accountid": account.id,
            "accounting_systemid": account.id,
            "business_id": account.business_id,
            "name": account.name,
            "currency_code": account.currency,
            "timezone": "US/Eastern",
        }
        return self._result({"system": system})


def _refuse_status(account: Account, form: Form, given: Given) -> None:
    """The product's description has all status fields read-only; a switch makes it so."""
    if "status" in given and account.switch("invoice_status_read_only"):
        row = Row(errors.READ_ONLY, "status is read-only.", "status", form.noun)
        raise ApiError(403, row)


def _vis_state(form: Form, value: Any) -> int:
    try:
        return int(client_desk.VIS_STATE(value))
    except Wrong as no:
        raise form.invalid("vis_state", no.message, value, no.errno) from None


def _act(account: Account, actor: Actor, invoice: Invoice, given: Given) -> Invoice:
    """Sends the invoice if the body asks for it."""
    if given.get("action_email"):
        return invoice_desk.mail(account, actor, invoice, given.get("email_recipients"))
    if given.get("action_mark_as_sent"):
        return invoice_desk.mark_sent(account, actor, invoice)
    return invoice
