"""Records as the API shows them, in the fields and forms of the recorded bodies."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from ml_sandbox.vendors.freshbooks import status
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.amounts import line_amount, net_paid
from ml_sandbox.vendors.freshbooks.money import ZERO, money, percent_text, raw_money
from ml_sandbox.vendors.freshbooks.records import Callback, Client, Invoice, Line, Payment, Stage
from ml_sandbox.vendors.freshbooks.times import eastern_text, iso_text, utc_text, version_text

Shown = dict[str, Any]
BALANCES = (
    "outstanding_balance",
    "credit_balance",
    "draft_balance",
    "overdue_balance",
    "grand_total_balance",
)


def shown_client(account: Account, client: Client, include: Collection[str] = ()) -> Shown:
    body: Shown = {
        **client.plain,
        "accounting_systemid": account.id,
        "direct_link_token": None,
        "has_retainer": None,
        "id": client.id,
        "last_activity": None,
        "last_login": None,
        "level": 0,
        "notified": False,
        "num_logins": 0,
        "retainer_id": None,
        "role": "client",
        "signup_date": utc_text(client.signup),
        "statement_token": None,
        "subdomain": None,
        "updated": eastern_text(client.updated),
        "userid": client.id,
        "username": client.username,
        "uuid": client.uuid,
        "vis_state": client.vis_state,
    }
    for name in BALANCES:
        if name in include:
            body[name] = _balance(account, client, name)
    for name in ("late_reminders", "late_fee"):
        if name in include:
            body[name] = [] if name == "late_reminders" else None
    if "last_activity" in include:
        body["last_activity"] = eastern_text(client.updated)
    return body


def _balance(account: Account, client: Client, name: str) -> list[Shown]:
    """Sums by currency; an empty list where there is nothing."""
    today = account.today()
    sums: dict[str, Any] = {}
    for invoice in account.invoices_of(client):
        draft = invoice.stage is Stage.DRAFT
        counted = {
            "outstanding_balance": not draft,
            "grand_total_balance": not draft,
            "draft_balance": draft,
            "overdue_balance": status.is_overdue(invoice, today),
        }.get(name, False)
        if counted and invoice.outstanding > ZERO:
            sums[invoice.currency] = sums.get(invoice.currency, ZERO) + invoice.outstanding
    return [{"amount": money(total, code)} for code, total in sorted(sums.items())]


def shown_invoice(account: Account, invoice: Invoice, include: Collection[str] = ()) -> Shown:
    code = invoice.currency
    body: Shown = {
        "fulfillment_date": None,
        "generation_date": None,
        "auto_bill": False,
        "show_attachments": False,
        "gmail": False,
        "estimateid": 0,
        "parent": 0,
        "basecampid": 0,
        "ownerid": account.owner.user_id,
        **_jsoned(invoice.plain, code),
        "accountid": account.id,
        "accounting_systemid": account.id,
        "amount": money(invoice.totals.amount, code),
        "create_date": invoice.create_date.isoformat(),
        "created_at": eastern_text(invoice.created),
        "currency_code": code,
        "customerid": invoice.customerid,
        "date_paid": None if invoice.date_paid is None else invoice.date_paid.isoformat(),
        "discount_total": money(invoice.totals.discount, code),
        "discount_value": percent_text(invoice.discount_percent),
        "due_date": invoice.due_date.isoformat(),
        "due_offset_days": invoice.due_offset_days,
        "ext_archive": invoice.ext_archive,
        "id": invoice.id,
        "invoice_number": invoice.number,
        "invoiceid": invoice.id,
        "net_paid_amount": raw_money(net_paid(invoice.totals, invoice.paid), code),
        "outstanding": money(invoice.outstanding, code),
        "paid": money(invoice.paid, code),
        "sentid": invoice.sentid,
        "updated": eastern_text(invoice.updated),
        "uuid": invoice.uuid,
        "version": version_text(invoice.updated),
        "vis_state": invoice.vis_state,
        **_statuses(invoice, account.today()),
        **_customer(account, invoice),
    }
    if "lines" in include:
        body["lines"] = [
            _line(invoice, number, line) for number, line in enumerate(invoice.lines, start=1)
        ]
    if "presentation" in include:
        body["presentation"] = _presentation(invoice)
    else:
        body.pop("presentation", None)
    return body


def _jsoned(plain: Any, code: str) -> Shown:
    """What was written, in the form in which it is read back."""
    found = {"deposit_amount": None, "deposit_percentage": None, **plain}
    for name in ("generation_date", "fulfillment_date"):
        if isinstance(found.get(name), date):
            found[name] = found[name].isoformat()
    if found["deposit_amount"] is not None:
        found["deposit_amount"] = money(found["deposit_amount"][0], code)
    if found["deposit_percentage"] is not None:
        found["deposit_percentage"] = percent_text(found["deposit_percentage"])
    return found


def _statuses(invoice: Invoice, today: date) -> Shown:
    return {
        "status": status.number(invoice),
        "v3_status": status.v3(invoice, today),
        "payment_status": status.payment(invoice),
        "display_status": status.display(invoice),
        "autobill_status": status.autobill(invoice),
        "last_order_status": status.last_order(invoice),
        "dispute_status": status.dispute(invoice),
        "deposit_status": status.deposit(invoice),
    }


def _customer(account: Account, invoice: Invoice) -> Shown:
    """What is the client's of today, not the client's of the day it was written."""
    client = account.clients.get(invoice.customerid)
    if client is None:
        return {"current_organization": "", "email": ""}
    return {
        "current_organization": client.plain["organization"],
        "email": invoice.plain.get("email") or client.plain["email"],
    }


def _line(invoice: Invoice, number: int, line: Line) -> Shown:
    return {
        "amount": money(line_amount(line, invoice.currency), invoice.currency),
        "basecampid": 0,
        "compounded_tax": line.compounded,
        "date": None,
        "description": line.description,
        "expenseid": 0,
        "invoiceid": invoice.id,
        "lineid": number,
        "modern_project_id": None,
        "modern_time_entries": [],
        "name": line.name,
        "qty": percent_text(line.quantity),
        "retainer_id": line.plain.get("retainer_id"),
        "retainer_period_id": None,
        "taskno": number,
        "taxAmount1": percent_text(line.tax1),
        "taxAmount2": percent_text(line.tax2),
        "taxName1": line.plain.get("taxName1"),
        "taxName2": line.plain.get("taxName2"),
        "taxNumber1": line.plain.get("taxNumber1"),
        "taxNumber2": line.plain.get("taxNumber2"),
        "type": line.kind,
        "unit_cost": money(line.unit_cost, invoice.currency),
        "updated": eastern_text(invoice.updated),
    }


_HEADINGS = ("description", "hours", "item", "quantity", "rate", "task", "unit_cost")


def _presentation(invoice: Invoice) -> Shown:
    return {
        **{f"{name}_heading": None for name in _HEADINGS},
        "time_entry_notes_heading": None,
        "date_format": "yyyy-mm-dd",
        "image_banner_position_y": 0,
        "image_banner_src": None,
        "image_logo_src": None,
        "invoiceid": invoice.id,
        "label": None,
        "theme_font_name": "modern",
        "theme_layout": "simple",
        "theme_primary_color": "#345678",
        **(invoice.plain.get("presentation") or {}),
    }


def shown_payment(account: Account, payment: Payment, include: Collection[str] = ()) -> Shown:
    body: Shown = {
        "accounting_systemid": account.id,
        "amount": money(payment.amount, payment.currency),
        "bulk_paymentid": None,
        "clientid": payment.clientid,
        "creditid": None,
        "date": payment.date.isoformat(),
        "from_credit": payment.from_credit,
        "gateway": None,
        "id": payment.id,
        "invoiceid": payment.invoiceid,
        "logid": payment.id,
        "note": payment.plain.get("note"),
        "orderid": payment.plain.get("orderid"),
        "overpaymentid": payment.overpaymentid,
        "send_client_notification": payment.plain.get("send_client_notification"),
        "transactionid": payment.plain.get("transactionid"),
        "type": payment.type,
        "updated": eastern_text(payment.updated),
        "vis_state": payment.vis_state,
    }
    if "client" in include:
        client = account.clients.get(payment.clientid)
        body["client"] = None if client is None else shown_client(account, client)
    if "invoice" in include:
        invoice = account.invoices.get(payment.invoiceid)
        body["invoice"] = None if invoice is None else shown_invoice(account, invoice)
    for name in ("credit_note", "order", "gateway"):
        if name in include:
            body[name] = None
    return body


def shown_callback(account: Account, callback: Callback) -> Shown:
    """How a disabled one looks is unknown; neither form says so outright."""
    sql = account.switch("callback_updated_at") == "sql"
    verified = callback.verified
    if callback.disabled and account.switch("disabled_callback_shows") == "unverified":
        verified = False
    return {
        "callbackid": callback.id,
        "verified": verified,
        "uri": callback.uri,
        "event": callback.event,
        "updated_at": eastern_text(callback.updated) if sql else iso_text(callback.updated),
    }
