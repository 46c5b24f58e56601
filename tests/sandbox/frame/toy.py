"""A toy vendor: the least that a vendor must be, so that the frame is tested without a real one.

`GET` and `POST /things`, `GET /things/{id}`, `POST /graphql` with the names of its fields; one
webhook per change to the address that its portal was given. `GET /struck` says which faults that
are the vendor's own business strike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ml_sandbox import operations
from ml_sandbox.deliveries import Delivery, Posting, retrying
from ml_sandbox.refusal import Refusal
from ml_sandbox.switches import Switch
from ml_sandbox.vendor import Record, Site, VendorKind

TOKENS_PER_WRITE = 5
RETRY_SECONDS = (10.0, 60.0)
OWN_KINDS = ("expire_access_token", "index_lag", "stale_read")
SWITCHES = {
    "greeting": Switch("hello", "What the toy says.", ("hello", "bonjour")),
    "seats": Switch(3, "How many sit in it."),
    "share": Switch(0.5, "A share of something."),
    "closed": Switch(False, "Nobody gets in."),
}


class ToyHuman:
    """The person at the toy's screen."""

    def __init__(self, toy: Toy) -> None:
        self._toy = toy

    @property
    def objects(self) -> Mapping[str, tuple[str, ...]]:
        return {"things": ("ring", "hide")}

    def records(self, noun: str) -> list[Record]:
        return [*self._toy.things.values()]

    def record(self, noun: str, key: str) -> Record:
        if key not in self._toy.things:
            raise Refusal(404, f"no thing {key!r}")
        return self._toy.things[key]

    def create(self, noun: str, body: Record) -> Record:
        return self._toy.put(body)

    def change(self, noun: str, key: str, body: Record) -> Record:
        return self._toy.told("changed", self.record(noun, key) | body)

    def delete(self, noun: str, key: str) -> Record:
        return self._toy.told("deleted", self.record(noun, key) | {"deleted": True})

    def act(self, noun: str, key: str, action: str, body: Record) -> Record:
        return self._toy.told(action, self.record(noun, key) | {"did": action} | body)


class Toy:
    auth_path = "/oauth/authorize"
    token_path = "/oauth/token"

    def __init__(self, site: Site) -> None:
        self._site = site
        self.portal: Record = {}
        self.things: dict[str, Record] = {}
        self.days = 0
        site.clock.on_day(self._day_turned)
        for customer in site.business.customers:
            self.things[f"c/{customer.number}"] = {
                "id": f"c/{customer.number}",
                "name": customer.name,
            }
        self._key = f"{site.random('keys').getrandbits(64):016x}"

    @property
    def app(self) -> Any:
        return self._answer

    @property
    def human(self) -> ToyHuman:
        return ToyHuman(self)

    def operations(self, method: str, path: str, body: bytes) -> tuple[str, ...]:
        if path == "/graphql":
            return tuple(json.loads(body)["fields"])
        return (operations.of_path(method, path),)

    def credentials(self) -> dict[str, str]:
        return {"api_token": self._key}

    def settings(self) -> dict[str, str]:
        return {"allow_private_addresses": "true"}

    def set_webhook(self, url: str, secret: str, events: list[str]) -> Record:
        if not self._site.accepts_receiver(url):
            raise Refusal(400, "not on this machine")
        self.portal = {"url": url, "secret": secret, "events": events}
        return self.portal

    def _day_turned(self) -> None:
        self.days += 1

    def put(self, body: Record) -> Record:
        key = str(len(self.things) + 1)
        return self.told("created", {"id": key, **body})

    def told(self, what: str, record: Record) -> Record:
        self.things[record["id"]] = record
        if self.portal:
            self._site.deliver(
                Delivery(
                    self._site.name,
                    f"thing.{what}",
                    lambda attempt: self._posting(what, record, attempt),
                    retrying(RETRY_SECONDS),
                )
            )
        return record

    def _posting(self, what: str, record: Record, attempt: int) -> Posting | None:
        if not self.portal:
            return None
        body = json.dumps({"what": what, "id": record["id"], "attempt": attempt}).encode()
        return Posting(self.portal["url"], {"x-secret": self.portal["secret"]}, body)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._respond(request)
        await answer(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = request.url.path
        if path == "/graphql":
            return JSONResponse({"data": {}})
        if path == "/struck":
            return JSONResponse([k for k in OWN_KINDS if self._site.fault(k) is not None])
        if path == "/things" and request.method == "POST":
            self._site.spend_tokens(TOKENS_PER_WRITE)
            self._site.created("things")
            return JSONResponse(self.put(await request.json()), 201)
        if path == "/things":
            return JSONResponse([*self.things.values()])
        found = self.things.get(path.removeprefix("/things/"))
        return JSONResponse(found, 200) if found else JSONResponse({"error": "none"}, 404)


TOY = VendorKind("toy", SWITCHES, Toy)
OTHER = VendorKind("other", {"closed": Switch(False, "Shut.")}, Toy)
