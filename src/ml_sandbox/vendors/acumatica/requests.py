"""A request as the REST interface sees it, and an answer as it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from ml_sandbox.vendors.acumatica.errors import JSON, Failure


@dataclass(frozen=True)
class Request:
    """`path` is decoded and below the instance's address; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def parts(self) -> list[str]:
        return self.path.strip("/").split("/")

    def cookies(self) -> dict[str, str]:
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass
class Answer:
    """`headers` may hold a name several times, as cookies need it."""

    status: int
    body: Any = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = JSON

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @classmethod
    def of(cls, failure: Failure) -> Answer:
        return cls(
            failure.status, failure.content, [*failure.headers.items()], failure.content_type
        )


async def read_request(scope: Scope, receive: Receive) -> Request:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    return Request(scope["method"], scope["path"], dict(query), headers, b"".join(parts))


async def send_answer(answer: Answer, send: Send) -> None:
    content = answer.content
    headers = [(name.lower(), value) for name, value in answer.headers]
    if content:
        headers.append(("content-type", answer.content_type))
    if answer.status != 204:
        headers.append(("content-length", str(len(content))))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": content})
