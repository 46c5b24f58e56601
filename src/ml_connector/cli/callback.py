"""The callback is where a browser ends after consent: one fixed address on this machine.

It must be fixed, because vendors compare it with what the developer app was registered with.
"""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

from ml_connector.core.faults import Mistake

HOST, PORT, PATH = "127.0.0.1", 8766, "/oauth/callback"
ADDRESS = f"http://{HOST}:{PORT}{PATH}"
LONGEST_LINE_BYTES = 16_384
READ_SECONDS = 10.0


class Callback:
    """Listens for one browser with that state. Raises Mistake where the port is taken."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Callback:
        try:
            self._server = await asyncio.start_server(
                self._answer, HOST, PORT, limit=LONGEST_LINE_BYTES
            )
        except OSError as error:
            raise Mistake(
                f"{HOST}:{PORT} is taken by another program ({error.strerror}); end it, or connect "
                "with --paste."
            ) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def address(self, timeout_seconds: float) -> str:
        """The whole address on which the browser ended. Raises Mistake where none came."""
        try:
            return await asyncio.wait_for(self._ended, timeout_seconds)
        except TimeoutError:
            raise Mistake("Nobody came back from the consent page; start connect again.") from None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), READ_SECONDS)
            status, said = self._read(line.decode("latin-1"))
            writer.write(_page(status, said))
            await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            pass  # not a browser that came from the vendor
        finally:
            writer.close()

    def _read(self, line: str) -> tuple[str, str]:
        words = line.split()
        target = urlsplit(words[1]) if len(words) == 3 and words[0] == "GET" else urlsplit("")
        if target.path != PATH:
            return "404 Not Found", "There is nothing here."
        if parse_qs(target.query).get("state") != [self._state]:
            return "400 Bad Request", "This address belongs to another attempt to connect."
        if not self._ended.done():
            self._ended.set_result(f"{ADDRESS}?{target.query}")
        return "200 OK", "Thank you. Go back to the terminal; this page can be closed."


def _page(status: str, said: str) -> bytes:
    body = f"<!doctype html><title>ml-connector</title><p>{said}</p>".encode()
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
