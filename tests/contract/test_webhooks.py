"""Webhooks: a genuine delivery is taken, a forged one is refused, counted and not kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from ml_connector.core.vendor import Delivery, Vendor
from ml_connector.engine.subscribing import ensure_subscriptions
from ml_connector.engine.tally import Tally
from ml_connector.store.tables import endpoints, inbox, pending
from ml_connector.vendors import VENDORS
from tests.support.clock import settle
from tests.support.rehearsal import HOOKS
from tests.support.sandbox import Posted

from .people import fill, hands, key_of, of
from .stand import NAME, Stand

PROVEN = [v for v in VENDORS if v.events or "webhook_secret" in v.secrets]
"""A vendor that delivers to us has events that we subscribe to, or a secret that its portal has."""

SILENT = [v for v in VENDORS if v not in PROVEN]
PLAIN = ("content-type", "content-length", "user-agent", "accept", "host")
"""Headers that prove nothing."""

FEW = 12
ROUNDS = 4


def named(vendor: Vendor) -> str:
    return vendor.name


async def subscribe(stand: Stand) -> None:
    """Deliveries to our address: by subscriptions of ours, or as the vendor's portal does it."""
    if stand.vendor.events:
        await stand.run(ensure_subscriptions(stand.res, stand.side, Tally("", "check")))
        for _ in range(ROUNDS):
            await stand.clock.advance(2)
            await stand.deliver()
            await stand.round()
        return
    secret = (await stand.ready())["credentials"]["webhook_secret"]
    url = f"{HOOKS}/hooks/{await stand.hook_token(NAME)}"
    hook = {"url": url, "secret": secret, "events": ["?"]}
    path = f"/_sandbox/{stand.vendor.name}/webhook"
    offered = (await stand.sandbox.call("PUT", path, hook)).body["exists"]
    await stand.human("PUT", f"{stand.vendor.name}/webhook", {**hook, "events": offered})
    await stand.clock.advance(3600)
    await stand.deliver()


async def happenings(stand: Stand) -> list[Posted]:
    """What the vendor posts of whatever people do: they change and enter records, and try every
    action that the product has."""
    sources = [o for o in stand.vendor.sources if o.is_listed]
    for obj in sources:
        told, _ = await stand.poll(stand.vendor.lister(obj.name))
        records = of(stand.vendor, obj, told)
        by = await hands(stand, obj, records) if records else None
        for record in records[:FEW] if by else []:
            assert by is not None
            await by.touch(key_of(record))
        if records:
            await fill(stand, obj, records, len(records) + FEW)
        for record in records[:FEW]:
            await act(stand, obj.name, key_of(record))
    for _ in range(ROUNDS):
        await stand.clock.advance(30)
        await settle()
    posted, stand.sandbox.outbox.posted = stand.sandbox.outbox.posted, []
    return posted


async def act(stand: Stand, noun: str, key: str) -> None:
    path = f"/_sandbox/{stand.vendor.name}/{noun}/{quote(key, safe='')}"
    actions = (await stand.sandbox.call("POST", f"{path}/?")).body.get("exists") or []
    for action in actions:
        await stand.sandbox.call("POST", f"{path}/{action}", {})


async def take(stand: Stand, posted: Posted, **changes: Any) -> int:
    """The answer to a delivery, as it came or with some of it changed."""
    path = posted.url.split("/hooks/")[1]
    headers = changes.get("headers", posted.headers)
    lowered = {name.lower(): value for name, value in headers.items()}
    body = changes.get("body", posted.body)
    delivery = Delivery(body, lowered, stand.res.clock.now())
    return (await stand.run(stand.ingest.take(path, delivery))).status


def proof(posted: Posted) -> dict[str, str]:
    return {n: v for n, v in posted.headers.items() if n.lower() not in PLAIN}


def without(posted: Posted) -> dict[str, str]:
    return {n: v for n, v in posted.headers.items() if n.lower() in PLAIN}


def turned(headers: Mapping[str, str]) -> dict[str, str]:
    """Other values of the same shape: each letter and digit is replaced by another one."""
    signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    other = str.maketrans(signs, signs[1:26] + "a" + signs[27:52] + "A" + signs[53:] + "0")
    return {name: value.translate(other) for name, value in headers.items()}


async def kept(stand: Stand) -> tuple[int, int, int]:
    """Rows of the inbox, rows of what is pending, forged deliveries counted."""

    def work(conn: Any) -> tuple[int, int, int]:
        rows = conn.execute(select(func.count()).select_from(inbox)).scalar()
        due = conn.execute(select(func.count()).select_from(pending)).scalar()
        forged = conn.execute(select(func.sum(endpoints.c.forged))).scalar()
        return rows, due, forged or 0

    return await stand.store.read(work)


@pytest.mark.parametrize("vendor", PROVEN, ids=named)
async def test_a_forged_delivery_is_refused_and_a_genuine_one_is_taken(vendor: Vendor) -> None:
    async with Stand(vendor=vendor, public=True) as stand:
        await subscribe(stand)
        posted = await happenings(stand)
        assert posted, "the vendor posts nothing, whatever people do"
        for one in posted:
            assert await take(stand, one) == 200
        rows, due, forged = await kept(stand)
        assert rows >= 1
        assert forged == 0
        tried = 0
        for one in posted[:FEW]:
            forgeries: list[dict[str, Any]] = [
                {"headers": without(one)},
                {"headers": {**without(one), **turned(proof(one))}},
                {"headers": {**without(one), **dict.fromkeys(proof(one), "")}},
            ]
            if covers_the_body(posted):
                forgeries.append({"body": one.body + b" "})
            for forgery in forgeries:
                tried += 1
                assert await take(stand, one, **forgery) == 401, forgery
        assert await kept(stand) == (rows, due, tried)
        assert len(stand.alerts) == 1, "a person is told once"
        assert "could not be proven" in stand.alerts[0]


def covers_the_body(posted: list[Posted]) -> bool:
    """Whether the proof speaks of the body: it differs from one to the next."""
    proofs = {tuple(sorted(proof(one).items())) for one in posted}
    bodies = {one.body for one in posted}
    assert len(bodies) > 1, "one body only, so nothing can be said"
    by_name = [{name for name, value in told} for told in proofs]
    assert all(by_name)
    steady = set.intersection(*(set(told) for told in proofs))
    return len(proofs) > 1 and len({n for n, _ in steady}) < len(by_name[0])


@pytest.mark.parametrize("vendor", PROVEN, ids=named)
async def test_what_another_account_proves_with_its_own_secret_is_refused(vendor: Vendor) -> None:
    async with (
        Stand(vendor=vendor, public=True) as stand,
        Stand(vendor=vendor, public=True, seed=2) as other,
    ):
        await subscribe(stand)
        await subscribe(other)
        ours, theirs = await happenings(stand), await happenings(other)
        before = await kept(stand)
        for one in theirs[:FEW]:
            sent = Posted(ours[0].url, one.headers, one.body, one.at_seconds)
            assert await take(stand, sent) == 401
        assert (await kept(stand))[:2] == before[:2]


@pytest.mark.parametrize("vendor", SILENT, ids=named)
async def test_a_vendor_that_delivers_nothing_is_believed_nothing(vendor: Vendor) -> None:
    async with Stand(vendor=vendor, public=True) as stand:
        token = await stand.hook_token(NAME)
        sent = Posted(f"{HOOKS}/hooks/{token}", {"authorization": "Basic eDp5"}, b'{"a":1}', 0.0)
        assert await take(stand, sent) == 401
        assert (await kept(stand))[0] == 0
