"""The instance's OpenID Connect server: discovery, consent at once, tokens (sheet, section 2)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from ml_sandbox.oauth import Code, Grant, pkce_matches, redirect_address
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.errors import Failure
from ml_sandbox.vendors.acumatica.grants import API, OFFLINE, SCOPES, Application, Grants
from ml_sandbox.vendors.acumatica.sessions import Sessions

AUTHORIZE_PATH = "/identity/connect/authorize"
TOKEN_PATH = "/identity/connect/token"
DISCOVERY_PATH = "/identity/.well-known/openid-configuration"
CODE_LIFE = timedelta(minutes=5)
_FLOWS = {"authorization_code": "authorization_code", "password": "password"}


def no(error: str, status: int = 400) -> Failure:
    """An error in the shape of RFC 6749, section 5.2."""
    return Failure(status, {"error": error})


class Identity:
    """`passwords` maps each user to the password; users are known to every tenant."""

    def __init__(
        self, site: Site, grants: Grants, sessions: Sessions, passwords: Mapping[str, str]
    ) -> None:
        self._site = site
        self._grants = grants
        self._sessions = sessions
        self._passwords = passwords

    def discovery(self, issuer: str) -> dict[str, Any]:
        return {
            "issuer": f"{issuer}/identity",
            "authorization_endpoint": f"{issuer}{AUTHORIZE_PATH}",
            "token_endpoint": f"{issuer}{TOKEN_PATH}",
            "scopes_supported": sorted(SCOPES),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "password", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        }

    def authorize(self, query: Mapping[str, str]) -> str:
        """The address to redirect to. Raises the failure shown where there is none to go to."""
        application = self._grants.applications.get(query.get("client_id", ""))
        back = query.get("redirect_uri", "")
        parts = urlsplit(back)
        if application is None:
            raise no("unauthorized_client")
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
            raise no("invalid_request")
        answer = self._decide(application, query, back)
        if "state" in query and self._site.switch("authorize_returns_state"):
            answer["state"] = query["state"]
        return redirect_address(back, answer)

    def _decide(
        self, application: Application, query: Mapping[str, str], back: str
    ) -> dict[str, str]:
        if query.get("response_type") != "code":
            return {"error": "unsupported_response_type"}
        if self._site.switch("oauth_flow") == "password":
            return {"error": "unauthorized_client"}
        challenge = query.get("code_challenge", "")
        if challenge and query.get("code_challenge_method") != "S256":
            return {"error": "invalid_request"}
        scopes = self._scopes(query.get("scope", ""))
        if scopes is None:
            return {"error": "invalid_scope"}
        if self._site.switch("consent_denied"):
            return {"error": "access_denied"}
        expires = self._site.now() + CODE_LIFE
        code = Code(back, scopes, application.client_id, expires, challenge)
        return {"code": self._grants.issue_code(code), "scope": " ".join(scopes)}

    def _scopes(self, text: str) -> tuple[str, ...] | None:
        """The scopes asked for, or None where one is unknown or not given out."""
        scopes = tuple(text.split())
        offline = OFFLINE in scopes and self._site.switch("refresh_mode") == "none"
        if not scopes or not set(scopes) <= SCOPES or offline:
            return None
        return scopes

    def token(self, form: Mapping[str, str], authorization: str) -> dict[str, Any]:
        """The answer of the token address. Raises Failure."""
        application = self._client(form, authorization)
        if self._site.switch("login_limit_at_token"):
            self._sessions.check_slot()
        kind = form.get("grant_type", "")
        flow = self._site.switch("oauth_flow")
        if kind in _FLOWS and flow not in ("any", kind):
            raise no("unauthorized_client")
        match kind:
            case "authorization_code":
                return self._exchange(application, form)
            case "password":
                return self._sign_in(application, form)
            case "refresh_token":
                return self._refresh(application, form.get("refresh_token", ""))
        raise no("unsupported_grant_type")

    def _client(self, form: Mapping[str, str], authorization: str) -> Application:
        """The application that the form names and whose secret it knows."""
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if authorization and self._site.switch("basic_client_auth"):
            given = _basic(authorization) or given
        application = self._grants.applications.get(given[0])
        # A client assertion is refused as well: no key is registered here.
        if application is None or not hmac.compare_digest(
            application.client_secret.encode(), given[1].encode()
        ):
            raise no("invalid_client")
        return application

    def _exchange(self, application: Application, form: Mapping[str, str]) -> dict[str, Any]:
        code = self._grants.take_code(form.get("code", ""))
        if code is None or code.account != application.client_id:
            raise no("invalid_grant")
        if code.redirect_uri != form.get("redirect_uri"):
            raise no("invalid_grant")
        verifier = form.get("code_verifier", "")
        if bool(code.challenge) != bool(verifier):
            raise no("invalid_grant")
        if code.challenge and not pkce_matches(verifier, code.challenge):
            raise no("invalid_grant")
        grant = self._grants.consent(application.client_id, code.scopes)
        return self._answer(grant, grant.refresh_token)

    def _sign_in(self, application: Application, form: Mapping[str, str]) -> dict[str, Any]:
        scopes = self._scopes(form.get("scope", ""))
        if scopes is None:
            raise no("invalid_scope")
        password = self._passwords.get(form.get("username", ""))
        if password is None or not hmac.compare_digest(
            password.encode(), form.get("password", "").encode()
        ):
            raise no("invalid_grant")
        grant = self._grants.consent(application.client_id, scopes)
        return self._answer(grant, grant.refresh_token)

    def _refresh(self, application: Application, token: str) -> dict[str, Any]:
        grant = self._grants.refreshable(token, application.client_id)
        if grant is not None and self._site.fault("revoke_refresh_token") is not None:
            self._grants.revoke(grant)
            grant = None
        if grant is None:
            raise no("invalid_grant")
        return self._answer(grant, self._grants.rotate(grant, token))

    def _answer(self, grant: Grant, refresh_token: str) -> dict[str, Any]:
        token, life_seconds = self._grants.new_access_token(grant)
        answer: dict[str, Any] = {
            "access_token": token,
            "expires_in": life_seconds,
            "token_type": "Bearer",
            "scope": " ".join(grant.scopes),
        }
        if refresh_token and self._site.switch("refresh_token_in_answer"):
            answer["refresh_token"] = refresh_token
        if "openid" in grant.scopes:
            answer["id_token"] = self._id_token(grant)
        return answer

    def _id_token(self, grant: Grant) -> str:
        """An unsigned token of the right form; no client here is meant to trust it."""
        header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        client_id = self._grants.client_of(grant)
        claims = f'{{"aud":"{client_id}","sub":"{grant.number}"}}'.encode()
        return f"{header}.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}."

    def first_grant(self) -> Grant:
        """A grant consented to as the world begins, for the ready line."""
        first = next(iter(self._grants.applications))
        return self._grants.consent(first, (API, OFFLINE))


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon and scheme.lower() == "basic" else None
