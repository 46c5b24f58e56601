"""The OAuth dance: a person's consent becomes tokens, and tokens are renewed.

oauthlib builds and reads the messages; they travel over the same transport as everything else. The
only file that knows oauthlib.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error, WebApplicationClient
from oauthlib.oauth2.rfc6749.errors import MismatchingStateError, MissingCodeError

from ml_connector.core.faults import (
    AccountClosed,
    Mistake,
    NeedsPerson,
    TooFast,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.ports import Chance, Clock
from ml_connector.core.vendor import OAuth
from ml_connector.core.wire import Response
from ml_connector.http.guard import Guard
from ml_connector.http.redaction import Redactor
from ml_connector.http.tokens import Tokens, read_tokens, said
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing, Transport

TIMEOUT_SECONDS = 20.0
LAPSED_WAIT = timedelta(days=1)
BUSY_WAIT = timedelta(minutes=1)

Kind = Literal["consent", "grant", "name and password"]
"""What a token call stands on, as it is told where the vendor refuses it."""


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """A developer app at a vendor, and where its calls go."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_url: str
    authorize_url: str
    token_url: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person is sent to, and what must be kept until they come back."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    """The PKCE verifier; empty where the vendor has no PKCE."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What the person came back with: the code, and what else the vendor put beside it."""

    code: str = field(repr=False)
    extras: Mapping[str, str]


