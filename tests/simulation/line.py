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
"""So long after its sender gave up or died a request may still land; every vendor's declared
`settle_seconds` is longer."""
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
    landed: Callable[[], None] = lambda: None
    """Called after every write that a vendor took."""
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
        lateness = outgoing.timeout_seconds + LATEST_SECONDS * net.draw.random()
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
                await net.clock.sleep(LATEST_SECONDS * net.draw.random())
        what = described(outgoing)
        try:
            answer = await net.vendors.send(outgoing)
        except NoAnswer:
            net.tell(f"{what} cut")
            raise
        net.tell(f"{what} {answer.status}")
        net.answered()
        if outgoing.method in WRITES and answer.status < 300:
            net.landed()
        await net.clock.sleep(0.01 + net.draw.random() * 0.1)
        return answer

    def _arrived(self, late: asyncio.Future[Response]) -> None:
        self._under_way.discard(late)
        if not late.cancelled():
            late.exception()


def described(outgoing: Outgoing) -> str:
    """A request as the trace names it; what was asked or written is part of it, as a digest."""
    path, _, query = outgoing.url.partition("?")
    said = f"{query}\n".encode() + (outgoing.body or b"")
    digest = hashlib.sha256(said).hexdigest()[:8]
    return f"{outgoing.method} {path.removeprefix('http://sandbox')} {digest}"
