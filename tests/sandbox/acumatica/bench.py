"""The bench: a simulated Acumatica in this process, a clock that moves when told, short ways in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors.acumatica import KIND
from tests.support.clock import START, VirtualClock
from tests.support.sandbox import InProcessSandbox, Posted, Reply

RECEIVER = "http://127.0.0.1:9/hooks/x"
SECRET = "push-secret"
FORM = {"content-type": "application/x-www-form-urlencoded"}
BACK = "https://app.example/cb"
VERSION = "24.200.001"
NO_ENTITY = "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
Body = dict[str, Any]


def wrap(**values: Any) -> Body:
    """A flat record in the wrapped form; lists hold such records already."""
    return {n: v if isinstance(v, list | dict) else {"value": v} for n, v in values.items()}


def value(record: Body, name: str) -> Any:
    """A field's value; an empty field is None."""
    return record[name].get("value")


def s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Bench(InProcessSandbox):
    """Acumatica alone. `token` is what requests carry; an empty one is nobody."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        chosen = options or SandboxOptions(customers=14, invoices=40, start=START)
        super().__init__(chosen, (KIND,), VirtualClock())
        ready = self.app.world.ready["vendors"]["acumatica"]
        self.credentials: dict[str, str] = ready["credentials"]
        self.settings: dict[str, str] = ready["settings"]
        self.token = ""

    async def switch(self, **values: Any) -> None:
        named = {f"acumatica.{name}": value for name, value in values.items()}
        await self.control("PATCH", "switches", named)

    # --- identity ---

    async def form(self, **fields: str) -> Reply:
        known = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        body = urlencode({**known, **fields}).encode()
        return await self.call("POST", "/acumatica/identity/connect/token", body, FORM)

    async def refresh(self, token: str | None = None, **fields: str) -> Reply:
        used = self.credentials["refresh_token"] if token is None else token
        return await self.form(grant_type="refresh_token", refresh_token=used, **fields)

    async def password(self, scope: str = "api offline_access", **fields: str) -> Reply:
        known = {name: self.credentials[name] for name in ("username", "password")}
        return await self.form(grant_type="password", scope=scope, **{**known, **fields})

    async def sign_in(self) -> None:
        """Takes the ready line's refresh token; the next one is kept."""
        answer = (await self.refresh()).body
        self.credentials = {**self.credentials, "refresh_token": answer["refresh_token"]}
        self.token = answer["access_token"]

    async def authorize(self, **query: str) -> dict[str, str]:
        """The parameters that the browser comes back with."""
        asked = {
            "response_type": "code",
            "client_id": self.credentials["client_id"],
            "redirect_uri": BACK,
            "scope": "api offline_access",
            "state": "s t&ate",
            **query,
        }
        path = f"/acumatica/identity/connect/authorize?{urlencode(asked)}"
        reply = await self.call("GET", path)
        assert reply.status == 302, reply.body
        return dict(parse_qsl(urlsplit(reply.headers["location"]).query))

    async def exchange(self, code: str, **more: str) -> Reply:
        return await self.form(
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
        )

    async def login(self, **given: Any) -> Reply:
        known: Body = {
            "name": self.credentials["username"],
            "password": self.credentials["password"],
            "tenant": self.settings["tenant"],
        }
        body = {n: v for n, v in {**known, **given}.items() if v is not None}
        return await self.call("POST", "/acumatica/entity/auth/login", body)

    # --- entities ---

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        version: str = VERSION,
        **query: Any,
    ) -> Reply:
        """One request on the Default endpoint; `query` names stand without their dollar sign."""
        known = {"authorization": f"Bearer {self.token}"} if self.token else {}
        asked = urlencode({f"${name}": text for name, text in query.items()}, quote_via=quote)
        whole = f"/acumatica/entity/Default/{version}/{path}" + (f"?{asked}" if asked else "")
        return await self.call(method, whole, body, {**known, **(headers or {})})

    async def get(self, path: str, **query: Any) -> Any:
        reply = await self.send("GET", path, **query)
        assert reply.status == 200, reply.body
        return reply.body

    async def put(self, entity: str, body: Body, **query: Any) -> Body:
        reply = await self.send("PUT", entity, body, **query)
        assert reply.status == 200, reply.body
        record: Body = reply.body
        return record

    async def refused(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        """An answer that is not a success."""
        reply = await self.send(method, path, body, **query)
        assert reply.status >= 400, reply.body
        return reply

    async def keys(self, entity: str, name: str, **query: Any) -> list[Any]:
        """One field of all records that a query finds."""
        return [value(record, name) for record in await self.get(entity, **query)]

    async def act(self, entity: str, action: str, **keys: Any) -> Reply:
        return await self.send("POST", f"{entity}/{action}", {"entity": wrap(**keys)})

    async def done(self, entity: str, action: str, **keys: Any) -> None:
        """Starts an action and polls until it has ended."""
        started = await self.act(entity, action, **keys)
        assert started.status in (202, 204), started.body
        for _ in range(10):
            if started.status == 204:
                return
            started = Reply((await self.poll(started)).status, started.headers, started.content)
        raise AssertionError("it never ends")

    async def poll(self, started: Reply) -> Reply:
        """The status address of a long operation."""
        known = {"authorization": f"Bearer {self.token}"}
        return await self.call("GET", started.headers["location"], headers=known)

    async def new_order(self, customer: str = "C000002", **given: Any) -> Body:
        """An order of one line over the interface, its keys and status selected."""
        line = wrap(InventoryID="PRINTED-BROCHURE", OrderQty=10, UnitPrice=2)
        body = wrap(CustomerID=customer, Details=[line], **given)
        return await self.put("SalesOrder", body, select="OrderType,OrderNbr,Status,OrderTotal")

    # --- people ---

    async def human(self, noun: str, key: str = "", action: str = "", **body: Any) -> Any:
        """Creates, or acts where a key and an action are given."""
        path = "/".join(part for part in (noun, quote(key, safe=""), action) if part)
        return await self.control("POST", f"acumatica/{path}", body)

    async def listen(self, *nouns: str) -> Any:
        body = {"url": RECEIVER, "secret": SECRET, "events": list(nouns)}
        return await self.control("PUT", "acumatica/webhook", body)

    @property
    def last(self) -> Posted:
        return self.outbox.posted[-1]
