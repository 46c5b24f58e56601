"""The protocol of one connection: uvicorn's, which by itself would wait for a sender for ever.

It knows at each moment what the sender owes us: the head of a request, its body, or nothing while
we answer. What is owed has a deadline, and a head has a size.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from ml_connector.web.bounds import Bounds
from ml_connector.web.gate import Gate

Owed = Literal["answer", "idle", "head", "body"]
"""What is awaited: from us the answer, from the sender a next request, a head, or a body."""

_ENDED = b"content-length: 0\r\nconnection: close\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\n" + _ENDED
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\n" + _ENDED
FULL = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n" + _ENDED


class BoundedConfig(uvicorn.Config):
    """uvicorn's configuration with our bounds, and the one gate that all connections go through."""

    def __init__(self, asgi: ASGIApp, bounds: Bounds, **more: Any) -> None:
        super().__init__(asgi, http=BoundedProtocol, **more)
        self.bounds = bounds
        self.gate = Gate(bounds.connections)


class TooLongHead(Exception):
    """Raised inside the parser, which then gives the request up."""


class BoundedProtocol(HttpToolsProtocol):
    """Cuts whoever sends too slowly, too long a head, or sits in the way of others."""

    def __init__(
        self, config: BoundedConfig, server_state: ServerState, app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:  # fmt: skip
        super().__init__(config, server_state, app_state, _loop)
        self._bounds = config.bounds
        self._gate = config.gate
        self._owed: Owed = "idle"
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._in_head = False
        self._heads = 0
        self._head_bytes = 0
        self._fed_bytes = 0
        self.timeout_keep_alive = config.bounds.idle_seconds  # type: ignore[assignment]  # parts of a second will do

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        if self._gate.let_in(self):
            self._await("head")
        else:
            self._end(FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gate.left(self)
        self._unset_deadline()
        self._unset_unread()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """It does not pick up its answers: it has a while to begin again, or to lose its place."""
        super().pause_writing()
        self._gate.waits_for(self)
        self._unread = self.loop.call_later(self._bounds.idle_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unset_unread()
        if self._owed == "answer":
            self._gate.answers(self)

    def give_way(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        is_all_head = self._in_head or self._owed in ("idle", "head")
        heads = self._heads if self._in_head else self._heads + 1
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and is_all_head and heads == self._heads:
            self._fed_bytes += len(data)  # the parser keeps what it has not understood yet
            if self._fed_bytes > self._bounds.head_bytes:
                self._end(TOO_LONG)
                return
        self._await(self._owed_now("head"))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._end(b"")
        else:
            self._await(self._owed_now("idle"))

    def timeout_keep_alive_handler(self) -> None:
        self._end(b"")

    # --- the head -------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes, self._fed_bytes = True, 0, 0
        self._heads += 1

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if not self._in_head:
            return  # what follows a body in chunks is no header
        if len(self.headers) >= self._bounds.header_count:
            raise TooLongHead
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self._bounds.head_bytes:
            raise TooLongHead

    def send_400_response(self, msg: str) -> None:
        """The parser gave up: a head that is too long, or what is not HTTP."""
        is_too_long = self._in_head and (
            self._head_bytes > self._bounds.head_bytes
            or len(self.headers) >= self._bounds.header_count
        )
        if is_too_long:
            self._end(TOO_LONG)
        else:
            super().send_400_response(msg)

    # --- what is owed ---------------------------------------------------------------------------

    def _owed_now(self, between: Owed) -> Owed:
        """`between` is what counts where no request is under way."""
        if self.cycle is None or self.cycle.response_complete:
            return between
        return "body" if self.cycle.more_body else "answer"

    def _await(self, owed: Owed) -> None:
        """A deadline runs from when something began to be owed; more bytes do not move it."""
        if owed == self._owed:
            return
        self._unset_deadline()
        self._owed = owed
        if owed == "answer":
            self._gate.answers(self)
            return
        self._gate.waits_for(self)
        if owed == "head":
            self._deadline = self.loop.call_later(self._bounds.head_seconds, self._late)
        elif owed == "body":
            self._deadline = self.loop.call_later(self._bounds.body_seconds, self._late)

    def _late(self) -> None:
        is_answering = self._owed == "body" and self.cycle.response_started
        self._end(b"" if is_answering else TOO_SLOW)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _unset_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _end(self, last_words: bytes) -> None:
        """Say these and close; whoever does not pick them up is dropped."""
        self._unset_deadline()
        if last_words:
            self.transport.write(last_words)
        self.transport.close()
        self._deadline = self.loop.call_later(self._bounds.idle_seconds, self.transport.abort)
