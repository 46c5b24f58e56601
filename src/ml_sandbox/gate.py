"""A gate stands before each vendor: it counts every request and lets ordered faults strike.

A cut closes the connection without an answer. Under our server the way to do that comes with the
request (`CLOSE`, see `server.py`); in-process there is no connection, so ConnectionCut is raised
before any answer has begun, or in the midst of it for `truncate`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from email.utils import format_datetime

from starlette.types import Message, Receive, Scope, Send

from ml_sandbox.faults import FaultRule, current_operations
from ml_sandbox.vendor import Vendor
from ml_sandbox.world import World

#: The name of the ASGI extension under which the server hands over how to close a connection.
CLOSE = "ml_sandbox.close"
MAX_BODY_BYTES = 16 * 1024 * 1024
SLOW_SECONDS = 5.0
_STRIKING = ("status", "cut_before", "cut_after", "truncate")


class ConnectionCut(ConnectionAbortedError):  # an event, ordered by a rule
    """The answer was cut off on purpose; seen by in-process callers only."""


class Gate:
    """One vendor of the current world, as an ASGI application at the vendor's own `/`."""

    def __init__(self, name: str, world: Callable[[], World]) -> None:
        self._name = name
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        world = self._world()
        vendor = world.vendors[self._name]
        body = await _read_body(receive)
        world.clock.notice()
        operations = vendor.operations(scope["method"], scope["path"], body)
        token = current_operations.set(operations)
        try:
            passage = _Passage(world, self._name, operations, scope, receive, _dated(world, send))
            await passage.go(vendor, body)
        finally:
            current_operations.reset(token)


def _dated(world: World, send: Send) -> Send:
    """Answers carry the moment of the sandbox's own clock, as every server's answers do."""

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            now = format_datetime(world.clock.now(), usegmt=True).encode("latin-1")
            message = {**message, "headers": [*message.get("headers", ()), (b"date", now)]}
        await send(message)

    return dated


class _Passage:
    """One request on its way through the gate."""

    def __init__(
        self,
        world: World,
        name: str,
        operations: tuple[str, ...],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._world = world
        self._name = name
        self._operations = operations
        self._scope = scope
        self._receive = receive
        self._send = send

    def _strike(self, *kinds: str) -> FaultRule | None:
        return self._world.faults.strike(self._name, kinds, self._operations)

    def _count(self, status: int) -> None:
        self._world.counters.request(self._name, self._operations, status)

    async def go(self, vendor: Vendor, body: bytes) -> None:
        slow = self._strike("slow")
        if slow is not None:
            await self._world.clock.sleep(SLOW_SECONDS if slow.seconds is None else slow.seconds)
        rule = self._strike(*_STRIKING)
        if rule is None:
            await vendor.app(self._scope, _replay(body), self._counted)
        elif rule.kind == "status":
            await self._answer_with(rule)
        elif rule.kind == "cut_before":
            self._count(0)
            await self._cut()
        else:
            await self._answer_less(vendor, body, whole=rule.kind == "truncate")

    async def _counted(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._count(message["status"])
        await self._send(message)

    async def _answer_with(self, rule: FaultRule) -> None:
        text = isinstance(rule.body, str)
        content = (
            b"" if rule.body is None else (rule.body if text else json.dumps(rule.body)).encode()
        )
        kind = "text/plain" if text or rule.body is None else "application/json"
        headers = {"content-type": kind, **{k.lower(): v for k, v in rule.headers.items()}}
        headers["content-length"] = str(len(content))
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
        await self._counted(
            {"type": "http.response.start", "status": rule.status, "headers": pairs}
        )
        await self._send({"type": "http.response.body", "body": content})

    async def _answer_less(self, vendor: Vendor, body: bytes, whole: bool) -> None:
        """Lets the vendor do its work; sends nothing of the answer, or its first half."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await vendor.app(self._scope, _replay(body), keep)
        if not whole:
            self._count(0)
            await self._cut()
            return
        await self._counted(_with_length(kept))
        content = _content(kept)
        half = content[: len(content) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        await self._cut()

    async def _cut(self) -> None:
        close = self._scope.get("extensions", {}).get(CLOSE)
        if close is None:
            raise ConnectionCut("cut by a fault rule")
        close()
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the server takes an unanswered request as its own fault until it sees the end


def _content(messages: list[Message]) -> bytes:
    return b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")


def _with_length(messages: list[Message]) -> Message:
    """The start of the answer, with the length of the whole."""
    start = messages[0]
    pairs = [(k, v) for k, v in start.get("headers", ()) if k.lower() != b"content-length"]
    pairs.append((b"content-length", str(max(2, len(_content(messages)))).encode()))
    return {**start, "headers": pairs}


async def _read_body(receive: Receive) -> bytes:
    """The whole body; what passes the bound is dropped, and no vendor takes that much."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        part = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY_BYTES:
            parts.append(part)
        if not message.get("more_body", False):
            break
    return b"".join(parts)


def _replay(body: bytes) -> Receive:
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            return {"type": "http.disconnect"}
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
