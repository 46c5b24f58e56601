"""The following clock moves with a sandbox, and real chance gives ids that grow."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ml_connector.core.faults import Mistake, Unreachable
from ml_connector.http.asgi_transport import AsgiTransport
from ml_connector.http.chance import SystemChance
from ml_connector.http.clock import FollowingClock, SystemClock
from tests.support.clock import VirtualClock, settle


class Sandbox:
    def __init__(self) -> None:
        self.ahead = timedelta(days=100)
        self.broken = False
        app = Starlette(routes=[Route("/clock", self.tell)])
        self.transport = AsgiTransport({"http://127.0.0.1:9": app})
        self.clock = FollowingClock("http://127.0.0.1:9/clock", self.transport)

    async def tell(self, request: Request) -> Response:
        if self.broken:
            return PlainTextResponse("<html>")
        return JSONResponse({"now": (datetime.now(UTC) + self.ahead).isoformat()})

    @property
    def behind_seconds(self) -> float:
        return abs((datetime.now(UTC) + self.ahead - self.clock.now()).total_seconds())


async def test_it_tells_the_sandboxs_time() -> None:
    sandbox = Sandbox()
    await sandbox.clock.follow()
    assert sandbox.behind_seconds < 1
    sandbox.ahead += timedelta(hours=1)
    await sandbox.clock.follow()
    assert sandbox.behind_seconds < 1


async def test_moving_the_sandbox_wakes_sleepers_at_once() -> None:
    sandbox = Sandbox()
    await sandbox.clock.follow()
    before = sandbox.clock.monotonic()
    hour = asyncio.ensure_future(sandbox.clock.sleep(3600))
    day = asyncio.ensure_future(sandbox.clock.sleep(86_400))
    await settle()
    sandbox.ahead += timedelta(hours=1, seconds=1)
    await sandbox.clock.follow()
    await settle()
    assert hour.done()
    assert not day.done()
    assert sandbox.clock.monotonic() - before >= 3600
    sandbox.ahead += timedelta(days=1)
    await sandbox.clock.follow()
    await settle()
    assert day.done()


async def test_monotonic_time_never_goes_back() -> None:
    sandbox = Sandbox()
    await sandbox.clock.follow()
    before = sandbox.clock.monotonic()
    sandbox.ahead -= timedelta(days=1)
    await sandbox.clock.follow()
    assert sandbox.clock.monotonic() >= before
    assert sandbox.behind_seconds < 1


async def test_run_follows_and_outlives_a_silent_sandbox() -> None:
    sandbox = Sandbox()
    sandbox.broken = True
    with pytest.raises(Unreachable):
        await sandbox.clock.follow()
    running = asyncio.ensure_future(sandbox.clock.run())
    await settle()
    assert not running.done()
    sandbox.broken = False
    async with asyncio.timeout(10):
        while sandbox.behind_seconds > 1:  # noqa: ASYNC110 - it has no event, it asks by itself
            await asyncio.sleep(0.02)
    running.cancel()


@pytest.mark.parametrize("url", ["http://10.0.0.1/clock", "https://example.com/clock", "nonsense"])
def test_only_this_machine_is_followed(url: str) -> None:
    with pytest.raises(Mistake):
        FollowingClock(url, AsgiTransport({}))


async def test_the_machines_clock() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(-1)
    assert clock.monotonic() >= before
    assert clock.now().utcoffset() == timedelta(0)


def test_ids_grow_and_fit() -> None:
    clock = VirtualClock()
    chance = SystemChance(clock)
    ids = [chance.new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {len(i) for i in ids} == {26}
    later = SystemChance(VirtualClock(clock.now() + timedelta(milliseconds=1)))
    assert later.new_id() > ids[0]


def test_tokens_are_long_and_different() -> None:
    chance = SystemChance(VirtualClock())
    assert len(chance.token(43)) == 43
    assert chance.token(43) != chance.token(43)
    assert 0.0 <= chance.random() < 1.0
