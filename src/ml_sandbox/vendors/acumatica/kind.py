"""Acumatica as the sandbox knows it: one site with two tenants, wired to its surroundings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.types import ASGIApp

from ml_sandbox.vendor import Human, Record, Site, VendorKind
from ml_sandbox.vendors.acumatica.books import Books
from ml_sandbox.vendors.acumatica.catalogue import NEWEST_TYPED
from ml_sandbox.vendors.acumatica.door import Door
from ml_sandbox.vendors.acumatica.endpoint import Endpoint
from ml_sandbox.vendors.acumatica.face import Face, operation_of
from ml_sandbox.vendors.acumatica.grants import Grants
from ml_sandbox.vendors.acumatica.human import AcumaticaHuman
from ml_sandbox.vendors.acumatica.identity import AUTHORIZE_PATH, TOKEN_PATH, Identity
from ml_sandbox.vendors.acumatica.licence import Licence
from ml_sandbox.vendors.acumatica.longruns import LongRuns
from ml_sandbox.vendors.acumatica.push import Push
from ml_sandbox.vendors.acumatica.seed import Seed
from ml_sandbox.vendors.acumatica.sessions import Sessions
from ml_sandbox.vendors.acumatica.switch_table import SWITCHES

TENANTS = ("Bluebird", "Training")
USERNAME = "integration"


class Acumatica:
    """One site. The first tenant holds the whole cast, the second a few of the same customers."""

    auth_path = AUTHORIZE_PATH
    token_path = TOKEN_PATH

    def __init__(self, site: Site) -> None:
        self._site = site
        tenants = {name: Books(self, name, site.random(f"ids.{name}")) for name in TENANTS}
        self._books = tenants[TENANTS[0]]
        seed = Seed(site.random("seed"), site.clock.start.date())
        seed.fill(self._books, site.business)
        seed.fill_other(tenants[TENANTS[1]], site.business)
        secrets = site.random("secrets")
        self._password = f"{secrets.getrandbits(96):024x}"
        self._webhook_secret = f"{secrets.getrandbits(256):064x}"
        passwords = {USERNAME: self._password}
        self._grants = Grants(site, [*TENANTS])
        sessions = Sessions(site)
        identity = Identity(site, self._grants, sessions, passwords)
        self._grant = identity.first_grant()
        push = Push(site)
        self._books.listeners.append(push.tell)
        self._push = push
        self._runs = LongRuns(site)
        door = Door(site, self._grants, sessions, passwords, tenants)
        endpoint = Endpoint(site, self._runs, self._books.new_guid)
        self._face = Face(site, identity, door, Licence(site), self._runs, endpoint)
        self._human = AcumaticaHuman(self._books, self._grants, push)
        site.clock.on_day(self._runs.settle)

    # --- what books take from the sandbox ---

    def now(self) -> datetime:
        return self._site.now()

    def switch(self, name: str) -> Any:
        return self._site.switch(name)

    # --- what the sandbox's frame asks ---

    @property
    def app(self) -> ASGIApp:
        return self._face

    @property
    def human(self) -> Human:
        self._runs.settle()
        return self._human

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        return (operation_of(method, path),)

    def credentials(self) -> dict[str, str]:
        client_id, application = next(iter(self._grants.applications.items()))
        return {
            "client_id": client_id,
            "client_secret": application.client_secret,
            "refresh_token": self._grant.refresh_token,
            "username": USERNAME,
            "password": self._password,
            "webhook_secret": self._webhook_secret,
        }

    def settings(self) -> dict[str, str]:
        return {
            "endpoint_version": NEWEST_TYPED,
            "tenant": TENANTS[0],
            "push_header": str(self._site.switch("push_header")),
            "allow_private_addresses": "true",
        }

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        return self._push.set_destination(url, secret, events)


ACUMATICA = VendorKind("acumatica", SWITCHES, Acumatica)
