"""The server: uvicorn on loopback, with a way for faults to close a connection unanswered."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ml_sandbox.gate import CLOSE

SHUTDOWN_SECONDS = 1
#: Longer than any client keeps an idle connection, so that none is cut but by a fault rule.
KEEP_ALIVE_SECONDS = 120


class ClosableProtocol(HttpToolsProtocol):
    """Hands each request the means to close its own connection.

    ASGI has no such means: an application that answers nothing is answered for, with a 500.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app: Any = _with_close(self.app, transport.close)


def _with_close(inner: Any, close: Callable[[], None]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[CLOSE] = close
        await inner(scope, receive, send)

    return app


class _Server(uvicorn.Server):
    """Says when it listens; leaves signals to `serve`, which may run several."""

    def __init__(self, app: ASGIApp, lifespan: bool) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ClosableProtocol,
                ws="none",
                lifespan="on" if lifespan else "off",
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=False,  # the answers carry the sandbox's own time
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises OSError if the port is taken."""
    # asyncio turns Nagle's delay off (40 ms an answer) only where the protocol is named.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://{host}:{port}"


async def serve(
    apps: Sequence[tuple[ASGIApp, socket.socket]], when_ready: Callable[[], None]
) -> None:
    """Serves each application on its socket until SIGTERM or SIGINT; the first owns the lifespan.

    `when_ready()` is called once, when all of them listen.
    """
    servers = [_Server(app, lifespan=number == 0) for number, (app, _) in enumerate(apps)]
    runs = [
        asyncio.create_task(server.serve([bound]))
        for server, (_, bound) in zip(servers, apps, strict=True)
    ]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    for server in servers:
        await server.listening.wait()
    when_ready()
    await asyncio.gather(*runs)
