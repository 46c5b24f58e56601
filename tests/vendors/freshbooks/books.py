"""A firm's books at the sandbox's FreshBooks, as a test keeps them: a human's hand, our client."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlencode

from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand
from ml_connector.vendors.freshbooks.client import FreshBooksClient
from ml_sandbox.options import SandboxOptions
from ml_sandbox.vendors import VENDORS
from tests.support.clock import START
from tests.support.sandbox import URL, InProcessSandbox
from tests.vendors.freshbooks.wires import freshbooks_client

T = TypeVar("T")
MOST_CALLS = 200
Between = Callable[[], Awaitable[None]]
Gone = set[str]


class Books:
    """The first business of a new world, whose time moves only by pacing and by tests."""

    def __init__(self, customers: int = 12, invoices: int = 24) -> None:
        options = SandboxOptions(customers=customers, invoices=invoices, start=START, url=URL)
        kinds = [kind for kind in VENDORS if kind.name == "freshbooks"]
        self.sandbox = InProcessSandbox(options, kinds)
        self.ready: dict[str, Any] = {}
        self._token = ""

    async def open(self, token_seconds: int = 90 * 86_400) -> None:
        """With a token that outlives the days which tests let pass."""
        await self.switch(access_token_seconds=token_seconds)
        self.ready = (await self.sandbox.control("GET", "ready"))["vendors"]["freshbooks"]
        given = self.ready["credentials"]
        form = urlencode({
            "grant_type": "refresh_token", "redirect_uri": "https://app.example/cb",
            **{n: given[n] for n in ("client_id", "client_secret", "refresh_token")},
        })  # fmt: skip
        headers = {"content-type": "application/x-www-form-urlencoded"}
        path = "/freshbooks/auth/oauth/token"
        reply = await self.sandbox.call("POST", path, form.encode(), headers)
        assert reply.status == 200, reply.body
        self._token = reply.body["access_token"]

    @property
    def account(self) -> str:
        return str(self.ready["settings"]["account_id"])

    def client(self, account: str | None = None, **settings: str) -> FreshBooksClient:
        """Our client with a token of the owner; its pace lets tests be short."""
        return freshbooks_client(
            self.sandbox.transport,
            self.sandbox.clock,
            credential=self._token,
            base_url=self.ready["base_url"],
            account=self.account if account is None else account,
            settings={"pace": "1000", **settings},
        )

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        return await self.sandbox.clock.run(work)

    # --- the human ---

    async def human(self, method: str, noun: str, *path: object, **body: Any) -> Any:
        """One act of the bookkeeper; what it did to the record."""
        place = "/".join(["freshbooks", noun, *map(str, path)])
        return await self.sandbox.control(method, place, body or None)

    async def listed(self, noun: str) -> dict[str, dict[str, Any]]:
        """The records of this business that are not deleted, by id."""
        return {
            str(record["id"]): record
            for record in await self.human("GET", noun)
            if record["accounting_systemid"] == self.account and record["vis_state"] != 1
        }

    async def new_client(self, **given: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.human("POST", "clients", **given)
        return made

    async def switch(self, **values: Any) -> None:
        told = {f"freshbooks.{name}": value for name, value in values.items()}
        await self.sandbox.control("PATCH", "switches", told)

    # --- our side ---

    async def read(self, obj: SourceObject, *keys: str) -> dict[str, SourceModel | None]:
        return await self.run(self.client().read(obj, keys, Errand()))

    async def poll(
        self, obj: SourceObject, cursor: Values, between: Between | None = None
    ) -> tuple[dict[str, SourceModel], Gone, Values, int]:
        """A whole poll by a new client a page, as over restarts: records, gone, cursor, calls."""
        found: dict[str, SourceModel] = {}
        gone: Gone = set()
        errand = Errand()
        while errand.calls < MOST_CALLS:
            stored: Values = json.loads(json.dumps(cursor))
            page = await self.run(self.client().changes(obj, stored, errand))
            found.update({record.key(): record for record in page.records})
            gone |= {key for name, key in page.gone if name == obj.name}
            cursor = page.cursor
            if not page.more:
                return found, gone, cursor, errand.calls
            if between is not None:
                await between()
        raise AssertionError("the poll does not end")
