"""Opening turns rows into things that work: a connection with its client, a flow with its
settings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from ml_connector.core.faults import Mistake
from ml_connector.core.flow import Flow
from ml_connector.core.vendor import ConnectionFacts, Vendor
from ml_connector.engine.careful import CarefulClient
from ml_connector.engine.forecast import ForecastClient
from ml_connector.engine.granting import GrantKeeper
from ml_connector.engine.metering import limits_of
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.reaching import dance_of, guard_of
from ml_connector.engine.resources import Resources
from ml_connector.http.auth import Authenticator, GrantToken, Recognized, StaticToken
from ml_connector.http.oauth import OAuthDance
from ml_connector.http.wire import ConnectionWire, WireParts
from ml_connector.store import connections, flows, grants
from ml_connector.store.database import Connection
from ml_connector.store.vault import get_secrets


class Opener:
    """Opens connections and flows, and keeps what is open until its row changes.

    With `forecasts` every target only says what a write would cost. `real` are the resources in
    which tokens are renewed: a token that a vendor replaced must never live in a copy only.
    """

    def __init__(
        self, res: Resources, *, forecasts: bool = False, real: Resources | None = None
    ) -> None:
        self._res = res
        self._real = real or res
        self._forecasts = forecasts
        self._kept: dict[str, tuple[object, OpenConnection]] = {}

    async def connection(self, row: connections.Row) -> OpenConnection:
        """The open connection. Raises NeedsPerson or Mistake where it cannot be opened."""
        stored = await self._res.store.read(lambda c: _stored(c, self._res, row))
        grant = stored.grant
        mark = (
            row.settings,
            row.account,
            row.grant,
            grant.consented_at,
            grant.kind,
            stored.secrets,
        )
        kept = self._kept.get(row.id)
        if kept is None or kept[0] != mark:
            kept = (mark, self._open(row, stored))
            self._kept[row.id] = kept
        kept[1].row = row
        kept[1].notice(grant.version)
        return kept[1]

    async def flow(self, row: flows.Row) -> OpenFlow:
        """The open flow with both its connections."""
        source = await self.by_id(row.source)
        target = await self.by_id(row.target)
        flow = self._res.flows[row.kind]
        return OpenFlow(row, flow, parse_settings(flow, row.settings), source, target)

    async def by_id(self, id: str) -> OpenConnection:
        """The open connection of that id."""
        row = await self._res.store.read(lambda c: connections.get(c, id))
        if row is None:
            raise Mistake("A connection of this flow is not there any more.")
        return await self.connection(row)

    def _open(self, row: connections.Row, stored: _Stored) -> OpenConnection:
        res, vendor = self._res, self._res.vendors[row.vendor]
        res.redactor.learn(stored.app_secrets.get("client_secret", ""))
        guard = guard_of(vendor, row.settings)
        authenticator, how, scope = self._authenticator(vendor, row, stored)
        limits = limits_of(vendor, row, stored.client, scope, how)
        parts = WireParts(
            res.transport, res.pacing, res.redactor, res.clock, res.chance, res.demand
        )
        asking = ConnectionWire(vendor, row.settings, limits, authenticator, guard, parts)
        known = Recognized(authenticator, lambda: opened.is_recognized)
        wire = ConnectionWire(vendor, row.settings, limits, known, guard, parts)
        external = stored.account.external_id if stored.account else ""
        facts = ConnectionFacts(row.name, row.settings, external)
        client: Any = CarefulClient(vendor.client(wire, facts), vendor, res.chance)
        probing = asking.as_probe()
        prober: Any = CarefulClient(vendor.client(probing, facts), vendor, res.chance)
        if self._forecasts:
            client = ForecastClient(client)

        async def renew() -> None:
            if how == "oauth":
                await authenticator.expired(await authenticator.headers())

        def notice(version: int) -> None:
            if isinstance(authenticator, GrantToken):
                authenticator.notice(version)

        account = row.account or ""
        opened = OpenConnection(
            row, vendor, client, prober, account, external, limits, probing, renew, notice
        )
        return opened

    def _authenticator(
        self, vendor: Vendor, row: connections.Row, stored: _Stored
    ) -> tuple[Authenticator, Literal["oauth", "token"], str]:
        """How the connection proves who it is, and the scope of what its token is metered by."""
        if stored.grant.kind == "token":
            return self._static(vendor, row, stored.secrets)

        def dance() -> OAuthDance:
            return dance_of(self._res, vendor, row.settings, stored.app_secrets)

        keeper = GrantKeeper(self._real, row.grant, vendor.oauth, dance)
        bearer = GrantToken(keeper, self._res.clock, self._res.redactor)
        return bearer, "oauth", f"grant:{row.grant}"

    def _static(
        self, vendor: Vendor, row: connections.Row, secrets: Mapping[str, str]
    ) -> tuple[Authenticator, Literal["token"], str]:
        token = vendor.token
        if token is None:
            raise Mistake(
                f"{vendor.label} takes no static token any more; connect {row.name} anew."
            )
        for name in token.secrets:
            self._res.redactor.learn(secrets[name])
        value = token.value(secrets)
        static = StaticToken(
            token.header, value, self._res.redactor,
            f"{vendor.label} does not take the token of connection {row.name} any more. Make a "
            f"new one there, then `ml-connector connect {vendor.name} --name {row.name} "
            f"--secret {token.secrets[0]}=env:VARIABLE`.",
        )  # fmt: skip
        digest = hashlib.sha256(f"{vendor.name}:{value}".encode()).hexdigest()[:16]
        return static, "token", f"token:{digest}"


class _Stored:
    """What the store holds of one connection."""

    def __init__(
        self,
        grant: grants.Grant,
        secrets: Mapping[str, str],
        app_secrets: Mapping[str, str],
        client: str,
        account: connections.Account | None,
    ) -> None:
        self.grant = grant
        self.secrets = secrets
        self.app_secrets = app_secrets
        self.client = client
        self.account = account


def _stored(conn: Connection, res: Resources, row: connections.Row) -> _Stored:
    grant = grants.get(conn, row.grant)
    if grant is None:
        raise Mistake(f"Connection {row.name} has no credentials; connect it again.")
    account = connections.account(conn, row.account) if row.account else None
    is_static = grant.kind == "token"
    return _Stored(
        grant,
        get_secrets(conn, res.vault, f"grant:{row.grant}") if is_static else {},
        get_secrets(conn, res.vault, f"app:{row.app}"),
        connections.client_of(conn, row.app),
        account,
    )


def parse_settings(flow: Flow, given: Mapping[str, str]) -> dict[str, Any]:
    """Every setting of the flow, parsed. Raises Mistake for an unknown name or a bad value."""
    known = {setting.name: setting for setting in flow.settings}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise Mistake(
            f"Flow {flow.kind} has no setting {', '.join(unknown)}. It has: {', '.join(known)}."
        )
    parsed: dict[str, Any] = {}
    for name, setting in known.items():
        try:
            parsed[name] = setting.parse(given.get(name, setting.default))
        except Mistake as fault:
            raise Mistake(f"{name}: {fault.sentence}") from None
    return parsed
