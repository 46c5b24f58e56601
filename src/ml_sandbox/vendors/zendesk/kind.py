"""Zendesk as the sandbox knows it: built from a site, wired to its faults and its way out."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp

from ml_sandbox import operations, refusal
from ml_sandbox.vendor import Human, Record, Site, VendorKind

from .account import ADMIN, Account, Actor, Event
from .api import Api
from .deliveries import Deliveries
from .desk import Desk
from .errors import Refusal
from .furniture import OPENED_AGO, OWNER_EMAIL, furnish
from .gateway import Gateway
from .grants import Grants
from .history import move_in
from .http import HttpFace
from .human import ZendeskHuman
from .oauth import OAuth
from .switch_table import SWITCHES
from .webhooks import EVENTS, PREFIX

DEFAULT_LAG_SECONDS = 5.0


class Zendesk:
    """One account of one world, with one registered OAuth client and one API token."""

    auth_path = "/oauth/authorizations/new"
    token_path = "/oauth/tokens"

    def __init__(self, site: Site) -> None:
        self._site = site
        opened = site.now() - OPENED_AGO
        self.account = Account(
            lambda: opened, site.switch, site.random("account"), site.base_url, site.created
        )
        self.desk = Desk(self.account)
        users = furnish(self.desk)
        self.account.now = site.now
        move_in(self.desk, site.business, site.random("history"))
        self.grants = Grants(site.random("tokens"))
        self.oauth = OAuth(self.account, self.grants, users)
        self.api_token = self.grants.secret(40)
        self.webhook_secret = self.grants.secret(40)
        self._refresh_token = self.oauth.first_grant(site.now()).refresh_token
        self._deliveries = Deliveries(site.name, self.account, self.desk.webhooks)
        self.account.listeners.append(self._deliver)
        gateway = Gateway(self.account, self.grants, self.api_token)
        self.api = Api(self.desk, gateway, self.oauth)
        self._face = HttpFace(self.api, self._strike)
        self._human = ZendeskHuman(self.desk)
        site.clock.on_day(self.desk.settle)

    @property
    def app(self) -> ASGIApp:
        return self._face

    @property
    def human(self) -> Human:
        return self._human

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        """Without `.json`, so that a rule means both forms."""
        return (operations.of_path(method, path.removesuffix(".json")),)

    def credentials(self) -> dict[str, str]:
        return {
            "api_token": self.api_token,
            "username": OWNER_EMAIL,
            "client_id": self.oauth.client_id,
            "client_secret": self.oauth.client_secret,
            "refresh_token": self._refresh_token,
            "webhook_secret": self.webhook_secret,
        }

    def settings(self) -> dict[str, str]:
        return {"plan": str(self._site.switch("plan")), "allow_private_addresses": "true"}

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        """What an administrator does in the Admin Center; no events means all of them."""
        if not self._site.accepts_receiver(url):
            raise refusal.Refusal(400, "webhooks leave to this machine only")
        named = [e if e.startswith(PREFIX) else f"{PREFIX}{e}" for e in events]
        given: dict[str, Any] = {
            "name": "By hand",
            "endpoint": url,
            "http_method": "POST",
            "request_format": "json",
            "status": "active",
            "subscriptions": named or list(EVENTS),
        }
        admin = Actor(self.account.owner_id, ADMIN, over_api=False)
        try:
            return self.desk.webhooks.create(given, admin, secret)
        except Refusal as refused:
            raise refusal.Refusal(400, refused.content.decode(), EVENTS) from None

    def _deliver(self, event: Event) -> None:
        for delivery in self._deliveries.of(event):
            self._site.deliver(delivery)

    def _strike(self, headers: dict[str, str], body: bytes) -> None:
        """Lets ordered faults strike at this request: its tokens, its index, its reads."""
        access = headers.get("authorization", "").partition(" ")[2].strip()
        if self._site.fault("expire_access_token") is not None:
            self.grants.expire(access)
        if self._site.fault("revoke_refresh_token") is not None:
            self._revoke_refresh(access, body)
        scope = self._site.fault("revoke_scope")
        if scope is not None:
            self.grants.drop_scope(access, scope.scope)
        stale, lag = self._site.fault("stale_read"), self._site.fault("index_lag")
        usual = float(self._site.switch("index_lag_seconds"))
        self.account.read_lag_seconds = 0.0 if stale is None else _seconds(stale.seconds)
        self.account.index_lag_seconds = usual if lag is None else _seconds(lag.seconds)

    def _revoke_refresh(self, access: str, body: bytes) -> None:
        """That of the token at hand, or the one that the body brings."""
        token = self.grants.tokens.get(access)
        if token is not None and token.grant is not None:
            self.grants.drop_refresh_token(token.grant.refresh_token)
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            return
        if isinstance(asked, dict):
            self.grants.drop_refresh_token(str(asked.get("refresh_token", "")))


def _seconds(ordered: float | None) -> float:
    return DEFAULT_LAG_SECONDS if ordered is None else ordered


KIND = VendorKind("zendesk", SWITCHES, Zendesk)
