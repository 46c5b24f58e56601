"""Addresses and secrets of webhooks are replaced without a gap: both are good for a while, and then
only the new ones are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ml_connector.core.vendor import Delivery, Vendor
from ml_connector.engine import proving
from ml_connector.engine.looking import Look
from ml_connector.engine.tally import Tally
from ml_connector.store import connections
from ml_connector.store.keyring import KeyRing
from ml_connector.vendors import VENDORS
from tests.contract.stand import NAME, Stand
from tests.contract.test_webhooks import PROVEN, happenings, named, subscribe
from tests.support.rehearsal import HOOKS, WORKSPACE, Rehearsal
from tests.support.sandbox import Posted

WEEK = 7 * 86_400
OURS = [v for v in PROVEN if v.events]
"""Vendors at which we make the subscriptions ourselves."""


async def rotate(r: Rehearsal, name: str = NAME, **more: Any) -> dict[str, Any]:
    done: dict[str, Any] = await r.done("rotate_webhook", name=name, **more)
    return done


async def play(r: Rehearsal, posted: Posted, headers: dict[str, str] | None = None) -> int:
    told = posted.headers if headers is None else headers
    lowered = {name.lower(): value for name, value in told.items()}
    delivery = Delivery(posted.body, lowered, r.res.clock.now())
    return (await r.ingest.take(posted.url.split("/hooks/")[1], delivery)).status


async def shown(r: Rehearsal, name: str = NAME) -> dict[str, Any]:
    told = await Look(r.res, HOOKS).connections(WORKSPACE)
    return next(row for row in told if row["name"] == name)


async def rounds(stand: Stand) -> None:
    """Whatever is under way comes to its end: codes are confirmed, subscriptions stand."""
    for _ in range(4):
        await stand.clock.advance(2)
        await stand.deliver()
        await stand.round()


def at(posted: Posted, url: str) -> Posted:
    """The same delivery to another address."""
    return Posted(url, posted.headers, posted.body, posted.at_seconds)


@pytest.mark.parametrize("vendor", PROVEN, ids=named)
async def test_both_addresses_are_good_for_a_while_and_then_the_new_one(vendor: Vendor) -> None:
    async with Stand(vendor=vendor, public=True) as stand:
        await subscribe(stand)
        old = (await happenings(stand))[0]
        before = (await shown(stand))["webhook_url"]
        done = await rotate(stand)
        assert done["shared_by"] == [NAME]
        after = await shown(stand)
        assert after["webhook_url"] != before
        assert after["webhook_before_until"] is not None
        assert await play(stand, old) == 200
        new = at(old, old.url.replace(before, after["webhook_url"]))
        assert new.url != old.url
        assert await play(stand, new) == 200
        await stand.start()  # a process that has just begun finds the same in the store
        assert [await play(stand, old), await play(stand, new)] == [200, 200]
        await stand.clock.advance(WEEK - 30)
        assert await play(stand, old) != 404
        await stand.clock.advance(30)  # though it was looked up a moment ago
        assert await play(stand, old) == 404
        assert (await shown(stand))["webhook_before_until"] is None
        assert await play(stand, new) != 404
        assert any("was replaced and whose time is over" in alert for alert in stand.alerts)


@pytest.mark.parametrize("vendor", PROVEN, ids=named)
async def test_at_once_ends_the_old_address_and_nothing_else(vendor: Vendor) -> None:
    async with Stand(vendor=vendor, public=True) as stand:
        await subscribe(stand)
        old = (await happenings(stand))[0]
        assert await play(stand, old) == 200
        await rotate(stand, at_once=True)
        assert await play(stand, old) == 404
        assert (await shown(stand))["webhook_before_until"] is None


@pytest.mark.parametrize("vendor", OURS, ids=named)
async def test_where_we_subscribe_the_vendor_learns_the_new_address_from_us(
    vendor: Vendor,
) -> None:
    """Every event is posted to the new address, no subscription of the old one is left, and what
    people do meanwhile is posted all the time."""
    async with Stand(vendor=vendor, public=True) as stand:
        await subscribe(stand)
        before = (await shown(stand))["webhook_url"]
        done = await rotate(stand)
        assert not done["by_hand"]
        await rounds(stand)
        after = (await shown(stand))["webhook_url"]
        there = await stand.side.client.subscriptions(Tally("", "check").shared)
        assert sorted(one.event for one in there) == sorted(vendor.events)
        assert all(one.url.startswith(after) and one.healthy for one in there)
        assert all(not one.url.startswith(before) for one in there)
        posted = await happenings(stand)
        assert posted
        assert all(one.url.startswith(after) for one in posted)
        assert {await play(stand, one) for one in posted} == {200}


@pytest.mark.parametrize("vendor", OURS, ids=named)
async def test_a_crash_before_the_vendor_was_told_is_made_good_by_the_lane(vendor: Vendor) -> None:
    async with Stand(vendor=vendor, public=True) as stand:
        await subscribe(stand)
        rule = {"vendor": vendor.name, "operation": "*", "kind": "status", "status": 503}
        await stand.human("POST", "faults", {"rules": [{**rule, "times": 1_000}]})
        answer = await stand.do("rotate_webhook", name=NAME)
        assert answer["exit"] == 0
        assert "told later" in " ".join(answer["notes"])
        await stand.human("DELETE", "faults")
        await stand.start()  # another process
        stand.side = await stand.open()
        await subscribe(stand)
        await rounds(stand)
        after = (await shown(stand))["webhook_url"]
        there = await stand.side.client.subscriptions(Tally("", "check").shared)
        assert sorted(one.event for one in there) == sorted(vendor.events)
        assert all(one.url.startswith(after) for one in there)


async def test_where_a_portal_has_the_address_a_person_is_told_to_enter_it() -> None:
    for vendor in PROVEN:
        async with Stand(vendor=vendor, public=True) as stand:
            assert (await rotate(stand))["by_hand"] == (not vendor.events)


async def test_our_own_proofs_are_replaced_too_and_both_are_good() -> None:
    """Those of Pipedrive, which we choose: a delivery by the old ones counts until these end."""
    vendor = next(v for v in VENDORS if v.webhook_secrets is not None)
    async with Stand(vendor=vendor, public=True) as stand:
        await subscribe(stand)
        old = (await happenings(stand))[0]
        owner = f"connection:{(await stand.row()).id}"
        vault = stand.vault
        before = await stand.store.read(lambda c: proving.current(c, vault, owner))
        await rotate(stand)
        after = await stand.store.read(lambda c: proving.current(c, vault, owner))
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"webhook_user", "webhook_password"}
        url = (await shown(stand))["webhook_url"]
        posted = (await happenings(stand))[0]
        assert posted.headers != old.headers
        assert [await play(stand, at(old, url)), await play(stand, at(posted, url))] == [200, 200]
        await stand.clock.advance(WEEK)
        assert [await play(stand, at(old, url)), await play(stand, at(posted, url))] == [401, 200]
        await rotate(stand, at_once=True)
        url = (await shown(stand))["webhook_url"]
        assert await play(stand, at(posted, url)) == 401


async def test_two_rotations_within_the_time_leave_three_good_addresses() -> None:
    async with Rehearsal(public=True) as r:
        await r.connect("wave", secrets=["full_access_token", "webhook_secret"])
        urls = [(await shown(r, "wave"))["webhook_url"]]
        for _ in range(2):
            await r.clock.advance(86_400)
            await rotate(r, "wave")
            urls.append((await shown(r, "wave"))["webhook_url"])
        assert [await play(r, Posted(url, {}, b"", 0.0)) for url in urls] == [200] * 3
        await r.clock.advance(6 * 86_400)
        assert [await play(r, Posted(url, {}, b"", 0.0)) for url in urls] == [404, 200, 200]
        await rotate(r, "wave", at_once=True)
        urls.append((await shown(r, "wave"))["webhook_url"])
        assert [await play(r, Posted(url, {}, b"", 0.0)) for url in urls] == [404] * 3 + [200]


async def test_connections_of_one_app_share_the_address_and_are_named() -> None:
    async with Rehearsal(public=True) as r:
        await r.connect("wave", "one", secrets=["full_access_token", "webhook_secret"])
        row = await r.store.read(lambda c: connections.named(c, WORKSPACE, "one"))
        assert row is not None
        twin = replace(row, id="twin", name="two", account=None)
        await r.store.write(lambda c: connections.put(c, twin))
        done = await rotate(r, "one")
        assert done["shared_by"] == ["one", "two"]
        assert (await shown(r, "one"))["webhook_url"] == (await shown(r, "two"))["webhook_url"]


async def test_a_time_of_nothing_ends_the_old_one_at_once() -> None:
    async with Rehearsal(public=True) as r:
        await r.connect("wave", secrets=["full_access_token", "webhook_secret"])
        r.lane._res = r.lane.res = replace(r.res, webhook_overlap=timedelta(0))
        r.commands._res = r.lane.res
        url = (await shown(r, "wave"))["webhook_url"]
        await rotate(r, "wave")
        assert await play(r, Posted(url, {}, b"", 0.0)) == 404


async def test_what_cannot_be_rotated_is_told() -> None:
    async with Rehearsal(public=True) as r:
        await r.connect("zendesk")
        assert "posts nothing" in (await r.do("rotate_webhook", name="zendesk"))["notes"][0]
        assert "no connection nobody" in (await r.do("rotate_webhook", name="nobody"))["notes"][0]


async def test_former_secrets_open_after_the_keys_were_rotated_and_no_more_than_five_stay() -> None:
    async with Rehearsal(public=True) as r:
        await r.connect("wave", secrets=["full_access_token", "webhook_secret"])
        row = await r.store.read(lambda c: connections.named(c, WORKSPACE, "wave"))
        assert row is not None
        assert isinstance(r.vault.ring, KeyRing)
        owner = f"app:{row.app}"
        for n in range(9):
            secrets = {"webhook_secret": f"secret-number-{n}"}
            await r.done("connect", vendor="wave", name="wave", settings={}, secrets=secrets)
        now = r.res.clock.now()
        good, end = await r.store.read(lambda c: proving.good(c, r.vault, owner, now))
        assert good["webhook_secret"] == tuple(f"secret-number-{n}" for n in range(8, 2, -1))
        assert end == now + timedelta(days=7)
