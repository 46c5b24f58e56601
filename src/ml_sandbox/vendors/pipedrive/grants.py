"""A grant binds one user, one company and one app: codes, access tokens and a refresh token.

Codes live five minutes and work once; a refresh token dies after sixty idle days; whether it
changes at every refresh is unknown and a switch (sheet, 2.2).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .account import Account
from .errors import Refusal

CODE_LIFE = timedelta(minutes=5)
REFRESH_IDLE_LIFE = timedelta(days=60)


@dataclass
class Code:
    """An authorization code on its way from the consent page to the token address."""

    user_id: int
    redirect_uri: str
    expires: datetime
    used: bool = False


@dataclass
class Grant:
    """What an app may do for one user; `idle_since` is the last use of the refresh token."""

    user_id: int
    scopes: tuple[str, ...]
    idle_since: datetime
    refresh_token: str = ""
    spent_tokens: list[str] = field(default_factory=list)
    revoked: bool = False


@dataclass(frozen=True)
class AccessToken:
    grant: Grant
    expires: datetime


class Grants:
    """All grants of the one app that is registered in this sandbox."""

    def __init__(self, account: Account, client_id: str, client_secret: str) -> None:
        self.account = account
        self.client_id = client_id
        self.client_secret = client_secret
        self.codes: dict[str, Code] = {}
        self.grants: list[Grant] = []
        self.by_refresh_token: dict[str, Grant] = {}
        self.access_tokens: dict[str, AccessToken] = {}

    def registered_scopes(self) -> tuple[str, ...]:
        listed = str(self.account.switch("scopes")).split(",")
        return tuple(scope.strip() for scope in listed if scope.strip())

    def issue_code(self, user_id: int, redirect_uri: str) -> str:
        code = f"{self.account.randomness.getrandbits(160):040x}"
        self.codes[code] = Code(user_id, redirect_uri, self.account.now() + CODE_LIFE)
        return code

    def new_grant(self, user_id: int) -> Grant:
        """A grant with a refresh token, as after a consent."""
        grant = Grant(user_id, self.registered_scopes(), self.account.now())
        self.grants.append(grant)
        self._rotate(grant)
        return grant

    def _rotate(self, grant: Grant) -> None:
        if grant.refresh_token:
            grant.spent_tokens.append(grant.refresh_token)
            if self.account.switch("old_refresh_token_dies"):
                self.by_refresh_token.pop(grant.refresh_token, None)
        digits = f"{self.account.randomness.getrandbits(160):040x}"
        user, company = grant.user_id, self.account.company["id"]
        grant.refresh_token = f"{user}:{company}:{digits}"
        self.by_refresh_token[grant.refresh_token] = grant

    def exchange_code(self, text: str, redirect_uri: str) -> dict[str, Any]:
        """The token answer for a code; 400 refusals for a bad, used or old one."""
        code = self.codes.get(text)
        if code is None or code.used:
            raise invalid("Invalid grant: authorization_code is invalid")
        if self.account.now() >= code.expires:
            raise invalid("Invalid grant: authorization_code has expired")
        if redirect_uri != code.redirect_uri:
            raise invalid("Invalid redirect_uri", "invalid_request")
        code.used = True
        return self._answer(self.new_grant(code.user_id))

    def refresh(self, token: str) -> dict[str, Any]:
        """The token answer for a refresh token; each use starts its sixty days anew."""
        grant = self.by_refresh_token.get(token)
        now = self.account.now()
        idle = grant is not None and now - grant.idle_since >= REFRESH_IDLE_LIFE
        if grant is None or grant.revoked or idle:
            raise invalid("Invalid grant: refresh_token is invalid")
        grant.idle_since = now
        if self.account.switch("rotate_refresh_token"):
            self._rotate(grant)
        return self._answer(grant)

    def _answer(self, grant: Grant) -> dict[str, Any]:
        life_seconds = int(self.account.switch("access_token_seconds"))
        now = self.account.now()
        self._forget_expired(now)
        raw = self.account.randomness.randbytes(270)
        token = (
            "v1u:" + base64.b64encode(raw[:90]).decode() + ":" + base64.b64encode(raw[90:]).decode()
        )
        self.access_tokens[token] = AccessToken(grant, now + timedelta(seconds=life_seconds))
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": life_seconds,
            "refresh_token": grant.refresh_token,
            "scope": ",".join(grant.scopes),
        }

    def _forget_expired(self, now: datetime) -> None:
        expired = [text for text, token in self.access_tokens.items() if token.expires <= now]
        for text in expired:
            del self.access_tokens[text]

    def holder(self, access_token: str) -> Grant | None:
        """The living grant behind an access token that is still good."""
        token = self.access_tokens.get(access_token)
        if token is None or token.grant.revoked or self.account.now() >= token.expires:
            return None
        return token.grant

    def revoke(self, token: str) -> bool:
        """Revokes an access token, or with a refresh token the grant: True if that uninstalls."""
        if token in self.access_tokens:
            del self.access_tokens[token]
            return False
        grant = self.by_refresh_token.get(token)
        if grant is None:
            return False
        self.end(grant)
        return True

    def expire(self, access_token: str) -> None:
        self.access_tokens.pop(access_token, None)

    def drop_refresh_token(self, access_token: str, refresh_token: str) -> None:
        """The refresh token of whichever grant is named dies; its access tokens live on."""
        held = self.access_tokens.get(access_token)
        grant = self.by_refresh_token.get(refresh_token) or (held.grant if held else None)
        if grant is not None:
            self.by_refresh_token.pop(grant.refresh_token, None)
            self.by_refresh_token.pop(refresh_token, None)

    def drop_scope(self, access_token: str, scope: str | None) -> None:
        """The grant behind the token loses a scope, or all but `base`."""
        held = self.access_tokens.get(access_token)
        if held is not None:
            kept = (one for one in held.grant.scopes if one == "base" or scope not in (None, one))
            held.grant.scopes = tuple(kept)

    def end(self, grant: Grant) -> None:
        grant.revoked = True
        self.by_refresh_token.pop(grant.refresh_token, None)


def invalid(message: str, error: str = "invalid_grant", status: int = 400) -> Refusal:
    """The error form of `/oauth/token`, as the sheet suggests to simulate it."""
    return Refusal(status, {"success": False, "message": message, "error": error})
