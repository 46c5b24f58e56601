"""A simulated Acumatica in this process, a client of it, and the human before its screens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from ml_connector.core.objects import SourceModel, SourceObject, TargetObject, TargetRecord
from ml_connector.core.values import Values
from ml_connector.http.auth import StaticToken
from ml_connector.http.redaction import Redactor
from ml_connector.vendors.acumatica import objects
from tests.support.clock import VirtualClock
from tests.support.sandbox import InProcessSandbox
from tests.vendors.acumatica.given import Bench, bench

HOOK_URL = "http://127.0.0.1:9/hooks/token"
KEY = "pipedrive:1:deals:4711"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Stand:
    """A sandbox, a client of it, and the human before its screens."""

    sandbox: InProcessSandbox
    clock: VirtualClock
    settings: Mapping[str, str]
    on: Bench = field(init=False)

    async def sign_in(self, **settings: str) -> None:
        """A client with a fresh token, as the vault would hold it."""
        ready = self.sandbox.app.world.ready["vendors"]["acumatica"]
        given = ready["credentials"]
        body = {
            "grant_type": "password", "scope": "api offline_access",
            **{n: given[n] for n in ("username", "password", "client_id", "client_secret")},
        }  # fmt: skip
        path = urlsplit(ready["token_url"]).path
        reply = await self.sandbox.call("POST", path, urlencode(body).encode(), FORM)
        assert reply.status == 200, reply.body
        bearer = StaticToken("authorization", f"Bearer {reply.body['access_token']}", Redactor())
        self.on = bench(self.sandbox.transport, {**self.settings, **settings}, self.clock, bearer)

    async def human(self, method: str, path: str, body: Any = None) -> Any:
        return await self.sandbox.control(method, f"acumatica/{path}", body)

    async def switch(self, **values: Any) -> None:
        await self.sandbox.control(
            "PATCH", "switches", {f"acumatica.{name}": value for name, value in values.items()}
        )

    async def run(self, doing: Any) -> Any:
        """What it comes to, however long it waits."""
        return await self.clock.run(doing)

    async def poll(
        self, obj: SourceObject, cursor: Values | None = None
    ) -> tuple[list[SourceModel], Values]:
        """Everything that one poll shows, and where the next one begins."""
        records, at = list[SourceModel](), cursor or {}
        while True:
            page = await self.run(self.on.client.changes(obj, at, self.on.errand))
            records, at = [*records, *page.records], page.cursor
            if not page.more:
                return records, at

    async def page(self, obj: TargetObject, since: Any = None) -> list[TargetRecord]:
        records, cursor = list[TargetRecord](), None
        while True:
            call = (
                self.on.client.page(obj, cursor, self.on.errand)
                if since is None
                else self.on.client.changed_page(obj, since, cursor, self.on.errand)
            )
            page = await self.run(call)
            records, cursor = [*records, *page.records], page.next_cursor
            if cursor is None:
                return records

    async def read(self, obj: SourceObject, *keys: str) -> Any:
        return await self.run(self.on.client.read(obj, keys, self.on.errand))

    async def create(self, obj: TargetObject, fields: Values) -> TargetRecord:
        made: TargetRecord = await self.run(self.on.client.create(obj, fields, self.on.errand))
        return made

    async def update(self, obj: TargetObject, id: str, fields: Values) -> TargetRecord:
        done: TargetRecord = await self.run(self.on.client.update(obj, id, fields, self.on.errand))
        return done


def order_fields(customer: str, item: str, **more: Any) -> Values:
    line: Values = {"InventoryID": item, "OrderQty": "3", "UnitPrice": "199.50"}
    return {
        "OrderType": "SO", "CustomerID": customer, "ExternalRef": KEY, "Description": "Deal 4711",
        "Hold": True, "Details": [line], **more,
    }  # fmt: skip


async def cast(stand: Stand) -> tuple[str, str]:
    """A customer and an item of the seeded world."""
    customers, _ = await stand.poll(objects.CUSTOMERS)
    items, _ = await stand.poll(objects.ITEMS)
    [item] = [i for i in items if i.key() == "CONSULTING-HOUR"]
    return customers[0].key(), item.key()
