"""Tokens of the one app that is registered: pairs of an access token and a refresh token.

A refresh token never expires and works once. One of them is alive per user: whatever issues a new
pair for a user kills all refresh tokens that this user had before, while access tokens live side by
side until each ends (sheet, section 2).
"""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CODE_LIFE = timedelta(minutes=5)


@dataclass
class Consent:
    """What one user allowed once; pairs that come of it by refreshing share it."""

    user_id: int
    scopes: tuple[str, ...]
    lost_scopes: set[str] = field(default_factory=set)

    def allows(self, scope: str) -> bool:
        return scope in self.scopes and scope not in self.lost_scopes


@dataclass
class Code:
    """On its way from the consent to the token address."""

    consent: Consent
    redirect_uri: str
    expires: datetime
    challenge: str = ""
    used: bool = False


@dataclass
class Pair:
    """`successor` is the pair that its refresh token was spent for."""

    consent: Consent
    access_token: str
    refresh_token: str
    created: datetime
    expires: datetime
    revoked: bool = False
    refresh_alive: bool = True
    spent_at: datetime | None = None
    successor: Pair | None = None

    def is_live(self, now: datetime) -> bool:
        return not self.revoked and now < self.expires


class TokenBook:
    """Codes and pairs, by their texts."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._codes: dict[str, Code] = {}
        self._by_access: dict[str, Pair] = {}
        self._by_refresh: dict[str, Pair] = {}

    def hexadecimal(self, length: int = 64) -> str:
        return f"{self._chance.getrandbits(4 * length):0{length}x}"

    def _jwt(self, now: datetime) -> str:
        """Looks like the signed tokens that the API gives out; nobody may read anything in it."""
        parts = (
            json.dumps({"alg": "RS256", "typ": "JWT"}).encode(),
            json.dumps({"jti": self.hexadecimal(), "iat": int(now.timestamp())}).encode(),
            self._chance.randbytes(64),
        )
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)

    def issue_code(self, consent: Consent, redirect_uri: str, challenge: str, now: datetime) -> str:
        text = self.hexadecimal()
        self._codes[text] = Code(consent, redirect_uri, now + CODE_LIFE, challenge)
        return text

    def code(self, text: str, now: datetime) -> Code | None:
        """A code that was not used and is in time."""
        found = self._codes.get(text)
        return None if found is None or found.used or now >= found.expires else found

    def issue(
        self, consent: Consent, now: datetime, life_seconds: float, spent: Pair | None = None
    ) -> Pair:
        """A new pair; every refresh token that the user had before is dead from now on."""
        self._forget(now)
        for pair in self._by_refresh.values():
            if pair.consent.user_id == consent.user_id:
                pair.refresh_alive = False
        expires = now + timedelta(seconds=life_seconds)
        pair = Pair(consent, self._jwt(now), self.hexadecimal(), now, expires)
        self._by_access[pair.access_token] = pair
        self._by_refresh[pair.refresh_token] = pair
        if spent is not None:
            spent.spent_at, spent.successor = now, pair
        return pair

    def _forget(self, now: datetime) -> None:
        """What can never work again; spent pairs stay a day, for the grace that may be given."""
        for text in [t for t, pair in self._by_access.items() if not pair.is_live(now)]:
            del self._by_access[text]
        day = timedelta(days=1)
        old = [
            t for t, p in self._by_refresh.items() if not p.refresh_alive and p.expires < now - day
        ]
        for text in old:
            del self._by_refresh[text]

    def access(self, text: str, now: datetime) -> Pair | None:
        pair = self._by_access.get(text)
        return pair if pair is not None and pair.is_live(now) else None

    def refresh(self, text: str) -> Pair | None:
        """The pair of a refresh token, spent and killed ones included."""
        return self._by_refresh.get(text)

    def live_refresh_token(self, user_id: int) -> str | None:
        for text, pair in self._by_refresh.items():
            if pair.refresh_alive and pair.consent.user_id == user_id:
                return text
        return None

    def any(self, text: str) -> Pair | None:
        """By either token, dead ones included."""
        return self._by_access.get(text) or self._by_refresh.get(text)

    def revoke(self, pair: Pair) -> None:
        pair.revoked, pair.refresh_alive = True, False

    def expire(self, access_token: str) -> None:
        """The access token is dead, its refresh token is not."""
        self._by_access.pop(access_token, None)

    def kill_refresh_tokens(self, user_id: int) -> None:
        for pair in self._by_refresh.values():
            if pair.consent.user_id == user_id:
                pair.refresh_alive = False
