"""A grant is what a client may do for a user: codes, access tokens, a refresh token (sheet, 2.2).

A refresh ends the access token and the refresh token before it. Codes live two minutes.
"""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CODE_LIFE = timedelta(seconds=120)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class Code:
    user_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    expires: datetime
    challenge: str


@dataclass
class Grant:
    """Until when its refresh token works; `lost_scopes` were taken away since."""

    user_id: int
    scopes: tuple[str, ...]
    refresh_token: str
    refresh_expires: datetime
    lost_scopes: list[str] = field(default_factory=list)


@dataclass
class AccessToken:
    """`grant` is None for tokens without a refresh token; `expires` None: it never does."""

    number: int
    text: str
    user_id: int
    scopes: tuple[str, ...]
    created: datetime
    expires: datetime | None
    grant: Grant | None = None
    used: datetime | None = None

    def allows(self, scope: str) -> bool:
        lost = self.grant.lost_scopes if self.grant is not None else ()
        return scope in self.scopes and scope not in lost


class Grants:
    """All codes, grants and tokens of the one client that is registered here."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.client_number = 360_000_000_000 + chance.randrange(10**9)
        self._codes: dict[str, Code] = {}
        self._by_refresh: dict[str, Grant] = {}
        self.tokens: dict[str, AccessToken] = {}
        self._numbers = 380_000_000_000

    def secret(self, length: int = 64) -> str:
        return "".join(self._chance.choices(_LETTERS, k=length))

    def _access_text(self, long: bool) -> str:
        """Opaque, or three parts as a signed token has them; nobody may look inside."""
        if not long:
            return self.secret()
        parts = [self._chance.randbytes(size) for size in (60, 420, 256)]
        return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts)

    def issue_code(self, code: Code) -> str:
        text = self.secret(40)
        self._codes[text] = code
        return text

    def take_code(self, text: str, now: datetime) -> Code | None:
        """The code, once and in time."""
        code = self._codes.pop(text, None)
        return None if code is None or now >= code.expires else code

    def new_grant(self, user_id: int, scopes: tuple[str, ...], until: datetime) -> Grant:
        grant = Grant(user_id, scopes, "", until)
        self.rotate(grant, until)
        return grant

    def rotate(self, grant: Grant, until: datetime) -> None:
        """A new refresh token; what was handed out before is dead."""
        self._by_refresh.pop(grant.refresh_token, None)
        self.end_access(grant)
        grant.refresh_token = self.secret(64)
        grant.refresh_expires = until
        self._by_refresh[grant.refresh_token] = grant

    def end_access(self, grant: Grant) -> None:
        for text in [t for t, token in self.tokens.items() if token.grant is grant]:
            del self.tokens[text]

    def by_refresh_token(self, text: str, now: datetime) -> Grant | None:
        grant = self._by_refresh.get(text)
        return None if grant is None or now >= grant.refresh_expires else grant

    def new_access(
        self,
        user_id: int,
        scopes: tuple[str, ...],
        now: datetime,
        life_seconds: float | None,
        grant: Grant | None = None,
        long: bool = True,
    ) -> AccessToken:
        self._forget_expired(now)
        self._numbers += self._chance.randrange(1, 1000)
        expires = None if life_seconds is None else now + timedelta(seconds=life_seconds)
        text = self._access_text(long)
        token = AccessToken(self._numbers, text, user_id, scopes, now, expires, grant)
        self.tokens[text] = token
        return token

    def _forget_expired(self, now: datetime) -> None:
        for text in [t for t, a in self.tokens.items() if a.expires and a.expires <= now]:
            del self.tokens[text]

    def live(self, text: str, now: datetime) -> AccessToken | None:
        token = self.tokens.get(text)
        if token is None or (token.expires is not None and now >= token.expires):
            return None
        token.used = now
        return token

    def revoke(self, token: AccessToken) -> None:
        """The token, and the grant behind it."""
        self.tokens.pop(token.text, None)
        if token.grant is not None:
            self.drop_refresh_token(token.grant.refresh_token)

    def expire(self, text: str) -> None:
        self.tokens.pop(text, None)

    def drop_refresh_token(self, text: str) -> None:
        self._by_refresh.pop(text, None)

    def drop_scope(self, text: str, scope: str | None) -> None:
        """The grant behind the token loses a scope, or all."""
        token = self.tokens.get(text)
        if token is not None and token.grant is not None:
            token.grant.lost_scopes += [scope] if scope else list(token.scopes)
