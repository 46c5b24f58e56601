"""OAuth at Wave: consent at once, codes of ten minutes, refresh tokens that change at every use.

Forms and lives as in the sheet, section 2; each claim that is only hearsay is a switch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ml_sandbox.oauth import Code, Grant, GrantBook, pkce_matches, redirect_address
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.wave.books import Books

CODE_LIFE = timedelta(minutes=10)
OFFLINE = "offline_access"
#: Granted already in the ready line's refresh token, and where a request names no scope at all.
USUAL_SCOPES = (
    "user:read",
    "business:read",
    "customer:read",
    "invoice:read",
    "product:read",
    "account:read",
    OFFLINE,
)
_OPERATIONS = {
    **dict.fromkeys(
        ("account", "business", "customer", "product", "sales_tax", "vendor"), "read write *"
    ),
    "invoice": "read write send *",
    "estimate": "read write send *",
    "transaction": "write *",
    "user": "read *",
}
SCOPES = frozenset(
    f"{noun}:{verb}" for noun, verbs in _OPERATIONS.items() for verb in verbs.split()
)


@dataclass
class OAuthNo(Exception):  # an answer of the token address
    """An OAuth error: the status and `error`, with a sentence."""

    status: int
    error: str
    description: str = ""


class Consent:
    """The authorize and token addresses of the one app that is registered here."""

    def __init__(self, site: Site, book: GrantBook, businesses: list[Books], user_id: str) -> None:
        self._site = site
        self._book = book
        self._businesses = businesses
        self._user_id = user_id
        self.client_id = book.new_secret(40)
        self.client_secret = book.new_secret(60)

    def authorize(self, query: Mapping[str, str]) -> str:
        """The address to redirect to. Raises OAuthNo where there is none to go to."""
        if query.get("client_id") != self.client_id:
            raise OAuthNo(400, "invalid_client", "Unknown client_id.")
        back = query.get("redirect_uri", "")
        if not back.startswith(("http://", "https://")):
            raise OAuthNo(400, "invalid_request", "redirect_uri is not an address.")
        answer = self._decide(query, back)
        if "state" in query:
            answer["state"] = query["state"]
        return redirect_address(back, answer)

    def _decide(self, query: Mapping[str, str], back: str) -> dict[str, str]:
        scopes = tuple(query["scope"].split()) if "scope" in query else USUAL_SCOPES
        account = self._account(query.get("businessId") or query.get("business_id"))
        if query.get("response_type") != "code":
            return {"error": "unsupported_response_type"}
        if not scopes or any(not self._knows(scope) for scope in scopes):
            return {"error": "invalid_scope"}
        if query.get("approval_prompt", "auto") not in ("auto", "force"):
            return {"error": "invalid_request"}
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            return {"error": "invalid_request"}
        denied = self._site.switch("consent_denied") or self._site.switch("plan_lapsed")
        if denied or account is None:
            return {"error": "access_denied"}
        expires = self._site.now() + CODE_LIFE
        code = Code(back, scopes, account, expires, query.get("code_challenge", ""))
        return {"code": self._book.issue_code(code)}

    def _knows(self, scope: str) -> bool:
        return scope in SCOPES or (scope == OFFLINE and self._site.switch("offline_access_known"))

    def _account(self, hint: str | None) -> str | None:
        """The business that the token is bound to; empty for none, None for an unknown hint."""
        if not self._site.switch("token_bound_to_business"):
            return ""
        if not hint:
            return self._businesses[0].id
        return next((b.id for b in self._businesses if hint in (b.id, b.uuid)), None)

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer of the token address. Raises OAuthNo."""
        self._check_client(form)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
        raise OAuthNo(400, "unsupported_grant_type")

    def _check_client(self, form: Mapping[str, str]) -> None:
        known = (self.client_id, self.client_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            raise OAuthNo(401, "invalid_client")

    def _exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        now = self._site.now()
        code = self._book.take_code(form.get("code", ""), now)
        if code is None or code.redirect_uri != form.get("redirect_uri"):
            raise OAuthNo(400, "invalid_grant")
        if code.challenge and not pkce_matches(form.get("code_verifier", ""), code.challenge):
            raise OAuthNo(400, "invalid_grant")
        if self._site.switch("plan_lapsed"):
            raise OAuthNo(403, "access_denied", "The business has no active subscription.")
        grant = self._book.new_grant(code.scopes, code.account, now)
        if OFFLINE in code.scopes or not self._site.switch("refresh_token_needs_offline_access"):
            return self._answer(grant, self._book.rotate(grant))
        return self._answer(grant, None)

    def _refresh(self, token: str) -> dict[str, Any]:
        grant = self._book.by_refresh_token(token)
        if grant is not None and self._site.fault("revoke_refresh_token") is not None:
            self._book.revoke(grant)
            grant = None
        if grant is None:
            raise OAuthNo(400, "invalid_grant")
        if self._site.switch("plan_lapsed"):
            raise OAuthNo(403, "access_denied", "The business has no active subscription.")
        if self._site.switch("refresh_ends_access_token"):
            self._book.expire_all_of(grant)
        kind = self._site.switch("refresh_answer")
        if kind == "new":
            keep_old = not self._site.switch("old_refresh_token_dies")
            return self._answer(grant, self._book.rotate(grant, keep_old))
        return self._answer(grant, token if kind == "same" else None)

    def _answer(self, grant: Grant, refresh_token: str | None) -> dict[str, Any]:
        life_seconds = int(self._site.switch("access_token_seconds"))
        token = self._book.new_access_token(grant, self._site.now(), life_seconds)
        answer: dict[str, Any] = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": life_seconds,
            "scope": " ".join(grant.scopes),
            "userId": self._user_id,
        }
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        if grant.account:
            answer["businessId"] = grant.account
        return answer

    def revoke(self, form: Mapping[str, str]) -> None:
        """Ends the grant behind a refresh or access token; an unknown one is fine (RFC 7009)."""
        self._check_client(form)
        token = form.get("token", "")
        grant = self._book.by_refresh_token(token) or self._book.access(token, self._site.now())
        if grant is not None:
            self._book.revoke(grant)

    def first_grant(self) -> Grant:
        """A grant consented to before the world began, for the ready line."""
        grant = self._book.new_grant(USUAL_SCOPES, self._businesses[0].id, self._site.now())
        self._book.rotate(grant)
        return grant
