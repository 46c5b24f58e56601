"""A recorded delivery that is played again: refused where the vendor stamped it, and harmless where
it did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from ml_connector.core.vendor import Delivery, Vendor
from ml_connector.store.tables import inbox
from tests.contract.test_webhooks import PROVEN, named
from tests.support.rehearsal import GRANT, HOOKS, VENDORS_BY_NAME, Rehearsal
from tests.support.sandbox import Posted

KINDS = {
    "wave": "wave-pipedrive",
    "pipedrive": "wave-pipedrive",
    "freshbooks": "freshbooks-pipedrive",
    "quickbooks_online": "quickbooks-pipedrive",
    "acumatica": "acumatica-pipedrive",
}
STAMPED = {"wave": (300, 60)}
"""Who signs a moment, and by how many seconds it may be past or ahead."""

EDITS: dict[str, list[tuple[str, str, Any]]] = {
    "wave": [("customers", "", {"name": "Renamed"}), ("invoices", "pay", {})],
    "pipedrive": [("organizations", "", {"name": "Renamed"}), ("deals", "win", {})],
    "freshbooks": [("clients", "", {"organization": "Renamed"}), ("invoices", "pay", {})],
    "quickbooks_online": [("customers", "", {"DisplayName": "Renamed"}), ("invoices", "pay", {})],
    "acumatica": [("customers", "", {"CustomerName": {"value": "Renamed"}})],
}
IDS = {"quickbooks_online": "Id", "acumatica": "CustomerID"}


async def running(r: Rehearsal) -> None:
    """The flow is installed and in step, and both its vendors post to us."""
    flow = r.res.flows[r.kind]
    for name in (flow.source, flow.target):
        vendor = VENDORS_BY_NAME[name]
        secrets = [*(vendor.token.secrets if vendor.token else GRANT)]
        if not vendor.events:
            secrets.append("webhook_secret")
        await r.connect(name, secrets=secrets)
    await r.add(since="all")
    await r.sync(yes=True)
    for name in (flow.source, flow.target):
        if not VENDORS_BY_NAME[name].events:
            await by_portal(r, name)
    await calm(r)


async def by_portal(r: Rehearsal, vendor: str) -> None:
    """As a person sets it up in the vendor's portal."""
    secret = (await r.human("GET", "ready"))["vendors"][vendor]["credentials"]["webhook_secret"]
    hook = {"url": f"{HOOKS}/hooks/{await r.hook_token(vendor)}", "secret": secret, "events": ["?"]}
    offered = (await r.sandbox.call("PUT", f"/_sandbox/{vendor}/webhook", hook)).body["exists"]
    await r.human("PUT", f"{vendor}/webhook", {**hook, "events": offered})


async def calm(r: Rehearsal) -> None:
    """Whatever is under way comes to its end."""
    for _ in range(6):
        await r.clock.advance(30)
        await r.deliver()
        await r.round()


async def posted_by(r: Rehearsal, vendor: str) -> list[Posted]:
    """People change some records there; what the vendor posts of it, once."""
    for noun, action, body in EDITS[vendor]:
        for record in (await r.human("GET", f"{vendor}/{noun}"))[:3]:
            told = record.get(IDS.get(vendor, "id"))
            id = quote(str(told["value"] if isinstance(told, dict) else told), safe="")
            path = f"/_sandbox/{vendor}/{noun}/{id}" + (f"/{action}" if action else "")
            await r.sandbox.call("POST" if action else "PATCH", path, body)
    await r.clock.advance(5)
    await r.clock.advance(0)
    posted, r.sandbox.outbox.posted = r.sandbox.outbox.posted, []
    flow, addresses = r.res.flows[r.kind], {}
    for name in (flow.source, flow.target):
        addresses[name] = f"{HOOKS}/hooks/{await r.hook_token(name)}"
    return [one for one in posted if one.url.startswith(addresses[vendor])]


async def play(r: Rehearsal, posted: Sequence[Posted]) -> list[int]:
    statuses = []
    for one in posted:
        headers = {name.lower(): value for name, value in one.headers.items()}
        delivery = Delivery(one.body, headers, r.res.clock.now())
        statuses.append((await r.ingest.take(one.url.split("/hooks/")[1], delivery)).status)
    return statuses


async def world(r: Rehearsal) -> dict[str, Any]:
    """Every record of both vendors, as they have it."""
    flow, told = r.res.flows[r.kind], {}
    for name in (flow.source, flow.target):
        vendor = VENDORS_BY_NAME[name]
        for noun in (*(o.name for o in vendor.sources), *(o.name for o in vendor.targets)):
            answer = await r.sandbox.call("GET", f"/_sandbox/{name}/{noun}")
            if answer.status == 200:
                told[f"{name}.{noun}"] = answer.body
    return told


async def kept(r: Rehearsal) -> int:
    count = select(func.count()).select_from(inbox)
    return await r.store.read(lambda c: c.execute(count).scalar_one())


@pytest.mark.parametrize("vendor", PROVEN, ids=named)
async def test_a_delivery_that_is_played_again_changes_nothing(vendor: Vendor) -> None:
    """At once, and after minutes: nothing is written anywhere, and the disk does not fill."""
    async with Rehearsal(kind=KINDS[vendor.name], public=True) as r:
        await running(r)
        posted = await posted_by(r, vendor.name)
        assert posted
        assert set(await play(r, posted)) == {200}
        await r.round()
        await calm(r)
        before, rows = await world(r), await kept(r)
        for _ in range(5):
            await play(r, posted)
            await r.round()
        assert await kept(r) <= rows + len(posted), "a row for each, and not one for each time"
        await calm(r)
        assert await world(r) == before
        creates = await r.creates()
        await r.clock.advance(3_600)
        late = set(await play(r, posted))
        assert late == ({401} if vendor.name in STAMPED else {200})
        await calm(r)
        assert await r.creates() == creates


@pytest.mark.parametrize("vendor", [v for v in PROVEN if v.name in STAMPED], ids=named)
async def test_a_stamp_must_be_near_our_clock_both_ways(vendor: Vendor) -> None:
    back, ahead = STAMPED[vendor.name]
    async with Rehearsal(kind=KINDS[vendor.name], public=True) as r:
        await running(r)
        posted = await posted_by(r, vendor.name)
        started = r.res.clock.now()
        signed_ago = started.timestamp() - stamp(posted[0])
        await r.clock.advance(back - signed_ago)
        assert await play(r, posted[:1]) == [200]
        await r.clock.advance(1)
        assert await play(r, posted[:1]) == [401]
    async with Rehearsal(kind=KINDS[vendor.name], public=True, skew_seconds=-ahead - 10) as r:
        await running(r)
        posted = await posted_by(r, vendor.name)
        early = stamp(posted[0]) - r.res.clock.now().timestamp()
        assert await play(r, posted[:1]) == [401]
        await r.clock.advance(early - ahead)
        assert await play(r, posted[:1]) == [200]


def stamp(posted: Posted) -> float:
    header = next(v for v in posted.headers.values() if v.startswith("t="))
    return float(header.partition(",")[0].removeprefix("t="))
