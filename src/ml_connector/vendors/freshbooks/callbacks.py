"""A callback is a webhook at FreshBooks: an address for one noun, proven by a code of its own.

FreshBooks posts the code to the address; only once we have put it back does the callback count.
A callback that answered badly for long is disabled, probably by `verified` turning false, and comes
back by another code. Source: "Webhooks" of the API's pages, the official SDKs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml_connector.core.faults import Refused, UnknownOutcome, Unreachable
from ml_connector.core.objects import id_of
from ml_connector.core.vendor import Handshake, Subscription
from ml_connector.core.wire import Errand, Request, Response, Wire
from ml_connector.vendors.freshbooks.listing import PER_PAGE, listing_of, result_of

EVENTS = ("client", "invoice", "payment")
"""A noun stands for all its events. The catalogue has no other that would concern us."""


class Callbacks:
    """Those of one business."""

    def __init__(self, wire: Wire, account: str) -> None:
        self._wire = wire
        self._root = f"/events/account/{account}/events/callbacks"

    async def list(self, errand: Errand) -> list[Subscription]:
        found: list[Subscription] = []
        page = 1
        while True:
            params = {"page": str(page), "per_page": str(PER_PAGE)}
            response = await self._wire.send(Request("GET", self._root, params), errand)
            listing = listing_of(response, "callbacks", page)
            found.extend(_subscription(row) for row in listing.rows)
            if not listing.has_next:
                return found
            page += 1

    async def create(self, event: str, url: str, errand: Errand) -> Subscription:
        """Raises Refused where FreshBooks takes the event or the address not."""
        body = {"callback": {"event": event, "uri": url}}
        return _subscription(_callback(await self._write("POST", self._root, body, errand)))

    async def confirm(self, handshake: Handshake, errand: Errand) -> None:
        """Raises Refused where the code is wrong."""
        answer = await self._put(handshake.subscription, {"verifier": handshake.code}, errand)
        if _callback(answer).get("verified") is not True:
            raise Refused("FreshBooks did not take the code of its callback.", "verifier")

    async def resend(self, id: str, errand: Errand) -> None:
        await self._put(id, {"resend": True}, errand)

    async def delete(self, id: str, errand: Errand) -> None:
        """Raises Missing where it is gone already."""
        await self._write("DELETE", f"{self._root}/{id}", None, errand)

    async def _put(self, id: str, callback: Mapping[str, Any], errand: Errand) -> Response:
        return await self._write("PUT", f"{self._root}/{id}", {"callback": callback}, errand)

    async def _write(self, method: str, path: str, body: Any, errand: Errand) -> Response:
        return await self._wire.send(Request(method, path, json=body, writes=True), errand)


def _callback(response: Response) -> Mapping[str, Any]:
    """The callback that a write answers with. Raises UnknownOutcome where it does not."""
    try:
        callback = result_of(response).get("callback")
    except Unreachable as broken:
        raise UnknownOutcome(broken.sentence) from None
    if not isinstance(callback, dict):
        raise UnknownOutcome("FreshBooks' answer lacks the callback that was written.")
    return callback


def _subscription(row: Mapping[str, Any]) -> Subscription:
    is_verified = row.get("verified") is True
    return Subscription(
        id=id_of(row.get("callbackid") or row.get("id")),
        event=str(row.get("event") or ""),
        url=str(row.get("uri") or ""),
        healthy=is_verified,
        detail="" if is_verified else "not verified, or disabled after bad answers",
    )
