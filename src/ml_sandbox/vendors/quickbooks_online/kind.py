"""QuickBooks Online as the sandbox knows it: three companies, two sets of keys, one webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.types import ASGIApp

from ml_sandbox.business import cast
from ml_sandbox.operations import of_path
from ml_sandbox.vendor import Human, Record, Site, VendorKind

from .clocktext import today
from .company import Company
from .consent import ACCOUNTING, AUTHORIZE_PATH, TOKEN_PATH, Consent
from .endpoint import Endpoint
from .gateway import Gateway
from .human import QuickBooksHuman
from .keys import Grant, Keyring
from .seed import Seed
from .switch_table import SWITCHES
from .webhooks import Portal

#: The first two are live companies of equal ids, the third is a sandbox company.
_REALMS = ("9341450000000001", "9341450000000002", "4620810000000003")


class QuickBooksOnline:
    """One app with its two sets of keys; the ready line's are those for live companies."""

    auth_path = AUTHORIZE_PATH
    token_path = TOKEN_PATH

    def __init__(self, site: Site) -> None:
        self._site = site
        self._ring = Keyring(site.random("keys"))
        self._companies = [
            Company(self, _REALMS[0], cast.OWNER_NAME, "production", cast.OWNER_CURRENCY),
            Company(self, _REALMS[1], "Bluebird Workshop", "production", "CAD"),
            Company(self, _REALMS[2], "Sandbox Company US 1", "sandbox"),
        ]
        Seed(site.random("seed"), site.clock.start.date()).fill(self._companies, site.business)
        self._apps = [self._ring.new_app("production"), self._ring.new_app("sandbox")]
        consent = Consent(site, self._ring, self._apps, self._companies)
        self._grants = [self._first_grant(consent, company) for company in self._companies]
        self._first_tokens = [grant.refresh_token for grant in self._grants]
        self._verifier = self._ring.secret(36)
        self._portal = Portal(site, self._connected, self._environment)
        for company in self._companies:
            company.listeners.append(self._portal.tell)
        gateway = Gateway(site, self._ring, self._companies)
        self._endpoint = Endpoint(site, consent, gateway, self._companies)
        offices = {"companies": self._shown_companies, "apps": self._shown_apps}
        self._human = QuickBooksHuman(self._companies, offices, self._disconnect)

    def _first_grant(self, consent: Consent, company: Company) -> Grant:
        """A connection consented to as the world begins, for the ready line."""
        app = next(app for app in self._apps if app.environment == company.environment)
        return consent.new_grant(app, company.realm, (ACCOUNTING,), self._site.now())

    # --- what companies take from the sandbox ---

    def now(self) -> datetime:
        return self._site.now()

    def switch(self, name: str) -> Any:
        return self._site.switch(name)

    # --- what the sandbox's frame asks ---

    @property
    def app(self) -> ASGIApp:
        return self._endpoint

    @property
    def human(self) -> Human:
        return self._human

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        return (of_path(method, path),)

    def credentials(self) -> dict[str, str]:
        return {
            "client_id": self._apps[0].client_id,
            "client_secret": self._apps[0].client_secret,
            "refresh_token": self._first_tokens[0],
            "webhook_secret": self._verifier,
        }

    def settings(self) -> dict[str, str]:
        return {
            "realm_id": self._companies[0].realm,
            "environment": "production",
            "allow_private_addresses": "true",
        }

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        return self._portal.register(url, secret, events)

    # --- wiring ---

    def _connected(self, realm: str) -> bool:
        return self._ring.connected(realm, self._site.now())

    def _environment(self, realm: str) -> str:
        return next(c.environment for c in self._companies if c.realm == realm)

    def _disconnect(self, realm: str) -> None:
        """The company's owner ends the app's access; no webhook tells of it."""
        for grant in self._ring.grants:
            if grant.realm == realm:
                self._ring.revoke(grant)

    def _shown_companies(self) -> list[Record]:
        """With a connection's first refresh token each, so that any of them can be connected."""
        return [
            {
                "Id": company.realm,
                "CompanyName": company.name,
                "environment": company.environment,
                "currency": company.currency,
                "connected": self._connected(company.realm),
                "refresh_token": token,
            }
            for company, token in zip(self._companies, self._first_tokens, strict=True)
        ]

    def _shown_apps(self) -> list[Record]:
        """Both sets of keys, with the metered reads of this month."""
        month = today(self._site.now()).strftime("%Y-%m")
        return [
            {
                "Id": app.client_id,
                "client_secret": app.client_secret,
                "environment": app.environment,
                "month": month,
                "metered_reads": app.reads.get(month, 0),
            }
            for app in self._apps
        ]


QUICKBOOKS_ONLINE = VendorKind("quickbooks_online", SWITCHES, QuickBooksOnline)
