"""The connected applications: who may ask for tokens, and what became of what was given out.

Lives as on form SM303010 (sheet, section 2): absolute or sliding, each refresh gives a new refresh
token and ends the one before.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from ml_sandbox.oauth import Code, Grant, GrantBook
from ml_sandbox.vendor import Site

OFFLINE = "offline_access"
API = "api"
CONCURRENT = "api:concurrent_access"
SCOPES = frozenset({API, OFFLINE, CONCURRENT, "openid", "email", "profile", "phone"})


@dataclass(frozen=True)
class Application:
    """A row of form SM303010. The tenant is that of the administrator who registered it."""

    client_id: str
    client_secret: str
    name: str
    tenant: str


class Grants:
    """Codes, grants and tokens of all applications of the site."""

    def __init__(self, site: Site, tenants: list[str]) -> None:
        self._site = site
        self._book = GrantBook(site.random("tokens"))
        chance = site.random("applications")
        self.applications = {
            app.client_id: app for app in (self._registered(chance, name) for name in tenants)
        }
        self._all: list[Grant] = []
        self._clients: dict[int, str] = {}
        self._last_refresh: dict[int, datetime] = {}
        self._retired: dict[str, tuple[Grant, datetime]] = {}
        self._token_ends: dict[str, datetime] = {}

    def _registered(self, chance: random.Random, tenant: str) -> Application:
        digits = f"{chance.getrandbits(128):032X}"
        guid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        return Application(f"{guid}@{tenant}", self._book.new_secret(22), "ml-connector", tenant)

    def issue_code(self, code: Code) -> str:
        return self._book.issue_code(code)

    def take_code(self, text: str) -> Code | None:
        return self._book.take_code(text, self._site.now())

    def consent(self, client_id: str, scopes: tuple[str, ...]) -> Grant:
        """A new grant; its refresh tokens end as the application's mode has it."""
        now = self._site.now()
        grant = self._book.new_grant(scopes, self.applications[client_id].tenant, now)
        self._all.append(grant)
        self._clients[grant.number] = client_id
        self._last_refresh[grant.number] = now
        if OFFLINE in scopes:
            self._book.rotate(grant)
        return grant

    def client_of(self, grant: Grant) -> str:
        return self._clients[grant.number]

    def refreshable(self, token: str, client_id: str) -> Grant | None:
        """The grant behind a refresh token of that client, if it may be used now."""
        now = self._site.now()
        grant = self._book.by_refresh_token(token)
        if grant is None and token in self._retired:
            kept, until = self._retired[token]
            grant = kept if now < until and not kept.revoked else None
        if grant is None or self.client_of(grant) != client_id or now >= self.end(grant):
            return None
        return grant

    def end(self, grant: Grant) -> datetime:
        """When the chain of refresh tokens ends, unless it is refreshed before."""
        began = grant.issued_at or self._site.now()
        if self._site.switch("refresh_mode") == "absolute":
            return began + timedelta(days=int(self._site.switch("refresh_absolute_days")))
        slide = timedelta(days=int(self._site.switch("refresh_sliding_days")))
        end = self._last_refresh[grant.number] + slide
        most = int(self._site.switch("refresh_sliding_end_days"))
        return end if most == 0 else min(end, began + timedelta(days=most))

    def rotate(self, grant: Grant, used: str) -> str:
        """A new refresh token in the place of the one used."""
        now = self._site.now()
        grace = timedelta(seconds=int(self._site.switch("refresh_grace_seconds")))
        self._retired[used] = (grant, now + grace)
        self._last_refresh[grant.number] = now
        return self._book.rotate(grant)

    def new_access_token(self, grant: Grant) -> tuple[str, int]:
        """A token and its life in seconds."""
        life_seconds = int(self._site.switch("access_token_seconds"))
        now = self._site.now()
        token = self._book.new_access_token(grant, now, life_seconds)
        self._token_ends[token] = now + timedelta(seconds=life_seconds)
        return token, life_seconds

    def token_end(self, token: str) -> datetime:
        return self._token_ends[token]

    def holder(self, token: str) -> Grant | None:
        return self._book.access(token, self._site.now())

    def expire(self, token: str) -> None:
        self._book.expire(token)

    def revoke(self, grant: Grant) -> None:
        self._book.revoke(grant)

    def drop_access_of(self, client_id: str) -> None:
        """The administrator's button: all access tokens go, the secrets stay."""
        for grant in self._all:
            if self.client_of(grant) == client_id:
                self._book.expire_all_of(grant)
