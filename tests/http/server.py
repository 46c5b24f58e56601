"""A loopback server of raw bytes: it answers, or misbehaves, exactly as a test scripts it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it arrived. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[int, Heard], bytes | None]
"""The raw answer to the n-th request (from 0); None closes the connection without a word."""


@dataclass(slots=True)
class RawServer:
    url: str
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0


def answer(
    status: int = 200,
    body: bytes = b"{}",
    content_type: str = "application/json",
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {content_type}"]
    lines += [f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _read_request(reader: asyncio.StreamReader) -> Heard | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Heard(method, target, headers, body)


@asynccontextmanager
async def serving(
    script: Script, *, tls: ssl.SSLContext | None = None, hang_after: int | None = None
) -> AsyncIterator[RawServer]:
    """Serve on a free loopback port. From request number `hang_after` on, nothing is answered."""
    server_state = RawServer("")
    never = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_state.connections += 1
        try:
            while (heard := await _read_request(reader)) is not None:
                number = len(server_state.heard)
                server_state.heard.append(heard)
                if hang_after is not None and number >= hang_after:
                    await never.wait()
                said = script(number, heard)
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
                told = said.split(b"\r\n\r\n", 1)
                if b"connection: close" in told[0].lower():
                    break
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    server_state.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server_state
    finally:
        never.set()
        server.close()
        await asyncio.sleep(0)
