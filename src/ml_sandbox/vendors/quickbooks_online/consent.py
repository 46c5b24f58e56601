"""Consent at Intuit: discovery, authorize, token, revoke, userinfo (sheet, section 2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ml_sandbox.oauth import redirect_address
from ml_sandbox.vendor import Site

from .company import Company
from .keys import ROTATION, App, Code, Grant, Keyring

ACCOUNTING = "com.intuit.quickbooks.accounting"
SCOPES = (
    ACCOUNTING, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address",
)  # fmt: skip
AUTHORIZE_PATH = "/connect/oauth2"
TOKEN_PATH = "/oauth2/v1/tokens/bearer"
REVOKE_PATH = "/v2/oauth2/tokens/revoke"
USERINFO_PATH = "/v1/openid_connect/userinfo"
KEYS_PATH = "/op/v1/jwks"
DISCOVERY_PATHS = {
    "/.well-known/openid_configuration": "production",
    "/.well-known/openid_sandbox_configuration": "sandbox",
}
ISSUER = "https://oauth.platform.intuit.com/op/v1"
HARD_HEADER = "x-include-refresh-token-hard-expires-in"
LONGEST_REDIRECT = 2000


@dataclass
class OAuthNo(Exception):  # an answer of the token address
    status: int
    error: str


class Consent:
    """The OAuth addresses of one app with its two sets of keys."""

    def __init__(
        self, site: Site, ring: Keyring, apps: Sequence[App], companies: Sequence[Company]
    ) -> None:
        self._site = site
        self._ring = ring
        self._apps = apps
        self._companies = companies

    def discovery(self) -> dict[str, Any]:
        base = self._site.base_url
        return {
            "issuer": ISSUER,
            "authorization_endpoint": base + AUTHORIZE_PATH,
            "token_endpoint": base + TOKEN_PATH,
            "userinfo_endpoint": base + USERINFO_PATH,
            "revocation_endpoint": base + REVOKE_PATH,
            "jwks_uri": base + KEYS_PATH,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }

    # --- authorize ---

    def authorize(self, query: Mapping[str, str]) -> str:
        """The address to redirect to. Raises OAuthNo where there is none to go to."""
        app = next((a for a in self._apps if a.client_id == query.get("client_id")), None)
        back = query.get("redirect_uri", "")
        if app is None or not back.startswith(("http://", "https://")):
            raise OAuthNo(400, "invalid_request")
        if len(back) > LONGEST_REDIRECT:
            raise OAuthNo(400, "invalid_request")
        answer = self._decide(app, query, back)
        if "state" in query:
            answer["state"] = query["state"]
        return redirect_address(back, answer)

    def _decide(self, app: App, query: Mapping[str, str], back: str) -> dict[str, str]:
        scopes = tuple(query.get("scope", "").split())
        if query.get("response_type") != "code":
            return {"error": "unsupported_response_type"}
        if not scopes or any(scope not in SCOPES for scope in scopes):
            return {"error": "invalid_scope"}
        if self._site.switch("consent_denied"):
            return {"error": "access_denied"}
        company = self._chosen(app)
        life = timedelta(seconds=int(self._site.switch("code_seconds")))
        code = Code(app, company.realm, scopes, back, self._site.now() + life)
        found = {"code": self._ring.new_code(code)}
        if any(scope.startswith("com.intuit.quickbooks") for scope in scopes):
            found["realmId"] = company.realm
        return found

    def _chosen(self, app: App) -> Company:
        """The company that the person picks: the first of the keys' environment, or the second."""
        fit = [company for company in self._companies if company.environment == app.environment]
        second = self._site.switch("consent_company") == "second"
        return fit[-1] if second else fit[0]

    # --- token ---

    def token(self, headers: Mapping[str, str], form: Mapping[str, str]) -> dict[str, Any]:
        """The answer of the token address. Raises OAuthNo."""
        app = self._client(headers, form)
        now = self._site.now()
        match form.get("grant_type"):
            case "authorization_code":
                grant = self._exchange(app, form, now)
            case "refresh_token":
                grant = self._refresh(app, form.get("refresh_token", ""), now)
            case _:
                raise OAuthNo(400, "unsupported_grant_type")
        return self._answer(grant, now, headers.get(HARD_HEADER, "").lower() == "true")

    def _client(self, headers: Mapping[str, str], form: Mapping[str, str]) -> App:
        """HTTP Basic, or both in the form, as discovery has it. Raises OAuthNo."""
        kind, _, text = headers.get("authorization", "").partition(" ")
        pair = (form.get("client_id", ""), form.get("client_secret", ""))
        if kind.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise OAuthNo(401, "invalid_client") from None
            pair = (name, secret)
        for app in self._apps:
            if pair == (app.client_id, app.client_secret):
                return app
        raise OAuthNo(401, "invalid_client")

    def _exchange(self, app: App, form: Mapping[str, str], now: datetime) -> Grant:
        code = self._ring.codes.get(form.get("code", ""))
        if code is not None and code.grant is not None:
            self._ring.revoke(code.grant)  # a second exchange ends the first one's tokens
            raise OAuthNo(400, "invalid_grant")
        if code is None or code.app is not app or now >= code.expires:
            raise OAuthNo(400, "invalid_grant")
        if code.redirect_uri != form.get("redirect_uri"):
            raise OAuthNo(400, "invalid_grant")
        code.grant = self.new_grant(app, code.realm, code.scopes, now)
        return code.grant

    def new_grant(self, app: App, realm: str, scopes: tuple[str, ...], now: datetime) -> Grant:
        grant = self._ring.new_grant(app, realm, scopes, now)
        self._ring.new_refresh_token(grant, now, self._rolling_end(grant, now))
        return grant

    def _hard_end(self, grant: Grant) -> datetime:
        return grant.given + timedelta(seconds=int(self._site.switch("hard_expiry_seconds")))

    def _rolling_end(self, grant: Grant, now: datetime) -> datetime:
        life = timedelta(seconds=int(self._site.switch("refresh_token_seconds")))
        return min(now + life, self._hard_end(grant))

    def _refresh(self, app: App, text: str, now: datetime) -> Grant:
        grace = timedelta(hours=int(self._site.switch("old_rt_grace")))
        token = self._ring.refresh_token(text, now, grace)
        if token is not None and self._site.fault("revoke_refresh_token") is not None:
            self._ring.revoke(token.grant)
            token = None
        if token is None or token.grant.app is not app:
            raise OAuthNo(400, "invalid_grant")
        grant = token.grant
        if token.superseded is None and now - token.issued >= ROTATION:
            self._ring.new_refresh_token(grant, now, self._rolling_end(grant, now))
        return grant

    def _answer(self, grant: Grant, now: datetime, with_hard_end: bool) -> dict[str, Any]:
        life = timedelta(seconds=int(self._site.switch("access_token_seconds")))
        newest = self._ring.newest(grant)
        found: dict[str, Any] = {
            "token_type": "bearer",
            "access_token": self._ring.new_access_token(grant, now, life),
            "expires_in": int(life.total_seconds()),
            "refresh_token": grant.refresh_token,
            "x_refresh_token_expires_in": int((newest.expires - now).total_seconds()),
        }
        if with_hard_end:
            left = (self._hard_end(grant) - now).total_seconds()
            found["x_refresh_token_hard_expires_in"] = int(left)
        return found

    # --- revoke and userinfo ---

    def revoke(self, headers: Mapping[str, str], body: Any) -> None:
        """Ends the connection behind a token. Raises OAuthNo."""
        app = self._client(headers, {})
        token = body.get("token") if isinstance(body, dict) else None
        grant = self._ring.grant_of(str(token), self._site.now())
        if grant is None or grant.app is not app:
            raise OAuthNo(400, "invalid_request")
        self._ring.revoke(grant)

    def userinfo(self, grant: Grant | None) -> dict[str, Any]:
        """Raises OAuthNo without a living token that has the openid scope."""
        if grant is None or not grant.allows("openid"):
            raise OAuthNo(401, "invalid_token")
        found: dict[str, Any] = {"sub": "2039290222-bluebird"}
        if grant.allows("email"):
            found.update(email="owner@bluebird.example", emailVerified=True)
        if grant.allows("profile"):
            found.update(givenName="Robin", familyName="Bluebird")
        return found
