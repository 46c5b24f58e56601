"""Consent: where a browser comes back to after a person agreed at a vendor."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ml_connector.app import App
from ml_connector.core.vendor import Delivery
from ml_connector.web.bodies import Bodies, NotTaken


class Consent:
    """Exchanges the code for tokens, by the state that the walk began with."""

    def __init__(self, app: App, bodies: Bodies) -> None:
        self._app = app
        self._bodies = bodies

    async def come_back(self, request: Request) -> Response:
        """A plain page that says what came of it."""
        state = request.query_params.get("state", "")
        workspace = await self._app.look.consent_workspace(state) if state else None
        if workspace is None:
            return _page("This consent is not expected here (any more). Start connect again.", 400)
        args = {"state": state, "secrets": {"url": str(request.url)}}
        told = await self._app.perform(workspace, "exchange", args, lambda progress: None)
        if told["result"] is None:
            return _page(" ".join(told["notes"]), 400)
        return _page(f"{told['result']['name']} is connected. This page can be closed.", 200)

    async def withdrawn(self, request: Request) -> Response:
        """A vendor tells here that a person uninstalled the app there."""
        now = self._app.res.clock.now()
        try:
            async with self._bodies.read(request) as body:
                status = await self._app.uninstalled(Delivery(body, dict(request.headers), now))
        except NotTaken as unfit:
            return Response(status_code=unfit.status, headers={"connection": "close"})
        return Response(status_code=status)


def _page(sentence: str, status: int) -> Response:
    """The address holds a code: it is not to be kept, nor told to other sites."""
    html = f"<!doctype html><title>ml-connector</title><p>{escape(sentence)}</p>"
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    return HTMLResponse(html, status, headers)
