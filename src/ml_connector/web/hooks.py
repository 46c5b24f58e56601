"""Hooks are where vendors post. A body is kept as raw bytes: the proof of origin is over exactly
these.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ml_connector.app import App
from ml_connector.core.vendor import Delivery
from ml_connector.web.bodies import Bodies, NotTaken

log = structlog.get_logger(__name__)


class Hooks:
    """`count` is told each answer: the vendor ("" if not known) and the status."""

    def __init__(self, app: App, bodies: Bodies, count: Callable[[str, int], None]) -> None:
        self._app = app
        self._bodies = bodies
        self._count = count

    async def take(self, request: Request) -> Response:
        """Answer one delivery; whoever has something to do now is woken."""
        told = request.path_params
        path = "/".join(told[name] for name in ("token", "subscription") if name in told)
        try:
            async with self._bodies.read(request) as body:
                delivery = Delivery(body, dict(request.headers), self._app.res.clock.now())
                return await self._answer(path, delivery)
        except NotTaken as unfit:
            self._count("", unfit.status)
            return PlainTextResponse(unfit.sentence, unfit.status, {"connection": "close"})

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
