"""The control API under `/_sandbox`: the hand of a person, or of a test, on the world."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ml_sandbox.clocktext import iso
from ml_sandbox.options import MAX_CUSTOMERS, MAX_INVOICES
from ml_sandbox.refusal import Refusal
from ml_sandbox.vendor import Vendor
from ml_sandbox.world import World

PREFIX = "/_sandbox"


class Keeper(Protocol):
    """Who holds the current world and can replace it."""

    @property
    def world(self) -> World: ...

    async def reset(self, seed: int, customers: int, invoices: int) -> None: ...


class Control:
    """The handlers of the control API."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    @property
    def _world(self) -> World:
        return self._keeper.world

    def routes(self) -> list[Route]:
        def route(path: str, **handlers: _Handler) -> Route:
            return Route(f"{PREFIX}{path}", _answering(handlers), methods=list(handlers))

        return [
            route("/ready", GET=self.ready),
            route("/counters", GET=self.counters),
            route("/deliveries", GET=self.deliveries),
            route("/faults", GET=self.faults, POST=self.add_faults, DELETE=self.clear_faults),
            route("/clock", GET=self.clock, POST=self.advance),
            route("/switches", GET=self.switches, PATCH=self.change_switches),
            route("/reset", POST=self.reset),
            # Ids may hold an encoded slash, so what follows is cut from the raw path.
            route(
                "/{rest:path}",
                GET=self.look,
                POST=self.do,
                PATCH=self.do,
                DELETE=self.do,
                PUT=self.do,
            ),
        ]

    async def ready(self, request: Request) -> Any:
        return self._world.ready

    async def counters(self, request: Request) -> Any:
        return self._world.counters.shown()

    async def deliveries(self, request: Request) -> Any:
        return self._world.deliveries.shown()

    async def faults(self, request: Request) -> Any:
        return {"rules": self._world.faults.listed()}

    async def add_faults(self, request: Request) -> Any:
        self._world.faults.add(await _json(request))
        return await self.faults(request)

    async def clear_faults(self, request: Request) -> Any:
        self._world.faults.clear()
        return await self.faults(request)

    async def clock(self, request: Request) -> Any:
        clock = self._world.clock
        clock.notice()
        return {"now": iso(clock.now())}

    async def advance(self, request: Request) -> Any:
        body = await _object(request, "advance_s")
        seconds = body.get("advance_s", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise Refusal(400, "advance_s is a number of seconds")
        try:
            self._world.clock.advance(seconds)
        except ValueError as error:
            raise Refusal(400, str(error)) from None
        return await self.clock(request)

    async def switches(self, request: Request) -> Any:
        return self._world.switches.listed()

    async def change_switches(self, request: Request) -> Any:
        self._world.switches.change(await _object(request))
        return self._world.switches.listed()

    async def reset(self, request: Request) -> Any:
        body = await _object(request, "seed", "customers", "invoices")
        options = self._world.options
        seed = _whole(body, "seed", options.seed, None)
        customers = _whole(body, "customers", options.customers, MAX_CUSTOMERS)
        invoices = _whole(body, "invoices", options.invoices, MAX_INVOICES)
        if invoices and not customers:
            raise Refusal(400, "invoices need at least one customer")
        await self._keeper.reset(seed, customers, invoices)
        return self._world.ready

    async def look(self, request: Request) -> Any:
        vendor, parts = self._place(request)
        noun = self._noun(vendor, parts)
        self._world.clock.notice()
        if len(parts) == 1:
            return vendor.human.records(noun)
        if len(parts) == 2:
            return vendor.human.record(noun, parts[1])
        raise Refusal(404, "an action is done with POST", vendor.human.objects[noun])

    async def do(self, request: Request) -> Any:
        vendor, parts = self._place(request)
        self._world.clock.notice()
        if request.method == "PUT" or parts[:1] == ["webhook"]:
            return await self._set_webhook(vendor, parts, request)
        noun = self._noun(vendor, parts)
        human = vendor.human
        match (request.method, len(parts)):
            case ("POST", 1):
                return human.create(noun, await _object(request))
            case ("PATCH", 2):
                return human.change(noun, parts[1], await _object(request))
            case ("DELETE", 2):
                return human.delete(noun, parts[1])
            case ("POST", 3):
                return self._act(vendor, noun, parts, await _object(request))
        raise Refusal(405, f"{request.method} is not done here")

    def _act(self, vendor: Vendor, noun: str, parts: list[str], body: dict[str, Any]) -> Any:
        actions = vendor.human.objects[noun]
        if parts[2] not in actions:
            raise Refusal(404, f"{noun} know no action {parts[2]!r}", actions)
        return vendor.human.act(noun, parts[1], parts[2], body)

    async def _set_webhook(self, vendor: Vendor, parts: list[str], request: Request) -> Any:
        if request.method != "PUT" or parts != ["webhook"]:
            raise Refusal(405, "PUT belongs to /webhook alone", ["webhook"])
        body = await _object(request, "url", "secret", "events")
        url, secret, events = body.get("url"), body.get("secret"), body.get("events", [])
        if not isinstance(url, str) or not isinstance(secret, str):
            raise Refusal(400, "url and secret are strings")
        if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
            raise Refusal(400, "events is a list of strings")
        return vendor.set_webhook(url, secret, events)

    def _place(self, request: Request) -> tuple[Vendor, list[str]]:
        """The vendor and the decoded parts of the path behind it."""
        raw = request.scope.get("raw_path") or request.scope["path"].encode()
        path = raw.decode("latin-1").partition("?")[0]
        name, *parts = [unquote(part) for part in path.removeprefix(f"{PREFIX}/").split("/")]
        if name not in self._world.vendors:
            raise Refusal(404, f"there is no {name!r} here", self._known())
        return self._world.vendors[name], parts

    def _known(self) -> list[str]:
        own = ("ready", "counters", "deliveries", "faults", "clock", "switches", "reset")
        return [*self._world.vendors, *own]

    def _noun(self, vendor: Vendor, parts: list[str]) -> str:
        objects = sorted(vendor.human.objects)
        if not parts or parts[0] not in objects:
            raise Refusal(404, f"there is no object {''.join(parts[:1])!r}", objects)
        return parts[0]


_Handler = Callable[[Request], Awaitable[Any]]


def _answering(handlers: dict[str, _Handler]) -> Callable[[Request], Awaitable[Response]]:
    """One endpoint for a path: what a handler returns, or refuses, becomes the answer."""

    async def answer(request: Request) -> Response:
        handler = handlers["GET" if request.method == "HEAD" else request.method]
        try:
            return JSONResponse(await handler(request))
        except Refusal as refusal:
            return JSONResponse(refusal.body(), refusal.status)

    return answer


async def _json(request: Request) -> Any:
    raw = await request.body()
    try:
        return json.loads(raw or b"{}")
    except ValueError:
        raise Refusal(400, "the body is not JSON") from None


async def _object(request: Request, *known: str) -> dict[str, Any]:
    """The body as an object; with `known`, no other key may stand in it."""
    body = await _json(request)
    if not isinstance(body, dict):
        raise Refusal(400, "the body is a JSON object")
    strange = [key for key in body if known and key not in known]
    if strange:
        raise Refusal(400, f"unknown: {', '.join(strange)}", known)
    return body


def _whole(body: dict[str, Any], key: str, usual: int, most: int | None) -> int:
    value = body.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool) or (most is not None and value < 0):
        raise Refusal(400, f"{key} is a whole number")
    if most is not None and value > most:
        raise Refusal(400, f"{key} is at most {most}")
    return value
