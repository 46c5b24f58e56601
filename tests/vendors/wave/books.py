"""A firm's books at the sandbox's Wave, as a test keeps them: a human's hand, and our client."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import quote

from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand
from ml_connector.vendors.wave.client import WaveClient
from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors import VENDORS
from tests.support.clock import START
from tests.support.sandbox import URL, InProcessSandbox
from tests.vendors.wave.wires import wave_client

T = TypeVar("T")
MOST_CALLS = 100
Between = Callable[[], Coroutine[Any, Any, None]]


class Books:
    """The first business of a new world, whose time moves only by pacing and by tests."""

    def __init__(self, customers: int = 12, invoices: int = 24) -> None:
        options = SandboxOptions(customers=customers, invoices=invoices, start=START, url=URL)
        kinds = [kind for kind in VENDORS if kind.name == "wave"]
        self.sandbox = InProcessSandbox(options, kinds)
        self.wave: dict[str, Any] = {}

    async def open(self) -> None:
        self.wave = (await self.sandbox.control("GET", "ready"))["vendors"]["wave"]

    @property
    def business(self) -> str:
        return str(self.wave["settings"]["business_id"])

    def client(self, account: str | None = None, **settings: str) -> WaveClient:
        """Our client with the full access token; its pace lets tests be short."""
        return wave_client(
            self.sandbox.transport,
            self.sandbox.clock,
            credential=self.wave["credentials"]["full_access_token"],
            base_url=self.wave["base_url"],
            account=self.business if account is None else account,
            settings={"pace": "1000", **settings},
        )

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        return await self.sandbox.clock.run(work)

    # --- the human ---

    async def human(self, method: str, noun: str, *path: str, **body: Any) -> Any:
        """One act of the bookkeeper; what it did to the record."""
        place = "/".join(["wave", noun, *(quote(part, safe="") for part in path)])
        return await self.sandbox.control(method, place, body or None)

    async def listed(self, noun: str) -> dict[str, dict[str, Any]]:
        """The records of this business that are not deleted, by id."""
        records = await self.human("GET", noun)
        return {
            record["id"]: record
            for record in records
            if record["businessId"] == self.business and not record["isDeleted"]
        }

    async def new_invoice(self, **more: Any) -> dict[str, Any]:
        customer = next(iter(await self.listed("customers")))
        product = next(iter(await self.listed("products")))
        given = {"customerId": customer, "items": [{"productId": product, "unitPrice": "100"}]}
        made: dict[str, Any] = await self.human("POST", "invoices", **{**given, **more})
        return made

    async def switch(self, **values: Any) -> None:
        told = {f"wave.{name}": value for name, value in values.items()}
        await self.sandbox.control("PATCH", "switches", told)

    # --- our side ---

    async def read(self, obj: SourceObject, *keys: str) -> dict[str, SourceModel | None]:
        return await self.run(self.client().read(obj, keys, Errand()))

    async def poll(
        self, obj: SourceObject, cursor: Values, between: Between | None = None
    ) -> tuple[dict[str, SourceModel], Values, int]:
        """A whole poll by a new client a page, as over restarts: latest records, cursor, calls."""
        found: dict[str, SourceModel] = {}
        errand = Errand()
        while errand.calls < MOST_CALLS:
            stored: Values = json.loads(json.dumps(cursor))
            page = await self.run(self.client().changes(obj, stored, errand))
            found.update({record.key(): record for record in page.records})
            cursor = page.cursor
            if not page.more:
                return found, cursor, errand.calls
            if between is not None:
                await between()
        raise AssertionError("the poll does not end")
