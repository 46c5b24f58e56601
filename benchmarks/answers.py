"""How many webhooks a second are proven, committed to disk and answered, beside empty answers."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks import house
from benchmarks.delivery import viewed
from benchmarks.hammer import CONNECTIONS, Blow, strike, write_deliveries
from benchmarks.process import Process, serving
from benchmarks.spread import Bar, Effort, Finding, Spread, percentile
from ml_connector.app import run

Struck = tuple[Blow, float]
"""What wrk told, and the server's processor milliseconds for each answer."""

PER_SECOND_AT_MOST = 12_000
"""So many deliveries are prepared for each second, so that none is sent twice."""


def measure(folder: Path, rounds: int, seconds: int, invoices: int) -> Finding:
    """Raises RuntimeError where an answer was not 200 or one of them is not in the inbox."""
    folder.mkdir()
    with Process("benchmarks.sink", "--invoices", str(invoices)) as vendors:
        path = run(_prepare(folder / "home", vendors.url))
        floor: list[Struck] = []
        ours: list[Struck] = []
        numbers = itertools.count()
        with Process("benchmarks.empty_server") as empty, serving(folder / "home") as server:
            for round_ in range(rounds + 1):
                blows = _round(folder, empty, server, path, numbers, seconds, invoices)
                if round_:  # the first one warms up
                    floor.append(blows[0])
                    ours.append(blows[1])
    return _found(floor, ours, invoices)


def _round(
    folder: Path,
    empty: Process,
    server: Process,
    path: str,
    numbers: Iterator[int],
    seconds: int,
    invoices: int,
) -> tuple[Struck, Struck]:
    deliveries = folder / "deliveries"
    wanted = itertools.islice(numbers, seconds * PER_SECOND_AT_MOST)
    write_deliveries(deliveries, (viewed(n, n % invoices) for n in wanted))
    floor = _struck(empty, path, deliveries, seconds)
    before = _kept(folder)
    ours = _struck(server, path, deliveries, seconds)
    _check(ours[0], _kept(folder) - before)
    return floor, ours


def _struck(server: Process, path: str, deliveries: Path, seconds: int) -> Struck:
    before = server.cpu_seconds
    blow = strike(server.url, path, deliveries, seconds)
    return blow, (server.cpu_seconds - before) * 1000 / blow.answers


async def _prepare(home: Path, vendors: str) -> str:
    """A home that has seen every invoice and, being paused, only keeps what it is told of."""
    await house.build(home, vendors, since="2999-01-01")
    async with house.at_home(home) as app:
        await house.sync(app)
        await house.command(app, "flow_state", name=house.FLOW, state="paused")
        return await house.hook(app, "wave")


def _kept(folder: Path) -> int:
    """Deliveries in the inbox, repeated ones too."""
    with closing(sqlite3.connect(folder / "home" / "database.sqlite3")) as database:
        return int(database.execute("SELECT coalesce(sum(times), 0) FROM inbox").fetchone()[0])


def _check(blow: Blow, kept: int) -> None:
    """What was under way when wrk stopped may have been kept without being counted as answered."""
    if blow.not_200 or blow.broken:
        raise RuntimeError(f"not every answer was 200: {blow}")
    if not blow.answers <= kept <= blow.answers + CONNECTIONS:
        raise RuntimeError(f"{blow.answers} were answered and {kept} are in the inbox")
    if blow.sent > blow.available:
        raise RuntimeError("there were too few deliveries prepared")


def _found(floor: list[Struck], ours: list[Struck], invoices: int) -> Finding:
    ours_rate = Spread(tuple(blow.per_second for blow, _ in ours))
    floor_rate = Spread(tuple(blow.per_second for blow, _ in floor))
    p99 = percentile([blow.p99_ms for blow, _ in ours], 0.5)
    p50 = percentile([blow.p50_ms for blow, _ in ours], 0.5)
    return Finding(
        title="Durable webhook answers",
        unit="answers/s",
        ours=ours_rate,
        floor=floor_rate,
        floor_is="the same server answering an empty 200",
        effort=Effort(
            percentile([e for _, e in ours], 0.5), percentile([e for _, e in floor], 0.5)
        ),
        bars=(
            Bar("answers a second", 5_000, ours_rate.middle),
            Bar("of the floor", 0.25, ours_rate.middle / floor_rate.middle),
            Bar("p99", 25, p99, "at most", "ms"),
        ),
        notes=(
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms (medians of the runs); floor p99 "
            f"{percentile([blow.p99_ms for blow, _ in floor], 0.5):.1f} ms.",
            f"{CONNECTIONS} connections, a signed event of its own each time over {invoices:,} "
            "invoices that two routes read; the flow is paused, so that only intake works. Every "
            "answer was 200, and the inbox holds as many more events as were answered.",
        ),
    )
