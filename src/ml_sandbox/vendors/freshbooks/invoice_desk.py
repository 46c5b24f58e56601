"""The invoice desk writes invoices and moves them on, for the API and for the person alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ml_sandbox.vendors.freshbooks import errors, invoice_form
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.amounts import reckon
from ml_sandbox.vendors.freshbooks.client_desk import refuse_deleted, vis_verb
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.invoice_form import FORM, PLAIN
from ml_sandbox.vendors.freshbooks.money import ZERO
from ml_sandbox.vendors.freshbooks.records import DELETED, Actor, Client, Invoice, Stage
from ml_sandbox.vendors.freshbooks.status import is_overdue

_COMPUTED = {
    "customerid", "create_date", "due_offset_days", "invoice_number", "currency_code", "lines",
    "discount_value", "status", "action_email", "action_mark_as_sent", "email_recipients",
    "email_subject", "email_body", "email_include_pdf", "invoice_customized_email",
}  # fmt: skip


def create(
    account: Account, actor: Actor, given: Mapping[str, Any], stage: Stage = Stage.DRAFT
) -> Invoice:
    """A draft, unless another status is asked for. Raises ApiError."""
    FORM.need(given, "customerid", "create_date")
    client = _client(account, given["customerid"])
    code = given.get("currency_code") or client.plain["currency_code"]
    ignore = account.switch("unknown_fields") == "ignored"
    lines = invoice_form.read_lines(given.get("lines", []), code, ignore)
    discount = given.get("discount_value", ZERO)
    number = given.get("invoice_number") or account.next_number()
    _refuse_taken(account, number, None)
    now = account.now()
    invoice = Invoice(
        id=account.invoices.new_id(),
        uuid=account.surroundings.new_uuid(),
        customerid=client.id,
        number=number,
        create_date=given["create_date"],
        due_offset_days=given.get("due_offset_days", 0),
        currency=code,
        stage=given.get("status", stage),
        lines=lines,
        discount_percent=discount,
        totals=reckon(lines, discount, code),
        created=now,
        updated=now,
        plain={**addressed(client), **_plain(given)},
    )
    account.put_invoice(invoice)
    account.tell("invoice.create", invoice.id, actor)
    return invoice


def _client(account: Account, number: int) -> Client:
    client = account.clients.get(number)
    if client is None or client.vis_state == DELETED:
        row = Row(errors.UNKNOWN_RESOURCE, "Client not found.", "customerid", "invoice")
        raise ApiError(422, replace(row, value=str(number)))
    return client


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in _COMPUTED}


def addressed(client: Client) -> dict[str, Any]:
    """What a new invoice copies from its client, above the defaults."""
    plain = client.plain
    copied = {name: plain[name] for name in ("organization", "fname", "lname", "language")}
    copied |= {name: plain[name] for name in ("vat_name", "vat_number")}
    parts = ("street", "street2", "city", "province", "country", "code")
    copied |= {part: plain[f"p_{part}"] for part in parts}
    return {name: default for name, (default, _) in PLAIN.items()} | copied


def _refuse_taken(account: Account, number: str, own_id: int | None) -> None:
    if not account.switch("invoice_number_unique"):
        return
    for other in account.invoices:
        if other.number == number and other.id != own_id and other.vis_state != DELETED:
            message = "is used by another invoice."
            raise FORM.invalid("invoice_number", message, number, errors.DUPLICATE_VALUE)


def change(account: Account, actor: Actor, invoice: Invoice, given: Mapping[str, Any]) -> Invoice:
    """Overwrites what is given; lines are replaced whole. Raises ApiError."""
    refuse_deleted("invoice", "invoiceid", invoice.id, invoice.vis_state)
    code = given.get("currency_code") or invoice.currency
    lines = invoice.lines
    if "lines" in given:
        ignore = account.switch("unknown_fields") == "ignored"
        lines = invoice_form.read_lines(given["lines"], code, ignore)
    discount = given.get("discount_value", invoice.discount_percent)
    number = given.get("invoice_number") or invoice.number
    if number != invoice.number:
        _refuse_taken(account, number, invoice.id)
    customerid = invoice.customerid
    if "customerid" in given:
        customerid = _client(account, given["customerid"]).id
    changed = replace(
        invoice,
        customerid=customerid,
        number=number,
        create_date=given.get("create_date") or invoice.create_date,
        due_offset_days=given.get("due_offset_days", invoice.due_offset_days),
        currency=code,
        stage=given.get("status", invoice.stage),
        lines=lines,
        discount_percent=discount,
        totals=reckon(lines, discount, code),
        plain={**invoice.plain, **_plain(given)},
    )
    return _save(account, actor, changed, told=True)


def _save(account: Account, actor: Actor, changed: Invoice, told: bool) -> Invoice:
    saved = account.put_invoice(replace(changed, updated=account.now()))
    if told:
        account.tell("invoice.update", saved.id, actor)
    return saved


def mark_sent(account: Account, actor: Actor, invoice: Invoice) -> Invoice:
    """A draft becomes sent; what went out before stays what it is."""
    refuse_deleted("invoice", "invoiceid", invoice.id, invoice.vis_state)
    stage = Stage.SENT if invoice.stage is Stage.DRAFT else invoice.stage
    changed = replace(invoice, stage=stage, sentid=actor.user_id)
    return _save(account, actor, changed, told=True)


def mail(account: Account, actor: Actor, invoice: Invoice, recipients: list[str] | None) -> Invoice:
    """Sends by mail, to the client's address if nobody is named; the mail goes nowhere."""
    client = account.clients.get(invoice.customerid)
    known = client.plain["email"] if client is not None else ""
    if not recipients and not known:
        raise invoice_form.no_recipients()
    sent = mark_sent(account, actor, invoice)
    if account.switch("send_by_email_events"):
        account.tell("invoice.sendByEmail", invoice.id, actor)
    return sent


