"""A company's books at the sandbox, as a test keeps them: a human's hand, and our client."""

from __future__ import annotations

import base64
import json
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import urlencode

from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand
from ml_connector.vendors.quickbooks_online.client import QuickBooksClient
from ml_connector.vendors.quickbooks_online.objects import CUSTOMERS, Customer
from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors import VENDORS
from tests.support.clock import START
from tests.support.sandbox import URL, InProcessSandbox
from tests.vendors.quickbooks_online.wires import quickbooks_client

T = TypeVar("T")
MOST_CALLS = 200


class Books:
    """The first company of a new world, whose time moves only by pacing and by tests."""

    def __init__(self, customers: int = 12, invoices: int = 24) -> None:
        options = SandboxOptions(customers=customers, invoices=invoices, start=START, url=URL)
        kinds = [kind for kind in VENDORS if kind.name == "quickbooks_online"]
        self.sandbox = InProcessSandbox(options, kinds)
        self.ready: dict[str, Any] = {}
        self._token = ""
        self.errand = Errand()

    async def open(self, token_seconds: int = 90 * 86_400) -> None:
        """With a token that outlives the days which tests let pass."""
        await self.switch(access_token_seconds=token_seconds)
        self.ready = (await self.sandbox.control("GET", "ready"))["vendors"]["quickbooks_online"]
        self._token = await self.token(self.ready["credentials"]["refresh_token"])

    async def token(self, refresh_token: str) -> str:
        """An access token for a refresh token."""
        given = self.ready["credentials"]
        pair = f"{given['client_id']}:{given['client_secret']}".encode()
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "authorization": "Basic " + base64.b64encode(pair).decode(),
        }
        path = "/quickbooks_online/oauth2/v1/tokens/bearer"
        reply = await self.sandbox.call("POST", path, urlencode(form).encode(), headers)
        assert reply.status == 200, reply.body
        return str(reply.body["access_token"])

    @property
    def realm(self) -> str:
        return str(self.ready["settings"]["realm_id"])

    def client(self, **settings: str) -> QuickBooksClient:
        """Our client with a token of the owner; its pace lets tests be short."""
        return quickbooks_client(
            self.sandbox.transport,
            self.sandbox.clock,
            credential=self._token,
            base_url=self.ready["base_url"],
            realm=self.realm,
            settings=settings,
        )

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        return await self.sandbox.clock.run(work)

    # --- the human ---

    async def human(self, method: str, noun: str, *path: object, **body: Any) -> Any:
        """One act of the bookkeeper; what it did to the record."""
        place = "/".join(["quickbooks_online", noun, *map(str, path)])
        return await self.sandbox.control(method, place, body or None)

    async def switch(self, **values: Any) -> None:
        told = {f"quickbooks_online.{name}": value for name, value in values.items()}
        await self.sandbox.control("PATCH", "switches", told)

    async def customer(self, name: str = "Acme Ltd", **given: Any) -> str:
        made = await self.human("POST", "customers", DisplayName=name, **given)
        return str(made["Id"])

    async def invoice(self, customer: str, amount: int = 100, **given: Any) -> str:
        body = {"CustomerRef": {"value": customer}, "TotalAmt": amount, **given}
        return str((await self.human("POST", "invoices", **body))["Id"])

    async def metered(self) -> int:
        """Reads of this month, as Intuit counts them."""
        apps = await self.human("GET", "apps")
        return int(apps[0]["metered_reads"])

    # --- our side ---

    async def read(
        self, obj: SourceObject, *keys: str, client: QuickBooksClient | None = None
    ) -> dict[str, SourceModel | None]:
        return await self.run((client or self.client()).read(obj, keys, self.errand))

    async def one(self, key: str, client: QuickBooksClient | None = None) -> Customer:
        found = (await self.read(CUSTOMERS, key, client=client))[key]
        assert isinstance(found, Customer)
        return found

    async def poll(
        self, cursor: Values, client: QuickBooksClient | None = None
    ) -> tuple[list[SourceModel], set[tuple[str, str]], Values, int]:
        """A whole poll, by a new client a page as over restarts: records, gone, cursor, calls."""
        found: list[SourceModel] = []
        gone: set[tuple[str, str]] = set()
        errand = Errand()
        while errand.calls < MOST_CALLS:
            stored: Values = json.loads(json.dumps(cursor))
            asking = client or self.client()
            page = await self.run(asking.changes(CUSTOMERS, stored, errand))
            found += page.records
            gone |= set(page.gone)
            cursor = page.cursor
            if not page.more:
                return found, gone, cursor, errand.calls
        raise AssertionError("the poll does not end")
