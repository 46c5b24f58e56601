"""Families that no flow needs, as far as their shapes go: a stray call meets the right errors.

Projects and time entries (bare bodies with `meta`), online payment options, and the ledger accounts
on the newer `business_uuid` paths.
"""

from __future__ import annotations

from typing import Any

from ml_sandbox.vendors.freshbooks.bodies import wrapped
from ml_sandbox.vendors.freshbooks.caller import Answer, Caller, Request
from ml_sandbox.vendors.freshbooks.errors import NOT_FOUND, ApiError, Row
from ml_sandbox.vendors.freshbooks.records import DELETED


def _nothing() -> ApiError:
    return ApiError(404, Row(404, NOT_FOUND))


def _empty(name: str) -> dict[str, Any]:
    meta = {"sort": [], "total": 0, "per_page": 30, "page": 1, "pages": 0}
    return {name: [], "meta": meta}


def business(request: Request, caller: Caller) -> Answer:
    """`/projects/business/{business_id}/…` and `/timetracking/business/{business_id}/…`."""
    family, _, business_id, *rest = [*request.parts, "", ""]
    if caller.identity.business(business_id) is None:
        raise _nothing()
    noun = "projects" if family == "projects" else "time_entries"
    verb = "read" if request.method == "GET" else "write"
    caller.need(f"user:{noun}:{verb}")
    if request.method == "GET" and rest[0] == noun and not rest[1]:
        return Answer(200, _empty(noun))
    if request.method == "POST" and family == "projects" and rest[0] == "project":
        given = wrapped(request, "project")
        missing = [name for name in ("title", "description") if not given.get(name)]
        if missing:
            raise ApiError(422, *(Row(2001, "field required", name) for name in missing))
        raise ApiError(403, Row(403, "The sandbox keeps no projects."))
    raise _nothing()


def online_payments(request: Request, caller: Caller) -> Answer:
    """`/payments/account/{account_id}/invoice/{id}/payment_options`: nothing is ever offered."""
    parts = [*request.parts, "", "", ""]
    account = caller.account(parts[2])
    caller.need("user:online_payments:read")
    number = parts[4]
    invoice = account.invoices.get(int(number)) if number.isdecimal() else None
    known = request.method == "GET" and parts[3] == "invoice" and parts[5] == "payment_options"
    if not known or invoice is None or invoice.vis_state == DELETED:
        raise _nothing()
    options = {
        "gateway_name": None,
        "entity_id": number,
        "entity_type": "invoice",
        "has_credit_card": False,
        "has_ach_transfer": False,
        "has_paypal_smart_checkout": False,
        "allow_partial_payments": False,
    }
    return Answer(200, {"payment_options": options})


def ledger(request: Request, caller: Caller) -> Answer:
    """`/accounting/businesses/{business_uuid}/ledger_accounts/accounts`: an empty book."""
    parts = [*request.parts, "", "", ""]
    if caller.identity.business(parts[2]) is None:
        raise _nothing()
    caller.need("user:journal_entries:read")
    if request.method == "GET" and parts[3:6] == ["ledger_accounts", "accounts", ""]:
        return Answer(200, {"data": []})
    raise _nothing()
