"""Connecting: credentials become a connection, after one cheap read has shown whose they are.

An account belongs to one workspace, and a connection keeps its account: a second one would create
everything a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from ml_connector.core.faults import (
    Fault,
    Mistake,
    NeedsConsent,
    NeedsPerson,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.objects import Identity
from ml_connector.core.vendor import Client, ConnectionFacts, Vendor
from ml_connector.core.wire import Errand
from ml_connector.engine.granting import granted, put_tokens
from ml_connector.engine.health import note_trouble, note_well
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.opening import COMMON_SETTINGS, dance_of, guard_of
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import ensure_endpoint, secrets_owner
from ml_connector.http.auth import StaticToken
from ml_connector.http.tokens import Tokens
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection
from ml_connector.store.vault import delete_secrets, get_secret, get_secrets, put_secret

APP_SECRETS = ("client_id", "client_secret")
CONSENT_LIFE = timedelta(minutes=30)
How = Literal["oauth", "token"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person gave for one connection."""

    workspace: str
    vendor: str
    name: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    redirect_url: str = ""


async def connect(res: Resources, given: Credentials) -> dict[str, Any]:
    """Take what is given and ask nothing. Raises Mistake; NeedsConsent where a browser is needed.

    Where the connection is there already, only a webhook's secret or a setting may be given.
    """
    vendor = vendor_named(res, given.vendor)
    known = await res.store.read(lambda c: connections.named(c, given.workspace, given.name))
    is_amendment = bool(given.secrets or given.settings) and not _credentials(given)
    given = await _completed(res, vendor, given, known)
    check(res, vendor, given)
    if known is not None and known.account and is_amendment:
        return await _amend(res, vendor, given, known)
    how = way(vendor, given)
    if how == "token":
        return await _store(res, vendor, given, "token", None)
    refresh_token = given.secrets.get("refresh_token")
    if not refresh_token:
        raise NeedsConsent(f"{vendor.label} needs a person's consent in a browser.")
    guard = guard_of(vendor, given.settings)
    dance = dance_of(res, vendor, given.settings, given.secrets, given.redirect_url, guard)
    try:
        tokens = await dance.refresh(refresh_token)
    except UnknownOutcome:
        tokens = await dance.refresh(refresh_token)
    return await _store(res, vendor, given, "oauth", tokens)


async def begin_consent(res: Resources, given: Credentials) -> dict[str, Any]:
    """The address for a person's browser; what is needed afterwards is kept under its state."""
    vendor = vendor_named(res, given.vendor)
    known = await res.store.read(lambda c: connections.named(c, given.workspace, given.name))
    given = await _completed(res, vendor, given, known)
    check(res, vendor, given)
    lacking = [name for name in APP_SECRETS if not given.secrets.get(name)]
    if lacking:
        raise Mistake(
            f"To connect {vendor.label} give {' and '.join(lacking)} of your developer app "
            f"(--secret client_id=env:VAR …)"
            + (f", or {vendor.token.secret}." if vendor.token.secret in vendor.secrets else ".")
        )
    guard = guard_of(vendor, given.settings)
    dance = dance_of(res, vendor, given.settings, given.secrets, given.redirect_url, guard)
    consent = dance.consent(res.chance)
    kept = {
        "workspace": given.workspace, "vendor": given.vendor, "name": given.name,
        "settings": dict(given.settings), "secrets": dict(given.secrets),
        "redirect_url": given.redirect_url, "verifier": consent.verifier,
        "until": (res.clock.now() + CONSENT_LIFE).isoformat(),
    }  # fmt: skip
    owner = f"consent:{consent.state}"
    await res.store.write(lambda c: put_secret(c, res.vault, owner, "given", json.dumps(kept)))
    return {"authorize_url": consent.url, "state": consent.state}


async def end_consent(res: Resources, state: str, returned_url: str) -> dict[str, Any]:
    """Exchange the code in the address on which the browser ended."""
    owner = f"consent:{state}"
    text = await res.store.read(lambda c: get_secret(c, res.vault, owner, "given"))
    if text is None:
        raise Mistake("This consent is not expected here (any more). Start connect again.")
    kept = json.loads(text)
    verifier = kept.pop("verifier")
    kept.pop("until")
    given = Credentials(**kept)
    vendor = vendor_named(res, given.vendor)
    guard = guard_of(vendor, given.settings)
    dance = dance_of(res, vendor, given.settings, given.secrets, given.redirect_url, guard)
    returned = dance.returned(returned_url, state)
    await res.store.write(lambda c: delete_secrets(c, owner))
    tokens = await dance.exchange(returned.code, verifier)
    return await _store(res, vendor, given, "oauth", tokens)


def _credentials(given: Credentials) -> list[str]:
    return [name for name in given.secrets if not name.startswith("webhook_")]


