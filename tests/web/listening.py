"""A server of this process on a real socket, with bounds small enough for a test, and raw senders.

It is the product's own server on the product's own loop, in a thread: a test may send what no HTTP
library would. A sender that is never answered fails by its socket's patience, not by a clock.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ml_connector.app import run
from ml_connector.web.bodies import Bodies, NotTaken
from ml_connector.web.bounds import Bounds
from ml_connector.web.server import Server, listen

PATIENCE_SECONDS = 30.0
LONG = 3600.0
"""A deadline that a test does not mean to meet."""
MUCH_BYTES = 64 * 1_048_576
"""More than fits into the buffers between two ends."""


class Sender:
    """One connection of a client that sends bytes as it likes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=PATIENCE_SECONDS)
        self._ahead = b""

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """False where the server has closed."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def rest(self) -> bytes:
        """All that comes until the server closes."""
        told = bytearray(self._ahead)
        while part := self._part():
            told += part
        return bytes(told)

    def _part(self) -> bytes:
        try:
            return self._socket.recv(65_536)
        except ConnectionResetError:
            return b""

    def answer(self) -> Answer:
        """One whole answer, of which the length is told."""
        while b"\r\n\r\n" not in self._ahead:
            part = self._part()
            if not part:
                return Answer(0, {}, b"")
            self._ahead += part
        head, _, body = self._ahead.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(body) < length and (part := self._part()):
            body += part
        body, self._ahead = body[:length], body[length:]
        return Answer(int(first.split(" ")[1]), headers, body)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 where the connection was closed without a word."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Listening:
    host: str
    port: int
    server: Server

    def wait_until_empty(self) -> None:
        """Until every connection has gone."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.server.server_state.connections:
            assert time.monotonic() < end, "nobody was dropped"
            time.sleep(0.01)

    def sender(self) -> Sender:
        return Sender((self.host, self.port))

    def asked(self, raw: bytes) -> Answer:
        """The answer to these bytes on a connection of their own."""
        with self.sender() as sender:
            sender.send(raw)
            return sender.answer()


def post(path: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole, well-formed request."""
    lines = [f"POST {path} HTTP/1.1", "Host: h", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def echoing(bounds: Bounds) -> Starlette:
    """Answers a POST with the length of its body, as the product reads it."""
    bodies = Bodies(bounds)

    async def take(request: Request) -> Response:
        try:
            async with bodies.read(request) as body:
                return PlainTextResponse(str(len(body)))
        except NotTaken as unfit:
            return Response(status_code=unfit.status, headers={"connection": "close"})

    async def unread(request: Request) -> Response:
        return Response(status_code=404)

    async def much(request: Request) -> Response:
        return Response(bytes(MUCH_BYTES))

    return Starlette(
        routes=[
            Route("/much", much),
            Route("/take", take, methods=["POST"]),
            Route("/unread", unread, methods=["POST"]),
        ]
    )


@contextmanager
def listening(bounds: Bounds, asgi: ASGIApp | None = None) -> Iterator[Listening]:
    """Serve on a free loopback port until the block ends."""
    bound = listen("127.0.0.1", 0)
    server = Server(asgi or echoing(bounds), bounds)
    thread = threading.Thread(target=run, args=(_serve(server, bound),))
    host, port = bound.getsockname()
    thread.start()
    try:
        yield Listening(host, port, server)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


async def _serve(server: Server, bound: socket.socket) -> None:
    await server.serve([bound])
    await asyncio.sleep(0)
