"""Checklist 4: slow-down from half of the minute on, a queue, and a decline at last."""

from __future__ import annotations

import asyncio

from tests.support.clock import settle

from .bench import Bench


async def timed(erp: Bench, path: str = "Customer") -> float:
    """The virtual seconds that one read takes."""
    before = erp.clock.monotonic()
    reply = await erp.clock.run(erp.send("GET", path, top=1))
    assert reply.status == 200, reply.body
    return erp.clock.monotonic() - before


async def test_requests_are_slowed_from_half_of_the_allowance(erp: Bench) -> None:
    await erp.switch(requests_per_minute=50)
    assert [await timed(erp) for _ in range(25)] == [0.0] * 25
    await erp.clock.advance(40)
    assert round(await timed(erp), 6) == 0.8  # 20 seconds left, 25 requests left
    assert round(await timed(erp), 6) == 0.8


async def test_the_whole_allowance_lasts_until_the_minute_ends(erp: Bench) -> None:
    await erp.switch(requests_per_minute=10)
    began = erp.clock.monotonic()
    for _ in range(10):
        await timed(erp)
    assert erp.clock.monotonic() - began <= 60
    await timed(erp)
    assert erp.clock.monotonic() - began >= 60


async def test_a_new_minute_is_a_new_allowance(erp: Bench) -> None:
    await erp.switch(requests_per_minute=4)
    assert [await timed(erp) for _ in range(2)] == [0.0, 0.0]
    assert await timed(erp) > 0
    await erp.clock.advance(60)
    assert await timed(erp) == 0.0


async def test_a_queue_of_twenty_and_a_decline(erp: Bench) -> None:
    await erp.switch(work_seconds=1.0, concurrent_requests=2)
    calls = [asyncio.ensure_future(erp.send("GET", "Customer", top=1)) for _ in range(23)]
    await settle()
    declined = [call for call in calls if call.done()]
    assert [call.result().status for call in declined] == [429]
    assert not declined[0].result().headers["content-type"].startswith("application/json")
    assert "retry-after" not in declined[0].result().headers
    headers = {"authorization": f"Bearer {erp.token}"}
    path = "/acumatica/entity/auth/logout"
    assert (await erp.call("POST", path, b"", headers)).status == 204  # passes the queue by
    await erp.clock.advance(11)
    assert sorted(call.result().status for call in calls) == [200] * 22 + [429]


async def test_ten_minutes_in_the_queue_are_enough(erp: Bench) -> None:
    await erp.switch(work_seconds=601.0, concurrent_requests=1, decline_body="json")
    await erp.switch(retry_after_header=True, login_slots=0)
    calls = [asyncio.ensure_future(erp.send("GET", "Customer", top=1)) for _ in range(2)]
    await erp.clock.advance(600.5)
    assert [call.done() for call in calls] == [False, True]
    reply = calls[1].result()
    assert (reply.status, reply.headers["retry-after"]) == (429, "60")
    assert "limit imposed by the license" in reply.body["message"]
    await erp.clock.advance(10)
    assert calls[0].result().status == 200


async def test_a_client_that_hangs_up_while_it_waits_leaves_the_queue(erp: Bench) -> None:
    await erp.switch(work_seconds=10.0, concurrent_requests=1)
    first, second, third = (
        asyncio.ensure_future(erp.send("GET", "Customer", top=1)) for _ in range(3)
    )
    await settle()
    second.cancel()
    await erp.clock.advance(10)
    assert first.result().status == 200
    await erp.clock.advance(10)
    assert third.result().status == 200
