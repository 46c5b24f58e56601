"""Health: whether the process lives, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ml_connector.app import App


class Health:
    """For whoever watches over the process."""

    def __init__(self, app: App, lanes_running: Callable[[], bool]) -> None:
        self._app = app
        self._lanes_running = lanes_running

    async def alive(self, request: Request) -> Response:
        """200 as long as the process answers."""
        return JSONResponse({"ok": True})

    async def ready(self, request: Request) -> Response:
        """200 while the store takes writes and the lanes run, else 503 with the reason."""
        reasons = [] if self._lanes_running() else ["The lanes do not run."]
        if trouble := await self._app.prove_store():
            reasons.append(trouble)
        return JSONResponse({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200)
