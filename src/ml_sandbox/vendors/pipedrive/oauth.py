"""The OAuth host of Pipedrive: consent, tokens, revocation (sheet, 2.2).

In the sandbox consent is given at once, to any redirect address; scopes are those of the app's
registration and are not asked for in the address.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from .account import Account
from .api import Outbound
from .errors import Refusal
from .grants import Grants, invalid


class OAuth:
    """`api_domain()` is the address that token answers send the client to."""

    def __init__(
        self,
        account: Account,
        grants: Grants,
        api_domain: Callable[[], str],
        uninstall: Callable[[], None],
    ) -> None:
        self.account = account
        self.grants = grants
        self.api_domain = api_domain
        self.uninstall = uninstall

    def authorize(self, query: Mapping[str, str]) -> Outbound:
        """302 back to the client with a code, or with `error=access_denied`."""
        redirect_uri = query.get("redirect_uri", "")
        if not hmac.compare_digest(query.get("client_id", ""), self.grants.client_id):
            return _refused(invalid("Invalid client: client is invalid", "invalid_client"))
        if not redirect_uri:
            return _refused(invalid("Invalid redirect_uri", "invalid_request"))
        answer: dict[str, str] = {}
        if self.account.switch("consent_denied"):
            answer["error"] = "access_denied"
        else:
            user = self.account.default_user()
            answer["code"] = self.grants.issue_code(user["id"], redirect_uri)
        if "state" in query:
            answer["state"] = query["state"]
        joint = "&" if "?" in redirect_uri else "?"
        return Outbound(302, b"", {"location": f"{redirect_uri}{joint}{urlencode(answer)}"})

    def token(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Outbound:
        """Exchanges a code or a refresh token."""
        try:
            self._check_client(headers)
            answer = self._granted(form)
        except Refusal as refused:
            return _refused(refused)
        return _json({**answer, "api_domain": self.api_domain()})

    def _granted(self, form: Mapping[str, str]) -> dict[str, object]:
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self.grants.exchange_code(form.get("code", ""), form.get("redirect_uri", ""))
        if kind == "refresh_token":
            return self.grants.refresh(form.get("refresh_token", ""))
        if not kind:
            raise invalid("Missing parameter: `grant_type`", "invalid_request")
        raise invalid("Unsupported grant type: `grant_type` is invalid", "unsupported_grant_type")

    def revoke(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Outbound:
        """Revoking the refresh token uninstalls the app, and its webhooks go with it."""
        try:
            self._check_client(headers)
        except Refusal as refused:
            return _refused(refused)
        if self.grants.revoke(form.get("token", "")):
            self.uninstall()
        return _json({"success": True})

    def _check_client(self, headers: Mapping[str, str]) -> None:
        status = int(self.account.switch("bad_client_status"))
        given = _basic(headers.get("authorization", ""))
        if given is None:
            text = "Invalid client: cannot retrieve client credentials"
            raise invalid(text, "invalid_client", status)
        known = (self.grants.client_id, self.grants.client_secret)
        same = [
            hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, known, strict=True)
        ]
        if not all(same):
            raise invalid("Invalid client: client is invalid", "invalid_client", status)


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon else None


def _json(body: Mapping[str, object]) -> Outbound:
    return Outbound(200, json.dumps(dict(body)).encode(), {"content-type": "application/json"})


def _refused(refused: Refusal) -> Outbound:
    headers = {"content-type": refused.content_type}
    return Outbound(refused.status, refused.content, headers)
