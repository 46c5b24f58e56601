"""The events family: `/events/account/{account_id}/events/callbacks[/{callbackid}]`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ml_sandbox.vendors.freshbooks.account import Account
from ml_sandbox.vendors.freshbooks.bodies import json_object
from ml_sandbox.vendors.freshbooks.callbacks import Callbacks
from ml_sandbox.vendors.freshbooks.caller import Answer, Caller, Request
from ml_sandbox.vendors.freshbooks.catalogue import CALLBACKS
from ml_sandbox.vendors.freshbooks.errors import NOT_FOUND, ApiError, Row
from ml_sandbox.vendors.freshbooks.event_names import SCOPE_OF_NOUN
from ml_sandbox.vendors.freshbooks.listing import Listings
from ml_sandbox.vendors.freshbooks.records import Callback
from ml_sandbox.vendors.freshbooks.search import read_query
from ml_sandbox.vendors.freshbooks.shown import shown_callback


class EventsApi:
    """Answers one request of the family; `created(noun)` counts creates."""

    def __init__(self, callbacks: Callbacks, created: Callable[[str], None]) -> None:
        self._callbacks = callbacks
        self._created = created
        self._listings = Listings()

    async def answer(self, request: Request, caller: Caller) -> Answer:
        """Raises ApiError."""
        parts = request.parts
        if parts[3:5] != ["events", "callbacks"] or len(parts) > 6:
            raise ApiError(404, Row(404, NOT_FOUND))
        account = caller.account(parts[2])
        if len(parts) == 5:
            return await self._all(request, caller, account)
        callback = account.callbacks.get(int(parts[5])) if parts[5].isdecimal() else None
        if callback is None:
            raise ApiError(404, Row(404, NOT_FOUND))
        return await self._one(request, caller, account, callback)

    async def _all(self, request: Request, caller: Caller, account: Account) -> Answer:
        if request.method == "GET":
            page = self._listings.page(account, CALLBACKS, read_query(request.query), None)
            return Answer(200, {"response": {"result": page}})
        if request.method != "POST":
            raise ApiError(405, Row(405, "The method is not allowed here."))
        given = _given(request)
        self._callbacks.check(given, ("event", "uri"))
        _need(caller, given)
        made = await self._callbacks.create(account, caller.identity.actor, given)
        self._created("callbacks")
        return _shown(account, made)

    async def _one(
        self, request: Request, caller: Caller, account: Account, callback: Callback
    ) -> Answer:
        if request.method == "GET":
            return _shown(account, callback)
        if request.method == "DELETE":
            self._callbacks.remove(account, callback)
            return Answer(204)
        if request.method != "PUT":
            raise ApiError(405, Row(405, "The method is not allowed here."))
        given = _given(request)
        self._callbacks.check(given, ())
        if "event" in given:
            _need(caller, given)
        actor = caller.identity.actor
        return _shown(account, await self._callbacks.change(account, actor, callback, given))


def _given(request: Request) -> dict[str, Any]:
    found = json_object(request).get("callback")
    if not isinstance(found, dict):
        raise ApiError(422, Row(422, "Field required", "callback", "callback"))
    return found


def _need(caller: Caller, given: dict[str, Any]) -> None:
    """Each noun needs the read scope of what it tells of."""
    caller.need(SCOPE_OF_NOUN[given["event"].partition(".")[0]])


def _shown(account: Account, callback: Callback) -> Answer:
    return Answer(200, {"response": {"result": {"callback": shown_callback(account, callback)}}})