async def _completed(
    res: Resources, vendor: Vendor, given: Credentials, known: connections.Row | None
) -> Credentials:
    """A reconnect need not repeat what is known: its settings, and its app or token."""
    if known is None:
        return given
    if known.vendor != vendor.name:
        raise Mistake(f"{given.name} is a connection to {known.vendor}; take another name.")
    secrets, settings = dict(given.secrets), dict(known.settings)
    if _credentials(given):
        settings.pop("auth", None)  # it told how the credentials before these were used
    else:
        vault, row = res.vault, known
        kept = await res.store.read(lambda c: get_secrets(c, vault, f"app:{row.app}"))
        tokens = await res.store.read(lambda c: get_secrets(c, vault, f"grant:{row.grant}"))
        secrets |= {name: kept[name] for name in APP_SECRETS if name in kept}
        if vendor.token.secret in tokens:
            secrets[vendor.token.secret] = tokens[vendor.token.secret]
    return replace(given, settings={**settings, **given.settings}, secrets=secrets)


async def _amend(
    res: Resources, vendor: Vendor, given: Credentials, known: connections.Row
) -> dict[str, Any]:
    """New settings or webhook secrets for a connection whose grant stays as it is."""
    row = replace(known, settings=dict(given.settings))

    def work(conn: Connection) -> connections.Account | None:
        connections.put(conn, row)
        _put_other_secrets(conn, res, vendor, given, row)
        return connections.account(conn, row.account) if row.account else None

    account = await res.store.write(work)
    external = account.external_id if account else None
    return {"name": row.name, "ok": True, "account": external, "detail": dict(row.identity)}


def vendor_named(res: Resources, name: str) -> Vendor:
    """The vendor of that name. Raises Mistake that lists them all."""
    vendor = res.vendors.get(name)
    if vendor is None:
        raise Mistake(f"There is no vendor {name}. There are: {', '.join(sorted(res.vendors))}.")
    return vendor


def check(res: Resources, vendor: Vendor, given: Credentials) -> None:
    """Raises Mistake for a setting or secret that the vendor does not have, or a bad value."""
    choices = {s.name: s.choices for s in vendor.settings}
    known = {**dict.fromkeys((name for name, _ in COMMON_SETTINGS), ()), **choices}
    for name, value in given.settings.items():
        if name not in known:
            raise Mistake(f"{vendor.label} has no setting {name}. It has: {', '.join(known)}.")
        if known[name] and value not in known[name]:
            raise Mistake(f"{name} must be one of {', '.join(known[name])}, not {value}.")
    unknown = [name for name in given.secrets if name not in vendor.secrets]
    if unknown:
        raise Mistake(
            f"{vendor.label} takes no secret {', '.join(unknown)}. "
            f"It takes: {', '.join(vendor.secrets)}."
        )
    guard = guard_of(vendor, given.settings)
    for name in ("base_url", "auth_url", "token_url"):
        if given.settings.get(name):
            guard.check_setting(name, given.settings[name])
    vendor.limits(given.settings, "", "token")


def way(vendor: Vendor, given: Credentials) -> How:
    """How to authenticate: as the person chose, else OAuth where it is given, else the token."""
    chosen = given.settings.get("auth")
    if chosen not in (None, "oauth", "token"):
        raise Mistake(f"auth must be oauth or token for {vendor.label}, not {chosen}.")
    has_token = bool(given.secrets.get(vendor.token.secret))
    if chosen == "token" and not has_token:
        raise Mistake(f"auth=token needs the secret {vendor.token.secret}.")
    if chosen == "oauth" or given.secrets.get("client_id") or not has_token:
        return "oauth"
    return "token"


async def _store(
    res: Resources, vendor: Vendor, given: Credentials, how: How, tokens: Tokens | None
) -> dict[str, Any]:
    """Ping with the credentials, then keep them, all in one commit."""
    trouble: Fault | None = None
    identity: Identity | None = None
    try:
        identity = await _identify(res, vendor, given, how, tokens)
    except Fault as fault:
        if tokens is None or isinstance(fault, Mistake):
            raise
        trouble = fault  # the vendor has replaced the token given: what it returned must be kept
    row = await res.store.write(lambda c: _put(c, res, vendor, given, how, tokens, identity))
    await ensure_endpoint(res, row, vendor.endpoint_of)
    if identity is None or trouble is not None:
        raise NeedsPerson(
            f"The credentials are kept, but {vendor.label} could not be asked who they are: "
            f"{trouble.sentence if trouble else ''}"
        )
    return {"name": row.name, "ok": True, "account": identity.account, "detail": _detail(identity)}


async def _identify(
    res: Resources, vendor: Vendor, given: Credentials, how: How, tokens: Tokens | None
) -> Identity:
    settings = dict(given.settings)
    if tokens is not None and tokens.api_base and not settings.get("base_url"):
        settings["base_url"] = tokens.api_base
    if tokens is not None:
        proof = StaticToken("authorization", f"Bearer {tokens.access_token}", res.redactor)
    else:
        secret = given.secrets[vendor.token.secret]
        proof = StaticToken(vendor.token.header, vendor.token.prefix + secret, res.redactor)
    limits = vendor.limits(settings, f"connect:{given.vendor}:{given.name}", how)
    parts = WireParts(res.transport, res.pacing, res.redactor, res.clock, res.chance)
    wire = ConnectionWire(vendor, settings, limits, proof, guard_of(vendor, settings), parts)
    client: Client = vendor.client(wire, ConnectionFacts(given.name, settings))
    return await client.identify(Errand("live"))


