"""A sink is both vendors with no latency: it says what it must as fast as Python can, and no more.

`python -m benchmarks.sink --customers N --invoices N` prints its address as one line of JSON and
answers until it is told to stop. A bare protocol on uvloop: the less it costs, the more of a run is
what is to be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Callable
from email.utils import formatdate
from typing import cast

import uvloop

from benchmarks.sink_pipedrive import SinkPipedrive
from benchmarks.sink_wave import SinkWave

WAVE = "/wave"
PIPEDRIVE = "/pipedrive/api/"


class Sink:
    """Both vendors, and what they were asked."""

    def __init__(
        self, customers: int = 0, invoices: int = 0, wrote: Callable[[], None] = lambda: None
    ) -> None:
        self.wave = SinkWave(customers, invoices)
        self.pipedrive = SinkPipedrive(wrote)
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen on a free port of loopback; the address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Conversation(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        if path.startswith(PIPEDRIVE):
            below = path[len(PIPEDRIVE) :].partition("/")[2]
            return self.pipedrive.answer(method, below, body)
        if path.startswith(WAVE):
            return self.wave.answer(body)
        return json.dumps(self.counts()).encode()

    def counts(self) -> dict[str, int]:
        return {
            "pages": self.wave.pages, "reads": self.wave.reads, "lists": self.pipedrive.lists,
            "creates": self.pipedrive.creates, "updates": self.pipedrive.updates,
        }  # fmt: skip


class _Conversation(asyncio.Protocol):
    """One connection: requests with a length, one after the other."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._date = formatdate(usegmt=True).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is no subclass

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            start, end = self._buffer[:head], head + 4
            length = _length(start)
            if len(self._buffer) < end + length:
                return
            body, self._buffer = self._buffer[end : end + length], self._buffer[end + length :]
            method, path, _ = start.split(b"\r\n", 1)[0].decode().split(" ", 2)
            self._reply(self._sink.answer(method, path, body))

    def _reply(self, body: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: %s\r\n"
            b"content-length: %d\r\n\r\n%s" % (self._date, len(body), body)
        )


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def _serve(customers: int, invoices: int) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    sink = Sink(customers, invoices)
    print(json.dumps({"url": await sink.start()}), flush=True)
    await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=0)
    parser.add_argument("--invoices", type=int, default=0)
    given = parser.parse_args()
    uvloop.run(_serve(given.customers, given.invoices))
