"""Connecting: credentials become a connection, or change one; and whether it answers.

Where a browser is needed, the walk has two ends: the address that a person is sent to, and the one
on which their browser ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ml_connector.core.faults import (
    Fault,
    Mistake,
    NeedsConsent,
    NeedsPerson,
    UnknownOutcome,
    Unreachable,
    Waiting,
)
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand
from ml_connector.engine.admitting import admit, put_other_secrets
from ml_connector.engine.credentials import (
    APP_SECRETS,
    Credentials,
    check,
    completed,
    vendor_named,
    way,
)
from ml_connector.engine.health import note_trouble, note_well
from ml_connector.engine.metering import spent_by
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.opening import Opener
from ml_connector.engine.reaching import dance_of
from ml_connector.engine.recognizing import demand_same_account, detail, recognize
from ml_connector.engine.resources import Resources
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection
from ml_connector.store.vault import delete_secrets, get_secret, owners, put_secret

__all__ = ["Credentials", "begin_consent", "connect", "end_consent", "grant_facts", "ping"]

CONSENT_LIFE = timedelta(minutes=30)


async def connect(res: Resources, given: Credentials) -> dict[str, Any]:
    """Take what is given and ask nothing. Raises Mistake; NeedsConsent where a browser is needed.

    Where the connection is there already, only a webhook's secret or a setting may be given.
    """
    vendor = vendor_named(res, given.vendor)
    known = await res.store.read(lambda c: connections.named(c, given.workspace, given.name))
    is_amendment = _amends(given, known)
    given = await completed(res, vendor, given, known)
    check(res, vendor, given)
    if known is not None:
        _demand_same_side(vendor, known, given.settings)
        if is_amendment:
            return await _amend(res, vendor, given, known)
    how = way(vendor, given)
    if how == "token":
        return await admit(res, vendor, given, how, None)
    refresh_token, secrets = given.secrets.get("refresh_token"), given.secrets
    if how == "oauth" and not refresh_token:
        raise NeedsConsent(f"{vendor.label} needs a person's consent in a browser.")
    _demand_account(vendor, given)
    dance = dance_of(res, vendor, given.settings, secrets, given.redirect_url)
    if how == "password":
        tokens = await dance.password(secrets["username"], secrets["password"])
        return await admit(res, vendor, given, how, tokens)
    try:
        tokens = await dance.refresh(refresh_token or "")
    except UnknownOutcome:
        tokens = await dance.refresh(refresh_token or "")
    return await admit(res, vendor, given, how, tokens)


def _amends(given: Credentials, known: connections.Row | None) -> bool:
    """Whether only a setting or a webhook's secret is given, for a grant that stays as it is."""
    if known is None or known.account is None or given.proofs:
        return False
    keeps_its_way = given.settings.get("auth", known.settings.get("auth")) == known.settings["auth"]
    return bool(given.secrets or given.settings) and keeps_its_way


def _demand_same_side(vendor: Vendor, known: connections.Row, settings: Mapping[str, str]) -> None:
    """A connection stays at the vendor's sandbox or at its production, where its account is.

    An address of a person's own may change its name; that it is the same account is seen there.
    """
    if known.account is None or vendor.base_of is None:
        return
    if settings.get("base_url") != known.settings.get("base_url"):
        return
    if vendor.base_of(known.settings) != vendor.base_of(settings):
        raise Mistake(
            f"Connection {known.name} belongs to {vendor.base_of(known.settings)}; its sandbox and "
            "its production are never mixed. Connect the other one under another name."
        )


def _demand_account(vendor: Vendor, given: Credentials) -> None:
    """Without a consent nobody tells which account is meant."""
    name = vendor.oauth.account_setting
    if vendor.oauth.account_key and not given.settings.get(name):
        raise Mistake(f"Say which account of {vendor.label} it is: --set {name}=….")


async def begin_consent(res: Resources, given: Credentials) -> dict[str, Any]:
    """The address for a person's browser; what is needed afterwards is kept under its state."""
    vendor = vendor_named(res, given.vendor)
    known = await res.store.read(lambda c: connections.named(c, given.workspace, given.name))
    given = await completed(res, vendor, given, known)
    check(res, vendor, given)
    if known is not None:
        _demand_same_side(vendor, known, given.settings)
    lacking = [name for name in APP_SECRETS if not given.secrets.get(name)]
    if lacking:
        token = vendor.token
        raise Mistake(
            f"To connect {vendor.label} give {' and '.join(lacking)} of your developer app "
            f"(--secret client_id=env:VAR …)"
            + (f", or {' and '.join(token.secrets)}." if token is not None else ".")
        )
    dance = dance_of(res, vendor, given.settings, given.secrets, given.redirect_url)
    consent = dance.consent(res.chance)
    kept = {
        "workspace": given.workspace, "vendor": given.vendor, "name": given.name,
        "settings": dict(given.settings), "secrets": dict(given.secrets),
        "redirect_url": given.redirect_url, "verifier": consent.verifier,
        "until": (res.clock.now() + CONSENT_LIFE).isoformat(),
    }  # fmt: skip
    await res.store.write(lambda c: _await_consent(c, res, consent.state, json.dumps(kept)))
    return {"authorize_url": consent.url, "state": consent.state}


