"""Admitting: one cheap read shows whose the credentials are, then one commit keeps them.

An account belongs to one workspace, and a connection keeps its account: a second one would create
everything a second time.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from ml_connector.core.faults import Fault, Mistake, NeedsPerson, StoreUnavailable
from ml_connector.core.objects import Identity
from ml_connector.core.vendor import Client, ConnectionFacts, Vendor
from ml_connector.core.wire import Errand
from ml_connector.engine import proving
from ml_connector.engine.careful import CarefulClient
from ml_connector.engine.credentials import APP_SECRETS, LOGIN_SECRETS, Credentials, How
from ml_connector.engine.granting import granted, put_tokens
from ml_connector.engine.health import hurry
from ml_connector.engine.metering import charge
from ml_connector.engine.reaching import guard_of
from ml_connector.engine.recognizing import account_of, detail
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import ensure_endpoint, secrets_owner
from ml_connector.http.auth import UNRECOGNIZED, StaticToken
from ml_connector.http.tokens import Tokens
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.store import connections, grants
from ml_connector.store.database import Connection
from ml_connector.store.grants import Grant
from ml_connector.store.vault import delete_secrets, put_secret


async def admit(
    res: Resources, vendor: Vendor, given: Credentials, how: How, tokens: Tokens | None
) -> dict[str, Any]:
    """Ping with the credentials, then keep them; `tokens` are None for a static token."""
    trouble: Fault | StoreUnavailable | None = None
    identity: Identity | None = None
    errand = Errand("live")
    try:
        identity = await _identify(res, vendor, given, how, tokens, errand)
    except (Fault, StoreUnavailable) as fault:
        if tokens is None:
            raise
        trouble = fault  # the vendor has replaced the token given: what it returned must be kept

    def keep(conn: Connection) -> connections.Row:
        row = Admission(conn, res, vendor, given, how, tokens, identity).keep()
        charge(conn, res, row, how, errand.tokens, res.clock.now())
        return row

    row = await res.store.write(keep)
    await ensure_endpoint(res, row, vendor.endpoint_of)
    if isinstance(trouble, Mistake):
        raise Mistake(f"The credentials are kept and need not be given again. {trouble.sentence}")
    if identity is None or trouble is not None:
        raise NeedsPerson(
            f"The credentials are kept, but {vendor.label} could not be asked who they are: "
            f"{trouble.sentence if trouble else ''} `ml-connector ping {row.name}` asks again."
        )
    return {"name": row.name, "ok": True, "account": identity.account, "detail": detail(identity)}


async def _identify(
    res: Resources, vendor: Vendor, given: Credentials, how: How, tokens: Tokens | None,
    errand: Errand,
) -> Identity:  # fmt: skip
    proof = _proof(res, vendor, given, tokens)
    scope = f"connect:{given.vendor}:{given.name}"
    limits = vendor.limits(given.settings, scope, "token" if how == "token" else "oauth")
    parts = WireParts(res.transport, res.pacing, res.redactor, res.clock, res.chance, res.demand)
    guard = guard_of(vendor, given.settings)
    wire = ConnectionWire(vendor, given.settings, limits, proof, guard, parts)
    client: Client = CarefulClient(
        vendor.client(wire, ConnectionFacts(given.name, given.settings)), vendor, res.chance
    )
    return await client.identify(errand)


def _proof(
    res: Resources, vendor: Vendor, given: Credentials, tokens: Tokens | None
) -> StaticToken:
    """What the one read is authenticated with."""
    if tokens is not None:
        bearer = f"Bearer {tokens.access_token}"
        return StaticToken("authorization", bearer, res.redactor, api_base=tokens.api_base)
    if vendor.token is None:
        raise Mistake(f"{vendor.label} has no static tokens.")
    for name in given.proofs:
        res.redactor.learn(given.secrets[name])
    return StaticToken(vendor.token.header, vendor.token.value(given.secrets), res.redactor)


class Admission:
    """One commit. `identity` is None where the vendor did not answer a token that works."""

    def __init__(
        self, conn: Connection, res: Resources, vendor: Vendor, given: Credentials, how: How,
        tokens: Tokens | None, identity: Identity | None,
    ) -> None:  # fmt: skip
        self._conn = conn
        self._res = res
        self._vendor = vendor
        self._given = given
        self._how = how
        self._tokens = tokens
        self._identity = identity
        self._known = connections.named(conn, given.workspace, given.name)

    def keep(self) -> connections.Row:
        """The connection's row, with its account, app and grant beside it. Raises Mistake."""
        given, known, identity = self._given, self._known, self._identity
        id = known.id if known else self._res.chance.new_id()
        app = self._app(id)
        grant = self._grant(app)
        merged = {**(known.settings if known else {}), **given.settings, "auth": self._how}
        row = connections.Row(
            id, given.workspace, given.name, self._vendor.name, app, grant.id,
            known.account if known else None, merged, connections.NEEDS_PERSON, UNRECOGNIZED,
            None, {},
        )  # fmt: skip
        if identity is not None:
            account = account_of(self._conn, self._res, self._vendor, row, identity)
            row = replace(
                row, account=account, state=connections.OK, reason="", identity=detail(identity)
            )
        connections.put(self._conn, row)
        put_other_secrets(self._conn, self._res, self._vendor, given, row)
        if known is not None and known.grant != grant.id:
            self._leave(known.grant)
        if identity is not None:
            self._revive(grant, row)
        return row

    def _app(self, connection: str) -> str:
        client = self._given.secrets.get("client_id", "")
        digest = hashlib.sha256(client.encode()).hexdigest() if client else ""
        return connections.put_app(
            self._conn, self._res.chance.new_id(), self._given.workspace, self._vendor.name,
            digest or f"connection:{connection}",
        )  # fmt: skip

    def _grant(self, app: str) -> Grant:
        """A reconnect is a new version of the same grant, so that whoever holds the old one
        notices."""
        before, now = self._before(app), self._res.clock.now()
        fresh = Grant(
            id=before.id if before else self._res.chance.new_id(),
            app=app,
            kind=self._how,
            version=before.version + 1 if before else 1,
            user=self._user,
            consented_at=now,
        )
        if self._tokens is not None:
            fresh = granted(fresh, self._tokens, self._vendor.oauth, now)
        elif self._vendor.token is not None and self._vendor.token.ends_on is not None:
            fresh = replace(fresh, refresh_expires_at=day_of(self._vendor.token.ends_on))
        grants.put(self._conn, fresh)
        self._put_proofs(fresh.id)
        return fresh

    @property
    def _user(self) -> str:
        """Whose grant it is, where one user's consents to one app are one grant."""
        is_one = self._vendor.oauth.one_live_grant and self._how == "oauth"
        return self._identity.user if is_one and self._identity else ""

    def _before(self, app: str) -> Grant | None:
        """The grant that these credentials renew: the user's, else what only this connection
        has."""
        if self._user:
            shared = grants.of_user(self._conn, app, self._user)
            if shared is not None:
                return shared
        if self._known is None or len(connections.of_grant(self._conn, self._known.grant)) > 1:
            return None
        return grants.get(self._conn, self._known.grant)

    def _put_proofs(self, grant: str) -> None:
        """The pair, and beside it what a person gave to get in; nothing of an earlier way."""
        owner, names = f"grant:{grant}", tuple[str, ...]()
        delete_secrets(self._conn, owner)
        if self._how == "password":
            names = LOGIN_SECRETS
        elif self._how == "token" and self._vendor.token is not None:
            names = self._vendor.token.secrets
        for name in names:
            put_secret(self._conn, self._res.vault, owner, name, self._given.secrets[name])
        if self._tokens is not None:
            put_tokens(self._conn, self._res, grant, self._tokens)

    def _leave(self, grant: str) -> None:
        if grants.forget_unused(self._conn, grant):
            delete_secrets(self._conn, f"grant:{grant}")

    def _revive(self, grant: Grant, row: connections.Row) -> None:
        """A consent that renews a shared grant is one for all who share it."""
        now = self._res.clock.now()
        for other in connections.of_grant(self._conn, grant.id):
            if other.id != row.id and other.state == connections.NEEDS_PERSON:
                connections.set_state(self._conn, other.id, connections.OK)
                hurry(self._conn, other.id, now)


def day_of(day: date) -> datetime:
    """The moment at which the day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def put_other_secrets(
    conn: Connection, res: Resources, vendor: Vendor, given: Credentials, row: connections.Row
) -> None:
    """The app's secrets and the webhook's, which are not of the grant."""
    for name in APP_SECRETS:
        if given.secrets.get(name):
            put_secret(conn, res.vault, f"app:{row.app}", name, given.secrets[name])
    if given.redirect_url:
        put_secret(conn, res.vault, f"app:{row.app}", "redirect_url", given.redirect_url)
    now, owner = res.clock.now(), secrets_owner(row, vendor.endpoint_of)
    proofs = {n: v for n, v in given.secrets.items() if n.startswith(proving.WEBHOOK)}
    proving.replace(conn, res.vault, owner, proofs, now + res.webhook_overlap, now)
