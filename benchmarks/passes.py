"""How fast a pass is: new records from poll to create, and records that did not change."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import house
from benchmarks.loop_floor import LoopFloor
from benchmarks.process import Process
from benchmarks.spread import Bar, Effort, Finding, Spread, percentile
from ml_connector.app import App, run
from ml_connector.core.wire import Errand, Response
from ml_connector.engine.opened import OpenFlow
from ml_connector.engine.opening import Opener
from ml_connector.engine.outlets import outlets_of
from ml_connector.engine.polling import poll
from ml_connector.http.transport import Outgoing, Transport
from ml_connector.store import flows


@dataclass(frozen=True, slots=True)
class _Round:
    """Seconds of each part, `_cpu` those of the processor.

    `source` are those of the full pass in which Wave was being asked.
    """

    floor: float
    first: float
    full: float
    source: float
    polled: float
    first_cpu: float
    floor_cpu: float


def measure(folder: Path, rounds: int, records: int) -> list[Finding]:
    """New records, then the same ones unchanged. The last round's home stays: see `home_of`.

    Raises RuntimeError where a record was not created, or a second pass wrote one.
    """
    folder.mkdir()
    found = [run(_round(home_of(folder, n), records)) for n in range(rounds)]
    return [_new(found, records), _unchanged(found, records), _recognised(found, records)]


def home_of(folder: Path, round_: int) -> Path:
    """The home of a round, in which every record is linked."""
    return folder / f"home-{round_}"


async def _round(home: Path, records: int) -> _Round:
    with Process("benchmarks.sink", "--customers", str(records)) as vendors:
        await house.build(home, vendors.url)
        async with house.at_home(home) as app:
            watch = _Watch(app.res.transport)
            app.res = replace(app.res, transport=watch)
            before = await _counts(vendors.url)
            began, used = time.perf_counter(), time.process_time()
            done = await house.sync(app)
            first, first_cpu = time.perf_counter() - began, time.process_time() - used
            _demand(house.counted(done, "create"), records, "created")
            after = await _counts(vendors.url)
            floor = LoopFloor(vendors.url, {name: after[name] - before[name] for name in after})
            used = time.process_time()
            floor_seconds = await floor.run()
            floor_cpu = time.process_time() - used
            watch.seconds = 0.0
            began = time.perf_counter()
            done = await house.sync(app, full=True)
            full = time.perf_counter() - began
            _demand(house.counted(done, "unchanged"), records, "unchanged")
            _demand(done["writes"], 0, "written again")
            polled = await _polled(app, records)
            return _Round(floor_seconds, first, full, watch.seconds, polled, first_cpu, floor_cpu)


async def _polled(app: App, records: int) -> float:
    """Seconds of one poll that shows every record again, and marks none."""
    opened = await _open_flow(app)
    obj = opened.flow.route("customers").reads
    outlets = outlets_of([opened], obj)
    began = time.perf_counter()
    done = await poll(app.res, opened.source, obj, outlets, Errand(), from_start=True)
    seconds = time.perf_counter() - began
    _demand(done.marked, 0, "marked again by a poll")
    if done.records < records:
        raise RuntimeError(f"the poll met only {done.records} records")
    return seconds


async def _open_flow(app: App) -> OpenFlow:
    workspace = await app.workspace(house.WORKSPACE)
    row = (await app.store.read(lambda c: flows.listing(c, workspace)))[0]
    return await Opener(app.res).flow(row)


class _Watch:
    """A transport that measures for how long calls to Wave were under way, however many at once."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._running = 0
        self._began = 0.0
        self.seconds = 0.0

    async def send(self, outgoing: Outgoing) -> Response:
        if "/wave/" not in outgoing.url:
            return await self._inner.send(outgoing)
        with self._watched():
            return await self._inner.send(outgoing)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        if not self._running:
            self._began = time.perf_counter()
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self.seconds += time.perf_counter() - self._began


def _new(found: Sequence[_Round], records: int) -> Finding:
    ours = Spread(tuple(records / each.first for each in found))
    floor = Spread(tuple(records / each.floor for each in found))
    return Finding(
        title=f"Poll to create, {records:,} new records",
        unit="records/s",
        ours=ours,
        floor=floor,
        floor_is="a bare aiohttp loop that makes the same calls, as many at once",
        effort=Effort(
            percentile([each.first_cpu for each in found], 0.5) * 1000 / records,
            percentile([each.floor_cpu for each in found], 0.5) * 1000 / records,
        ),
        bars=(
            Bar("of the floor", 0.4, ours.middle / floor.middle),
            Bar("records a second", 4_250, ours.middle),
        ),
        notes=(
            "Wave customers become Pipedrive organizations through the whole road: polled, marked, "
            "read again, matched, intended, created, remembered, audited, on disk. A bar of 850/s "
            "times five stands for the peer that was measured elsewhere.",
            "Pacing is lifted by settings (pace, plan, seats, budget_share); two calls at once to "
            "Wave and twenty creates at once are the engine's own. The lists of the sink are "
            "empty, so a delta list costs its call but shows nothing again.",
        ),
    )


def _unchanged(found: Sequence[_Round], records: int) -> Finding:
    whole = Spread(tuple(records / each.full for each in found))
    own = Spread(tuple(records / (each.full - each.source) for each in found))
    return Finding(
        title=f"Unchanged records of a full pass, {records:,} linked",
        unit="records/s",
        ours=own,
        bars=(Bar("records a second, without the reads", 20_000, own.middle),),
        notes=(
            f"With the reads at the source: {whole} records/s (minimum / median / maximum). "
            "Every record is listed, marked, read, mapped, compared and audited; none is written.",
        ),
    )


def _recognised(found: Sequence[_Round], records: int) -> Finding:
    ours = Spread(tuple(records / each.polled for each in found))
    return Finding(
        title=f"Unchanged records of a poll, {records:,} shown again",
        unit="records/s",
        ours=ours,
        bars=(Bar("records a second", 20_000, ours.middle),),
        notes=("A poll that meets what it has seen already marks nothing; reads are included.",),
    )


async def _counts(vendors: str) -> dict[str, int]:
    """What the sink was asked so far."""

    def ask() -> dict[str, int]:
        with urllib.request.urlopen(f"{vendors}/counts", timeout=10) as answer:  # noqa: S310 - our own sink
            told: dict[str, int] = json.load(answer)
            return told

    return await asyncio.to_thread(ask)


def _demand(got: int, wanted: int, what: str) -> None:
    if got != wanted:
        raise RuntimeError(f"{got} records were {what}, not {wanted}")
