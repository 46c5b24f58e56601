"""Hooks are where vendors post. A body is kept as raw bytes: the proof of origin is over exactly
these.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ml_connector.app import Answer, App
from ml_connector.core.vendor import Delivery
from ml_connector.web.bodies import Bodies, NotTaken
from ml_connector.web.metrics import Answered

RETRY_SECONDS = "3600"

log = structlog.get_logger(__name__)


class Hooks:
    """`count` is told each answer."""

    def __init__(self, app: App, bodies: Bodies, count: Callable[[Answered], None]) -> None:
        self._app = app
        self._bodies = bodies
        self._count = count

    async def take(self, request: Request) -> Response:
        """Answer one delivery; whoever has something to do now is woken."""
        told = request.path_params
        path = "/".join(told[name] for name in ("token", "subscription") if name in told)
        try:
            return self._answered(await self._taken(path, request))
        except NotTaken as unfit:
            self._count(Answered("", unfit.status))
            return PlainTextResponse(unfit.sentence, unfit.status, {"connection": "close"})
        except Exception:
            log.exception("a delivery could not be taken")
            self._count(Answered("", 500))
            return PlainTextResponse("It could not be stored. Send it again.", 500)

    async def _taken(self, path: str, request: Request) -> Answer:
        """The body is read only where there is somebody to take it. Raises NotTaken."""
        ingest, sender = self._app.ingest, sender_of(request)
        refusal = await ingest.refusal(path, sender)
        if refusal is not None:
            return refusal
        async with self._bodies.read(request) as body:
            delivery = Delivery(body, dict(request.headers), self._app.res.clock.now())
            return await ingest.take(path, delivery, sender)

    def _answered(self, answer: Answer) -> Response:
        self._count(Answered(answer.vendor, answer.status, answer.cheap))
        for workspace in answer.woken:
            lane = self._app.lane_of.get(workspace)
            if lane is not None:
                lane.wake()
        headers = {"retry-after": RETRY_SECONDS} if answer.status == 429 else None
        return PlainTextResponse(answer.text, answer.status, headers)


def sender_of(request: Request) -> str:
    """The address that a request came from; behind a proxy on this machine, the one that it
    names."""
    return request.client.host if request.client is not None else ""
