"""The house is the machine that the engine runs on: one database, and the processes that work on it
one after the other. A process can die, and freeze; another one can be started beside a frozen one.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ml_connector.app import new_key
from ml_connector.core.faults import StoreUnavailable
from ml_connector.core.vendor import Delivery
from ml_connector.engine.commands import Commands
from ml_connector.engine.ingest import Answer, Ingest
from ml_connector.engine.lane import Lane
from ml_connector.engine.metering import StoredAllowances
from ml_connector.engine.resources import Resources
from ml_connector.engine.taking_over import take_over
from ml_connector.flows import FLOWS
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.store import connections, flows, lanes, queued, reviews
from ml_connector.store.database import Connection
from ml_connector.store.keyring import KeyRing
from ml_connector.store.tables import intents as intents_table
from ml_connector.store.unavailable import LaneOver
from ml_connector.store.vault import Vault
from ml_connector.vendors import VENDORS
from tests.support.clock import SeededChance, SkewedClock, VirtualClock
from tests.support.disk import Strike
from tests.support.mortal import Cord, Killed, Process

from .blank import blank_store
from .line import Line, Network
from .witness import Witness

WORKSPACE = "w"
FLOW = "invoices"
HOOKS = "http://127.0.0.1:1"
PAUSES_SECONDS = (60.0, 1800.0, 6 * 3600.0, 16 * 3600.0)
Row = dict[str, Any]


class Life:
    """One process, from its start to its death."""

    def __init__(self, house: House, process: Process, res: Resources, lane: Lane) -> None:
        self._house = house
        self.process = process
        self.res = res
        self.lane = lane
        self.ingest = Ingest(res)
        self.commands = Commands(lane, self.ingest.forget)
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []
        self.is_over = False
        """Another process took its work over."""

    def begin(self, work: Any) -> asyncio.Task[Any]:
        """Run something of this process, which ends with it."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.append(task)
        return task

    async def run(self) -> None:
        """What `Lane.run` does, with pauses that are drawn."""
        while True:
            self._woken.clear()
            try:
                async with self.lane.busy:
                    await self.lane.round()
            except (LaneOver, asyncio.CancelledError):
                self.is_over = True
                return
            except StoreUnavailable:
                pass
            except Exception as error:
                self._house.surprise(f"a round ended with {error!r}")
            await self._pause(await self._house.pause_seconds())

    async def _pause(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._house.clock.sleep(seconds))
        waking = asyncio.ensure_future(self._woken.wait())
        await asyncio.wait([sleeping, waking], return_when=asyncio.FIRST_COMPLETED)
        sleeping.cancel()
        waking.cancel()

    def wake(self) -> None:
        self._woken.set()

    async def take(self, path: str, delivery: Delivery) -> Answer:
        """As the web does it."""
        answer = await self.ingest.take(path, delivery)
        if answer.woken:
            self._woken.set()
        return answer

    async def die(self) -> None:
        """Store and wire are cut first; only then is what ran there cancelled."""
        self.process.is_dead = True
        self.process.thaw()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class House:
    """`tell` takes lines for the trace, `surprise` what must never happen."""

    def __init__(
        self,
        clock: VirtualClock,
        network: Network,
        draw: random.Random,
        surprise: Callable[[str], None],
        witness: Witness,
        *,
        public: bool,
    ) -> None:
        self.clock = clock
        self.wall = SkewedClock(clock, 0.0)
        """The machine's clock, which somebody may set wrong."""
        self.network = network
        self._witness = witness
        self.surprise = surprise
        self.alerts: list[str] = []
        self._draw = draw
        self._public = public
        self._chance = SeededChance(draw.randrange(2**32))
        self.store = blank_store()
        self._vault = Vault(KeyRing((new_key("key", self.wall),)), os.urandom)
        self.disk: Callable[[], StoreUnavailable | None] = lambda: None
        self.strike: Callable[[str], Strike | None] = lambda kind: None
        self.life: Life | None = None
        self.started = 0
        self.troubles: list[float] = []
        """When a process began, or was killed, or could not store something: the true time."""
        self._busy_rounds = 0

    async def furnish(self) -> None:
        await self.store.write(lambda c: lanes.put_workspace(c, WORKSPACE, "default"))

    async def start(self) -> Life:
        """Another process on the same database; a server's, so it works from now on."""
        self.started += 1
        self._note_trouble()
        process = Process(lambda step: False)
        cord = Cord(self.store, process)
        cord.trouble = self._disk_now
        cord.strike = self._strike_now
        store = cord.tied()
        res = Resources(
            store=store, vault=self._vault, clock=self.wall, chance=self._chance,
            pacing=Pacing(self.wall, StoredAllowances(store)),
            transport=self._witness.watching(Line(self.network, process)), redactor=Redactor(),
            vendors={v.name: v for v in VENDORS}, flows={f.kind: f for f in FLOWS},
            public_url=HOOKS if self._public else "", alert=self.alerts.append,
        )  # fmt: skip
        self.life = Life(self, process, res, Lane(res, WORKSPACE, await take_over(res, WORKSPACE)))
        self.life.begin(self.life.run())
        return self.life

    async def start_anyhow(self) -> Life:
        """The supervisor starts it again until the database lets it."""
        while True:
            try:
                return await self.start()
            except StoreUnavailable:
                await self.clock.sleep(5)

    def _disk_now(self) -> StoreUnavailable | None:
        fault = self.disk()
        if fault is not None:
            self._note_trouble()
        return fault

    def _note_trouble(self) -> None:
        self.troubles.append(self.clock.now().timestamp())

    def _strike_now(self, kind: str) -> Strike | None:
        strike = self.strike(kind)
        if strike is not None:
            self._note_trouble()
        return strike

    async def crash(self) -> None:
        """The process is killed; nobody starts it again yet."""
        life, self.life = self.life, None
        if life is not None:
            self._note_trouble()
            await life.die()

    async def close(self) -> None:
        await self.crash()

    async def pause_seconds(self) -> float:
        """Short ones while something is due, longer each time it still is; else until it is, or
        any long one. The real lane looks every second, which a simulation of weeks cannot."""
        due = await self.store.read(_next_due)
        left = (due - self.wall.now()).total_seconds() if due else PAUSES_SECONDS[-1]
        self._busy_rounds = self._busy_rounds + 1 if left <= 0 else 0
        if left <= 0:
            return min(1.5**self._busy_rounds, 3600.0)
        return min(max(left, 1.0), self._draw.choice(PAUSES_SECONDS))

    # --- what stands in the database --------------------------------------------------------------

    async def pending(self) -> list[Row]:
        return await self.store.read(lambda c: queued.rows_of(c, _flow_id(c)))

    async def unanswered(self) -> set[str]:
        """The keys of the source whose writes nobody has answered yet."""
        return await self.store.read(
            lambda c: {str(row.source_key) for row in c.execute(select(intents_table))}
        )

    async def connections(self) -> list[connections.Row]:
        return await self.store.read(lambda c: connections.listing(c, WORKSPACE))

    async def reviews(self) -> list[Row]:
        return await self.store.read(lambda c: reviews.listing(c, WORKSPACE))


def _next_due(conn: Connection) -> datetime | None:
    rows = flows.listing(conn, WORKSPACE)
    due = [row["due_at"] for flow in rows for row in queued.rows_of(conn, flow.id)]
    return min(due, default=None)


def _flow_id(conn: Connection) -> str:
    row = flows.named(conn, WORKSPACE, FLOW)
    return row.id if row else ""


__all__ = ["FLOW", "HOOKS", "WORKSPACE", "House", "Killed", "Life"]
