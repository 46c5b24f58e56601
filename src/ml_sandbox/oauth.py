"""What every vendor's OAuth has in common: consent that is given at once, codes, access tokens.

How a vendor names its parameters, errors and answers stays in the vendor's folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit


def redirect_address(redirect_uri: str, parameters: Mapping[str, str]) -> str:
    """The address that the browser is sent back to; its own query is kept."""
    parts = urlsplit(redirect_uri)
    query = "&".join(text for text in (parts.query, urlencode(parameters)) if text)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def pkce_matches(verifier: str, challenge: str) -> bool:
    """Whether a verifier belongs to an S256 challenge (RFC 7636, section 4.6)."""
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made.encode(), challenge.encode("utf-8"))


@dataclass
class Grant:
    """What an app may do for a user: scopes, the account it is bound to, one refresh token."""

    number: int
    scopes: tuple[str, ...]
    account: str = ""
    refresh_token: str = ""
    revoked: bool = False
    issued_at: datetime | None = None
    lost_scopes: list[str] = field(default_factory=list)

    def allows(self, scope: str) -> bool:
        """Whether the scope was granted and not taken away since."""
        return scope in self.scopes and scope not in self.lost_scopes


@dataclass
class Code:
    """An authorization code on its way from the consent to the token address."""

    redirect_uri: str
    scopes: tuple[str, ...]
    account: str
    expires: datetime
    challenge: str = ""
    used: bool = False


@dataclass
class AccessToken:
    grant: Grant
    expires: datetime | None


class GrantBook:
    """Codes, grants and tokens of the one app that is registered with a vendor."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._codes: dict[str, Code] = {}
        self._grants: list[Grant] = []
        self._by_refresh: dict[str, Grant] = {}
        self._access: dict[str, AccessToken] = {}

    def new_secret(self, length: int = 40) -> str:
        """Letters and digits; 30 and more of them cannot be guessed."""
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        return "".join(self._chance.choices(letters, k=length))

    def issue_code(self, code: Code) -> str:
        text = self.new_secret(30)
        self._codes[text] = code
        return text

    def take_code(self, text: str, now: datetime) -> Code | None:
        """The code, once and in time; None for an unknown, used or old one."""
        code = self._codes.get(text)
        if code is None or code.used or now >= code.expires:
            return None
        code.used = True
        return code

    def new_grant(self, scopes: tuple[str, ...], account: str, now: datetime) -> Grant:
        grant = Grant(len(self._grants) + 1, scopes, account, issued_at=now)
        self._grants.append(grant)
        return grant

    def rotate(self, grant: Grant, keep_old: bool = False) -> str:
        """A new refresh token; the old one dies unless it is kept."""
        if not keep_old:
            self._by_refresh.pop(grant.refresh_token, None)
        grant.refresh_token = self.new_secret(30)
        self._by_refresh[grant.refresh_token] = grant
        return grant.refresh_token

    def by_refresh_token(self, token: str) -> Grant | None:
        grant = self._by_refresh.get(token)
        return None if grant is None or grant.revoked else grant

    def new_access_token(self, grant: Grant, now: datetime, life_seconds: float | None) -> str:
        """An access token; without a life it never expires."""
        self._forget_expired(now)
        expires = None if life_seconds is None else now + timedelta(seconds=life_seconds)
        token = self.new_secret(30)
        self._access[token] = AccessToken(grant, expires)
        return token

    def _forget_expired(self, now: datetime) -> None:
        old = [t for t, a in self._access.items() if a.expires is not None and a.expires <= now]
        for token in old:
            del self._access[token]

    def access(self, token: str, now: datetime) -> Grant | None:
        """The grant behind a live access token."""
        found = self._access.get(token)
        if found is None or found.grant.revoked:
            return None
        return None if found.expires is not None and now >= found.expires else found.grant

    def consented(self, account: str, scope: str) -> bool:
        """Whether a living grant covers that account and scope, `resource:*` included."""
        every = f"{scope.partition(':')[0]}:*"
        return any(
            not grant.revoked
            and grant.account in ("", account)
            and scope not in grant.lost_scopes
            and (grant.allows(scope) or grant.allows(every))
            for grant in self._grants
        )

    def expire(self, token: str) -> None:
        self._access.pop(token, None)

    def expire_all_of(self, grant: Grant) -> None:
        """Every access token of the grant dies, as where a refresh ends the one before."""
        for token in [t for t, a in self._access.items() if a.grant is grant]:
            del self._access[token]

    def revoke(self, grant: Grant) -> None:
        grant.revoked = True
        self.expire_all_of(grant)
        self._by_refresh.pop(grant.refresh_token, None)
