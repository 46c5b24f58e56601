"""Bodies are read whole, as raw bytes, each up to a size and all together up to another.

What a sender announces is not believed: what counts is what comes. Nothing is unpacked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from ml_connector.web.bounds import Bounds


class NotTaken(Exception):
    """A body that is not here whole. `status` is the answer; some of it may not have been read, so
    the connection is not used again."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Bodies:
    """The bodies that are held at this moment."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._held_bytes = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """The body, which counts as held until the caller is done with it. Raises NotTaken."""
        parts = list[bytes]()
        try:
            await self._gather(request, parts)
            yield b"".join(parts)
        finally:
            self._held_bytes -= sum(map(len, parts))

    async def _gather(self, request: Request, parts: list[bytes]) -> None:
        """Of what is too large some more is read, and dropped: a sender that is cut off while it
        still sends often never reads its answer."""
        size, bounds = 0, self._bounds
        try:
            async for part in request.stream():
                size += len(part)
                if size > bounds.dropped_bytes:
                    break
                if size <= bounds.body_bytes:
                    parts.append(part)
                    self._held_bytes += len(part)
                if self._held_bytes > bounds.held_bytes:
                    raise NotTaken(503, "Too much at a time. Send it again.")
        except ClientDisconnect:
            raise NotTaken(400, "The body is not whole.") from None
        if size > bounds.body_bytes:
            raise NotTaken(413, "Too large.")
