"""A delivery is one webhook on its way: its attempts, its retries, and the faults that befall it.

It leaves as soon as the change is made. What it carries, and when it is tried again, its vendor
says; time is the sandbox's.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ml_sandbox.clock import Clock
from ml_sandbox.counters import Counters
from ml_sandbox.faults import Faults
from ml_sandbox.sender import Sender

REORDER_SECONDS = 2.0
DELAY_SECONDS = 60.0
MOST_KEPT = 5_000
"""So many answered attempts are shown; of earlier ones it is known only how many there were."""


@dataclass(frozen=True)
class Posting:
    """One attempt as it goes out: signed anew each time where the vendor does so."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """`prepare(attempt)` gives what to post, or None to give up (attempts count from 1).

    `after(attempt, status)` gives the seconds to the next attempt, or None if there is none; the
    status is None where no answer came in time. `topic` is the vendor's event name, which the
    `operation` of a webhook fault is matched against. What is not `counted` (a probe) is no
    webhook: no fault befalls it and no counter sees it. `aside()` is called when an ordered fault
    takes the delivery out of its turn (dropped, held back, delayed), for a vendor that sends one
    after the other.
    """

    vendor: str
    topic: str
    prepare: Callable[[int], Posting | None]
    after: Callable[[int, int | None], float | None]
    timeout_seconds: float = 10.0
    counted: bool = True
    aside: Callable[[], None] | None = None


@dataclass(frozen=True)
class Answered:
    """An attempt that was answered 2xx."""

    vendor: str
    topic: str
    body: str


def is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def retrying(delays_seconds: Sequence[float]) -> Callable[[int, int | None], float | None]:
    """The plain `after`: any answer but 2xx is tried again after these delays, then given up."""

    def after(attempt: int, status: int | None) -> float | None:
        if is_success(status) or attempt > len(delays_seconds):
            return None
        return delays_seconds[attempt - 1]

    return after


class Deliveries:
    """Everything on its way out of one world."""

    def __init__(self, clock: Clock, counters: Counters, faults: Faults, sender: Sender) -> None:
        self._clock = clock
        self._counters = counters
        self._faults = faults
        self._sender = sender
        self._numbers = itertools.count()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._held: dict[str, list[asyncio.Event]] = {}
        self._answered: deque[Answered] = deque(maxlen=MOST_KEPT)
        self._answered_count = 0

    def send(self, delivery: Delivery) -> None:
        """Starts a delivery and returns at once. Needs a running event loop."""
        if not delivery.counted:
            self._start(self._run(delivery, None))
            return
        if self._strikes("webhook_drop", delivery) is not None:
            self._count(delivery, "dropped")
            self._put_aside(delivery)
            return
        wait = self._wait(delivery)
        self._start(self._run(delivery, wait))
        if self._strikes("webhook_duplicate", delivery) is not None:
            self._start(self._run(delivery, wait))
        if wait is not None:
            self._put_aside(delivery)

    def _put_aside(self, delivery: Delivery) -> None:
        if delivery.aside is not None:
            delivery.aside()

    def _strikes(self, kind: str, delivery: Delivery) -> float | None:
        """The rule's seconds (0 where it names none) if a rule of this kind fires."""
        rule = self._faults.strike(delivery.vendor, (kind,), (delivery.topic,))
        if rule is None:
            return None
        defaults = {"webhook_reorder": REORDER_SECONDS, "webhook_delay": DELAY_SECONDS}
        return defaults.get(kind, 0.0) if rule.seconds is None else rule.seconds

    def _wait(self, delivery: Delivery) -> Callable[[], Awaitable[None]] | None:
        """What a delivery waits for before it leaves, as its faults have it."""
        seconds = self._strikes("webhook_delay", delivery)
        if seconds is not None:
            return lambda: self._clock.sleep(seconds)
        patience = self._strikes("webhook_reorder", delivery)
        if patience is not None:
            overtaken = asyncio.Event()
            self._held.setdefault(delivery.vendor, []).append(overtaken)
            return lambda: self._until(overtaken, patience)
        return None

    async def _until(self, event: asyncio.Event, seconds: float) -> None:
        """Waits for the event, but not longer than that in sandbox time."""
        happened = asyncio.ensure_future(event.wait())
        bored = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((happened, bored), return_when=asyncio.FIRST_COMPLETED)
        finally:
            happened.cancel()
            bored.cancel()

    def _start(self, work: Awaitable[None]) -> None:
        number = next(self._numbers)
        task = asyncio.ensure_future(work)
        self._tasks[number] = task
        task.add_done_callback(lambda _: self._tasks.pop(number, None))

    async def _run(self, delivery: Delivery, wait: Callable[[], Awaitable[None]] | None) -> None:
        if wait is not None:
            await wait()
        for attempt in itertools.count(1):
            posting = delivery.prepare(attempt)
            if posting is None:
                self._count(delivery, "dropped")
                return
            status = await self._attempt(delivery, attempt, posting)
            if wait is None and attempt == 1 and delivery.counted:
                self._let_go(delivery.vendor)
            pause = delivery.after(attempt, status)
            if pause is None:
                if not is_success(status):
                    self._count(delivery, "dropped")
                return
            await self._clock.sleep(pause)

    async def _attempt(self, delivery: Delivery, attempt: int, posting: Posting) -> int | None:
        self._count(delivery, "sent" if attempt == 1 else "retried")
        status = await self._sender.post(
            posting.url, posting.headers, posting.body, delivery.timeout_seconds
        )
        if is_success(status):
            self._keep(delivery, posting)
        return status

    def _keep(self, delivery: Delivery, posting: Posting) -> None:
        self._count(delivery, "answered")
        if delivery.counted:
            body = posting.body.decode("utf-8", "replace")
            self._answered.append(Answered(delivery.vendor, delivery.topic, body))
            self._answered_count += 1

    def shown(self) -> dict[str, Any]:
        """The attempts that were answered 2xx, oldest first; how many are forgotten by now."""
        forgotten = self._answered_count - len(self._answered)
        return {"answered": [asdict(each) for each in self._answered], "forgotten": forgotten}

    def _count(self, delivery: Delivery, what: str) -> None:
        if delivery.counted:
            self._counters.webhook(delivery.vendor, what)

    def _let_go(self, vendor: str) -> None:
        """A later delivery has gone out: those held back for reordering follow it now."""
        for overtaken in self._held.pop(vendor, []):
            overtaken.set()

    async def idle(self) -> None:
        """Returns when nothing is on its way any more, retries included."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def close(self) -> None:
        """Drops whatever is still on its way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
