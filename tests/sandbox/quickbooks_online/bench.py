"""The bench: a simulated QuickBooks Online in this process, a clock that moves when told."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors.quickbooks_online import KIND
from tests.support.clock import START, VirtualClock, settle
from tests.support.sandbox import InProcessSandbox, Posted, Reply

RECEIVER = "http://127.0.0.1:9/hooks/x"
VERIFIER = "sim-verifier-0f3c"
FORM = {"content-type": "application/x-www-form-urlencoded"}
BACK = "https://app.example/cb?kept=1"
ACCOUNTING = "com.intuit.quickbooks.accounting"
EVERY = "Active IN (true, false)"
Body = dict[str, Any]


def where(condition: str, entity: str = "Customer") -> str:
    """A statement; it reaches no database."""
    return f"SELECT * FROM {entity} WHERE {condition}"  # noqa: S608 - Intuit's query language


class Bench(InProcessSandbox):
    """QuickBooks alone, without rate limits. `token` is what calls carry unless told otherwise."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        chosen = options or SandboxOptions(customers=20, invoices=60, start=START)
        super().__init__(chosen, (KIND,), VirtualClock())
        world = self.app.world
        world.switches.change({"quickbooks_online.rate_limits": False})
        ready = world.ready["vendors"]["quickbooks_online"]
        self.credentials: dict[str, str] = ready["credentials"]
        self.realm: str = ready["settings"]["realm_id"]
        self.token = ""

    # --- OAuth ---

    def basic(self, app: Body | None = None) -> dict[str, str]:
        known = app or {"Id": self.credentials["client_id"], **self.credentials}
        pair = f"{known['Id']}:{known['client_secret']}"
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def tokens(self, app: Body | None = None, hard: bool = False, **fields: str) -> Reply:
        """One call to the token address."""
        more = {"x-include-refresh-token-hard-expires-in": "true"} if hard else {}
        path = "/quickbooks_online/oauth2/v1/tokens/bearer"
        headers = {**FORM, **self.basic(app), **more}
        return await self.call("POST", path, urlencode(fields).encode(), headers)

    async def refresh(self, token: str | None = None, **more: Any) -> Reply:
        used = self.credentials["refresh_token"] if token is None else token
        return await self.tokens(grant_type="refresh_token", refresh_token=used, **more)

    async def authorize(self, **query: str) -> dict[str, str]:
        """The parameters that the browser comes back with."""
        asked = {
            "client_id": self.credentials["client_id"],
            "response_type": "code",
            "scope": ACCOUNTING,
            "redirect_uri": BACK,
            "state": "s t&ate",
            **query,
        }
        path = f"/quickbooks_online/connect/oauth2?{urlencode(asked)}"
        reply = await self.call("GET", path)
        assert reply.status == 302, reply.body
        return dict(parse_qsl(urlsplit(reply.headers["location"]).query))

    async def exchange(self, code: str, **more: Any) -> Reply:
        fields = {"redirect_uri": BACK, "code": code, **more}
        return await self.tokens(grant_type="authorization_code", **fields)

    # --- calls ---

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        realm: str | None = None,
        token: str | None = None,
    ) -> Reply:
        """One call below `/v3/company/{realm}/`."""
        if token is None and not self.token:
            self.token = (await self.refresh()).body["access_token"]
        used = self.token if token is None else token
        sent = {"authorization": f"Bearer {used}", "accept": "application/json", **(headers or {})}
        whole = f"/quickbooks_online/v3/company/{realm or self.realm}/{path}"
        return await self.call(method, whole, body, sent)

    async def good(self, method: str, path: str, body: Any = None) -> Body:
        """The body of a call that is answered 200 and holds no Fault."""
        reply = await self.ask(method, path, body)
        assert reply.status == 200, (reply.status, reply.body)
        assert "Fault" not in reply.body, reply.body
        found: Body = reply.body
        return found

    async def query(self, statement: str) -> Body:
        """The QueryResponse of a statement."""
        found: Body = (await self.good("GET", f"query?query={quote(statement)}"))["QueryResponse"]
        return found

    async def ids(self, statement: str, entity: str = "Customer") -> list[str]:
        return [record["Id"] for record in (await self.query(statement)).get(entity, [])]

    async def read(self, entity: str, key: str) -> Body:
        found: Body = (await self.good("GET", f"{entity.lower()}/{key}"))[entity]
        return found

    async def save(self, entity: str, body: Body) -> Body:
        found: Body = (await self.good("POST", entity.lower(), body))[entity]
        return found

    async def sparse(self, record: Body, entity: str = "Customer", **changes: Any) -> Body:
        head = {"Id": record["Id"], "SyncToken": record["SyncToken"], "sparse": True}
        return await self.save(entity, {**head, **changes})

    async def code(self, method: str, path: str, body: Any = None) -> str:
        """The code of a call that is answered with a Fault of status 400."""
        reply = await self.ask(method, path, body)
        assert reply.status == 400, (reply.status, reply.body)
        return str(reply.body["Fault"]["Error"][0]["code"])

    async def refused(self, statement: str) -> str:
        """The code that a statement is refused with."""
        return await self.code("GET", f"query?query={quote(statement)}")

    async def changes(self, since: str, *entities: str) -> list[Body]:
        """The QueryResponses of change data capture."""
        names = ",".join(entities or ("Customer",))
        body = await self.good("GET", f"cdc?entities={names}&changedSince={quote(since)}")
        found: list[Body] = body["CDCResponse"][0]["QueryResponse"]
        return found

    # --- people and switches ---

    async def person(self, method: str, path: str, body: Any = None) -> Any:
        return await self.control(method, f"quickbooks_online/{path}", body)

    async def customer(self, **given: Any) -> Body:
        """A customer entered by a human."""
        body = {"DisplayName": "Cedar Books", **given}
        made: Body = await self.person("POST", "customers", body)
        return made

    async def invoice(self, total: float = 100, **given: Any) -> Body:
        """An invoice of one line, entered by a human."""
        customer = given.pop("customer", None) or (await self.customer())["Id"]
        body = {"CustomerRef": {"value": customer}, "TotalAmt": total, **given}
        made: Body = await self.person("POST", "invoices", body)
        return made

    async def act(self, noun: str, record: Body, action: str, **body: Any) -> Body:
        path = f"{noun}/{record['Id']}/{action}"
        done: Body = await self.person("POST", path, body)
        return done

    async def switch(self, **values: Any) -> None:
        named = {f"quickbooks_online.{name}": value for name, value in values.items()}
        await self.control("PATCH", "switches", named)

    async def companies(self) -> list[Body]:
        found: list[Body] = await self.person("GET", "companies")
        return found

    async def apps(self) -> list[Body]:
        found: list[Body] = await self.person("GET", "apps")
        return found

    # --- webhooks ---

    async def listen(self, *events: str) -> Body:
        body = {"url": RECEIVER, "secret": VERIFIER, "events": list(events)}
        found: Body = await self.control("PUT", "quickbooks_online/webhook", body)
        return found

    async def told(self) -> list[str]:
        """Type and entity id of each CloudEvent that was sent, in order."""
        await settle()
        return [
            f"{event['type'].split('.', 1)[1].removesuffix('.v1')} {event['intuitentityid']}"
            for posted in self.outbox.posted
            for event in json.loads(posted.body)
        ]

    @property
    def last(self) -> Posted:
        return self.outbox.posted[-1]
