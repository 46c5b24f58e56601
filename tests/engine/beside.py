"""A firm is a rehearsal with several flows side by side, each under a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ml_connector.core.flow import Flow
from ml_connector.store import flows, links
from ml_connector.store.links import Link
from tests.engine.scene import Record
from tests.support.rehearsal import GRANT, VENDORS_BY_NAME, WORKSPACE, Rehearsal

REDIRECT = "https://app.example/cb"
WRITES = ("POST", "PATCH", "PUT", "DELETE")
ALL = {"since": "all"}
POLL_SECONDS = 330


@dataclass
class Firm(Rehearsal):
    """See the module."""

    async def ready(self, vendor: str) -> Record:
        """What the sandbox offers of a vendor."""
        told: Record = (await self.human("GET", "ready"))["vendors"][vendor]
        return told

    async def join(
        self, vendor: str, name: str = "", refresh_token: str = "", **settings: str
    ) -> None:
        """By a static token where the vendor has one, else by a grant."""
        ready = await self.ready(vendor)
        static = VENDORS_BY_NAME[vendor].token
        offered = ready["credentials"]
        secrets = {n: offered[n] for n in (static.secrets if static else GRANT)}
        if refresh_token:
            secrets["refresh_token"] = refresh_token
        await self.done(
            "connect", vendor=vendor, name=name or vendor, redirect_url=REDIRECT, secrets=secrets,
            settings={"base_url": ready["base_url"], **ready["settings"], **settings},
        )  # fmt: skip

    async def put(
        self, flow: Flow, name: str, source: str = "", settings: Mapping[str, str] = ALL
    ) -> None:
        """Install a flow under that name; connections are called by their vendors, unless told."""
        await self.done(
            "flow_add", kind=flow.kind, name=name, source=source or flow.source,
            target=flow.target, settings=dict(settings), yes=True,
        )  # fmt: skip

    async def plan_of(self, name: str) -> dict[str, Any]:
        planned: dict[str, Any] = await self.done("plan", flow=name)
        return planned

    async def sync_of(self, name: str, **wish: Any) -> dict[str, Any]:
        synced: dict[str, Any] = await self.done("sync", flow=name, **wish)
        return synced

    async def rounds(self, count: int) -> None:
        """The lane looks around whenever polls are due again; events are delivered before."""
        for _ in range(count):
            await self.clock.advance(POLL_SECONDS)
            await self.deliver()
            await self.round()

    async def links_of(self, name: str, route: str) -> dict[str, Link]:
        """The links of one flow's route, by source key."""
        row = await self.store.read(lambda c: flows.named(c, WORKSPACE, name))
        assert row is not None
        keys = sorted(await self.store.read(lambda c: links.linked_keys(c, row.id, route)))
        return await self.store.read(lambda c: links.of_keys(c, row.id, route, keys))

    async def written(self) -> dict[str, int]:
        """Write requests that each vendor has seen, by `vendor operation`, but token calls."""
        offered = (await self.human("GET", "ready"))["vendors"]
        paths = {v: urlsplit(o["token_url"]).path.removeprefix(f"/{v}") for v, o in offered.items()}
        found: dict[str, int] = {}
        for q in (await self.counters())["requests"]:
            method, _, path = q["operation"].partition(" ")
            if method in WRITES and path != paths[q["vendor"]]:
                place = f"{q['vendor']} {q['operation']}"
                found[place] = found.get(place, 0) + q["n"]
        return found

    async def refusal(self, method: str, path: str, body: Any) -> list[str]:
        """What there is, as the sandbox tells whoever asks for something that there is not."""
        reply = await self.sandbox.call(method, f"/_sandbox/{path}", body)
        assert reply.status == 400, reply.body
        there: list[str] = reply.body["exists"]
        return there


def grown(after: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """What was written since."""
    return {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}
