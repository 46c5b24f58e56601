"""A scene at FreshBooks: empty books, in which a test lays out just what it is about.

Ids are texts here, as everywhere in the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ml_connector.engine.ingest import Answer
from ml_connector.vendors.freshbooks import VENDOR
from tests.engine.scene import Record, Scene
from tests.support.clock import settle
from tests.support.rehearsal import FLOW

REDIRECT = "https://app.example/cb"
SECRETS = ("client_id", "client_secret", "refresh_token")
HOUR, DAY = 3600, 86_400
SENT, PAID = ("Sent", "Sent", "open"), ("Paid", "Paid", "won")
READS = {"GET", "POST /auth/oauth/token"}


@dataclass
class Books(Scene):
    """See the module. `customers` and `invoices` fill the books from the seed instead."""

    async def join(self, **settings: str) -> Any:
        """The connection to FreshBooks, by a refresh token that is given."""
        ready = await self.ready()
        given = {"base_url": ready["base_url"], **ready["settings"]}
        return await self.done(
            "connect", vendor="freshbooks", name="freshbooks", redirect_url=REDIRECT,
            settings={**given, **settings},
            secrets={name: ready["credentials"][name] for name in SECRETS},
        )  # fmt: skip

    async def consent(self, name: str = "freshbooks", **settings: str) -> dict[str, Any]:
        """A person's walk through FreshBooks' consent page; the answer to the last step."""
        ready = await self.ready()
        given = {"base_url": ready["base_url"], "allow_private_addresses": "true", **settings}
        app = {secret: ready["credentials"][secret] for secret in ("client_id", "client_secret")}
        begun = await self.do(
            "consent", vendor="freshbooks", name=name, settings=given, secrets=app,
            redirect_url=REDIRECT,
        )  # fmt: skip
        assert begun["result"], begun
        url = begun["result"]["authorize_url"].removeprefix("http://sandbox")
        reply = await self.sandbox.call("GET", url)
        assert reply.status == 302, reply.body
        state = begun["result"]["state"]
        return await self.do("exchange", state=state, secrets={"url": reply.headers["location"]})

    async def ready(self) -> dict[str, Any]:
        """What the sandbox says of its FreshBooks."""
        told: dict[str, Any] = (await self.human("GET", "ready"))["vendors"]["freshbooks"]
        return told

    async def install(self, **settings: str) -> None:
        await self.join()
        await self.connect("pipedrive")
        await self.add(**settings)

    async def add(self, **settings: str) -> Any:
        return await self.done(
            "flow_add", kind="freshbooks-pipedrive", name=FLOW, source="freshbooks",
            target="pipedrive", settings=settings, yes=True,
        )  # fmt: skip

    async def takes_time(self) -> None:
        """FreshBooks' answers take a moment, so that no two things happen in the same one."""
        rule = {"vendor": "freshbooks", "operation": "*", "kind": "slow", "seconds": 0.05}
        await self.sandbox.order({**rule, "probability": 1.0})

    # --- what people do ------------------------------------------------------------------------

    async def keep(self, method: str, path: str, **body: Any) -> Record:
        """An act of the bookkeeper at FreshBooks; the record with its id as text."""
        done: Record = await self.human(method, f"freshbooks/{path}", body or None)
        return {**done, "id": str(done["id"])}

    async def customer(self, name: str = "Acme Ltd", **given: Any) -> Record:
        return await self.keep("POST", "clients", organization=name, **given)

    async def invoice(
        self, customer: Record, amount: str = "100.00", *, sent: bool = True, **given: Any
    ) -> Record:
        """An invoice due in thirty days, sent unless it stays a draft."""
        body = {"customerid": int(customer["id"]), "amount": amount, "due_offset_days": 30, **given}
        made = await self.keep("POST", "invoices", **body)
        return await self.act("invoices", made, "send") if sent else made

    async def act(self, noun: str, record: Record, action: str, **body: Any) -> Record:
        return await self.keep("POST", f"{noun}/{record['id']}/{action}", **body)

    async def edit(self, noun: str, record: Record, **changes: Any) -> Record:
        return await self.keep("PATCH", f"{noun}/{record['id']}", **changes)

    async def delete(self, noun: str, record: Record) -> None:
        await self.human("DELETE", f"freshbooks/{noun}/{record['id']}")

    async def organization(self, customer: Record) -> Record:
        return await self.target("clients", customer)

    async def payments(self, invoice: Record) -> list[Record]:
        """The payments on an invoice that are not deleted."""
        told = await self.human("GET", "freshbooks/payments")
        mine = [p for p in told if str(p["invoiceid"]) == invoice["id"] and p["vis_state"] != 1]
        return [{**payment, "id": str(payment["id"])} for payment in mine]

    async def shows(self, invoice: Record) -> tuple[str, str, str]:
        """Invoice status, stage and status of the deal of an invoice."""
        deal = await self.deal(invoice)
        return str(deal["Invoice status"]), await self.stage(deal), str(deal["status"])

    async def writes_at_freshbooks(self) -> set[str]:
        """What was asked of it but reads and token calls."""
        told = (await self.counters())["requests"]
        asked = {q["operation"] for q in told if q["vendor"] == "freshbooks"}
        return {name for name in asked if not ({name, name.split(" ")[0]} & READS)}

    # --- what FreshBooks posts -------------------------------------------------------------------

    async def deliver(self) -> list[Answer]:
        """Hand over what FreshBooks posts; its codes may come before the answer to their create."""
        await self.pass_time(2)
        await settle()
        return await super().deliver()

    async def callbacks(self) -> dict[str, bool]:
        """Whether each callback is confirmed, by its event."""
        told = await self.human("GET", "freshbooks/callbacks")
        return {row["event"]: row["verified"] for row in told}

    async def go_public(self) -> None:
        """A first sync, callbacks made, and their codes given back."""
        await self.sync()
        await self.round()
        await self.deliver()
        await self.round()
        assert await self.callbacks() == dict.fromkeys(VENDOR.events, True)
        await self.deliver()