def view(account: Account, actor: Actor, invoice: Invoice) -> Invoice:
    """The client opens it. Drafts cannot be opened (errno 1003)."""
    refuse_deleted("invoice", "invoiceid", invoice.id, invoice.vis_state)
    if invoice.stage is Stage.DRAFT:
        message = "A draft cannot be opened by the client."
        raise ApiError(422, Row(errors.ACCESS_DENIED, message, None, "invoice"))
    stage = Stage.VIEWED if invoice.stage is Stage.SENT else invoice.stage
    changed = replace(invoice, stage=stage)
    if account.switch("view_touches_updated"):
        changed = replace(changed, updated=account.now())
    account.put_invoice(changed)
    if account.switch("view_fires_invoice_update"):
        account.tell("invoice.update", invoice.id, actor)
    return changed


def dispute(account: Account, actor: Actor, invoice: Invoice) -> Invoice:
    refuse_deleted("invoice", "invoiceid", invoice.id, invoice.vis_state)
    return _save(account, actor, replace(invoice, stage=Stage.DISPUTED), told=True)


def tell_status(account: Account, actor: Actor, invoice: Invoice, status: str | None) -> Invoice:
    """The product gives a status of its own, such as `failed`; None gives it up again."""
    return _save(account, actor, replace(invoice, told_status=status), told=True)


def set_vis_state(account: Account, actor: Actor, invoice: Invoice, state: int) -> Invoice:
    verb = vis_verb(account, invoice.vis_state, state)
    if invoice.vis_state == state:
        return invoice
    changed = replace(invoice, vis_state=state, updated=account.now())
    account.put_invoice(changed)
    if verb:
        account.tell(f"invoice.{verb}", invoice.id, actor)
    return changed


def set_ext_archive(account: Account, actor: Actor, invoice: Invoice, state: int) -> Invoice:
    """The client's own archive, `ext_vis_state` in a body."""
    return _save(account, actor, replace(invoice, ext_archive=state), told=True)


def fall_due(account: Account, before: date, today: date) -> None:
    """Calendar work: what became overdue since; whether anything is told of it is unknown."""
    touch = account.switch("overdue_touches_updated")
    fire = account.switch("overdue_fires_invoice_update")
    if not (touch or fire):
        return
    for invoice in [*account.invoices]:
        if invoice.vis_state == DELETED or not is_overdue(invoice, today):
            continue
        if is_overdue(invoice, before):
            continue
        if touch:
            account.put_invoice(replace(invoice, updated=account.now()))
        if fire:
            account.tell("invoice.update", invoice.id, account.owner)
