"""The licence: requests are slowed, then queued, and declined at last (sheet, section 4).

From half of the minute's allowance on, each request is delayed by the time left in the minute over
the requests left in it. What finds no free core waits in a queue of limited length, at most ten
minutes. A declined request is not counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from ml_sandbox.vendor import Site
from ml_sandbox.vendors.acumatica.errors import TEXT_429, Failure

MINUTE = timedelta(minutes=1)
LONGEST_WAIT_SECONDS = 600.0
LIMIT_TEXT = "The number of requests has exceeded the limit imposed by the license."


class Licence:
    """One site's allowance of requests, whoever sends them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._began: datetime | None = None
        self._counted = 0
        self._running = 0
        self._delayed = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        return self._delayed + len(self._queue)

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Waits as long as the licence has it; raises the declined request's failure."""
        deadline = self._site.now() + timedelta(seconds=LONGEST_WAIT_SECONDS)
        await self._slow_down(deadline)
        await self._queue_up(deadline)
        try:
            work_seconds = float(self._site.switch("work_seconds"))
            if work_seconds > 0:
                await self._site.clock.sleep(work_seconds)
            yield
        finally:
            self._leave()

    def delay_seconds(self) -> float:
        """What the next request would be delayed by; one that finds no allowance waits for the
        minute's end."""
        limit = int(self._site.switch("requests_per_minute"))
        now = self._site.now()
        if self._began is None or now - self._began >= MINUTE:
            self._began, self._counted = None, 0
        if limit <= 0 or self._began is None or self._counted * 2 < limit:
            return 0.0
        left = (self._began + MINUTE - now).total_seconds()
        return left / max(1, limit - self._counted)

    async def _slow_down(self, deadline: datetime) -> None:
        limit = int(self._site.switch("requests_per_minute"))
        seconds = self.delay_seconds()
        while limit > 0 and self._counted >= limit:
            await self._wait(seconds, deadline)
            seconds = self.delay_seconds()
        if seconds > 0 and self.waiting >= int(self._site.switch("queue_length")):
            raise self._declined()
        if self._began is None:
            self._began = self._site.now()
        self._counted += 1
        if seconds > 0:
            await self._wait(seconds, deadline)

    async def _wait(self, seconds: float, deadline: datetime) -> None:
        if self.waiting >= int(self._site.switch("queue_length")):
            raise self._declined()
        if self._site.now() + timedelta(seconds=seconds) > deadline:
            raise self._declined()
        self._delayed += 1
        try:
            await self._site.clock.sleep(seconds)
        finally:
            self._delayed -= 1

    async def _queue_up(self, deadline: datetime) -> None:
        cores = max(1, int(self._site.switch("concurrent_requests")))
        if self._running < cores:
            self._running += 1
            return
        if self.waiting >= int(self._site.switch("queue_length")):
            self._counted -= 1
            raise self._declined()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await self._until(turn, (deadline - self._site.now()).total_seconds())
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise
        finally:
            if turn in self._queue:
                self._queue.remove(turn)

    async def _until(self, turn: asyncio.Future[None], seconds: float) -> None:
        bored = asyncio.ensure_future(self._site.clock.sleep(seconds))
        try:
            await asyncio.wait((turn, bored), return_when=asyncio.FIRST_COMPLETED)
        finally:
            bored.cancel()
        if not turn.done():
            self._counted -= 1
            raise self._declined()

    def _leave(self) -> None:
        """Hands the core to the next in the queue, or frees it."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._running -= 1

    def _declined(self) -> Failure:
        headers = {"retry-after": "60"} if self._site.switch("retry_after_header") else {}
        if self._site.switch("decline_body") == "text":
            return Failure(429, TEXT_429, headers)
        return Failure(429, {"message": LIMIT_TEXT}, headers)
