"""Limits: a refusal for speed is waited out by everybody who shares the limit, to its moment."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from ml_connector.core.faults import TooFast
from ml_connector.core.vendor import Vendor
from ml_connector.core.wire import Errand, Request, Response
from ml_connector.vendors import VENDORS

from .stand import Stand

SOON, LATE = "7", "900"
"""Seconds of `Retry-After`: within a call's own patience, and beyond it."""

TOO_MANY = 429
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)


async def refuse(stand: Stand, seconds: str, **more: Any) -> None:
    headers = {"retry-after": seconds}
    await stand.order("status", status=TOO_MANY, headers=headers, body="", **more)


def until(stand: Stand, seconds: str, at_seconds: float) -> float:
    """The second of the virtual clock to which the folder says that such an answer is waited for.

    Some vendors tell it in other headers, or not at all: then the folder has a time of its own.
    """
    now = stand.clock.now()
    answer = Response(TOO_MANY, {"retry-after": seconds}, b"")
    fault = stand.vendor.fault(Request("GET", "/"), answer, now, stand.side.row.settings)
    assert isinstance(fault, TooFast)
    assert fault.until > now
    return at_seconds + (fault.until - now).total_seconds()


def sent_after(stand: Stand, moment: float) -> list[float]:
    return [seen.at_seconds for seen in stand.watch.seen if seen.at_seconds >= moment]


async def some(stand: Stand, many: int) -> list[Any]:
    async def calls() -> list[Any]:
        asked = (stand.client.identify(Errand()) for _ in range(many))
        return await asyncio.gather(*asked, return_exceptions=True)

    return await stand.run(calls())


@every_vendor
async def test_a_full_window_is_waited_out_and_the_call_goes_on(vendor: Vendor) -> None:
    async with Stand(vendor=vendor) as stand:
        await refuse(stand, SOON, times=1)
        stand.watch.seen.clear()
        [outcome] = await some(stand, 1)
        told = [seen for seen in stand.watch.seen if seen.status == TOO_MANY]
        assert len(told) == 1
        end = until(stand, SOON, told[0].at_seconds)
        later = [seen for seen in stand.watch.seen if seen.at_seconds > told[0].at_seconds]
        if isinstance(outcome, TooFast):
            assert later == []  # longer than a call waits by itself
            await stand.clock.advance(end - stand.clock.monotonic())
            [outcome] = await some(stand, 1)
            later = [seen for seen in stand.watch.seen if seen.at_seconds > told[0].at_seconds]
        assert not isinstance(outcome, BaseException), outcome
        assert min(seen.at_seconds for seen in later) >= end


@every_vendor
async def test_nobody_calls_before_the_moment_that_was_told(vendor: Vendor) -> None:
    """Those that were on their way may still arrive; none begins."""
    async with Stand(vendor=vendor) as stand:
        await refuse(stand, LATE, times=1)
        stand.watch.seen.clear()
        [first] = await some(stand, 1)
        [told] = [seen for seen in stand.watch.seen if seen.status == TOO_MANY]
        end = until(stand, LATE, told.at_seconds)
        if isinstance(first, TooFast):
            assert stand.clock.monotonic() < end
        outcomes = await some(stand, 6)
        waited = [o for o in outcomes if isinstance(o, TooFast)]
        for fault in waited:
            assert seconds_of(stand, fault.until) == pytest.approx(end, abs=1)
        begun = [seen.at_seconds for seen in stand.watch.seen if seen is not told]
        assert all(at >= end for at in begun)
        await stand.clock.advance(max(0.0, end - stand.clock.monotonic()))
        [outcome] = await some(stand, 1)
        assert not isinstance(outcome, BaseException), outcome


def seconds_of(stand: Stand, moment: datetime) -> float:
    return stand.clock.monotonic() + (moment - stand.clock.now()).total_seconds()
