"""A scene at QuickBooks Online: empty books, in which a test lays out just what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml_connector.store import connections, cursors
from tests.engine.scene import Record, Scene
from tests.support.rehearsal import FLOW, HOOKS, WORKSPACE

SECRETS = ("client_id", "client_secret", "refresh_token", "webhook_secret")
HOUR, DAY = 3600, 86_400
FIRST, SECOND = "9341450000000001", "9341450000000002"
OTHERS = ("companies", "apps")


@dataclass
class Books(Scene):
    """See the module. `customers` and `invoices` fill the books from the seed instead."""

    async def join(self, name: str = "qbo", realm: str = FIRST, **settings: str) -> Any:
        """A connection to a company, by a refresh token that is given.

        Its pace lets time pass between a poll and what is read after it, as it does in life.
        """
        ready = await self.ready()
        companies = await self.human("GET", "quickbooks_online/companies")
        refresh = next(c["refresh_token"] for c in companies if c["Id"] == realm)
        addresses = {n: ready[n] for n in ("base_url", "auth_url", "token_url")}
        return await self.done(
            "connect", vendor="quickbooks_online", name=name,
            settings={**addresses, **ready["settings"], "realm_id": realm, "pace": "5", **settings},
            secrets={**{n: ready["credentials"][n] for n in SECRETS}, "refresh_token": refresh},
        )  # fmt: skip

    async def ready(self) -> dict[str, Any]:
        """What the sandbox says of its QuickBooks."""
        told: dict[str, Any] = (await self.human("GET", "ready"))["vendors"]["quickbooks_online"]
        return told

    async def install(self, **settings: str) -> None:
        await self.join()
        await self.connect("pipedrive")
        await self.add(**settings)

    async def add(self, name: str = FLOW, source: str = "qbo", **settings: str) -> Any:
        return await self.done(
            "flow_add", kind="quickbooks-pipedrive", name=name, source=source,
            target="pipedrive", settings=settings, yes=True,
        )  # fmt: skip

    # --- what people do ------------------------------------------------------------------------

    async def keep(self, method: str, path: str, **body: Any) -> Record:
        """An act of the bookkeeper; the record with its id under the name that scenes use."""
        done: Record = await self.human(method, f"quickbooks_online/{path}", body or None)
        return {**done, "id": done["Id"]}

    async def customer(self, name: str = "Acme Ltd", **given: Any) -> Record:
        return await self.keep("POST", "customers", DisplayName=name, **given)

    async def invoice(
        self, customer: Record, amount: str = "100.00", *, sent: bool = True, **given: Any
    ) -> Record:
        """An invoice due in thirty days."""
        body = {"CustomerRef": {"value": customer["id"]}, "TotalAmt": float(amount), **given}
        body.setdefault("TxnDate", "2026-05-01")
        body.setdefault("DueDate", "2026-06-01")
        return await self.keep("POST", "invoices", **body)

    async def act(self, noun: str, record: Record, action: str, **body: Any) -> Record:
        return await self.keep("POST", f"{noun}/{record['id']}/{action}", **body)

    async def edit(self, noun: str, record: Record, **changes: Any) -> Record:
        return await self.keep("PATCH", f"{noun}/{record['id']}", **changes)

    async def metered(self) -> int:
        """Reads of this month, as Intuit counts them."""
        return int((await self.human("GET", "quickbooks_online/apps"))[0]["metered_reads"])

    async def told_to_post(self, *events: str) -> None:
        """What a person does in Intuit's portal: the address, and what is posted there."""
        secret = (await self.ready())["credentials"]["webhook_secret"]
        url = f"{HOOKS}/hooks/{await self.hook_token('qbo')}"
        hook = {"url": url, "secret": secret, "events": list(events)}
        await self.human("PUT", "quickbooks_online/webhook", hook)

    async def scan(self) -> dict[str, Any]:
        """Where the poll of the company stands."""
        row = await self.store.read(lambda c: connections.named(c, WORKSPACE, "qbo"))
        assert row is not None
        return dict((await self.store.read(lambda c: cursors.get(c, row.id, "customers"))).value)
