"""A made-up vendor whose only trade is its listing of changes: whole-second stamps, small pages.

The listing is read by the real cursor of a real vendor (`vendors.wave.cursor`); here stand only the
records, and what happens to them between two pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ml_connector.core.faults import Unreachable
from ml_connector.core.flow import Flow, Route, linked, make
from ml_connector.core.objects import (
    Costs,
    Field,
    SourceModel,
    SourceObject,
    SourcePage,
    TargetObject,
)
from ml_connector.core.values import Values
from ml_connector.core.vendor import ConnectionFacts
from ml_connector.core.wire import Errand, Wire
from ml_connector.engine.opened import OpenConnection, OpenFlow
from ml_connector.engine.outlets import Outlet, outlets_of
from ml_connector.engine.polling import Polled, poll
from ml_connector.store import flows
from ml_connector.vendors.wave.cursor import Seen, Window
from tests.engine.madeup import VENDOR, Bench, MillClient
from tests.support.clock import START


class Entry(SourceModel):
    """As a listing shows it. `at` is in whole seconds, as vendors stamp; what it says, which only a
    read of it alone would show, may change twice within one."""

    id: str
    at: datetime

    def key(self) -> str:
        return self.id

    def version(self) -> str:
        return self.at.isoformat()

    def changed_at(self) -> datetime:
        return self.at


ENTRIES = SourceObject("mill", "entries", Entry, "entry", 100)
PAPERS = TargetObject(
    "mill", "papers", "paper", (Field("name", "text"),), "custom_field", Costs(0, 0, 0, 0),
    timedelta(seconds=1), 10,
)  # fmt: skip
ROUTE = Route(
    name="papers", label="Entries → papers", reads=ENTRIES, writes=PAPERS, match=(linked(),),
    fields={"name": make(lambda entry, given: entry.id)},
)  # fmt: skip
FLOW = Flow("ledger", "mill", "mill", (ROUTE,), (), lambda settings: (), lambda settings: ())


@dataclass
class Shelf:
    """What the vendor holds. `between` runs after each page; `breaks_at` is the page that fails.

    A record shows in the listing `lag_seconds` after its stamp; the clock of answers is told where
    `tells_time`.
    """

    now: Callable[[], datetime]
    page_size: int = 3
    lag_seconds: float = 0.0
    tells_time: bool = True
    between: Callable[[], None] = lambda: None
    breaks_at: int | None = None
    pages: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, datetime] = field(default_factory=dict)
    shown_from: dict[str, datetime] = field(default_factory=dict)

    def put(self, id: str, text: str) -> None:
        """Make it, or change it."""
        now = self.now()
        if id not in self.texts:
            self.shown_from[id] = now + timedelta(seconds=self.lag_seconds)
        self.texts[id], self.stamps[id] = text, now.replace(microsecond=0)

    def page(self, cursor: Values) -> SourcePage:
        """Of the listing, oldest change first."""
        if self.breaks_at is not None and self.pages >= self.breaks_at:
            self.breaks_at = None
            raise Unreachable("The vendor went away.")
        window, now = Window.of(cursor), self.now()
        found = [id for id in self._ordered() if self._is_within(id, window, now)]
        begin = (window.page - 1) * self.page_size
        shown = found[begin : begin + self.page_size]
        has_next = begin + len(shown) < len(found)
        records = tuple(Entry(id=id, at=self.stamps[id]) for id in shown)
        at, more = window.then(Seen([r.at for r in records], len(found), has_next))
        self.pages += 1
        self.between()
        return SourcePage(records, at, more, now if self.tells_time else None)

    def _ordered(self) -> list[str]:
        return sorted(self.texts, key=lambda id: (self.stamps[id], id))

    def _is_within(self, id: str, window: Window, now: datetime) -> bool:
        after = window.after or datetime.min.replace(tzinfo=UTC)
        before = window.before or datetime.max.replace(tzinfo=UTC)
        return after < self.stamps[id] < before and self.shown_from[id] <= now


class Endless:
    """So many records of one moment, made as they are asked for and kept by nobody."""

    def __init__(self, total: int, page_size: int) -> None:
        self._total = total
        self._page_size = page_size
        self.stamp = START - timedelta(hours=1)

    def page(self, cursor: Values) -> SourcePage:
        shown, at, more = self.turn(cursor)
        records = tuple(Entry(id=str(n), at=self.stamp) for n in shown)
        return SourcePage(records, at, more, START)

    def turn(self, cursor: Values) -> tuple[range, Values, bool]:
        """The numbers of the records on a page, the cursor after it, and whether there are more."""
        window = Window.of(cursor)
        is_behind = window.after is not None and window.after >= self.stamp
        begin = (window.page - 1) * self._page_size
        count = 0 if is_behind else max(0, min(self._page_size, self._total - begin))
        has_next = count > 0 and begin + count < self._total
        at, more = window.then(Seen([self.stamp] * count, self._total, has_next))
        return range(begin, begin + count), at, more


@dataclass
class Desk:
    """The engine at work on the listing, for two flows."""

    bench: Bench
    side: OpenConnection
    flows: list[OpenFlow]
    listing: list[Shelf | Endless]

    @property
    def outlets(self) -> list[Outlet]:
        return outlets_of(self.flows, ENTRIES)

    async def poll(self) -> Polled:
        return await poll(self.bench.res, self.side, ENTRIES, self.outlets, Errand("live"))


@asynccontextmanager
async def desk(bench_of: type[Bench] = Bench, count: int = 2) -> AsyncIterator[Desk]:
    """A desk with so many flows, without a listing yet: it is put into `listing`."""
    listing: list[Shelf | Endless] = []

    class Client(MillClient):
        def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
            super().__init__(wire, facts)

        async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
            return listing[0].page(cursor)

    vendor = replace(VENDOR, sources=(ENTRIES,), targets=(PAPERS,), client=Client)
    async with bench_of(vendor) as bench:
        bench.res = replace(bench.res, flows={FLOW.kind: FLOW})
        await bench.consent()
        side = await bench.opened()
        opened = [await _installed(bench, side, f"f{n}") for n in range(count)]
        yield Desk(bench, side, opened, listing)


async def _installed(bench: Bench, side: OpenConnection, name: str) -> OpenFlow:
    row = flows.Row(
        name, "w", name, FLOW.kind, side.row.id, side.row.id, {}, 1, flows.ACTIVE, "", True, 1,
        START,
    )  # fmt: skip
    await bench.store.write(lambda c: flows.put(c, row, START))
    return OpenFlow(row, FLOW, {}, side, side)
