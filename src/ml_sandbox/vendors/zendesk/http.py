"""The HTTP face of the simulated Zendesk: reads a request, lets it be answered, writes it out."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from .api import Api


class HttpFace:
    """An ASGI application at the vendor's own `/`.

    `before(headers, body)` lets ordered faults strike at the tokens and reads of the request.
    """

    def __init__(self, api: Api, before: Callable[[dict[str, str], bytes], None]) -> None:
        self._api = api
        self._before = before

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        body = await _body(receive)
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), True))
        self._before(headers, body)
        out = self._api.answer(scope["method"], scope["path"], query, headers, body)
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in out.headers.items()]
        pairs.append((b"content-length", str(len(out.content)).encode()))
        await send({"type": "http.response.start", "status": out.status, "headers": pairs})
        await send({"type": "http.response.body", "body": out.content})


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(parts)
