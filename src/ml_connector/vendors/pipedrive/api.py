"""The API as one connection reaches it: a call goes out, the opened envelope comes back.

Every answer is `{"success": true, "data": …, "additional_data": {…}}` (Pipedrive, "Responses").
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ml_connector.core.faults import Refused, UnknownOutcome, Unreachable
from ml_connector.core.wire import Errand, Wire
from ml_connector.vendors.pipedrive.calls import PAGE_SIZE, Call, roots


@dataclass(frozen=True, slots=True)
class Envelope:
    """`data` as it came; `next_cursor` is None where nothing follows; `at` is Pipedrive's clock."""

    data: Any
    next_cursor: str | None
    at: datetime | None = None

    @property
    def items(self) -> list[dict[str, Any]]:
        """A listing's records; an empty listing may come as null. Raises Unreachable where it is no
        listing: who took that for an empty one would make its records anew."""
        if self.data is None:
            return []
        if not isinstance(self.data, list):
            raise Unreachable("Pipedrive's answer is no listing.")
        return self.data


class Api:
    """Sends calls over the wire of one connection."""

    def __init__(self, wire: Wire, settings: Mapping[str, str]) -> None:
        self._wire = wire
        self._roots = roots(settings)

    async def send(
        self,
        call: Call,
        errand: Errand,
        *,
        id: str = "",
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Envelope:
        """Raises what the wire raises, and UnknownOutcome where a write's answer is broken."""
        request = call.request(self._roots, id, params or {}, json)
        response = await self._wire.send(request, errand)
        try:
            opened = _opened(response.json(), bare=call.method == "DELETE")
            return replace(opened, at=response.answered_at)
        except Unreachable as broken:
            if request.writes:
                raise UnknownOutcome(broken.sentence) from None
            raise

    async def all(
        self, call: Call, errand: Errand, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Every record of a listing of v2, page by page."""
        asked = {**(params or {}), "limit": str(PAGE_SIZE)}
        while True:
            envelope = await self.send(call, errand, params=asked)
            for item in envelope.items:
                yield item
            if envelope.next_cursor is None:
                return
            asked["cursor"] = envelope.next_cursor


def _opened(body: Any, *, bare: bool) -> Envelope:
    """A `bare` answer may have no data: that of the webhooks service to a DELETE has none."""
    if not isinstance(body, dict) or ("data" not in body and not bare):
        raise Unreachable("The answer is not one of Pipedrive's. Is base_url the right address?")
    if body.get("success") is False:
        raise Refused(f"Pipedrive says: {body.get('error') or 'no reason'}")
    additional = body.get("additional_data")
    following = additional.get("next_cursor") if isinstance(additional, dict) else None
    if following is not None and not isinstance(following, str):
        raise Unreachable("Pipedrive's answer has a cursor that is none.")
    return Envelope(body.get("data"), following or None)
