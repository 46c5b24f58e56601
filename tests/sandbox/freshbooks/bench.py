"""The bench: a simulated FreshBooks in this process, a clock moved by tests, short ways in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors.freshbooks import KIND
from tests.support.clock import START, VirtualClock
from tests.support.sandbox import InProcessSandbox, Posted, Reply

RECEIVER = "http://127.0.0.1:9/hooks/x"
REDIRECT = "https://app.example/cb"
FORM = {"content-type": "application/x-www-form-urlencoded"}
READ = "user:profile:read user:clients:read user:invoices:read user:payments:read"
WRITE = "user:clients:write user:invoices:write user:payments:write"
Body = dict[str, Any]


def signed_by(posted: Posted, verifier: str) -> bool:
    """An independent check, by the recipe of the sheet: rebuild the JSON text from the form."""
    pairs = parse_qsl(posted.body.decode(), keep_blank_values=True)
    text = json.dumps(dict(pairs)).encode()
    made = base64.b64encode(hmac.new(verifier.encode(), text, hashlib.sha256).digest()).decode()
    return made == posted.headers["X-FreshBooks-Hmac-SHA256"]


def fields(posted: Posted) -> dict[str, str]:
    return dict(parse_qsl(posted.body.decode(), keep_blank_values=True))


class Bench(InProcessSandbox):
    """FreshBooks alone. `login` must have been awaited before the API is called."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        chosen = options or SandboxOptions(customers=18, invoices=60, start=START)
        super().__init__(chosen, (KIND,), VirtualClock())
        ready = self.app.world.ready["vendors"]["freshbooks"]
        self.credentials: dict[str, str] = ready["credentials"]
        self.account_id: str = ready["settings"]["account_id"]
        self.token = ""

    # --- tokens ---

    async def form(self, path: str, **given: str) -> Reply:
        """A form of the app's own to one of the OAuth addresses; an empty value is left out."""
        known = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        body = {**known, "redirect_uri": REDIRECT, **given}
        sent = urlencode({name: value for name, value in body.items() if value}).encode()
        return await self.call("POST", f"/freshbooks{path}", sent, FORM)

    async def refresh(self, token: str, **more: str) -> Reply:
        return await self.form(
            "/auth/oauth/token", grant_type="refresh_token", refresh_token=token, **more
        )

    async def authorize(self, **query: str) -> Reply:
        asked = {
            "client_id": self.credentials["client_id"],
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": f"{READ} {WRITE}",
            "state": "s t&ate",
            **query,
        }
        kept = {name: value for name, value in asked.items() if value}
        return await self.call("GET", f"/freshbooks/oauth/authorize/?{urlencode(kept)}")

    async def came_back(self, **query: str) -> dict[str, str]:
        """The parameters that the browser comes back with."""
        reply = await self.authorize(**query)
        assert reply.status == 302, reply.body
        return dict(parse_qsl(urlsplit(reply.headers["location"]).query))

    async def exchange(self, code: str, **more: str) -> Reply:
        return await self.form(
            "/auth/oauth/token", grant_type="authorization_code", code=code, **more
        )

    async def consented(self, scope: str) -> Body:
        """The token answer of a consent to these scopes."""
        code = (await self.came_back(scope=scope))["code"]
        reply = await self.exchange(code)
        assert reply.status == 200, reply.body
        found: Body = reply.body
        return found

    async def login(self, scope: str = f"{READ} {WRITE}") -> str:
        self.token = (await self.consented(scope))["access_token"]
        return self.token

    # --- the API ---

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Any = None,
        **query: Any,
    ) -> Reply:
        """One call below the vendor's prefix; `query` is put behind the path."""
        pairs = [
            (name, one)
            for name, value in query.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        where = f"/freshbooks{path}" + (f"?{urlencode(pairs)}" if pairs else "")
        sent = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return await self.call(method, where, body, {**sent, **(headers or {})})

    def path(self, noun: str, number: Any = None, account_id: str | None = None) -> str:
        group = "users" if noun == "clients" else noun
        whole = f"/accounting/account/{account_id or self.account_id}/{group}/{noun}"
        return whole if number is None else f"{whole}/{number}"

    async def page(self, noun: str, **query: Any) -> Body:
        """The `result` of a list."""
        reply = await self.ask("GET", self.path(noun), **query)
        assert reply.status == 200, reply.body
        found: Body = reply.body["response"]["result"]
        return found

    async def every(self, noun: str, **query: Any) -> list[Body]:
        found: list[Body] = (await self.page(noun, per_page=100, **query))[noun]
        return found

    async def read(self, noun: str, number: int, **query: Any) -> Body:
        reply = await self.ask("GET", self.path(noun, number), **query)
        assert reply.status == 200, reply.body
        found: Body = reply.body["response"]["result"][noun.removesuffix("s")]
        return found

    async def write(self, method: str, noun: str, number: Any = None, /, **given: Any) -> Reply:
        single = noun.removesuffix("s")
        return await self.ask(method, self.path(noun, number), {single: given})

    async def done(self, method: str, noun: str, number: Any = None, /, **given: Any) -> Body:
        """The record that a write answered with."""
        reply = await self.write(method, noun, number, **given)
        assert reply.status == 200, reply.body
        found: Body = reply.body["response"]["result"][noun.removesuffix("s")]
        return found

    async def errnos(self, reply: Reply) -> list[int]:
        return [row["errno"] for row in reply.body["response"]["errors"]]

    # --- people ---

    async def client(self, **given: Any) -> Body:
        body = {"organization": "Cedar Books", "email": "post@cedar.example", **given}
        made: Body = await self.control("POST", "freshbooks/clients", body)
        return made

    async def invoice(self, total: str = "100.00", *actions: str, **given: Any) -> Body:
        """An invoice of one line, taken through these actions by a human."""
        customer = given.pop("customerid", None) or (await self.client())["id"]
        lines = [{"name": "Work", "qty": "1", "unit_cost": {"amount": total, "code": "USD"}}]
        body = {"customerid": customer, "lines": lines, **given}
        made: Body = await self.control("POST", "freshbooks/invoices", body)
        for action in actions:
            made = await self.act("invoices", made["id"], action)
        return made

    async def act(self, noun: str, number: int, action: str, **body: Any) -> Body:
        done: Body = await self.control("POST", f"freshbooks/{noun}/{number}/{action}", body)
        return done

    async def switch(self, **values: Any) -> None:
        named = {f"freshbooks.{name}": value for name, value in values.items()}
        await self.control("PATCH", "switches", named)

    # --- webhooks ---

    @property
    def callbacks(self) -> str:
        return f"/events/account/{self.account_id}/events/callbacks"

    async def register(self, event: str, uri: str = RECEIVER) -> Body:
        reply = await self.ask("POST", self.callbacks, {"callback": {"event": event, "uri": uri}})
        assert reply.status == 200, reply.body
        found: Body = reply.body["response"]["result"]["callback"]
        return found

    async def prove(self, number: int, verifier: str) -> Reply:
        return await self.ask(
            "PUT", f"{self.callbacks}/{number}", {"callback": {"verifier": verifier}}
        )

    async def listen(self, event: str, uri: str = RECEIVER) -> tuple[int, str]:
        """A proven callback: its number and its verifier."""
        made = await self.register(event, uri)
        verifier = fields(self.outbox.posted[-1])["verifier"]
        assert (await self.prove(made["callbackid"], verifier)).status == 200
        self.outbox.posted.clear()
        return made["callbackid"], verifier

    def told(self) -> list[str]:
        return [fields(posted)["name"] for posted in self.outbox.posted]
