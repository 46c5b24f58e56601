"""A rehearsal runs the real engine against the in-process sandbox: one virtual clock, one loop.

Nothing is mocked: real clients, real store (in memory), real pacing; only time and the network are
the test's. Two engines after each other on one store are a restart.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from ml_connector.app import new_key
from ml_connector.core.vendor import Delivery
from ml_connector.engine.commands import Commands
from ml_connector.engine.ingest import Answer, Ingest
from ml_connector.engine.lane import Lane
from ml_connector.engine.metering import StoredAllowances
from ml_connector.engine.resources import Resources
from ml_connector.engine.taking_over import take_over
from ml_connector.flows import FLOWS
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.store import audit, connections, lanes, links, reviews
from ml_connector.store.database import Store
from ml_connector.store.keyring import KeyRing
from ml_connector.store.vault import Vault
from ml_connector.vendors import VENDORS
from ml_sandbox.options import SandboxOptions

from . import contract
from .clock import START, SeededChance, SkewedClock, VirtualClock, settle
from .sandbox import URL, InProcessSandbox

WORKSPACE = "w"
FLOW = "invoices"
HOOKS = "http://127.0.0.1:1"
GRANT = ("client_id", "client_secret", "refresh_token")
VENDORS_BY_NAME = {vendor.name: vendor for vendor in VENDORS}


@dataclass
class Rehearsal:
    """`public` turns webhooks on; deliveries then wait in the sandbox's outbox for `deliver`.

    `kind` is the flow's. `beside` is another home at the same vendors, whose sandbox is shared. The
    engine's clock is `skew_seconds` ahead of the vendors'. Every request and answer is held against
    the published contracts where these are at hand, unless `checked` is off.
    """

    customers: int = 6
    invoices: int = 10
    seed: int = 1
    public: bool = False
    clock: VirtualClock = field(default_factory=VirtualClock)
    alerts: list[str] = field(default_factory=list)
    beside: Rehearsal | None = None
    skew_seconds: float = 0
    checked: bool = True
    kind: str = "wave-pipedrive"
    sandbox: InProcessSandbox = field(init=False)

    async def __aenter__(self) -> Self:
        if self.beside is not None:
            self.clock, self.sandbox = self.beside.clock, self.beside.sandbox
        else:
            options = SandboxOptions(
                seed=self.seed, customers=self.customers, invoices=self.invoices, start=START,
                url=URL,
            )  # fmt: skip
            self.sandbox = InProcessSandbox(options, clock=self.clock)
        is_checked = self.checked and contract.is_at_hand()
        self.contract = contract.Checked(self.sandbox.transport) if is_checked else None
        self.chance = SeededChance(self.seed)
        self.store = Store.in_memory()
        self.vault = Vault(KeyRing((new_key("key", self.clock),)), os.urandom)
        await self.store.write(lambda c: lanes.put_workspace(c, WORKSPACE, "default"))
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.store.close()
        if self.beside is None:
            await self.sandbox.close()
        if kind is None and self.contract is not None:
            assert self.contract.problems == []

    async def start(self) -> None:
        """A new process on the same store: a take-over of whatever an earlier one left."""
        self.res = self.wired()
        epoch = await take_over(self.res, WORKSPACE)
        self.lane = Lane(self.res, WORKSPACE, epoch)
        self.ingest = Ingest(self.res)
        self.commands = Commands(self.lane, self.ingest.forget)

    def wired(self) -> Resources:
        """What a process works with."""
        clock = SkewedClock(self.clock, self.skew_seconds)
        return Resources(
            store=self.store, vault=self.vault, clock=clock, chance=self.chance,
            pacing=Pacing(clock, StoredAllowances(self.store)),
            transport=self.contract or self.sandbox.transport, redactor=Redactor(),
            vendors={v.name: v for v in VENDORS}, flows={f.kind: f for f in FLOWS},
            public_url=HOOKS if self.public else "", alert=self.alerts.append,
        )  # fmt: skip

    async def do(self, command: str, **args: Any) -> dict[str, Any]:
        """A command, run on virtual time; its whole answer."""
        return await self.clock.run(self.commands.perform(command, args, lambda state: None))

    async def done(self, command: str, **args: Any) -> Any:
        """A command that must end well; its result."""
        answer = await self.do(command, **args)
        assert answer["exit"] in (0, 1), answer
        assert answer["result"] is not None, answer
        return answer["result"]

    async def connect(
        self, vendor: str, name: str | None = None, secrets: Sequence[str] | None = None,
        **settings: str,
    ) -> Any:  # fmt: skip
        """Connect with the sandbox's own credentials; by the static token where the vendor has one,
        unless `secrets` say."""
        ready = (await self.sandbox.control("GET", "ready"))["vendors"][vendor]
        static = VENDORS_BY_NAME[vendor].token
        chosen = secrets or (static.secrets if static else GRANT)
        return await self.done(
            "connect", vendor=vendor, name=name or vendor,
            settings={"base_url": ready["base_url"], **ready["settings"], **settings},
            secrets={n: ready["credentials"][n] for n in chosen},
        )  # fmt: skip

    async def install(self, **settings: str) -> None:
        """Both connections and the flow between them, consented."""
        flow = self.res.flows[self.kind]
        await self.connect(flow.source)
        await self.connect(flow.target)
        await self.add(**settings)

    async def add(self, **settings: str) -> Any:
        flow = self.res.flows[self.kind]
        return await self.done(
            "flow_add", kind=self.kind, name=FLOW, source=flow.source, target=flow.target,
            settings=settings, yes=True,
        )  # fmt: skip

    async def sync(self, **wish: Any) -> dict[str, Any]:
        result: dict[str, Any] = await self.done("sync", flow=FLOW, **wish)
        return result

    async def plan(self, **wish: Any) -> dict[str, Any]:
        result: dict[str, Any] = await self.done("plan", flow=FLOW, **wish)
        return result

    async def round(self) -> None:
        """One look of the lane at everything that is due."""
        await self.clock.run(self.lane.round())

    async def human(self, method: str, path: str, body: Any = None) -> Any:
        """What a person does in a product, by the sandbox's control."""
        return await self.sandbox.control(method, path, body)

    async def deliver(self) -> list[Answer]:
        """Hand everything in the outbox to the engine's intake."""
        await settle()
        answers = []
        posted, self.sandbox.outbox.posted = self.sandbox.outbox.posted, []
        for each in posted:
            token = each.url.split("/hooks/")[1]
            headers = {name.lower(): value for name, value in each.headers.items()}
            delivery = Delivery(each.body, headers, self.res.clock.now())
            answers.append(await self.ingest.take(token, delivery))
        return answers

    async def counters(self) -> Any:
        return await self.sandbox.control("GET", "counters")

    async def creates(self, vendor: str = "pipedrive") -> dict[str, int]:
        """How many records were created over the API, by object."""
        found: dict[str, int] = (await self.counters())["creates"].get(vendor, {})
        return found

    async def links(self, route: str) -> dict[str, links.Link]:
        flow = await self.store.read(_flow_id)
        keys = await self.store.read(lambda c: links.linked_keys(c, flow, route))
        return await self.store.read(lambda c: links.of_keys(c, flow, route, sorted(keys)))

    async def audit(self, **query: Any) -> list[dict[str, Any]]:
        wanted = audit.Query(**{"limit": None, **query})
        return await self.store.read(lambda c: audit.read(c, WORKSPACE, wanted))

    async def reviews(self) -> list[dict[str, Any]]:
        return await self.store.read(lambda c: reviews.listing(c, WORKSPACE))

    async def hook_token(self, name: str) -> str:
        """The unguessable part of a connection's webhook address."""
        row = await self.store.read(lambda c: connections.named(c, WORKSPACE, name))
        assert row is not None
        owners = (f"app:{row.app}", f"connection:{row.id}")
        found = await self.store.read(lambda c: [connections.endpoint_of(c, o) for o in owners])
        return next(endpoint.token for endpoint in found if endpoint is not None)


def _flow_id(conn: Any) -> str:
    from ml_connector.store import flows

    row = flows.named(conn, WORKSPACE, FLOW)
    assert row is not None
    return row.id


def totals(summary: Mapping[str, Any]) -> dict[str, int]:
    """A summary's numbers over all routes."""
    names = [n for n in summary["routes"][0] if n != "route"]
    return {name: sum(r[name] for r in summary["routes"]) for name in names}
