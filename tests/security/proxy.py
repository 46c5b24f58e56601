"""A proxy before the sandbox's process, so that the real program meets the same disguise and the
same troubles as a rehearsal does: a thread with a server of its own, on a free loopback port."""

from __future__ import annotations

import asyncio
import socket
import threading
from types import TracebackType

import uvicorn
from starlette.types import Receive, Scope, Send

from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.transport import Outgoing

from .planted import Disguise

HOP = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "date"}
PATIENCE_SECONDS = 30


class Proxy:
    """In front of what serves at `behind`, from `with` to its end."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self._listening = threading.Event()
        self._bound = socket.create_server(("127.0.0.1", 0))
        self._transport = AiohttpTransport()
        self._server = uvicorn.Server(
            uvicorn.Config(self._answer, log_config=None, lifespan="off", interface="asgi3")
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.disguise = Disguise(self._transport)
        self.url = f"http://127.0.0.1:{self._bound.getsockname()[1]}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        try:
            await self._server.serve([self._bound])
        finally:
            await self._transport.close()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body: bytes = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        headers = {k.decode(): v.decode("latin-1") for k, v in scope["headers"]}
        query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        outgoing = Outgoing(
            scope["method"], f"{self._behind}{scope['raw_path'].decode()}{query}",
            {name: value for name, value in headers.items() if name not in HOP},
            body or None, PATIENCE_SECONDS, private_allowed=True,
        )  # fmt: skip
        answer = await self.disguise.send(outgoing)
        told = [
            (name.encode(), value.encode("latin-1"))
            for name, value in answer.headers.items()
            if name not in {*HOP, "content-encoding"}
        ]
        told.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": told})
        await send({"type": "http.response.body", "body": answer.body})
