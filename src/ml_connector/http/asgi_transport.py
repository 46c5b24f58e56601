"""The transport into applications of this very process, for simulation: no network, no waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ml_connector.core.wire import Response
from ml_connector.http.transport import NoAnswer, NotConnected, Outgoing, joined_headers

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods for which no length is told where there is no body, as over the network."""


class AsgiTransport:
    """Calls the application in the caller's own task; no threads, no real time.

    `app_by_origin` names an ASGI application for each origin such as `https://api.example.com`.
    An exception of the application, or its silence, is NoAnswer; an unknown origin is NotConnected.
    """

    def __init__(self, app_by_origin: Mapping[str, AsgiApp]) -> None:
        self._app_by_origin = dict(app_by_origin)

    async def send(self, outgoing: Outgoing) -> Response:
        parts = urlsplit(outgoing.url)
        app = self._app_by_origin.get(f"{parts.scheme}://{parts.netloc}")
        if app is None:
            raise NotConnected("no application stands at this origin")
        exchange = _AsgiExchange(outgoing.body or b"")
        try:
            await app(_scope(outgoing), exchange.receive, exchange.send)
        except Exception:
            raise NoAnswer("the connection was closed before the answer") from None
        return exchange.response()


def _scope(outgoing: Outgoing) -> Message:
    parts = urlsplit(outgoing.url)
    headers = [
        (k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in outgoing.headers.items()
    ]
    headers.insert(0, (b"host", parts.netloc.encode("latin-1")))
    if outgoing.body is not None or outgoing.method not in _WITHOUT_BODY:
        headers.append((b"content-length", str(len(outgoing.body or b"")).encode("ascii")))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": outgoing.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path) or "/",
        "raw_path": (parts.path or "/").encode("ascii", "surrogateescape"),
        "query_string": parts.query.encode("ascii", "surrogateescape"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)),
        "state": {},
    }


class _AsgiExchange:
    """One request's body going in and its answer coming out."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 0
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._whole = False

    async def receive(self) -> Message:
        if self._body is None:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            pairs = message.get("headers", ())
            self._headers = joined_headers(
                (k.decode("latin-1"), v.decode("latin-1")) for k, v in pairs
            )
        elif message["type"] == "http.response.body":
            self._parts.append(bytes(message.get("body", b"")))
            self._whole = not message.get("more_body", False)

    def response(self) -> Response:
        body = b"".join(self._parts)
        told = self._headers.get("content-length", "")
        if not self._status or not self._whole:
            raise NoAnswer("the connection was closed before the answer")
        if told.isdecimal() and int(told) > len(body):
            raise NoAnswer("the answer was cut short")
        return Response(self._status, self._headers, body)
