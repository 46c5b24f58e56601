"""A rehearsal with canaries for credentials: what a person gives, and what the vendors issue.

They are exchanged for the sandbox's real ones on the way out, and put in the place of tokens on the
way back. A trouble is a vendor, or a network, that goes wrong and repeats what it was sent.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Response
from ml_connector.engine.credentials import OPEN_SECRETS
from ml_connector.engine.resources import Resources
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.store import connections
from ml_connector.store.database import Connection
from ml_connector.store.sqlite import driver
from ml_connector.store.vault import get_secrets
from tests.support.rehearsal import HOOKS, VENDORS_BY_NAME, WORKSPACE, Rehearsal

from .canaries import AWKWARD, MARK, OPEN_MARK, PLAIN, canary

FORM = "application/x-www-form-urlencoded"
REDIRECT = "https://app.example/cb"
ISSUED = ("access_token", "refresh_token", "id_token")
TOKENLIKE = f"+/=._~-{PLAIN}"
"""What may stand in a header as it is, and not in an address or a form."""

MOST = 8
"""So often a trouble answers."""

SESSION_SECONDS = 3600
"""Acumatica's licence allows few sessions at a time; after so long the earlier ones have ended."""

PORTALS = ("wave", "quickbooks_online", "acumatica")
"""Where a person enters the address for webhooks, and their secret, at the vendor."""

Trouble = Callable[[Outgoing], Response | None]
"""An answer instead of the vendor's, None for the vendor's own, or an exception."""


@dataclass
class Disguise:
    """Implements `http.transport.Transport`. `real` maps each canary to what it stands for."""

    inner: Transport
    real: dict[str, str] = field(default_factory=dict)
    noticed: dict[str, str] = field(default_factory=dict)
    """Other secrets that went by: what the engine made up itself."""
    trouble: Trouble | None = None
    left: int = 0
    """How often the trouble will answer yet; then the vendor is well again."""

    def order(self, trouble: Trouble) -> None:
        self.trouble, self.left = trouble, MOST

    def plant(self, label: str, real: str, signs: str = TOKENLIKE, mark: str = MARK) -> str:
        planted = canary(label, signs, mark)
        self.real[planted] = real
        return planted

    async def send(self, outgoing: Outgoing) -> Response:
        if self.trouble is not None and self.left:
            self.left -= 1
            answer = self.trouble(outgoing)
            if answer is not None:
                return answer
            self.left += 1
        return self._disguised(await self.inner.send(self._revealed(outgoing)))

    def _revealed(self, outgoing: Outgoing) -> Outgoing:
        headers = {name: self._header(value) for name, value in outgoing.headers.items()}
        url, body = outgoing.url, outgoing.body
        for planted, real in self.real.items():
            url = url.replace(quote(planted, safe=""), quote(real, safe=""))
        if body is not None and headers.get("content-type", "").startswith(FORM):
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
            if "code_verifier" in fields:
                self.noticed["code_verifier"] = fields["code_verifier"]
            body = urlencode({n: self.real.get(v, v) for n, v in fields.items()}).encode()
        elif body is not None:
            body = self._text(body.decode("utf-8", "surrogateescape")).encode(
                "utf-8", "surrogateescape"
            )
        return replace(outgoing, url=url, headers=headers, body=body)

    def _header(self, value: str) -> str:
        kind, _, rest = value.partition(" ")
        if kind == "Basic":
            return f"Basic {b64encode(self._text(b64decode(rest).decode()).encode()).decode()}"
        return self._text(value)

    def _text(self, text: str) -> str:
        for planted, real in self.real.items():
            text = text.replace(planted, real)
            for ascii_only in (True, False):
                text = text.replace(json.dumps(planted, ensure_ascii=ascii_only)[1:-1], real)
        return text

    def _disguised(self, answer: Response) -> Response:
        try:
            told = json.loads(answer.body)
        except ValueError:
            return answer
        if not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
            return answer
        for name in ISSUED:
            if isinstance(told.get(name), str):
                known = next((c for c, real in self.real.items() if real == told[name]), None)
                label = f"{name} {len(self.real)}"
                told[name] = known or self.plant(label, told[name])
        body = json.dumps(told).encode()
        headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
        return Response(answer.status, headers, body)


def given_to(disguise: Disguise, vendor: Vendor, offered: Mapping[str, str]) -> dict[str, str]:
    """A canary for every secret that the vendor takes, and the sandbox's own behind it."""
    given = {}
    for name in vendor.secrets:
        signs = AWKWARD if name in ("client_secret", "password") else TOKENLIKE
        if name.startswith("webhook_"):
            signs = PLAIN
        if name == "client_id" and vendor.oauth.check_client_id is not None:
            given[name] = offered[name]  # it has a form of its own
            continue
        mark = OPEN_MARK if name in OPEN_SECRETS else MARK
        given[name] = disguise.plant(f"{vendor.name} {name}", offered.get(name, ""), signs, mark)
        if name not in offered:
            del disguise.real[given[name]]  # a person makes it up
    return given


