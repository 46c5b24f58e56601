"""The clock: started, run faster, moved ahead, and never back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ml_sandbox.clock import Clock
from tests.support.clock import START, VirtualClock, settle
from tests.support.sandbox import InProcessSandbox

EARLIER = datetime(2024, 2, 28, 23, 0, tzinfo=UTC)


async def test_without_a_start_it_is_the_sources_time() -> None:
    source = VirtualClock()
    clock = Clock(source)
    assert clock.now() == START
    await source.advance(7)
    assert clock.now() == source.now()


async def test_it_starts_where_it_is_told_and_runs_as_fast_as_it_is_told() -> None:
    source = VirtualClock()
    clock = Clock(source, 60, EARLIER)
    await source.advance(30)
    assert clock.now() == EARLIER + timedelta(minutes=30)
    clock.advance(5)
    assert clock.now() == EARLIER + timedelta(minutes=30, seconds=5)


async def test_a_sleeper_wakes_by_time_or_by_an_advance() -> None:
    source = VirtualClock()
    clock = Clock(source, 10)
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    tasks = [asyncio.create_task(sleeper(f"{seconds}", seconds)) for seconds in (100, 300, 500)]
    await settle()
    await source.advance(9)
    assert woken == []
    await source.advance(1)
    assert woken == ["100"]
    clock.advance(199)
    await settle()
    assert woken == ["100"]
    clock.advance(1)
    await settle()
    assert woken == ["100", "300"]
    await source.advance(20)
    assert woken == ["100", "300", "500"]
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), 1e18])
async def test_time_neither_runs_back_nor_out(seconds: float) -> None:
    clock = Clock(VirtualClock())
    with pytest.raises(ValueError, match=r"range|backwards"):
        clock.advance(seconds)
    assert clock.now() == START


async def test_days_turn_by_an_advance_and_by_time() -> None:
    source = VirtualClock()
    clock = Clock(source, 1, EARLIER)
    turned: list[datetime] = []
    clock.on_day(lambda: turned.append(clock.now()))
    clock.notice()
    assert turned == []
    clock.advance(3600)
    assert turned == [datetime(2024, 2, 29, tzinfo=UTC)]
    await source.advance(86_400)
    clock.notice()
    clock.notice()
    assert [moment.day for moment in turned] == [29, 1]


async def test_midnight_can_be_waited_for() -> None:
    source = VirtualClock()
    clock = Clock(source, 1, EARLIER)
    await source.run(clock.sleep_to_midnight())
    assert clock.now() == datetime(2024, 2, 29, tzinfo=UTC)


async def test_over_the_controls(sandbox: InProcessSandbox) -> None:
    assert await sandbox.control("GET", "clock") == {"now": "2026-05-04T09:00:00.000Z"}
    moved = await sandbox.control("POST", "clock", {"advance_s": 86400.5})
    assert moved == {"now": "2026-05-05T09:00:00.500Z"}
    await sandbox.clock.advance(2)
    assert await sandbox.control("GET", "clock") == {"now": "2026-05-05T09:00:02.500Z"}


@pytest.mark.parametrize(
    "body", [{"advance_s": -1}, {"advance_s": "60"}, {"advance_s": True}, {"advance": 1}, [], b"{"]
)
async def test_what_the_clock_does_not_take(sandbox: InProcessSandbox, body: object) -> None:
    refused = await sandbox.call("POST", "/_sandbox/clock", body)
    assert refused.status == 400
    assert refused.body["error"]
    assert await sandbox.control("GET", "clock") == {"now": "2026-05-04T09:00:00.000Z"}
