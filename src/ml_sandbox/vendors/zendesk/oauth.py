"""OAuth at Zendesk: consent at once, and the token address with JSON bodies (sheet, 2.2)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ml_sandbox.oauth import pkce_matches, redirect_address

from .account import Account
from .calls import Answer
from .errors import Refusal
from .grants import CODE_LIFE, AccessToken, Code, Grant, Grants

ACCESS_BOUNDS = (300, 172_800)
REFRESH_BOUNDS = (604_800, 7_776_000)


class OAuth:
    """The one local client of the account; `consenting()` is the user who consents."""

    def __init__(self, account: Account, grants: Grants, users: Mapping[str, int]) -> None:
        self.account = account
        self.grants = grants
        self._users = users
        self.client_id = "ml_connector"
        self.client_secret = grants.secret(64)

    def consenting(self) -> int:
        return self._users[str(self.account.switch("token_user"))]

    def authorize(self, query: Mapping[str, str]) -> Answer:
        """302 back with a code or an error; 400 where there is nowhere to go back to."""
        back = query.get("redirect_uri", "")
        if query.get("client_id") != self.client_id:
            raise no("invalid_client", "No such client", 400)
        if not self._may_return_to(back):
            raise no("invalid_request", "redirect_uri is not acceptable", 400)
        answer = self._decision(query, back)
        if "state" in query:
            answer["state"] = query["state"]
        return Answer(None, 302, {"location": redirect_address(back, answer)})

    def _may_return_to(self, address: str) -> bool:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return False
        if not self.account.switch("redirect_https_only"):
            return True
        return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1")

    def _decision(self, query: Mapping[str, str], back: str) -> dict[str, str]:
        scopes = tuple(query.get("scope", "").split())
        challenge = query.get("code_challenge", "")
        if query.get("response_type") != "code":
            return _error("unsupported_response_type", "Only code is supported")
        if not scopes:
            return _error("invalid_scope", "The scope is missing")
        if challenge and query.get("code_challenge_method") != "S256":
            return _error("invalid_request", "code_challenge_method must be S256")
        if not challenge and self.account.switch("public_client"):
            return _error("invalid_request", "Public clients must use PKCE")
        if self.account.switch("consent_denied"):
            return _error(
                "access_denied", "The end-user or authorization server denied the request"
            )
        expires = self.account.now() + CODE_LIFE
        code = Code(self.consenting(), back, scopes, expires, challenge)
        return {"code": self.grants.issue_code(code)}

    def token(self, headers: Mapping[str, str], raw: bytes) -> Answer:
        """Exchanges a code, a refresh token, or the client's own credentials."""
        asked = _asked(headers, raw)
        self._check_client(asked)
        lives = self._lives(asked)
        kind = asked.get("grant_type")
        if kind == "authorization_code":
            body = self._exchange(asked, lives)
        elif kind == "refresh_token":
            body = self._refresh(asked, lives)
        elif kind == "client_credentials":
            body = self._own(asked, lives)
        else:
            raise no("unsupported_grant_type", "The grant type is not supported", 400)
        return Answer(body, int(self.account.switch("token_answer_status")))

    def _check_client(self, asked: Mapping[str, Any]) -> None:
        secret = str(asked.get("client_secret", ""))
        if self.account.switch("public_client"):
            known = asked.get("client_id") == self.client_id and not secret
        else:
            known = asked.get("client_id") == self.client_id and hmac.compare_digest(
                secret.encode(), self.client_secret.encode()
            )
        if not known:
            raise no("invalid_client", "No such client, or the secret is wrong", 401)

    def _lives(self, asked: Mapping[str, Any]) -> tuple[int, int]:
        """Seconds of the access and the refresh token. Raises 400 beyond the bounds."""
        usual = {
            "expires_in": (int(self.account.switch("access_token_seconds")), ACCESS_BOUNDS),
            "refresh_token_expires_in": (
                int(self.account.switch("refresh_token_seconds")),
                REFRESH_BOUNDS,
            ),
        }
        lives = []
        for name, (life, (low, high)) in usual.items():
            if asked.get(name) is not None:
                lives.append(_bounded(name, asked[name], low, high))
            else:
                lives.append(life)
        if lives[0] >= lives[1]:
            raise no("invalid_request", "expires_in must be below refresh_token_expires_in", 400)
        return lives[0], lives[1]

    def _exchange(self, asked: Mapping[str, Any], lives: tuple[int, int]) -> dict[str, Any]:
        now = self.account.now()
        code = self.grants.take_code(str(asked.get("code", "")), now)
        if code is None or code.redirect_uri != asked.get("redirect_uri"):
            raise self._invalid_grant()
        verifier = str(asked.get("code_verifier", ""))
        if code.challenge and not pkce_matches(verifier, code.challenge):
            raise self._invalid_grant()
        scopes = self._scopes(asked, code.scopes)
        grant = self.grants.new_grant(code.user_id, scopes, now + timedelta(seconds=lives[1]))
        return self._answer(grant.user_id, scopes, asked, lives, grant)

    def _refresh(self, asked: Mapping[str, Any], lives: tuple[int, int]) -> dict[str, Any]:
        now = self.account.now()
        grant = self.grants.by_refresh_token(str(asked.get("refresh_token", "")), now)
        if grant is None or self.account.tables["users"].alive(grant.user_id) is None:
            raise self._invalid_grant()
        scopes = self._scopes(asked, grant.scopes)
        self.grants.rotate(grant, now + timedelta(seconds=lives[1]))
        return self._answer(grant.user_id, scopes, asked, lives, grant)

    def _own(self, asked: Mapping[str, Any], lives: tuple[int, int]) -> dict[str, Any]:
        if self.account.switch("public_client"):
            raise no("unauthorized_client", "Public clients cannot use client_credentials", 400)
        scopes = self._scopes(asked, None)
        if not scopes:
            raise no("invalid_scope", "The scope is missing", 400)
        return self._answer(self.consenting(), scopes, asked, lives, None)

    def _scopes(self, asked: Mapping[str, Any], granted: tuple[str, ...] | None) -> tuple[str, ...]:
        """An array is taken and is good for nothing; no scope beyond the consent."""
        given = asked.get("scope")
        if given is None:
            return granted or ()
        if not isinstance(given, str):
            return (json.dumps(given),)
        scopes = tuple(given.split())
        if granted is not None and set(scopes) - set(granted):
            raise no("invalid_scope", "The scope goes beyond the consent", 400)
        return scopes

    def _answer(
        self,
        user_id: int,
        scopes: tuple[str, ...],
        asked: Mapping[str, Any],
        lives: tuple[int, int],
        grant: Grant | None,
    ) -> dict[str, Any]:
        long = bool(self.account.switch("long_access_tokens"))
        token = self.grants.new_access(user_id, scopes, self.account.now(), lives[0], grant, long)
        body: dict[str, Any] = {
            "access_token": token.text,
            "token_type": "bearer",
            "scope": " ".join(scopes),
        }
        always = bool(self.account.switch("expires_in_always"))
        if always or asked.get("expires_in") is not None:
            body["expires_in"] = lives[0]
        if grant is not None:
            body["refresh_token"] = grant.refresh_token
            if always or asked.get("refresh_token_expires_in") is not None:
                body["refresh_token_expires_in"] = lives[1]
        return body

    def _invalid_grant(self) -> Refusal:
        sentence = (
            "The provided authorization grant is invalid, expired, revoked, does not match the "
            "redirection URI used in the authorization request, or was issued to another client."
        )
        return no("invalid_grant", sentence, int(self.account.switch("invalid_grant_status")))

    def first_grant(self, now: datetime) -> Grant:
        """A grant consented to before the world began, for the ready line."""
        life = timedelta(seconds=int(self.account.switch("refresh_token_seconds")))
        return self.grants.new_grant(self.consenting(), ("read", "write"), now + life)

    def mint(self, user_id: int, scopes: tuple[str, ...]) -> AccessToken:
        """A token that an administrator makes for himself; it never expires, but by switch."""
        expires = self.account.switch("minted_tokens_expire")
        life = int(self.account.switch("access_token_seconds")) if expires else None
        return self.grants.new_access(user_id, scopes, self.account.now(), life, None, long=False)


def _bounded(name: str, life: Any, low: int, high: int) -> int:
    """Seconds strictly within the bounds. Raises 400."""
    if isinstance(life, bool) or not isinstance(life, int) or not low < life < high:
        raise no("invalid_request", f"{name} is out of bounds", 400)
    return life


def no(error: str, description: str, status: int) -> Refusal:
    """The error form of the token address."""
    return Refusal(status, {"error": error, "error_description": description})


def _error(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": description}


def _asked(headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
    """The body, which must be JSON; a form is not read."""
    if not headers.get("content-type", "").lower().startswith("application/json"):
        return {}
    try:
        found = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