@dataclass
class Planted(Rehearsal):
    """Every credential that a person gives is a canary, and so is every token that is issued."""

    disguise: Disguise = field(init=False)

    async def start(self) -> None:
        if not hasattr(self, "disguise"):
            self.disguise = Disguise(self.contract or self.sandbox.transport)
        await super().start()

    def wired(self) -> Resources:
        return replace(super().wired(), transport=self.disguise)

    @property
    def kind_sides(self) -> tuple[str, str]:
        """The names of both connections, which are the vendors'."""
        flow = self.res.flows[self.kind]
        return flow.source, flow.target

    async def credentials(self, vendor: Vendor) -> dict[str, str]:
        """See `given_to`."""
        ready = (await self.human("GET", "ready"))["vendors"][vendor.name]
        return given_to(self.disguise, vendor, ready["credentials"])

    async def settings(self, vendor: str) -> dict[str, str]:
        ready = (await self.human("GET", "ready"))["vendors"][vendor]
        return {"base_url": ready["base_url"], **ready["settings"]}

    async def connect_every_way(self, name: str) -> None:
        """By a grant, by a consent in a browser, and by whatever else the vendor takes."""
        vendor = VENDORS_BY_NAME[name]
        given, settings = await self.credentials(vendor), await self.settings(name)
        await self.done(
            "connect", vendor=name, name=name, settings=settings, redirect_url=REDIRECT,
            secrets=given,
        )  # fmt: skip
        ways: list[tuple[str, ...]] = []
        if vendor.token is not None:
            ways.append(vendor.token.secrets)
        if vendor.oauth.password_grant:
            ways.append(("client_id", "client_secret", "username", "password"))
        for way in ways:
            await self.clock.advance(SESSION_SECONDS)
            await self.done(
                "connect", vendor=name, name=f"{name} {way[-1]}", settings=settings,
                secrets={n: given[n] for n in way},
            )  # fmt: skip
        await self.clock.advance(SESSION_SECONDS)
        await self.consent(name, settings, given)
        if name in PORTALS:
            await self.enter_webhook(vendor, given)

    async def consent(
        self, name: str, settings: Mapping[str, str], given: Mapping[str, str]
    ) -> None:
        """A person agrees in a browser; the code that they come back with is a canary too."""
        ready = (await self.human("GET", "ready"))["vendors"][name]
        addresses = {n: ready[n] for n in ("auth_url", "token_url")}
        app = {n: given[n] for n in ("client_id", "client_secret")}
        begun = await self.done(
            "consent", vendor=name, name=f"{name} agreed", settings={**settings, **addresses},
            secrets=app, redirect_url=REDIRECT,
        )  # fmt: skip
        there = urlsplit(begun["authorize_url"])
        query = [(n, self.disguise.real.get(v, v)) for n, v in parse_qsl(there.query)]
        page = await self.sandbox.call("GET", f"{there.path}?{urlencode(query)}")
        assert page.status == 302, (page.status, page.body)
        ended = urlsplit(page.headers["location"])
        params = dict(parse_qsl(ended.query))
        params["code"] = self.disguise.plant(f"{name} code", params["code"])
        url = f"{REDIRECT}?{urlencode(params)}"
        await self.done("exchange", state=begun["state"], secrets={"url": url})

    async def enter_webhook(self, vendor: Vendor, given: Mapping[str, str]) -> None:
        token = await self.hook_token(vendor.name)
        await self.human(
            "PUT", f"{vendor.name}/webhook",
            {"url": f"{HOOKS}/hooks/{token}", "secret": given["webhook_secret"]},
        )  # fmt: skip

    async def vault_of(self, name: str) -> dict[str, str]:
        """Every secret that is kept for a connection."""
        row = await self.store.read(lambda c: connections.named(c, WORKSPACE, name))
        assert row is not None
        found: dict[str, str] = {}
        for owner in (f"app:{row.app}", f"grant:{row.grant}", f"connection:{row.id}"):
            found |= await self.store.read(partial(get_secrets, vault=self.vault, owner=owner))
        return found

    async def reconnect(self, name: str) -> None:
        """With what is known of it: a person mends a connection that stopped."""
        kept = await self.vault_of(name)
        await self.do(
            "connect", vendor=name, name=name, settings={},
            secrets={"refresh_token": kept["refresh_token"]},
        )  # fmt: skip

    async def file(self) -> bytes:
        """The database as its file would be."""

        def bytes_of(conn: Connection) -> bytes:
            return driver(conn).serialize()

        return await self.store.read(bytes_of)


def credentials_in(outgoing: Outgoing) -> list[str]:
    """What of the request proves who we are, as a vendor would read it."""
    found: list[str] = []
    for name, value in outgoing.headers.items():
        if name not in ("accept", "content-type"):
            kind, _, rest = value.partition(" ")
            found += [value, rest or kind]
            if kind == "Basic":
                found += b64decode(rest).decode().split(":", 1)
    if outgoing.headers.get("content-type", "").startswith(FORM):
        found += [v for _, v in parse_qsl((outgoing.body or b"").decode())]
    return found


def repeated(outgoing: Outgoing) -> str:
    """All of the request in one text, and its credentials in whatever form a vendor tells them."""
    headers = "\n".join(f"{name}: {value}" for name, value in outgoing.headers.items())
    body = (outgoing.body or b"").decode("utf-8", "replace")
    forms = []
    for each in credentials_in(outgoing):
        raw = each.encode()
        forms += [each, quote(each), json.dumps(each), raw.hex(), b64encode(raw).decode(),
                  b64encode(b"u:" + raw).decode(), each[:20], each[-20:]]  # fmt: skip
    whole = f"{outgoing.method} {outgoing.url}\n{headers}\n\n{body[:2_000]}\n"
    return whole + " and ".join(dict.fromkeys(forms))


def error_of(told: str) -> dict[str, Any]:
    """A body that says it in every place where some vendor's errors have words."""
    error = {"message": told, "errno": 1, "code": "X", "Detail": told,
             "extensions": {"code": "BAD_USER_INPUT"}}  # fmt: skip
    return {
        "error": "invalid_grant", "error_description": told, "message": told,
        "errors": [error], "details": {"base": [error]}, "exceptionMessage": told,
        "response": {"errors": [error]}, "Fault": {"Error": [error], "type": "ValidationFault"},
    }  # fmt: skip
