"""The client desk makes and changes clients, for the API and for the person before the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ml_sandbox.vendors.freshbooks import errors, inputs
from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.errors import ApiError, Row
from ml_sandbox.vendors.freshbooks.inputs import Form
from ml_sandbox.vendors.freshbooks.records import ACTIVE, ARCHIVED, DELETED, Actor, Client

_ADDRESS = ("street", "street2", "city", "province", "country", "code")
#: What a new client shows for what was not given, as in the recorded create answer.
DEFAULTS: dict[str, Any] = {
    "organization": "", "fname": "", "lname": "", "email": "",
    "bus_phone": "", "mob_phone": "", "home_phone": None, "fax": "",
    **{f"p_{part}": "" for part in _ADDRESS},
    **{f"s_{part}": "" for part in _ADDRESS},
    "currency_code": "USD", "language": "en", "note": None, "vat_name": None, "vat_number": None,
    "allow_late_fees": True, "allow_late_notifications": True, "allow_email_include_pdf": False,
    "pref_email": True, "pref_gmail": False, "company_size": None, "company_industry": None,
}  # fmt: skip
_BOOLEANS = (
    "allow_late_fees",
    "allow_late_notifications",
    "allow_email_include_pdf",
    "pref_email",
    "pref_gmail",
)
NAMES = ("fname", "lname", "email", "organization")
VIS_STATE = inputs.one_of(ACTIVE, DELETED, ARCHIVED, numeric=True)
FORM = Form(
    "client",
    {
        **{name: inputs.text(255) for name in DEFAULTS},
        **dict.fromkeys(_BOOLEANS, inputs.boolean),
        "note": inputs.text(5000),
        "email": inputs.email,
        "currency_code": inputs.currency,
        "username": inputs.text(64),
    },
    frozenset(
        {
            "id", "userid", "uuid", "role", "level", "signup_date", "updated",
            "accounting_systemid", "num_logins", "last_login", "last_activity", "retainer_id",
            "has_retainer", "statement_token", "direct_link_token", "subdomain", "notified",
            "outstanding_balance", "credit_balance", "draft_balance", "overdue_balance",
            "grand_total_balance",
        }
    ),
)  # fmt: skip


def create(account: Account, actor: Actor, given: Mapping[str, Any]) -> Client:
    """`given` is read by FORM. Raises ApiError 422, errno 7012, for a client without any name."""
    if not any(given.get(name) for name in NAMES):
        message = "At least one of fname, lname, email or organization is required."
        raise ApiError(422, Row(errors.NAMELESS_CLIENT, message, None, "client"))
    plain = {**DEFAULTS, "currency_code": account.currency, **_stored(given)}
    if not plain["organization"]:
        plain["organization"] = _organization(plain)
    now = account.now()
    client = Client(
        id=account.clients.new_id(),
        uuid=account.surroundings.new_uuid(),
        username=given.get("username") or account.surroundings.new_word(10),
        signup=now,
        updated=now,
        plain=plain,
    )
    account.put_client(client)
    account.tell("client.create", client.id, actor)
    return client


def _stored(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "username"}


def _organization(plain: Mapping[str, Any]) -> str:
    """Left out, it is filled from first and last name, else from the address (sheet, section 6)."""
    names = " ".join(plain[name] for name in ("fname", "lname") if plain[name])
    return names or plain["email"] or ""


def change(account: Account, actor: Actor, client: Client, given: Mapping[str, Any]) -> Client:
    """Overwrites what is given; a deleted client is not changed (errno 1011)."""
    refuse_deleted("client", "userid", client.id, client.vis_state)
    changed = replace(
        client,
        plain={**client.plain, **_stored(given)},
        username=given.get("username") or client.username,
        updated=account.now(),
    )
    account.put_client(changed)
    account.tell("client.update", client.id, actor)
    return changed


def set_vis_state(account: Account, actor: Actor, client: Client, state: int) -> Client:
    verb = vis_verb(account, client.vis_state, state)
    if client.vis_state == state:
        return client
    changed = replace(client, vis_state=state, updated=account.now())
    account.put_client(changed)
    if verb:
        account.tell(f"client.{verb}", client.id, actor)
    return changed


def refuse_deleted(noun: str, field: str, number: int, vis_state: int) -> None:
    if vis_state == DELETED:
        message = f"{noun.capitalize()} is deleted."
        raise ApiError(422, Row(errors.DELETED_RESOURCE, message, field, noun, str(number)))


def vis_verb(account: Account, before: int, after: int) -> str:
    """The event of a move between active, deleted and archived; empty for none."""
    if before == after:
        return ""
    if after == DELETED:
        return "delete"
    name = "archive_event" if after == ARCHIVED else "restore_event"
    if before == ARCHIVED and after == ACTIVE:
        name = "archive_event"
    verb = str(account.switch(name))
    return "" if verb == "none" else verb
