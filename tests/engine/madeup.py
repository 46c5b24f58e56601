"""A made-up vendor, declared as vendors are, for mechanisms that no single real one shows whole."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from ml_connector.app import new_key
from ml_connector.core.faults import Fault, Forged, Missing, Refused, TokenExpired
from ml_connector.core.limits import Limits, Price, Reading, Window
from ml_connector.core.objects import Identity
from ml_connector.core.vendor import (
    ConnectionFacts,
    ConnectionSetting,
    Delivery,
    Handshake,
    Hint,
    OAuth,
    Proofs,
    Subscription,
    Token,
    Vendor,
)
from ml_connector.core.wire import Errand, Request, Response, Wire
from ml_connector.engine.commands import Commands
from ml_connector.engine.ingest import Answer, Ingest
from ml_connector.engine.lane import Lane
from ml_connector.engine.looking import Look
from ml_connector.engine.metering import StoredAllowances
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.resources import Resources
from ml_connector.engine.taking_over import take_over
from ml_connector.http.asgi_transport import AsgiTransport, Message
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.store import connections, grants, lanes
from ml_connector.store.database import Store
from ml_connector.store.keyring import KeyRing
from ml_connector.store.vault import Vault, get_secrets
from tests.support.clock import SeededChance, VirtualClock

API, SANDBOX, AUTH = (
    "https://api.mill.example",
    "https://sandbox.mill.example",
    "https://id.mill.example",
)
HOOKS = "https://connector.example"
APP = {"client_id": "app-1@mill", "client_secret": "app-secret-1"}
NOUNS = ("bill", "payer")


class Mill:
    """The vendor's servers: its tokens, its callbacks, and what was asked of them."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.one_live = False
        self.answers: dict[str, Any] = {"expires_in": 3600}
        """Beside the pair, in each answer to a token call."""
        self.codes: dict[str, str] = {}
        self.refreshes: dict[str, str] = {}
        self.accesses: dict[str, str] = {}
        self.passwords = {"ada": "pass-word-ada"}
        self.static = "Basic " + b64encode(b"ada@x.example/token:api-token-1").decode()
        self.asked: list[tuple[str, str]] = []
        self.token_calls: list[tuple[str, Mapping[str, str], Mapping[str, Any]]] = []
        self.callbacks: dict[str, dict[str, Any]] = {}
        self.introductions: list[tuple[str, str, str]] = []
        """(url, id, code) of each handshake that was posted."""
        self.is_down = False
        self._numbers = 0

    def next(self, name: str) -> str:
        self._numbers += 1
        return f"{name}-{self._numbers}"

    def consents(self, user: str) -> str:
        """A person agrees in a browser; the code that the browser brings back."""
        code = self.next("code")
        self.codes[code] = user
        return code

    async def app(self, scope: Message, receive: Any, send: Any) -> None:
        body = (await receive()).get("body", b"")
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        query = scope.get("query_string", b"").decode()
        self.asked.append((scope["method"], f"{headers['host']}{scope['path']}"))
        status, said = self._answer(scope["method"], scope["path"], query, headers, body)
        start = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})

    def _answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Any]:
        if self.is_down:
            return 503, {}
        if path == "/token":
            return self._token(headers, body)
        user = self._user(headers.get("authorization", ""))
        if user is None:
            return 401, {"error": "unauthenticated"}
        if path.startswith("/callbacks"):
            return self._callback(method, path.removeprefix("/callbacks").strip("/"), body)
        if path == "/me":
            return 200, {"user": user, "account": dict(parse_qsl(query)).get("ledger", "L1")}
        return 200, {"metered": True}

    def _user(self, proof: str) -> str | None:
        return (
            "static" if proof == self.static else self.accesses.get(proof.removeprefix("Bearer "))
        )

    def _token(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        is_json = headers["content-type"] == "application/json"
        sent = json.loads(body) if is_json else dict(parse_qsl(body.decode()))
        self.token_calls.append((headers["host"], headers, sent))
        basic = headers.get("authorization", "").removeprefix("Basic ")
        pair = f"{sent.get('client_id')}:{sent.get('client_secret')}"
        if basic:
            pair = b64decode(basic).decode()
        if pair != f"{APP['client_id']}:{APP['client_secret']}":
            return 401, {"error": "invalid_client"}
        user = self._granted(sent)
        if user is None:
            return 400, {"error": "invalid_grant"}
        if self.one_live:
            self.refreshes = {t: u for t, u in self.refreshes.items() if u != user}
        access, refresh = self.next("access"), self.next("refresh")
        self.accesses[access], self.refreshes[refresh] = user, user
        return 200, {"access_token": access, "refresh_token": refresh, **self.answers}

    def _granted(self, sent: Mapping[str, Any]) -> str | None:
        kind = sent["grant_type"]
        if kind == "authorization_code":
            return self.codes.pop(sent["code"], None)
        if kind == "refresh_token":
            return self.refreshes.pop(sent["refresh_token"], None)
        return (
            sent["username"] if self.passwords.get(sent["username"]) == sent["password"] else None
        )

    def _callback(self, method: str, id: str, body: bytes) -> tuple[int, Any]:
        sent = json.loads(body) if body else {}
        if method == "GET":
            return 200, list(self.callbacks.values())
        if method == "POST":
            id = self.next("callback")
            self.callbacks[id] = {"id": id, "verified": False, "code": "", **sent}
            self.introduce(id)
            return 200, self.callbacks[id]
        if id not in self.callbacks:
            return 404, {"error": "not found"}
        if method == "DELETE":
            return 200, self.callbacks.pop(id)
        if sent.get("resend"):
            self.introduce(id)
            return 200, {}
        if sent["code"] != self.callbacks[id]["code"]:
            return 422, {"error": "wrong code"}
        self.callbacks[id]["verified"] = True
        return 200, {}

    def introduce(self, id: str) -> None:
        """Post a new code to a callback's address."""
        code = self.next("code-of-callback")
        self.callbacks[id]["code"] = code
        self.introductions.append((self.callbacks[id]["url"], id, code))


class MillHooks:
    """Deliveries are JSON, proven by the code of their callback in a header."""

    def verify(self, delivery: Delivery, proofs: Proofs) -> None:
        if delivery.headers.get("x-code", "") not in proofs.secrets.get("webhook_secret", ()):
            raise Forged("The code is wrong.")

    def read(self, delivery: Delivery) -> list[Hint]:
        return [Hint("", json.loads(delivery.body)["event"])]

    def is_probe(self, delivery: Delivery) -> bool:
        return False

    def same_account(self, told: str, account: str) -> bool:
        return told == account

    def is_whole_key(self, told: str) -> bool:
        return True

    def same_key(self, told: str, key: str) -> bool:
        return told == key


def handshake(delivery: Delivery) -> Handshake | None:
    told = json.loads(delivery.body)
    code = delivery.headers["x-code"]
    return Handshake(told["id"], code) if told["event"] == "introduce" else None


class MillClient:
    """Implements Client and ConfirmingClient."""

    subscribe_tokens = 0
    unsubscribe_tokens = 0

    def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
        self._wire = wire
        self._facts = facts

    async def identify(self, errand: Errand) -> Identity:
        told = await self._ask("GET", "/me", errand, params=self._ledger())
        return Identity(told["account"], f"Ledger {told['account']}", user=told["user"])

    def _ledger(self) -> dict[str, str]:
        ledger = self._facts.settings.get("ledger")
        return {"ledger": ledger} if ledger else {}

    async def metered(self, tokens: int, errand: Errand) -> None:
        await self._ask("GET", "/records", errand, price=Price(tokens=tokens))

    async def subscriptions(self, errand: Errand) -> list[Subscription]:
        return [_subscription(row) for row in await self._ask("GET", "/callbacks", errand)]

    async def subscribe(
        self, event: str, url: str, secrets: Mapping[str, str], errand: Errand
    ) -> Subscription:
        json = {"event": event, "url": url}
        return _subscription(await self._ask("POST", "/callbacks", errand, json=json))

    async def unsubscribe(self, id: str, errand: Errand) -> None:
        await self._ask("DELETE", f"/callbacks/{id}", errand)

    async def confirm(self, handshake: Handshake, errand: Errand) -> None:
        json = {"code": handshake.code}
        await self._ask("PUT", f"/callbacks/{handshake.subscription}", errand, json=json)

    async def introduce_again(self, id: str, errand: Errand) -> None:
        await self._ask("PUT", f"/callbacks/{id}", errand, json={"resend": True})

    async def _ask(self, method: str, path: str, errand: Errand, **more: Any) -> Any:
        return (await self._wire.send(Request(method, path, **more), errand)).json()


def _subscription(row: Mapping[str, Any]) -> Subscription:
    return Subscription(row["id"], row["event"], row["url"], row["verified"])


def fault(request: Request, response: Response, *_: object) -> Fault | None:
    if response.status == 401:
        return TokenExpired("The token is not taken.")
    if response.status == 404:
        return Missing("It is not there.")
    return Refused("It is wrong.") if response.status == 422 else None


def limits(settings: Mapping[str, str], scope: str, how: Literal["oauth", "token"]) -> Limits:
    return Limits(scope, (Window(1000, 1.0),), 10)


OAUTH = OAuth("/authorize", "/token", "all", "form", False)
VENDOR = Vendor(
    name="mill", label="The Mill", api_base=API, auth_base=AUTH, hosts=("*.mill.example",),
    sources=(), targets=(),
    settings=(
        ConnectionSetting("ledger", "", "Which ledger."),
        ConnectionSetting("side", "production", "Which of the two.", ("production", "sandbox")),
    ),
    secrets=("client_id", "client_secret", "refresh_token", "username", "password", "api_token",
             "webhook_secret"),
    oauth=OAUTH, token=None, client=MillClient, limits=limits, fault=fault,
    reading=lambda response: Reading(), webhooks=MillHooks(), endpoint_of="connection",
)  # fmt: skip


def two_secrets(ends_on: date | None = None) -> Token:
    """A static token that goes with a user's name."""

    def value(given: Mapping[str, str]) -> str:
        pair = f"{given['username']}/token:{given['api_token']}"
        return "Basic " + b64encode(pair.encode()).decode()

    return Token(("api_token", "username"), "Authorization", value, ends_on)


@dataclass
class Bench:
    """The real engine, with this vendor alone. `public` lets vendors reach it."""

    vendor: Vendor = VENDOR
    public: bool = False
    clock: VirtualClock = field(default_factory=VirtualClock)
    alerts: list[str] = field(default_factory=list)
    mill: Mill = field(init=False)

    async def __aenter__(self) -> Self:
        self.mill = Mill(self.clock)
        self.chance = SeededChance(1)
        self.store = Store.in_memory()
        self.vault = Vault(KeyRing((new_key("key", self.clock),)), os.urandom)
        await self.store.write(lambda c: lanes.put_workspace(c, "w", "default"))
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def start(self) -> None:
        places = (API, SANDBOX, AUTH, "https://own.example")
        self.res = Resources(
            store=self.store, vault=self.vault, clock=self.clock, chance=self.chance,
            pacing=Pacing(self.clock, StoredAllowances(self.store)),
            transport=AsgiTransport(dict.fromkeys(places, self.mill.app)), redactor=Redactor(),
            vendors={self.vendor.name: self.vendor}, flows={},
            public_url=HOOKS if self.public else "", alert=self.alerts.append,
        )  # fmt: skip
        self.lane = Lane(self.res, "w", await take_over(self.res, "w"))
        self.ingest = Ingest(self.res)
        self.commands = Commands(self.lane, self.ingest.forget)
        self.look = Look(self.res, HOOKS)

    async def do(self, command: str, **args: Any) -> dict[str, Any]:
        return await self.clock.run(self.commands.perform(command, args, lambda state: None))

    async def connect(self, name: str = "books", **given: Any) -> Any:
        """`connect` with these secrets; settings are those that begin with `set_`."""
        done = await self._connect(name, given)
        assert done["exit"] == 0, done
        return done["result"]

    async def refused(self, name: str = "books", **given: Any) -> str:
        """What `connect` says of what cannot be used."""
        done = await self._connect(name, given)
        assert done["exit"] == 2, done
        return " ".join(done["notes"])

    async def _connect(self, name: str, given: Mapping[str, str]) -> dict[str, Any]:
        settings = {k.removeprefix("set_"): v for k, v in given.items() if k.startswith("set_")}
        secrets = {k: v for k, v in given.items() if not k.startswith("set_")}
        args = {"vendor": "mill", "name": name, "settings": settings, "secrets": secrets}
        return await self.do("connect", **args)

    async def consent(
        self, name: str = "books", user: str = "ada", *, expect: int = 0, extra: str = "",
        **settings: str,
    ) -> Any:  # fmt: skip
        """A person's walk through the consent page."""
        begun = await self.do(
            "consent", vendor="mill", name=name, settings=settings, secrets=APP,
            redirect_url=f"{HOOKS}/oauth/callback",
        )  # fmt: skip
        assert begun["result"], begun
        self.sent_to = begun["result"]["authorize_url"]
        state = parse_qs(urlsplit(self.sent_to).query)["state"][0]
        url = f"{HOOKS}/oauth/callback?code={self.mill.consents(user)}&state={state}{extra}"
        done = await self.do("exchange", state=state, secrets={"url": url})
        assert done["exit"] == expect, done
        return done["result"] if expect == 0 else " ".join(done["notes"])

    async def opened(self, name: str = "books") -> OpenConnection:
        return await self.lane.opener.connection(await self.row(name))

    async def row(self, name: str = "books") -> connections.Row:
        row = await self.store.read(lambda c: connections.named(c, "w", name))
        assert row is not None
        return row

    async def grant(self, name: str = "books") -> grants.Grant:
        row = await self.row(name)
        grant = await self.store.read(lambda c: grants.get(c, row.grant))
        assert grant is not None
        return grant

    async def secrets(self, owner: str) -> dict[str, str]:
        return await self.store.read(lambda c: get_secrets(c, self.vault, owner))

    async def answers(self, name: str = "books") -> bool:
        """Whether a ping goes through."""
        (told,) = (await self.do("ping", names=[name]))["result"]
        return bool(told["ok"])

    async def days(self, days: float) -> None:
        """Time passes, and then the lane looks around once."""
        await self.clock.advance(days * 86_400)
        await self.clock.run(self.lane.round())

    async def deliver(self, url: str, event: str, code: str = "", **more: str) -> Answer:
        """The vendor posts to that address."""
        body = json.dumps({"event": event, **more}).encode()
        delivery = Delivery(body, {"x-code": code}, self.clock.now())
        return await self.ingest.take(urlsplit(url).path.removeprefix("/hooks/"), delivery)


def with_oauth(**changes: Any) -> Vendor:
    return replace(VENDOR, oauth=replace(OAUTH, **changes))
