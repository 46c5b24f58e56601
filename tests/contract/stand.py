"""A stand is one vendor under the contract: its folder's client over the real wire, on its sandbox.

The client is opened as the engine opens it: credentials go through `connect`, the grant is renewed
by the keeper, calls are paced and guarded. Nothing here names a vendor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

from ml_connector.core.objects import (
    SetupItem,
    SourceModel,
    SourceObject,
    TargetObject,
    TargetRecord,
)
from ml_connector.core.values import Values
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand, Response
from ml_connector.engine.opened import OpenConnection
from ml_connector.engine.opening import parse_settings
from ml_connector.engine.resources import Resources
from ml_connector.flows import FLOWS
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.store import connections
from ml_connector.vendors import VENDORS
from tests.support.rehearsal import GRANT, WORKSPACE, Rehearsal

T = TypeVar("T")
Raw = dict[str, Any]
Between = Callable[[], Awaitable[None]]

REDIRECT = "https://app.example/cb"
NAME = "side"
MOST_PAGES = 400
WRITES = ("POST", "PUT", "PATCH", "DELETE")

SWITCHED_ON = {"direct_invoices": "advanced_so_invoices"}
"""Capability to the switch of a sandbox: what a person enables in the product first."""

BY_NAME = {vendor.name: vendor for vendor in VENDORS}
LISTED = [(v, obj) for v in VENDORS for obj in v.sources if obj.is_listed]
WRITTEN = [(v, obj) for v in VENDORS for obj in v.targets]


@dataclass(frozen=True, slots=True)
class Seen:
    """One call as it went out: when, by the virtual clock; `path` has no query; the answer's
    status, 0 where none came."""

    at_seconds: float
    method: str
    path: str
    status: int


@dataclass
class Watch:
    """Implements `http.transport.Transport`: lets everything through and notes it."""

    inner: Transport
    seconds: Callable[[], float]
    seen: list[Seen] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Response:
        at, path, status = self.seconds(), urlsplit(outgoing.url).path, 0
        try:
            answer = await self.inner.send(outgoing)
            status = answer.status
            return answer
        finally:
            self.seen.append(Seen(at, outgoing.method, path, status))


@dataclass
class Stand(Rehearsal):
    """See the module. `vendor` is the one that is connected, under the name `side`."""

    customers: int = 8
    invoices: int = 12
    vendor: Vendor = field(default=VENDORS[0])
    obj: SourceObject | TargetObject | None = None
    """Where it is one that not every account has, the account is made one that has."""
    settings: dict[str, str] = field(default_factory=dict)
    watch: Watch = field(init=False)
    side: OpenConnection = field(init=False)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self.enable()
            await self.join()
        except BaseException:
            await super().__aexit__(RuntimeError)
            raise
        return self

    def wired(self) -> Resources:
        res = super().wired()
        self.watch = Watch(res.transport, self.clock.monotonic)
        return replace(res, transport=self.watch)

    # --- connecting -----------------------------------------------------------------------------

    async def ready(self) -> Raw:
        """What the sandbox offers to `connect`, for this vendor."""
        told: Raw = (await self.human("GET", "ready"))["vendors"][self.vendor.name]
        return told

    async def join(self, name: str = NAME) -> None:
        """By the grant's refresh token, and with the webhook's secret where one is given."""
        ready = await self.ready()
        offered = ready["credentials"]
        chosen = [*GRANT, *(n for n in ("webhook_secret",) if n in self.vendor.secrets)]
        await self.done(
            "connect", vendor=self.vendor.name, name=name, redirect_url=REDIRECT,
            settings={"base_url": ready["base_url"], **ready["settings"], **self.settings},
            secrets={n: offered[n] for n in chosen if n in offered},
        )  # fmt: skip
        self.side = await self.open(name)

    async def enable(self) -> None:
        """What the flows need before they write the object: in the product, and as a setting."""
        told = (await self.ready())["settings"]
        able = self.vendor.capabilities or (lambda settings: frozenset())
        needed = {r.needs for f in FLOWS for r in f.routes if r.writes is self.obj and r.needs}
        for need in sorted(needed - able(told)):
            switch = f"{self.vendor.name}.{SWITCHED_ON[need]}"
            await self.human("PATCH", "switches", {switch: True})
            choices = ({s.name: c} for s in self.vendor.settings for c in s.choices)
            self.settings |= next(c for c in choices if need in able({**told, **c}))

    async def row(self, name: str = NAME) -> connections.Row:
        found = await self.store.read(lambda c: connections.named(c, WORKSPACE, name))
        assert found is not None
        return found

    async def open(self, name: str = NAME) -> OpenConnection:
        return await self.lane.opener.connection(await self.row(name))

    async def restart(self) -> None:
        """A new process on the same store."""
        await self.start()
        self.side = await self.open()

    @property
    def client(self) -> Any:
        """A SourceClient, a TargetClient or both, as the vendor declares objects."""
        return self.side.client

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        return await self.clock.run(work)

    async def order(self, kind: str, **rule: Any) -> None:
        """A fault at this vendor."""
        await self.sandbox.order({"vendor": self.vendor.name, "kind": kind, **rule})

    async def token_calls(self) -> int:
        path = urlsplit((await self.ready())["token_url"]).path
        return len([seen for seen in self.watch.seen if seen.path == path])

    # --- reading --------------------------------------------------------------------------------

    async def poll(
        self, obj: SourceObject, cursor: Values | None = None, between: Between | None = None
    ) -> tuple[list[SourceModel], Values]:
        """Everything that a poll shows, in order and with repeats, and where the next begins."""
        found: list[SourceModel] = []
        at = cursor or {}
        for _ in range(MOST_PAGES):
            page = await self.run(self.client.changes(obj, at, Errand()))
            found += page.records
            at = page.cursor
            if not page.more:
                return found, at
            if between is not None:
                await between()
        raise AssertionError(f"the listing of {obj.path} does not end")

    async def every(
        self, obj: TargetObject, since: datetime | None = None, between: Between | None = None
    ) -> list[TargetRecord]:
        """The whole listing of a target object, or that of what changed since."""
        found: list[TargetRecord] = []
        cursor = None
        for _ in range(MOST_PAGES):
            page = await self.run(
                self.client.page(obj, cursor, Errand())
                if since is None
                else self.client.changed_page(obj, since, cursor, Errand())
            )
            found += page.records
            cursor = page.next_cursor
            if cursor is None:
                return found
            if between is not None:
                await between()
        raise AssertionError(f"the listing of {obj.path} does not end")

    async def read(self, obj: SourceObject | TargetObject, keys: Sequence[str]) -> dict[str, Any]:
        """By key, in calls of the size that the object declares; what is not there is left out."""
        found: dict[str, Any] = {}
        for start in range(0, len(keys), obj.read_batch):
            some = keys[start : start + obj.read_batch]
            found |= await self.run(self.client.read(obj, some, Errand()))
        return {key: record for key, record in found.items() if record is not None}

    # --- people ---------------------------------------------------------------------------------

    async def raws(self, noun: str) -> list[Raw] | None:
        """The sandbox's own records of an object; None where it keeps them under other names."""
        reply = await self.sandbox.call("GET", f"/_sandbox/{self.vendor.name}/{noun}")
        return reply.body if reply.status == 200 else None

    async def retouch(self, noun: str, key: str, body: Raw) -> Raw | None:
        """A person's change of a record; None where the product does not let them."""
        path = f"/_sandbox/{self.vendor.name}/{noun}/{quote(key, safe='')}"
        reply = await self.sandbox.call("PATCH", path, body)
        return reply.body if reply.status == 200 else None

    async def create(self, obj: TargetObject, fields: Values) -> TargetRecord:
        made: TargetRecord = await self.run(self.client.create(obj, fields, Errand()))
        return made

    async def update(self, obj: TargetObject, id: str, fields: Values) -> TargetRecord:
        done: TargetRecord = await self.run(self.client.update(obj, id, fields, Errand()))
        return done

    async def set_up(self) -> dict[str, SetupItem]:
        """All that the flows want to stand at this vendor, made once: the item of each code."""
        codes: dict[str, str] = {}
        known: dict[str, SetupItem] = {}
        for flow in FLOWS:
            if flow.target != self.vendor.name:
                continue
            for item in flow.setup(parse_settings(flow, {})):
                if item.id not in codes:
                    parent = _parent_code(codes, item)
                    made = self.client.create_setup(item, parent, Errand())
                    codes[item.id] = await self.run(made)
                known[codes[item.id]] = item
        if known:
            self.client.know_setup(known)
        return known


def _parent_code(codes: Mapping[str, str], item: SetupItem) -> str:
    if not item.parent:
        return ""
    return next(code for id, code in codes.items() if id.endswith(f"//{item.parent}"))
