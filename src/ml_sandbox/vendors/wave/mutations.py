"""What each mutation does: `didSucceed` with the record, or `inputErrors` and no record.

Accounts, products, taxes, estimates and money transactions cannot be written here: their mutations
check the token and answer an inputError with the code NOT_SIMULATED.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ml_sandbox.vendors.wave import customer_desk, invoice_desk, payment_desk
from ml_sandbox.vendors.wave.errors import Invalid, not_found
from ml_sandbox.vendors.wave.lists import Info, Resolver
from ml_sandbox.vendors.wave.session import Session

Work = Callable[[Session, dict[str, Any]], Any]


@dataclass
class InputError:
    code: str
    message: str
    path: list[str]


@dataclass
class Outcome:
    """The output of any mutation; the record stands under the name that the schema gives it."""

    did_succeed: bool
    input_errors: list[InputError] | None = None
    record: Any = None
    customer: Any = field(init=False)
    invoice: Any = field(init=False)
    invoice_payment: Any = field(init=False)

    def __post_init__(self) -> None:
        self.customer = self.invoice = self.invoice_payment = self.record


def _doing(scope: str, work: Work) -> Resolver:
    def resolve(_: Any, info: Info, input: dict[str, Any]) -> Outcome:  # the schema's name
        session: Session = info.context
        session.need(scope)
        try:
            return Outcome(True, None, work(session, input))
        except Invalid as invalid:
            return Outcome(False, [_input_error(session, invalid)])

    return resolve


def _input_error(session: Session, invalid: Invalid) -> InputError:
    prefix = ["input"] if session.site.switch("input_error_path_prefix") else []
    code = str(session.site.switch("input_error_code"))
    return InputError(code, invalid.message, [*prefix, *invalid.path])


def _not_simulated(scope: str) -> Resolver:
    def resolve(_: Any, info: Info, input: dict[str, Any]) -> Outcome:  # the schema's name
        info.context.need(scope)
        error = InputError("NOT_SIMULATED", "The sandbox does not write these.", [])
        return Outcome(False, [error])

    return resolve


def _no_estimate(_: Any, info: Info, input: dict[str, Any]) -> None:  # the schema's name
    info.context.need("estimate:write")
    raise not_found("Estimate", input["estimateId"])


def customer_create(session: Session, given: dict[str, Any]) -> Any:
    customer = customer_desk.create(session.business(given["businessId"]), given)
    session.site.created("customers")
    return customer


def customer_patch(session: Session, given: dict[str, Any]) -> Any:
    customer = session.customer(given["id"])
    customer_desk.change(customer.business, customer, given)
    return customer


def customer_delete(session: Session, given: dict[str, Any]) -> None:
    customer = session.customer(given["id"])
    customer_desk.delete(customer.business, customer)


def invoice_create(session: Session, given: dict[str, Any]) -> Any:
    invoice = invoice_desk.create(session.business(given["businessId"]), given)
    session.site.created("invoices")
    return invoice


def invoice_patch(session: Session, given: dict[str, Any]) -> Any:
    invoice = session.invoice(given["id"])
    invoice_desk.change(invoice.business, invoice, given)
    return invoice


def invoice_approve(session: Session, given: dict[str, Any]) -> Any:
    invoice = session.invoice(given["invoiceId"])
    invoice_desk.approve(invoice.business, invoice)
    return invoice


def _check_receivers(given: dict[str, Any]) -> None:
    if not given["to"] or not all(customer_desk.is_email(address) for address in given["to"]):
        raise Invalid("Enter a valid email address.", "to")


def invoice_send(session: Session, given: dict[str, Any]) -> Any:
    invoice = session.invoice(given["invoiceId"])
    _check_receivers(given)
    if not invoice.business.email_send_enabled:
        raise Invalid("Sending is not enabled for this business.", "invoiceId")
    invoice_desk.send(invoice.business, invoice)
    return invoice


def invoice_mark_sent(session: Session, given: dict[str, Any]) -> Any:
    invoice = session.invoice(given["invoiceId"])
    invoice_desk.send(invoice.business, invoice, given["sendMethod"], given.get("sentAt"))
    return invoice


def invoice_delete(session: Session, given: dict[str, Any]) -> None:
    invoice = session.invoice(given["invoiceId"])
    drafts_only = bool(session.site.switch("delete_only_drafts"))
    invoice_desk.delete(invoice.business, invoice, drafts_only)


def invoice_clone(session: Session, given: dict[str, Any]) -> Any:
    invoice = session.invoice(given["invoiceId"])
    copied = invoice_desk.clone(invoice.business, invoice)
    session.site.created("invoices")
    return copied


def payment_create(session: Session, given: dict[str, Any]) -> Any:
    invoice = session.invoice(given["invoiceId"])
    payment = payment_desk.pay(invoice.business, invoice, given)
    session.site.created("payments")
    return payment


def payment_patch(session: Session, given: dict[str, Any]) -> Any:
    payment = session.payment(given["id"])
    payment_desk.change(payment.business, payment, given)
    return payment


def payment_delete(session: Session, given: dict[str, Any]) -> None:
    payment = session.payment(given["id"])
    payment_desk.delete(payment.business, payment)


def receipt_send(session: Session, given: dict[str, Any]) -> None:
    session.invoice(given["invoiceId"])
    session.payment(given["invoicePaymentId"])
    _check_receivers(given)


_SIMULATED: dict[str, Resolver] = {
    "_": lambda _, info: None,
    "customerCreate": _doing("customer:write", customer_create),
    "customerPatch": _doing("customer:write", customer_patch),
    "customerDelete": _doing("customer:write", customer_delete),
    "invoiceCreate": _doing("invoice:write", invoice_create),
    "invoicePatch": _doing("invoice:write", invoice_patch),
    "invoiceApprove": _doing("invoice:write", invoice_approve),
    "invoiceSend": _doing("invoice:send", invoice_send),
    "invoiceMarkSent": _doing("invoice:write", invoice_mark_sent),
    "invoiceDelete": _doing("invoice:write", invoice_delete),
    "invoiceClone": _doing("invoice:write", invoice_clone),
    "invoicePaymentCreateManual": _doing("invoice:write", payment_create),
    "invoicePaymentPatch": _doing("invoice:write", payment_patch),
    "invoicePaymentDelete": _doing("invoice:write", payment_delete),
    "invoicePaymentReceiptSend": _doing("invoice:send", receipt_send),
    "convertEstimateToInvoice": _no_estimate,
}
_SCOPES = {
    "account": "account:write",
    "estimate": "estimate:write",
    "money": "transaction:write",
    "product": "product:write",
    "salesTax": "sales_tax:write",
}


def resolver(name: str) -> Resolver:
    """The resolver of a mutation of the schema."""
    if name in _SIMULATED:
        return _SIMULATED[name]
    return _not_simulated(next(scope for noun, scope in _SCOPES.items() if name.startswith(noun)))