def _put(
    conn: Connection, res: Resources, vendor: Vendor, given: Credentials, how: How,
    tokens: Tokens | None, identity: Identity | None,
) -> connections.Row:  # fmt: skip
    known = connections.named(conn, given.workspace, given.name)
    account = _account(conn, res, vendor, given, known, identity)
    client = given.secrets.get("client_id", "")
    digest = hashlib.sha256(client.encode()).hexdigest() if client else ""
    id = known.id if known else res.chance.new_id()
    app = connections.put_app(
        conn, res.chance.new_id(), given.workspace, vendor.name, digest or f"connection:{id}"
    )
    grant = _grant(conn, res, vendor, known, app, how, tokens)
    if tokens is not None:
        put_tokens(conn, res, grant.id, tokens)
    else:
        owner = f"grant:{grant.id}"
        put_secret(conn, res.vault, owner, vendor.token.secret, given.secrets[vendor.token.secret])
    merged = {**(known.settings if known else {}), **given.settings, "auth": how}
    row = connections.Row(
        id, given.workspace, given.name, vendor.name, app, grant.id, account, merged,
        connections.OK if identity else connections.NEEDS_PERSON, "", None,
        _detail(identity) if identity else {},
    )  # fmt: skip
    connections.put(conn, row)
    _put_other_secrets(conn, res, vendor, given, row)
    return row


def _put_other_secrets(
    conn: Connection, res: Resources, vendor: Vendor, given: Credentials, row: connections.Row
) -> None:
    for name in APP_SECRETS:
        if given.secrets.get(name):
            put_secret(conn, res.vault, f"app:{row.app}", name, given.secrets[name])
    if given.redirect_url:
        put_secret(conn, res.vault, f"app:{row.app}", "redirect_url", given.redirect_url)
    for name, value in given.secrets.items():
        if name.startswith("webhook_"):
            put_secret(conn, res.vault, secrets_owner(row, vendor.endpoint_of), name, value)


def _account(
    conn: Connection, res: Resources, vendor: Vendor, given: Credentials,
    known: connections.Row | None, identity: Identity | None,
) -> str | None:  # fmt: skip
    """The accounts row. Raises Mistake where it is another workspace's, or not the one it was."""
    if identity is None:
        return known.account if known else None
    there = connections.account_of(conn, vendor.name, identity.account)
    if there is not None and there.workspace != given.workspace:
        raise Mistake(
            f"'{identity.name}' at {vendor.label} belongs to another workspace already; "
            "two of them would create everything twice."
        )
    before = connections.account(conn, known.account) if known and known.account else None
    if before is not None and before.external_id != identity.account:
        raise Mistake(
            f"These credentials are for '{identity.name}', and connection {given.name} is "
            f"'{before.name}'. Connect the new account under another name."
        )
    id = there.id if there else res.chance.new_id()
    account = connections.Account(id, given.workspace, vendor.name, identity.account, identity.name)
    connections.put_account(conn, account)
    return id


def _grant(
    conn: Connection, res: Resources, vendor: Vendor, known: connections.Row | None, app: str,
    how: How, tokens: Tokens | None,
) -> grants.Grant:  # fmt: skip
    """A reconnect is a new version of the same grant, so that whoever holds the old one notices."""
    before = grants.get(conn, known.grant) if known else None
    fresh = grants.Grant(
        id=before.id if before else res.chance.new_id(), app=app, kind=how,
        version=before.version + 1 if before else 1,
    )  # fmt: skip
    if tokens is not None:
        fresh = granted(fresh, tokens, vendor.oauth, res.clock.now())
    grants.put(conn, fresh)
    return replace(fresh)


def _detail(identity: Identity) -> dict[str, Any]:
    return {"name": identity.name, **identity.detail}


async def ping(res: Resources, opened: OpenConnection) -> dict[str, Any]:
    """One cheap authenticated read; a fault becomes an answer."""
    before, row = res.clock.now(), opened.row
    try:
        identity = await opened.prober.identify(Errand("live"))
    except Fault as fault:
        if isinstance(fault, NeedsPerson):
            await note_trouble(res, row.id, fault)
        return {"name": row.name, "ok": False, "account": None, "detail": fault.sentence}
    account = identity.account
    known = await res.store.read(lambda c: grant_facts(c, row))
    detail = {**_detail(identity), "ms": round((res.clock.now() - before).total_seconds() * 1000)}
    detail |= known
    detail |= {"clock_skew_s": opened.probing.skew_seconds, "limits": str(opened.limits)}
    await note_well(res, row.id)
    return {"name": row.name, "ok": True, "account": account, "detail": detail}


def grant_facts(conn: Connection, row: connections.Row) -> dict[str, Any]:
    """What is known of the grant, for a person; no secret is in it."""
    grant = grants.get(conn, row.grant)
    if grant is None:
        raise Unreachable("The grant of this connection is not in the store.")
    ends = grant.refresh_expires_at
    return {
        "auth": grant.kind,
        "scopes": grant.scope,
        "consent_ends": ends.isoformat() if ends else None,
    }