class OAuthDance:
    """The authorization-code dance of one app. Every token call is unauthenticated and unpaced."""

    def __init__(
        self,
        label: str,
        oauth: OAuth,
        app: OAuthApp,
        *,
        transport: Transport,
        guard: Guard,
        redactor: Redactor,
        clock: Clock,
    ) -> None:
        self._label = label
        self._oauth = oauth
        self._app = app
        self._transport = transport
        self._guard = guard
        self._redactor = redactor
        self._clock = clock
        redactor.learn(app.client_secret)

    def consent(self, chance: Chance) -> Consent:
        """The address at which the person gives consent. Raises Mistake where it cannot work."""
        redirect = self._app.redirect_url
        if self._oauth.https_redirect_only and urlsplit(redirect).scheme != "https":
            raise Mistake(
                f"{self._label} takes only an https redirect address, not {redirect}. Register an "
                "https address of yours there, give it as --redirect-url, and use --paste."
            )
        client = WebApplicationClient(self._app.client_id)
        state = chance.token(32)
        verifier = chance.token(64) if self._oauth.pkce else ""
        self._redactor.learn(verifier)
        challenge: dict[str, str] = {}
        if verifier:
            challenge["code_challenge"] = client.create_code_challenge(verifier, "S256")
            challenge["code_challenge_method"] = "S256"
        url = client.prepare_request_uri(
            _as_https(self._app.authorize_url),
            redirect_uri=redirect or None,
            scope=self._oauth.scope or None,
            state=state,
            **challenge,
            **self._oauth.authorize_extra,
        )
        scheme = urlsplit(self._app.authorize_url).scheme
        return Consent(scheme + url[len("https") :], state, verifier)

    def returned(self, redirected_url: str, state: str) -> Returned:
        """What stands in the address on which the browser ended.

        Raises NeedsPerson where consent was refused, Mistake where the address is not the one.
        """
        query = urlsplit(redirected_url.strip()).query or redirected_url.strip().lstrip("?")
        client = WebApplicationClient(self._app.client_id)
        try:
            params = client.parse_request_uri_response(f"https://returned.invalid/?{query}", state)
        except MismatchingStateError:
            raise Mistake(
                "This address belongs to another attempt to connect (its state differs). "
                "Start connect again and take the address that its consent page ends on."
            ) from None
        except MissingCodeError:
            raise Mistake(
                "This address holds no code. Copy the whole address from the browser's address "
                "bar after giving consent, including everything after the question mark."
            ) from None
        except OAuth2Error as error:
            raise self._consent_refused(error) from None
        extras = {k: str(v) for k, v in params.items() if k not in ("code", "state")}
        return Returned(str(params["code"]), extras)

    async def exchange(self, code: str, verifier: str = "") -> Tokens:
        """Tokens for a code, which works once.

        Raises NeedsPerson where consent must be given again, Unreachable where nothing was sent.
        """
        for secret in (code, verifier):
            self._redactor.learn(secret)
        client = WebApplicationClient(self._app.client_id)
        body = client.prepare_request_body(
            code=code,
            redirect_uri=self._app.redirect_url or None,
            include_client_id=self._in_form,
            code_verifier=verifier or None,
            **self._secret_in_form(),
        )
        try:
            return await self._tokens(body, "consent")
        except UnknownOutcome:
            raise NeedsPerson(
                f"{self._label} gave no good answer to the code, which works only once. "
                "Start connect again."
            ) from None

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for the refresh token; where none comes back, the old one stays.

        Raises NeedsPerson where the grant is refused, AccountClosed where the plan lapsed,
        Unreachable where nothing was sent, and UnknownOutcome where the vendor may have replaced
        the token and its answer was lost: the caller tries at once with the same token.
        """
        self._redactor.learn(refresh_token)
        client = WebApplicationClient(self._app.client_id)
        named = {"client_id": self._app.client_id} if self._in_form else {}
        if self._app.redirect_url:
            # Some vendors want it on every token call; others ignore what they do not know.
            named["redirect_uri"] = self._app.redirect_url
        body = client.prepare_refresh_body(
            refresh_token=refresh_token, **named, **self._secret_in_form()
        )
        return await self._tokens(body, "grant", refresh_token)

    async def password(self, username: str, password: str) -> Tokens:
        """Tokens for a user's own name and password, where the vendor still has this grant.

        Raises as `refresh` does; an unknown outcome is harmless here.
        """
        self._redactor.learn(password)
        client = LegacyApplicationClient(self._app.client_id)
        body = client.prepare_request_body(
            username,
            password,
            scope=self._oauth.scope or None,
            include_client_id=self._in_form,
            **self._secret_in_form(),
        )
        return await self._tokens(body, "name and password")

    @property
    def _in_form(self) -> bool:
        return self._oauth.client_auth == "form"

    def _secret_in_form(self) -> dict[str, str]:
        return {"client_secret": self._app.client_secret} if self._in_form else {}

    async def _tokens(self, body: str, kind: Kind, refresh_token: str = "") -> Tokens:
        """One token call. `refresh_token` is the one that was sent, if one was."""
        asked_at = self._clock.now()
        response = await self._post(body)
        self._refuse(response, kind)
        tokens = read_tokens(response, self._oauth, asked_at, refresh_token)
        if tokens is None:
            raise UnknownOutcome(
                f"{self._label} answered the token call with something unreadable."
            )
        self._redactor.learn(tokens.access_token)
        self._redactor.learn(tokens.refresh_token or "")
        return tokens

    def _encoded(self, body: str) -> tuple[str, bytes]:
        """The content type and the bytes of a token call, with what this vendor wants besides."""
        fields: dict[str, str | int] = dict(parse_qsl(body, keep_blank_values=True))
        if self._oauth.token_scope and self._oauth.scope:
            fields["scope"] = self._oauth.scope
        fields |= self._oauth.token_extra
        if self._oauth.token_body == "json":  # noqa: S105 - a form of body, no secret
            return "application/json", json.dumps(fields).encode()
        return "application/x-www-form-urlencoded", urlencode(fields).encode()

    async def _post(self, body: str) -> Response:
        self._guard.check(self._app.token_url)
        content_type, content = self._encoded(body)
        headers = {"accept": "application/json", "content-type": content_type}
        headers |= {name.lower(): value for name, value in self._oauth.token_headers.items()}
        if not self._in_form:
            pair = f"{self._app.client_id}:{self._app.client_secret}".encode()
            headers["authorization"] = "Basic " + b64encode(pair).decode()
        outgoing = Outgoing(
            "POST",
            self._app.token_url,
            headers,
            content,
            TIMEOUT_SECONDS,
            self._guard.private_allowed,
        )
        try:
            return await self._transport.send(outgoing)
        except NotConnected as error:
            if error.forbidden:
                raise NeedsPerson(f"{self._label}: {error}.") from None
            raise Unreachable(f"{self._label} cannot be reached: {error}.") from None
        except NoAnswer as error:
            raise UnknownOutcome(f"{self._label} did not answer the token call: {error}.") from None

    def _refuse(self, response: Response, kind: Kind) -> None:
        """Raises the fault of an answer that holds no tokens."""
        status = response.status
        if 200 <= status < 300:
            return
        response = self._redactor.answer(response)
        words = self._redactor.text(said(response))
        told = f' It says: "{words}".' if words else ""
        if status == 429:
            until = self._clock.now() + timedelta(seconds=response.retry_after_seconds())
            raise TooFast(f"{self._label} wants fewer token calls.", until)
        if self._oauth.busy_words and self._oauth.busy_words.encode() in response.body:
            raise TooFast(f"{self._label} is busy.{told}", self._clock.now() + BUSY_WAIT)
        if status >= 500 or status == 408:
            raise UnknownOutcome(f"{self._label} answered the token call with status {status}.")
        if kind == "grant" and status == self._oauth.lapsed_status:
            raise AccountClosed(
                f"{self._label} says that the account's plan has lapsed. Renew the plan there; it "
                f"is asked again once a day, and at once by `ml-connector ping`.{told}",
                self._clock.now() + LAPSED_WAIT,
            )
        if status in (400, 401, 403):
            raise NeedsPerson(
                f"{self._label} refuses the {kind} (status {status}). Connect again; if that does "
                f"not help, check the client id and secret.{told}"
            )
        raise NeedsPerson(
            f"{self._label} answered the token call with status {status}. Is token_url right?{told}"
        )

    def _consent_refused(self, error: OAuth2Error) -> NeedsPerson:
        if error.error == "access_denied":
            return NeedsPerson(
                f"Consent was refused at {self._label}. Start connect again and allow the access."
            )
        words = self._redactor.text(str(error.description or ""))[:200]
        told = f' It says: "{words}".' if words else ""
        if error.error == "invalid_scope":
            told += (
                f" Asked for was: {self._oauth.scope}. Ask for less with --set scopes=…, "
                "or allow more where the app is registered."
            )
        return NeedsPerson(f"{self._label} refuses the consent ({error.error}).{told}")


def _as_https(url: str) -> str:
    """oauthlib builds only https addresses; a sandbox's http one is put back by the caller."""
    return "https://" + url.split("://", 1)[-1]
