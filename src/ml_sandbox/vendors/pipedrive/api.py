"""The API is Pipedrive's HTTP surface below one base: `/api/v2`, `/api/v1`, `/v1` and `/oauth`.

Knows nothing of a web framework: a request comes in as plain values and an answer goes out so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import api_fields, api_lists, api_records, api_search
from .account import Account
from .api_v1 import V1, Reachable
from .calls import Answer, Call, Handler, Routes
from .costs import V1 as V1_PRICES
from .costs import V1_GONE, Price
from .costs import V2 as V2_PRICES
from .desk import Desk
from .errors import Refusal, generic
from .gateway import Caller, Gateway
from .subscriptions import Subscriptions

#: prefix -> name of the version, longest first
PREFIXES = (("/api/v2/", "v2"), ("/api/v1/", "v1"), ("/v1/", "v1"))


@dataclass(frozen=True)
class Operation:
    """A request's operation: its name with the version's prefix, its price and its segments."""

    version: str
    key: str
    names: Mapping[str, str]
    price: Price

    @property
    def name(self) -> str:
        """`GET /api/v2/deals/{id}`, the same for both prefixes of v1."""
        method, _, path = self.key.partition(" ")
        return f"{method} /api/{self.version}{path}"


@dataclass
class Outbound:
    """A finished answer, and what it cost."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cost_tokens: int = 0


class Api:
    """All API operations of one account behind its gateway."""

    def __init__(
        self, desk: Desk, gateway: Gateway, subscriptions: Subscriptions, reachable: Reachable
    ) -> None:
        self.account: Account = desk.account
        self.gateway = gateway
        self.reachable = reachable
        self.v1 = V1(desk, subscriptions)
        self._handlers: dict[str, dict[str, Handler]] = {
            "v1": self.v1.handlers(),
            "v2": {
                **api_records.handlers(desk),
                **api_lists.handlers(desk),
                **api_fields.handlers(self.account),
                **api_search.handlers(desk),
            },
        }
        self._prices = {"v1": V1_PRICES, "v2": V2_PRICES}
        self._routes = {version: Routes(prices) for version, prices in self._prices.items()}

    def find(self, method: str, path: str) -> Operation:
        """The operation of a request; refusals 404, 405, and 410 for what v1 lost."""
        for prefix, version in PREFIXES:
            if path.startswith(prefix):
                return self._find(version, method, path[len(prefix) - 1 :])
        raise generic(404, "Not found")

    def _find(self, version: str, method: str, path: str) -> Operation:
        found = self._routes[version].find(method, path)
        if found is None:
            if version == "v1" and path.strip("/").split("/")[0] in V1_GONE:
                raise generic(410, "This endpoint is out of support, use API v2")
            raise generic(404, "Not found")
        key, names = found
        if not key:
            raise generic(405, "Method not allowed")
        return Operation(version, key, names, self._prices[version][key])

    async def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Outbound:
        """Answers one request; header names come in lower case."""
        self.account.purge()
        try:
            self.gateway.check_doors()
            caller = self.gateway.identify(headers, query)
            operation = self.find(method, path)
        except Refusal as refused:
            return self._refused(refused)
        try:
            self.gateway.check_pace(caller, operation.price)
        except Refusal as refused:
            return self._refused(refused, self.gateway.headers(caller, operation.price, method))
        given = {key: value for key, value in query.items() if key != "api_token"}
        outbound = await self._metered(caller, operation, given, body)
        outbound.cost_tokens = self.gateway.settle(operation.price, outbound.status)
        outbound.headers |= self.gateway.headers(caller, operation.price, method)
        return outbound

    async def _metered(
        self, caller: Caller, operation: Operation, query: Mapping[str, str], body: bytes
    ) -> Outbound:
        """The answer of a request that was counted."""
        try:
            self.gateway.check_scope(caller, operation.price)
            answer = await self._run(operation, Call(caller.actor, operation.names, query, body))
        except Refusal as refused:
            return self._refused(refused)
        content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode()
        return Outbound(answer.status, content, self._headers("application/json"))

    def _refused(self, refused: Refusal, rate: Mapping[str, str] | None = None) -> Outbound:
        headers = self._headers(refused.content_type) | dict(rate or {}) | refused.headers
        return Outbound(refused.status, refused.content, headers)

    def _headers(self, content_type: str) -> dict[str, str]:
        return {"content-type": content_type, "x-correlation-id": self.account.new_uuid()}

    async def _run(self, operation: Operation, call: Call) -> Answer:
        if operation.version == "v1" and operation.key == "POST /webhooks":
            return await self.v1.add_webhook(call, self.reachable)
        return self._handlers[operation.version][operation.key](call)
