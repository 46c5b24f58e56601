"""Consent: where a browser comes back to after a person agreed at a vendor."""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ml_connector.app import App
from ml_connector.core.vendor import Delivery
from ml_connector.web.bodies import Bodies, NotTaken
from ml_connector.web.hooks import sender_of

LONGEST_STATE = 200


class Consent:
    """Exchanges the code for tokens, by the state that the walk began with."""

    def __init__(self, app: App, bodies: Bodies) -> None:
        self._app = app
        self._bodies = bodies

    async def come_back(self, request: Request) -> Response:
        """A plain page that says what came of it."""
        state = request.query_params.get("state", "")
        workspace = await self._awaited(state, sender_of(request))
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
                delivery = Delivery(body, dict(request.headers), now)
                status = await self._uninstalled(delivery, sender_of(request))
        except NotTaken as unfit:
            return Response(status_code=unfit.status, headers={"connection": "close"})
        return Response(status_code=status)

    async def _awaited(self, state: str, sender: str) -> str | None:
        """The workspace of the walk that waits under this state; none where too much is guessed."""
        ingest = self._app.ingest
        if not state or len(state) > LONGEST_STATE or ingest.is_one_of_many(sender):
            return None
        workspace = await self._app.look.consent_workspace(state)
        if workspace is None:
            ingest.count_stranger(sender)
        return workspace

    async def _uninstalled(self, delivery: Delivery, sender: str) -> int:
        ingest = self._app.ingest
        if ingest.is_one_of_many(sender):
            return 429
        status = await self._app.uninstalled(delivery)
        if status == 401:
            ingest.count_stranger(sender)
        return status


def _page(sentence: str, status: int) -> Response:
    """The address holds a code: it is not to be kept, nor told to other sites."""
    html = f"<!doctype html><title>ml-connector</title><p>{escape(sentence)}</p>"
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    return HTMLResponse(html, status, headers)
