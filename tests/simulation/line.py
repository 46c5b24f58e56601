"""The line is the network between one process and the vendors: requests take their time, and what
was under way when the process died lands or does not, also late."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from ml_connector.core.wire import Response
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing, Transport
from tests.support.clock import VirtualClock
from tests.support.mortal import Killed, Process

LATEST_SECONDS = 28.0
"""So long after its sender gave up or died a request may still land, where the vendor's sheet knows
of no queue. Zendesk's listings show it a minute later still, which is the sandbox's part."""
QUEUED_SECONDS = {"acumatica": 600.0}
"""So long after it was sent it may still land where requests stand in a queue: Acumatica takes one
out undone after ten minutes only, and gives no sign meanwhile ("License limits and throttling")."""
WRITES = ("POST", "PATCH", "PUT", "DELETE")


@dataclass
class Network:
    """What all processes share. `slow` is how likely a request outlives its sender's patience."""

    clock: VirtualClock
    vendors: Transport
    draw: random.Random
    tell: Callable[[str], None]
    answered: Callable[[], None] = lambda: None
    """Called after every answer."""
    slow: float = 0.0
    down: float = 0.0


class Line:
    """Implements `http.transport.Transport` for one process."""

    def __init__(self, network: Network, process: Process) -> None:
        self._network = network
        self._process = process
        self._under_way: set[asyncio.Future[Response]] = set()

    async def send(self, outgoing: Outgoing) -> Response:
        net, process = self._network, self._process
        await process.awake()
        process.step(f"send {outgoing.method}")
        if net.draw.random() < net.down:
            raise NotConnected("nobody listens there")
        lateness = outgoing.timeout_seconds + _latest_seconds(outgoing) * net.draw.random()
        wait = lateness if net.draw.random() < net.slow else 0.01 + net.draw.random() * 0.2
        asked = asyncio.ensure_future(self._travel(outgoing, wait))
        self._under_way.add(asked)
        asked.add_done_callback(self._arrived)
        process.step(f"under way {outgoing.method}")
        await process.awake()
        limit = asyncio.ensure_future(net.clock.sleep(outgoing.timeout_seconds))
        await asyncio.wait([asked, limit], return_when=asyncio.FIRST_COMPLETED)
        await process.awake()
        if process.is_dead:
            raise Killed(outgoing.method)
        if not asked.done():
            raise NoAnswer("no answer in time")
        limit.cancel()
        answer = asked.result()
        process.step(f"answer {outgoing.method}")
        return answer

    async def _travel(self, outgoing: Outgoing, wait: float) -> Response:
        net = self._network
        await net.clock.sleep(wait)
        if self._process.is_dead:
            fate = net.draw.random()
            if fate < 0.3:
                raise NoAnswer("the connection was gone before it arrived")
            if fate < 0.6:
                await net.clock.sleep(_latest_seconds(outgoing) * net.draw.random())
        what = described(outgoing)
        try:
            answer = await net.vendors.send(outgoing)
        except NoAnswer:
            net.tell(f"{what} cut")
            raise
        net.tell(f"{what} {answer.status}")
        net.answered()
        await net.clock.sleep(0.01 + net.draw.random() * 0.1)
        return answer

    def _arrived(self, late: asyncio.Future[Response]) -> None:
        self._under_way.discard(late)
        if not late.cancelled():
            late.exception()


def described(outgoing: Outgoing) -> str:
    """A request as the trace names it; what was asked or written is part of it, as a digest."""
    query = outgoing.url.partition("?")[2]
    said = f"{query}\n".encode() + (outgoing.body or b"")
    digest = hashlib.sha256(said).hexdigest()[:8]
    return f"{outgoing.method} {_path(outgoing)} {digest}"


def _latest_seconds(outgoing: Outgoing) -> float:
    """How long after its sender gave up it may land."""
    vendor = _path(outgoing).split("/")[1]
    queued = QUEUED_SECONDS.get(vendor, 0.0) - outgoing.timeout_seconds
    return max(queued, LATEST_SECONDS)


def _path(outgoing: Outgoing) -> str:
    return outgoing.url.partition("?")[0].removeprefix("http://sandbox")
