"""The server: uvicorn on one socket, with the lanes beside it in the same loop, until a signal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from ml_connector.app import App
from ml_connector.core.faults import Mistake
from ml_connector.web.asgi import make_app
from ml_connector.web.bounds import Bounds
from ml_connector.web.protocol import BoundedConfig

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not listened on
BACKLOG = 2048
BOUNDS = Bounds()
SHUTDOWN_SECONDS = 10
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """Says when it listens, and leaves signals to us."""

    def __init__(self, asgi: ASGIApp, bounds: Bounds = BOUNDS) -> None:
        super().__init__(
            BoundedConfig(
                asgi, bounds, ws="none", lifespan="off", access_log=False, server_header=False,
                # Below an error is what strangers send, who must not fill the log
                log_config=None, log_level="error", timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )  # fmt: skip
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises Mistake."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise Mistake(
            f"{host}:{port} cannot be listened on ({why}); choose another with --host and --port."
        ) from None


def address_of(bound: socket.socket) -> str:
    """How this machine reaches it."""
    host, port = bound.getsockname()[:2]
    host = ANYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    app: App, bound: socket.socket, when_ready: Callable[[], None], bounds: Bounds = BOUNDS
) -> None:
    """Serve and work until SIGTERM or SIGINT, then finish what is in hand.

    A second signal no longer waits for that. Raises what the lanes raised, if they broke.
    """
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    lanes = asyncio.create_task(app.serve_lanes(stopping.is_set))
    server = Server(make_app(app, lambda: not lanes.done(), bounds), bounds)

    def stop() -> None:
        if stopping.is_set():
            lanes.cancel()
        stopping.set()
        server.should_exit = True

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    lanes.add_done_callback(lambda _: setattr(server, "should_exit", True))
    answering = asyncio.create_task(server.serve([bound]))
    await asyncio.wait(
        {asyncio.create_task(server.listening.wait()), answering},
        return_when=asyncio.FIRST_COMPLETED,
    )
    when_ready()
    await answering
    stopping.set()
    with contextlib.suppress(asyncio.CancelledError):
        await lanes