def _await_consent(conn: Connection, res: Resources, state: str, kept: str) -> None:
    """Keep what the walk's end needs; of walks that nobody went to their end, nothing stays."""
    for owner in owners(conn, "consent"):
        if awaited_consent(conn, res, owner.partition(":")[2]) is None:
            delete_secrets(conn, owner)
    put_secret(conn, res.vault, f"consent:{state}", "given", kept)


def awaited_consent(conn: Connection, res: Resources, state: str) -> dict[str, Any] | None:
    """What was kept under a consent's state; None where there is none or its time is over."""
    text = get_secret(conn, res.vault, f"consent:{state}", "given")
    kept: dict[str, Any] = json.loads(text or "{}")
    is_awaited = text is not None and datetime.fromisoformat(kept["until"]) > res.clock.now()
    return kept if is_awaited else None


async def end_consent(res: Resources, state: str, returned_url: str) -> dict[str, Any]:
    """Exchange the code in the address on which the browser ended."""
    owner = f"consent:{state}"
    kept = await res.store.read(lambda c: awaited_consent(c, res, state))
    if kept is None:
        raise Mistake("This consent is not expected here (any more). Start connect again.")
    verifier = kept.pop("verifier")
    kept.pop("until")
    given = Credentials(**kept)
    vendor = vendor_named(res, given.vendor)
    dance = dance_of(res, vendor, given.settings, given.secrets, given.redirect_url)
    returned = dance.returned(returned_url, state)
    await res.store.write(lambda c: delete_secrets(c, owner))
    given = _for_account(vendor, given, returned.extras)
    tokens = await dance.exchange(returned.code, verifier)
    return await admit(res, vendor, given, "oauth", tokens)


def _for_account(vendor: Vendor, given: Credentials, extras: Mapping[str, str]) -> Credentials:
    """With the account that the redirect named as a setting, before the code is spent."""
    name = vendor.oauth.account_setting
    if not vendor.oauth.account_key:
        return given
    told, expected = extras.get(vendor.oauth.account_key, ""), given.settings.get(name, "")
    if not told and not expected:
        raise NeedsPerson(
            f"{vendor.label} did not say for which account the consent is. Copy the whole address "
            f"that the browser ended on, or give the account as --set {name}=…."
        )
    if told and expected and told != expected:
        raise Mistake(
            f"The consent was given for account {told}, and connection {given.name} is for "
            f"{expected}. Start connect again and choose that one, or connect the other one under "
            "another name."
        )
    return replace(given, settings={**given.settings, name: told or expected})


async def _amend(
    res: Resources, vendor: Vendor, given: Credentials, known: connections.Row
) -> dict[str, Any]:
    """New settings or webhook secrets for a connection whose grant stays as it is.

    One cheap read shows that it still is the same account. A vendor that cannot be asked now stops
    only a change of what names the account.
    """
    row = replace(known, settings=dict(given.settings))
    account = await res.store.read(lambda c: connections.account(c, known.account or ""))
    if account is not None and row.settings != known.settings:
        names = {vendor.oauth.account_setting, "base_url"} - {""}
        is_decisive = any(row.settings.get(n) != known.settings.get(n) for n in names)
        try:
            opened = await Opener(res).connection(row)
            identity = await opened.prober.identify(Errand("live"))
            demand_same_account(row.name, account, identity)
        except (Waiting, Unreachable, NeedsPerson):
            if is_decisive:
                raise

    def work(conn: Connection) -> None:
        connections.put(conn, row)
        put_other_secrets(conn, res, vendor, given, row)

    await res.store.write(work)
    external = account.external_id if account else None
    return {"name": row.name, "ok": True, "account": external, "detail": dict(row.identity)}


async def ping(res: Resources, opened: OpenConnection) -> dict[str, Any]:
    """One cheap authenticated read; a fault becomes an answer."""
    before, row = res.clock.now(), opened.row
    try:
        identity = await recognize(res, opened)
    except Fault as fault:
        if isinstance(fault, NeedsPerson):
            await note_trouble(res, row.id, fault)
        return {"name": row.name, "ok": False, "account": None, "detail": fault.sentence}
    account = identity.account
    known = await res.store.read(lambda c: grant_facts(c, res, row))
    told = {**detail(identity), "ms": round((res.clock.now() - before).total_seconds() * 1000)}
    told |= known
    told |= {"clock_skew_s": opened.probing.skew_seconds, "limits": str(opened.limits)}
    await note_well(res, row.id)
    return {"name": row.name, "ok": True, "account": account, "detail": told}


def grant_facts(conn: Connection, res: Resources, row: connections.Row) -> dict[str, Any]:
    """What is known of the grant and of what was spent, for a person; no secret is in it."""
    grant = grants.get(conn, row.grant)
    if grant is None:
        raise Unreachable("The grant of this connection is not in the store.")
    ends = grant.refresh_expires_at
    spent = spent_by(conn, res, row, grant.kind, res.clock.now())
    return {
        "auth": grant.kind,
        "scopes": grant.scope,
        "consent_ends": ends.isoformat() if ends else None,
        "spent": str(spent) if spent else None,
    }
