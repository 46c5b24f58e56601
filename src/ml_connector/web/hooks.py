"""Hooks are where vendors post. The body is capped while it is read, and kept as raw bytes: the
proof of origin is over exactly these.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from ml_connector.app import App
from ml_connector.core.vendor import Delivery

LARGEST_BODY_BYTES = 1_048_576
MOST_DROPPED_BYTES = 16 * LARGEST_BODY_BYTES

log = structlog.get_logger(__name__)


class Hooks:
    """`count` is told each answer: the vendor ("" if not known) and the status."""

    def __init__(self, app: App, count: Callable[[str, int], None]) -> None:
        self._app = app
        self._count = count

    async def take(self, request: Request) -> Response:
        """Answer one delivery; whoever has something to do now is woken."""
        try:
            body = await read_capped(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            self._count("", 413)
            # Some of the body may not be read, so the connection is not used again
            return PlainTextResponse("Too large.", 413, {"connection": "close"})
        delivery = Delivery(body, dict(request.headers), self._app.res.clock.now())
        told = request.path_params
        path = "/".join(told[name] for name in ("token", "subscription") if name in told)
        return await self._answer(path, delivery)

    async def _answer(self, path: str, delivery: Delivery) -> Response:
        try:
            answer = await self._app.ingest.take(path, delivery)
        except Exception:
            log.exception("a delivery could not be taken")
            self._count("", 500)
            return PlainTextResponse("It could not be stored. Send it again.", 500)
        self._count(answer.vendor, answer.status)
        for workspace in answer.woken:
            lane = self._app.lane_of.get(workspace)
            if lane is not None:
                lane.wake()
        return PlainTextResponse(answer.text, answer.status)


async def read_capped(request: Request) -> bytes | None:
    """The whole body, or None where it is too large.

    Of what is too large some more is read, and dropped: a sender that is cut off while it still
    sends often never reads its answer.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_DROPPED_BYTES:
            return None
        if size > LARGEST_BODY_BYTES:
            parts.clear()
        else:
            parts.append(part)
    return b"".join(parts) if size <= LARGEST_BODY_BYTES else None
