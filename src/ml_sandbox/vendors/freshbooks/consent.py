"""OAuth at FreshBooks: the authorize, token, revoke and introspect addresses of the one app.

Consent is given at once. Errors and forms as in the sheet, section 2; what is only hearsay there is
a switch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from ml_sandbox.oauth import pkce_matches, redirect_address
from ml_sandbox.vendor import Site
from ml_sandbox.vendors.freshbooks import scopes
from ml_sandbox.vendors.freshbooks.tokens import Consent, Pair, TokenBook

_GRANT_DEAD = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection "
    "URI used in the authorization request, or was issued to another client."
)
_CLIENT_UNKNOWN = (
    "Client authentication failed due to unknown client, no client authentication included, or "
    "unsupported authentication method."
)


@dataclass
class OAuthNo(Exception):  # an answer of the token address
    """An OAuth error: the status and `error`, with a sentence."""

    status: int
    error: str
    description: str

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


def _missing(name: str) -> OAuthNo:
    return OAuthNo(400, "invalid_request", f"Missing required parameter: {name}.")


class ConsentDesk:
    """`consenting()` is the number of the user who sits before the consent page."""

    def __init__(self, site: Site, book: TokenBook, consenting: Callable[[], int]) -> None:
        self._site = site
        self._book = book
        self._consenting = consenting
        self.client_id = book.hexadecimal()
        self.client_secret = book.hexadecimal()

    # --- authorize ---

    def authorize(self, query: Mapping[str, str]) -> str:
        """The address to redirect to. Raises OAuthNo where there is none to go to."""
        if query.get("client_id") != self.client_id:
            raise OAuthNo(401, "invalid_client", _CLIENT_UNKNOWN)
        back = query.get("redirect_uri", "")
        if not self._may_go_to(back):
            description = "The redirect uri included is not valid."
            raise OAuthNo(400, "invalid_redirect_uri", description)
        answer = self._decide(query, back)
        if "state" in query:
            answer["state"] = query["state"]
        return redirect_address(back, answer)

    def _may_go_to(self, back: str) -> bool:
        """FreshBooks wants https and no query; the sandbox takes any address unless told so."""
        if not back.startswith(("http://", "https://")):
            return False
        if not self._site.switch("strict_redirect_uri"):
            return True
        return urlsplit(back).scheme == "https" and "?" not in back and "#" not in back

    def _decide(self, query: Mapping[str, str], back: str) -> dict[str, str]:
        """One wrong scope rejects the whole consent, without a word on which it was."""
        if query.get("response_type") != "code":
            description = "The authorization server does not support this response type."
            return {"error": "unsupported_response_type", "error_description": description}
        known = scopes.enabled(str(self._site.switch("app_scopes")))
        asked = tuple(query["scope"].split()) if query.get("scope", "").strip() else known
        if any(scope not in known for scope in asked):
            description = "The requested scope is invalid, unknown, or malformed."
            return {"error": "invalid_scope", "error_description": description}
        challenge = query.get("code_challenge", "")
        if challenge and query.get("code_challenge_method") != "S256":
            description = "The code challenge method must be S256."
            return {"error": "invalid_request", "error_description": description}
        if self._site.switch("consent_denied"):
            description = "The resource owner or authorization server denied the request."
            return {"error": "access_denied", "error_description": description}
        consent = Consent(self._consenting(), asked)
        return {"code": self._book.issue_code(consent, back, challenge, self._site.now())}

    # --- token ---

    def token(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of the token address. Raises OAuthNo."""
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        if not given.get("grant_type"):
            raise _missing("grant_type")
        self._check_client(given)
        if given["grant_type"] == "authorization_code":
            return self._exchange(given)
        if given["grant_type"] == "refresh_token":
            return self._refresh(given)
        description = "The authorization grant type is not supported by the authorization server."
        raise OAuthNo(400, "unsupported_grant_type", description)

    def _check_client(self, form: Mapping[str, str]) -> None:
        known = (self.client_id, self.client_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            status = int(self._site.switch("bad_client_status"))
            raise OAuthNo(status, "invalid_client", _CLIENT_UNKNOWN)

    def _exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        for name in ("code", "redirect_uri"):
            if not form.get(name):
                raise _missing(name)
        now = self._site.now()
        code = self._book.code(form["code"], now)
        if code is None or code.redirect_uri != form["redirect_uri"]:
            raise OAuthNo(400, "invalid_grant", _GRANT_DEAD)
        checked = code.challenge and self._site.switch("pkce_enforced")
        if checked and not pkce_matches(form.get("code_verifier", ""), code.challenge):
            raise OAuthNo(400, "invalid_grant", _GRANT_DEAD)
        code.used = True
        return self._answer(self._book.issue(code.consent, now, self._life_seconds()))

    def _refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        if not form.get("refresh_token"):
            raise _missing("refresh_token")
        if not form.get("redirect_uri") and self._site.switch("refresh_needs_redirect_uri"):
            raise _missing("redirect_uri")
        pair = self._book.refresh(form["refresh_token"])
        if pair is not None and self._site.fault("revoke_refresh_token") is not None:
            self._book.kill_refresh_tokens(pair.consent.user_id)
        if pair is None or pair.revoked:
            raise OAuthNo(400, "invalid_grant", _GRANT_DEAD)
        if not pair.refresh_alive:
            return self._answer(self._in_grace(pair))
        now = self._site.now()
        fresh = self._book.issue(pair.consent, now, self._life_seconds(), spent=pair)
        if self._site.switch("refresh_keeps_created_at"):
            fresh.created = pair.created
        return self._answer(fresh)

    def _in_grace(self, pair: Pair) -> Pair:
        """The pair that was made of a spent token, if it is asked for again soon enough."""
        grace = timedelta(seconds=float(self._site.switch("refresh_grace_seconds")))
        again = pair.successor
        if again is None or pair.spent_at is None or not again.refresh_alive:
            raise OAuthNo(400, "invalid_grant", _GRANT_DEAD)
        if self._site.now() >= pair.spent_at + grace:
            raise OAuthNo(400, "invalid_grant", _GRANT_DEAD)
        return again

    def _life_seconds(self) -> int:
        return int(self._site.switch("access_token_seconds"))

    def _answer(self, pair: Pair) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "access_token": pair.access_token,
            "token_type": "Bearer",
            "expires_in": self._life_seconds(),
            "refresh_token": pair.refresh_token,
            "scope": " ".join(pair.consent.scopes),
            "created_at": int(pair.created.timestamp()),
        }
        if self._site.switch("token_extras"):
            answer["direct_buy_tokens"] = {}
        return answer

    # --- the rest ---

    def revoke(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Ends the pair of an access or refresh token at once; an unknown token is fine."""
        self._check_client(form)
        if not form.get("token"):
            raise _missing("token")
        pair = self._book.any(str(form["token"]))
        if pair is not None:
            self._book.revoke(pair)
        return {}

    def introspect(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """RFC 7662: whether a token is live, and for what."""
        self._check_client(form)
        text = str(form.get("token", ""))
        pair = self._book.any(text)
        now = self._site.now()
        live = pair is not None and (
            pair.is_live(now) if text == pair.access_token else pair.refresh_alive
        )
        if pair is None or not live:
            return {"active": False}
        return {
            "active": True,
            "scope": " ".join(pair.consent.scopes),
            "client_id": self.client_id,
            "token_type": "Bearer",
            "iat": int(pair.created.timestamp()),
            "exp": int(pair.expires.timestamp()),
        }

    def metadata(self) -> dict[str, Any]:
        """RFC 8414, with the second set of addresses."""
        base = f"{self._site.base_url}/service/auth/oauth"
        return {
            "issuer": self._site.base_url,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "revocation_endpoint": f"{base}/revoke",
            "introspection_endpoint": f"{base}/introspect",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": list(scopes.SCOPES),
        }

    def first_pair(self, user_id: int) -> Pair:
        """Consented to before the world began, for the ready line."""
        consent = Consent(user_id, scopes.FIRST_SCOPES)
        return self._book.issue(consent, self._site.now(), self._life_seconds())
