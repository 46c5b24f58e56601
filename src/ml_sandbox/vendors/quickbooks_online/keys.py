"""Keys are what Intuit gives out: apps, codes, grants, refresh tokens and access tokens.

A refresh within 24 hours of a token's issue gives the same refresh token again, the first one after
that a new one; each lives 100 days and more from its issue, all of a grant five years at most
(sheet, section 2).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ROTATION = timedelta(hours=24)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class App:
    """One set of keys of the app: development keys reach sandbox companies, production keys live
    ones. `reads` counts the metered calls of a month.
    """

    environment: str
    client_id: str
    client_secret: str
    reads: dict[str, int] = field(default_factory=dict)


@dataclass
class Grant:
    """What an app may do in one company; `given` is the moment of consent."""

    app: App
    realm: str
    scopes: tuple[str, ...]
    given: datetime
    revoked: bool = False
    refresh_token: str = ""
    lost_scopes: list[str] = field(default_factory=list)

    def allows(self, scope: str) -> bool:
        return scope in self.scopes and scope not in self.lost_scopes


@dataclass
class RefreshToken:
    grant: Grant
    issued: datetime
    expires: datetime
    superseded: datetime | None = None


@dataclass
class Code:
    app: App
    realm: str
    scopes: tuple[str, ...]
    redirect_uri: str
    expires: datetime
    grant: Grant | None = None


@dataclass
class AccessToken:
    grant: Grant
    expires: datetime


class Keyring:
    """All that was given out. Lives and the grace of a superseded token come as arguments."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.codes: dict[str, Code] = {}
        self.grants: list[Grant] = []
        self._refresh: dict[str, RefreshToken] = {}
        self._access: dict[str, AccessToken] = {}

    def secret(self, length: int) -> str:
        return "".join(self._chance.choices(_LETTERS, k=length))

    def new_app(self, environment: str) -> App:
        return App(environment, f"AB{self.secret(48)}", self.secret(40))

    def new_code(self, code: Code) -> str:
        text = f"XAB{self.secret(61)}"
        self.codes[text] = code
        return text

    def new_grant(self, app: App, realm: str, scopes: tuple[str, ...], now: datetime) -> Grant:
        grant = Grant(app, realm, scopes, now)
        self.grants.append(grant)
        return grant

    def new_refresh_token(self, grant: Grant, now: datetime, expires: datetime) -> str:
        before = self._refresh.get(grant.refresh_token)
        if before is not None:
            before.superseded = now
        grant.refresh_token = f"RT1-{self.secret(8)}-H0-{self.secret(36)}"
        self._refresh[grant.refresh_token] = RefreshToken(grant, now, expires)
        return grant.refresh_token

    def refresh_token(self, text: str, now: datetime, grace: timedelta) -> RefreshToken | None:
        """The token behind a text, if it can still be used."""
        found = self._refresh.get(text)
        if found is None or found.grant.revoked or now >= found.expires:
            return None
        if found.superseded is not None and now >= found.superseded + grace:
            return None
        return found

    def newest(self, grant: Grant) -> RefreshToken:
        return self._refresh[grant.refresh_token]

    def new_access_token(self, grant: Grant, now: datetime, life: timedelta) -> str:
        """Long and opaque, as a JWE is; others of the grant stay valid."""
        for text in [t for t, a in self._access.items() if a.expires <= now]:
            del self._access[text]
        text = f"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0..{self.secret(600)}"
        self._access[text] = AccessToken(grant, now + life)
        return text

    def access(self, text: str, now: datetime) -> Grant | None:
        found = self._access.get(text)
        if found is None or found.grant.revoked or now >= found.expires:
            return None
        return found.grant

    def expire(self, text: str) -> None:
        self._access.pop(text, None)

    def drop_refresh_token(self, grant: Grant) -> None:
        """The refresh token dies, the access tokens live to their end."""
        self._refresh.pop(grant.refresh_token, None)

    def revoke(self, grant: Grant) -> None:
        grant.revoked = True

    def grant_of(self, text: str, now: datetime) -> Grant | None:
        """The grant of a refresh or access token."""
        found = self.refresh_token(text, now, timedelta(0))
        return found.grant if found is not None else self.access(text, now)

    def connected(self, realm: str, now: datetime) -> bool:
        """Whether any app has a living connection to the company."""
        return any(
            not grant.revoked
            and grant.realm == realm
            and self.refresh_token(grant.refresh_token, now, timedelta(0)) is not None
            for grant in self.grants
        )
