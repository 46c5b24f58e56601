"""The bench: a simulated Wave in this process, a clock that moves when told, and short ways in."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors.wave import KIND
from tests.support.clock import START, VirtualClock
from tests.support.sandbox import InProcessSandbox, Posted, Reply

RECEIVER = "http://127.0.0.1:9/hooks/x"
SECRET = "portal-secret"
FORM = {"content-type": "application/x-www-form-urlencoded"}
Body = dict[str, Any]


class Bench(InProcessSandbox):
    """Wave alone. `token` is what requests carry unless told otherwise."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        chosen = options or SandboxOptions(customers=14, invoices=40, start=START)
        super().__init__(chosen, (KIND,), VirtualClock())
        ready = self.app.world.ready["vendors"]["wave"]
        self.credentials: dict[str, str] = ready["credentials"]
        self.business_id: str = ready["settings"]["business_id"]
        self.token = self.credentials["full_access_token"]

    async def ask(
        self,
        query: str,
        variables: Body | None = None,
        token: str | None = None,
        operation: str | None = None,
    ) -> Reply:
        """One GraphQL request; an empty token sends no header."""
        used = self.token if token is None else token
        headers = {"authorization": f"Bearer {used}"} if used else {}
        body: Body = {"query": query, "variables": variables or {}}
        if operation is not None:
            body["operationName"] = operation
        return await self.call("POST", "/wave/graphql/public", body, headers)

    async def data(
        self, query: str, variables: Body | None = None, token: str | None = None
    ) -> Any:
        """The data of a request without errors."""
        reply = await self.ask(query, variables, token)
        assert "errors" not in reply.body, reply.body
        return reply.body["data"]

    async def in_business(self, selection: str, **variables: Any) -> Any:
        """What a selection on the first business answers; variables are declared by `types`."""
        types = variables.pop("types", "")
        query = f"query ($b: ID! {types}) {{ business(id: $b) {{ {selection} }} }}"
        return (await self.data(query, {"b": self.business_id, **variables}))["business"]

    async def code(
        self, query: str, variables: Body | None = None, token: str | None = None
    ) -> str:
        """extensions.code of the first error."""
        reply = await self.ask(query, variables, token)
        return str(reply.body["errors"][0]["extensions"]["code"])

    async def mutate(self, name: str, fields: str = "", /, **given: Any) -> Body:
        """The output of a mutation whose input type bears its name."""
        kind = f"{name[0].upper()}{name[1:]}Input!"
        selection = f"didSucceed inputErrors {{ path code message }} {fields}"
        query = f"mutation ($input: {kind}) {{ {name}(input: $input) {{ {selection} }} }}"
        out: Body = (await self.data(query, {"input": given}))[name]
        return out

    async def form(self, path: str, **fields: str) -> Reply:
        """A form of the app's own to one of the OAuth addresses."""
        known = {name: self.credentials[name] for name in ("client_id", "client_secret")}
        body = urlencode({**known, **fields}).encode()
        return await self.call("POST", f"/wave/oauth2/{path}/", body, FORM)

    async def refresh(self, token: str | None = None) -> Reply:
        used = self.credentials["refresh_token"] if token is None else token
        return await self.form("token", grant_type="refresh_token", refresh_token=used)

    async def access_token(self) -> str:
        return str((await self.refresh()).body["access_token"])

    async def authorize(self, **query: str) -> dict[str, str]:
        """The parameters that the browser comes back with."""
        asked = {
            "client_id": self.credentials["client_id"],
            "response_type": "code",
            "redirect_uri": "https://app.example/cb?kept=1",
            "scope": "business:read invoice:read offline_access",
            "state": "s t&ate",
            **query,
        }
        reply = await self.call("GET", f"/wave/oauth2/authorize/?{urlencode(asked)}")
        assert reply.status == 302, reply.body
        return dict(parse_qsl(urlsplit(reply.headers["location"]).query))

    async def exchange(self, code: str, **more: str) -> Reply:
        fields = {"redirect_uri": "https://app.example/cb?kept=1", **more}
        return await self.form("token", grant_type="authorization_code", code=code, **fields)

    async def customer(self, **given: Any) -> Body:
        """A customer entered by a human."""
        body = {"name": "Cedar Books", "email": "post@cedar.example", "currency": "USD", **given}
        made: Body = await self.control("POST", "wave/customers", body)
        return made

    async def invoice(self, total: str = "100.00", *actions: str, **given: Any) -> Body:
        """An invoice of one line, taken through these actions by a human."""
        customer = given.pop("customerId", None) or (await self.customer())["id"]
        items = [{"quantity": "1", "unitPrice": total}]
        body = {"customerId": customer, "items": items, **given}
        made: Body = await self.control("POST", "wave/invoices", body)
        for action in actions:
            made = await self.act(made, action)
        return made

    async def act(self, record: Body, action: str, **body: Any) -> Body:
        noun = "invoices" if "invoiceNumber" in record else "customers"
        path = f"wave/{noun}/{quote(record['id'], safe='')}/{action}"
        done: Body = await self.control("POST", path, body)
        return done

    async def switch(self, **values: Any) -> None:
        named = {f"wave.{name}": value for name, value in values.items()}
        await self.control("PATCH", "switches", named)

    async def listen(self, *events: str) -> None:
        """Registers the receiver in the portal, without its probe."""
        await self.switch(webhook_probe="none")
        body = {"url": RECEIVER, "secret": SECRET, "events": list(events)}
        await self.control("PUT", "wave/webhook", body)

    def told(self) -> list[str]:
        """The names of the events that were sent, in order."""
        return [json.loads(posted.body)["event_type"] for posted in self.outbox.posted]

    @property
    def last(self) -> Posted:
        return self.outbox.posted[-1]
