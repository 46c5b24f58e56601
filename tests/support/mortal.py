"""A process that can die: its ties to the store and to the vendors are cut before anything else
happens, so that no `finally` of the dead process has an effect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from ml_connector.core.faults import StoreUnavailable
from ml_connector.core.wire import Response
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing, Transport
from ml_connector.store.database import Connection, Store

from .clock import VirtualClock
from .disk import Strike

T = TypeVar("T")

Step = Callable[[str], bool]


class Killed(BaseException):
    """The process is gone; nothing of it catches this."""


class Process:
    """One process's ties to the world. `dies_at` is asked at each step, by the step's name."""

    def __init__(self, dies_at: Step) -> None:
        self.dies_at = dies_at
        self.is_dead = False
        self.steps: list[str] = []
        self._awake = asyncio.Event()
        self._awake.set()

    def freeze(self) -> None:
        """The machine is suspended, or the process stopped: nothing of it goes on."""
        self._awake.clear()

    def thaw(self) -> None:
        self._awake.set()

    async def awake(self) -> None:
        """Returns once the process runs."""
        await self._awake.wait()

    def step(self, name: str) -> None:
        """Raises Killed where the process is dead, or dies here."""
        if self.is_dead:
            raise Killed(name)
        self.steps.append(name)
        if self.dies_at(name):
            self.is_dead = True
            raise Killed(name)


class Cord:
    """Runs the store's functions for one process. It can be told that nothing can be written."""

    def __init__(self, store: Store, process: Process) -> None:
        self._store = store
        self._process = process
        self.trouble: Callable[[], StoreUnavailable | None] = lambda: None
        """What keeps a write from being begun."""
        self.strike: Callable[[str], Strike | None] = lambda kind: None
        """What befalls a transaction, asked by its kind: read or write."""

    def tied(self) -> Store:
        """The store as the process sees it."""
        store = Store(self._store.database, lambda _: self)
        store.executes = self._store.executes
        return store

    async def read(self, work: Callable[[Connection], T]) -> T:
        await self._process.awake()
        if self._process.is_dead:
            raise Killed("read")
        strike = self.strike("read")
        return await self._store.read(strike.within(work) if strike else work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """A process may die before a commit, or right after it."""
        await self._process.awake()
        self._process.step("commit")
        fault = self.trouble()
        if fault is not None:
            raise fault
        strike = self.strike("write")
        done = await self._store.write(strike.within(work) if strike else work)
        self._process.step("committed")
        return done

    async def close(self) -> None:
        """The store lives on for other processes."""


class Line:
    """The network as one process sees it, with the time limit that a real one has.

    A request whose answer takes too long goes on at the vendor. `is_down` refuses connections.
    """

    def __init__(self, transport: Transport, clock: VirtualClock, process: Process) -> None:
        self._transport = transport
        self._clock = clock
        self._process = process
        self._late: set[asyncio.Future[Response]] = set()
        self.is_down: Callable[[Outgoing], bool] = lambda outgoing: False
        self.sent: list[Outgoing] = []
        self.asked: Outgoing | None = None
        """The request at hand, which is not sent yet when the process dies before it."""

    async def send(self, outgoing: Outgoing) -> Response:
        if self.is_down(outgoing):
            raise NotConnected("nobody listens there")
        self.asked = outgoing
        self._process.step(f"send {outgoing.method}")
        self.sent.append(outgoing)
        answer = await self._in_time(outgoing)
        self._process.step(f"answer {outgoing.method}")
        return answer

    async def _in_time(self, outgoing: Outgoing) -> Response:
        asked = asyncio.ensure_future(self._transport.send(outgoing))
        limit = asyncio.ensure_future(self._clock.sleep(outgoing.timeout_seconds))
        await asyncio.wait({asked, limit}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            self._late.add(asked)
            asked.add_done_callback(self._forget)
            raise NoAnswer("no answer in time")
        limit.cancel()
        return asked.result()

    def _forget(self, late: asyncio.Future[Response]) -> None:
        self._late.discard(late)
        if not late.cancelled():
            late.exception()
