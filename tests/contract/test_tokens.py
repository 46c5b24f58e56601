"""Tokens: renewed once for all who share a grant, and given up once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ml_connector.core.faults import NeedsPerson
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand
from ml_connector.store import connections, grants
from ml_connector.vendors import VENDORS

from .stand import NAME, Stand

AT_ONCE = 20
SLOW_SECONDS = 2.0
"""So long each answer takes, so that calls overlap."""

every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)


async def many(stand: Stand, number: int = AT_ONCE) -> list[Any]:
    """What became of so many cheap reads at once."""

    async def calls() -> list[Any]:
        asked = (stand.client.identify(Errand()) for _ in range(number))
        return await asyncio.gather(*asked, return_exceptions=True)

    return await stand.run(calls())


def faults(outcomes: list[Any]) -> list[BaseException]:
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


@every_vendor
async def test_a_token_that_ends_under_twenty_calls_is_renewed_once(vendor: Vendor) -> None:
    async with Stand(vendor=vendor) as stand:
        before = await stand.token_calls()
        await stand.order("slow", seconds=SLOW_SECONDS)
        await stand.order("expire_access_token", times=1)
        outcomes = await many(stand)
        assert faults(outcomes) == []
        assert len({outcome.account for outcome in outcomes}) == 1
        assert await stand.token_calls() - before == 1
        assert await counted_tokens(stand) == await stand.token_calls()
        assert faults(await many(stand)) == []
        assert await stand.token_calls() - before == 1


async def counted_tokens(stand: Stand) -> int:
    """Token calls as the sandbox counted them."""
    told = (await stand.counters())["requests"]
    path = (await stand.ready())["token_url"].partition(f"/{stand.vendor.name}")[2]
    return sum(q["n"] for q in told if q["operation"] == f"POST {path}")


@every_vendor
async def test_a_token_is_renewed_ahead_of_its_end_once(vendor: Vendor) -> None:
    async with Stand(vendor=vendor) as stand:
        before = await stand.token_calls()
        await stand.order("slow", seconds=SLOW_SECONDS)
        grant = await stand.store.read(lambda c: grants.get(c, stand.side.row.grant))
        assert grant is not None
        if grant.expires_at is None:
            pytest.skip(f"{vendor.label} tells no end of a token")
        left = (grant.expires_at - stand.clock.now()).total_seconds()
        await stand.clock.advance(left - 30)
        assert faults(await many(stand)) == []
        assert await stand.token_calls() - before == 1
        assert {seen.status for seen in stand.watch.seen} == {200}


@every_vendor
async def test_a_revoked_grant_needs_a_person_and_says_so_once(vendor: Vendor) -> None:
    async with Stand(vendor=vendor) as stand:
        before = await stand.token_calls()
        await stand.order("slow", seconds=SLOW_SECONDS)
        await stand.order("revoke_refresh_token", times=1)
        await many(stand, 1)  # some vendors end the access token too, some do not yet
        await stand.order("expire_access_token", times=1)
        outcomes = await many(stand)
        stopped = faults(outcomes)
        assert stopped
        assert {type(fault) for fault in stopped} == {NeedsPerson}
        [told] = stand.alerts
        assert NAME in told
        asked = await stand.token_calls()
        assert asked - before == 1
        assert {type(fault) for fault in faults(await many(stand))} == {NeedsPerson}
        for _ in range(3):
            await stand.clock.advance(60)
            await stand.round()
        assert stand.alerts == [told]
        assert (await stand.row()).state == connections.NEEDS_PERSON
        assert await stand.token_calls() == asked
