"""How long it takes from a webhook until the change arrives at the target, on an idle system."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp

from benchmarks import house
from benchmarks.delivery import HEADER, renamed
from benchmarks.process import serving
from benchmarks.sink import Sink
from benchmarks.spread import Bar, Finding, Spread, percentile
from ml_connector.app import run

CUSTOMERS = 20
REST_SECONDS = 0.12
PATIENCE_SECONDS = 10.0


def measure(folder: Path, changes: int) -> Finding:
    """Raises TimeoutError where a change did not arrive."""
    folder.mkdir()
    lags = run(_measured(folder / "home", changes))
    p50, p99 = percentile(lags, 0.50), percentile(lags, 0.99)
    return Finding(
        title="From webhook to written, idle system",
        unit="ms",
        ours=Spread(tuple(lags)),
        bars=(Bar("p50", 20, p50, "at most", "ms"), Bar("p99", 100, p99, "at most", "ms")),
        notes=(
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms over {changes} changes, one at a time: from the "
            "moment at which the delivery is sent until the write arrives at the target. Between "
            "them lie the commit of the delivery, the read at the source, the read of the target "
            "(a person might have touched it) and the commit of the intent.",
        ),
    )


async def _measured(home: Path, changes: int) -> list[float]:
    """Milliseconds of each change."""
    arrived = asyncio.Event()
    sink = Sink(CUSTOMERS, wrote=arrived.set)
    vendors = await sink.start()
    await house.build(home, vendors)
    async with house.at_home(home) as app:
        await house.sync(app)
        path = await house.hook(app, "wave")
    server = serving(home)
    await asyncio.to_thread(server.__enter__)
    try:
        async with aiohttp.ClientSession() as session:
            await asyncio.sleep(1.0)  # its first round looks around
            lags = []
            for n in range(changes + 3):
                lags.append(await _one(session, server.url + path, sink, n, arrived))
            return lags[3:]  # the first ones open connections
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)
        await sink.stop()


async def _one(
    session: aiohttp.ClientSession, url: str, sink: Sink, n: int, arrived: asyncio.Event
) -> float:
    await asyncio.sleep(REST_SECONDS)
    arrived.clear()
    signature, body = renamed(n, sink.wave.touch(n % CUSTOMERS))
    headers = {HEADER: signature, "content-type": "application/json"}
    began = time.perf_counter()
    async with session.post(url, data=body, headers=headers) as answer:
        answer.raise_for_status()
    await asyncio.wait_for(arrived.wait(), PATIENCE_SECONDS)
    return (time.perf_counter() - began) * 1000
