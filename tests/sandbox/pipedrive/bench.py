"""The bench: one fresh simulated account, a clock that moves when told, and a checked call.

Every answer that the bench receives is held against the published OpenAPI.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ml_sandbox.vendors.pipedrive.account import Event
from ml_sandbox.vendors.pipedrive.errors import Refusal
from ml_sandbox.vendors.pipedrive.furniture import FIRST_USER_ID
from ml_sandbox.vendors.pipedrive.subscriptions import SubscriptionBody
from ml_sandbox.vendors.pipedrive.switch_table import SWITCHES
from ml_sandbox.vendors.pipedrive.vendor import Pipedrive

from . import contract

Body = dict[str, Any]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str]
    cost_tokens: int = 0

    @property
    def data(self) -> Any:
        assert self.status in (200, 201), (self.status, self.body)
        return self.body["data"]

    @property
    def error(self) -> str:
        return str(self.body["error"])

    @property
    def next_cursor(self) -> str | None:
        found: str | None = self.body["additional_data"]["next_cursor"]
        return found


class Bench:
    """One account in this process. `switches` may be written to at any time."""

    def __init__(self) -> None:
        self.now = START
        self.switches: dict[str, Any] = {name: s.default for name, s in SWITCHES.items()}
        self.reachable: dict[str, bool] = {}
        self.stale_seconds = 0.0
        self.events: list[Event] = []
        self.vendor = Pipedrive(
            now=lambda: self.now,
            switch=self.switches.__getitem__,
            randomness=random.Random(7),
            api_domain=lambda: "http://sandbox/pipedrive",
            index_lag_seconds=lambda: float(self.switches["index_lag_seconds"]),
            stale_seconds=lambda: self.stale_seconds,
            reachable=self._reachable,
        )
        self.vendor.account.listeners.append(self.events.append)
        self.auth = {"x-api-token": self.vendor.api_token}

    async def _reachable(self, asked: SubscriptionBody) -> bool:
        return self.reachable.get(asked.subscription_url, True)

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        /,
        **query: object,
    ) -> Reply:
        """One request; the answer must fit what Pipedrive publishes."""
        raw = b"" if body is None else json.dumps(body).encode()
        asked = {key: _text(value) for key, value in query.items()}
        used = self.auth if headers is None else headers
        out = await self.vendor.api.answer(method, path, asked, used, raw)
        is_json = out.headers["content-type"] == "application/json"
        shown = json.loads(out.content) if is_json else out.content.decode()
        if is_json:
            self._hold_against_contract(method, path, out.status, shown)
        return Reply(out.status, shown, out.headers, out.cost_tokens)

    def _hold_against_contract(self, method: str, path: str, status: int, body: Any) -> None:
        try:
            operation = self.vendor.api.find(method, path)
        except Refusal:
            return
        contract.check(operation.version, operation.key, status, body)

    async def v2(self, method: str, path: str, body: Any = None, **query: object) -> Reply:
        return await self.call(method, f"/api/v2{path}", body, None, **query)

    async def v1(self, method: str, path: str, body: Any = None, **query: object) -> Reply:
        return await self.call(method, f"/api/v1{path}", body, None, **query)

    async def organization(self, name: str = "Northwind Tools", **more: Any) -> Body:
        found: Body = (await self.v2("POST", "/organizations", {"name": name, **more})).data
        return found

    async def person(self, name: str = "Ada Byron", **more: Any) -> Body:
        found: Body = (await self.v2("POST", "/persons", {"name": name, **more})).data
        return found

    async def deal(self, title: str = "INV-77", **more: Any) -> Body:
        found: Body = (await self.v2("POST", "/deals", {"title": title, **more})).data
        return found

    async def product(self, name: str = "Pencil", **more: Any) -> Body:
        found: Body = (await self.v2("POST", "/products", {"name": name, **more})).data
        return found

    async def field(self, entity: str, kind: str, name: str = "Ours", *labels: str) -> str:
        """A new custom field's code."""
        body: Body = {"field_name": name, "field_type": kind}
        if labels:
            body["options"] = [{"label": label} for label in labels]
        return str((await self.v2("POST", f"/{entity}Fields", body)).data["field_code"])

    async def everything(self, path: str, **query: object) -> list[Body]:
        """All pages of a list."""
        found: list[Body] = []
        cursor: dict[str, object] = {}
        while True:
            reply = await self.v2("GET", path, **query, **cursor)
            found += reply.data
            if reply.next_cursor is None:
                return found
            cursor = {"cursor": reply.next_cursor}

    def no_limits(self) -> None:
        self.switches.update(burst_limit=False, daily_limit=False)

    def bearer(self) -> dict[str, str]:
        """The headers of an app with a fresh access token."""
        grant = self.vendor.grants.new_grant(FIRST_USER_ID)
        answer = self.vendor.grants.refresh(grant.refresh_token)
        return {"authorization": f"Bearer {answer['access_token']}"}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
