"""The client of Pipedrive: lists, reads and writes organizations, persons, deals, activities and
products; the first three are also read as a source.

Records go over API v2; who we are, currencies and webhooks stand in what is left of v1. There is no
idempotency key and no version check, so a create carries our key and a PATCH only what changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, overload

from ml_connector.core.faults import Missing
from ml_connector.core.objects import (
    Identity,
    Page,
    SetupItem,
    SourceModel,
    SourceObject,
    SourcePage,
    TargetObject,
    TargetRecord,
    id_of,
)
from ml_connector.core.values import Values
from ml_connector.core.vendor import ConnectionFacts, Subscription
from ml_connector.core.wire import Errand, Wire
from ml_connector.vendors.pipedrive import calls
from ml_connector.vendors.pipedrive.api import Api
from ml_connector.vendors.pipedrive.objects import COSTS, DEALS
from ml_connector.vendors.pipedrive.reading import Data, Reading
from ml_connector.vendors.pipedrive.records import record_of
from ml_connector.vendors.pipedrive.setup import SETUP_TOKENS, Setup
from ml_connector.vendors.pipedrive.subscriptions import Subscriptions
from ml_connector.vendors.pipedrive.values import to_wire

ARCHIVED = "archived:"
"""Our own mark before the cursor of the archived deals, whose listing follows the others'."""

LISTED_AT_ONCE = COSTS.page // COSTS.read
"""From so many ids on, one listing costs no more than single reads."""


class PipedriveClient:
    """For one connection. Implements `core.vendor`'s TargetClient, SubscriberClient and
    SourceClient."""

    subscribe_tokens = calls.CREATE_WEBHOOK.tokens
    unsubscribe_tokens = calls.DELETE_WEBHOOK.tokens

    def __init__(self, wire: Wire, facts: ConnectionFacts) -> None:
        self._api = Api(wire, facts.settings)
        self._plan = facts.settings.get("plan", "")
        self._setup = Setup(self._api)
        self._subscriptions = Subscriptions(self._api)
        self._reading = Reading(self._api, self._raw)

    async def identify(self, errand: Errand) -> Identity:
        """The company and the user of the token."""
        me = (await self._api.send(calls.ME, errand)).data
        return Identity(id_of(me["company_id"]), str(me["company_name"]), _detail(me, self._plan))

    async def page(self, obj: TargetObject, cursor: str | None, errand: Errand) -> Page:
        """The listing by id; that of deals leaves the archived ones out, so theirs follows."""
        if cursor is not None and cursor.startswith(ARCHIVED):
            rest = cursor.removeprefix(ARCHIVED)
            page = await self._list(obj, calls.LIST_ARCHIVED_DEALS, {}, rest, errand)
            following = page.next_cursor
            return Page(page.records, None if following is None else ARCHIVED + following)
        page = await self._list(obj, calls.LIST[obj.name], {}, cursor or "", errand)
        if page.next_cursor is None and obj.name == DEALS.name:
            return Page(page.records, ARCHIVED)
        return page

    async def changed_page(
        self, obj: TargetObject, since: datetime, cursor: str | None, errand: Errand
    ) -> Page:
        """Oldest change first. A record that changes meanwhile is met again further on.

        Pipedrive takes whole seconds only. Deals that are archived or deleted are not in it.
        """
        params = {
            "updated_since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sort_by": "update_time",
            "sort_direction": "asc",
        }
        return await self._list(obj, calls.LIST[obj.name], params, cursor or "", errand)

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        """One page of what changed, oldest first; deals come without their lines."""
        return await self._reading.changes(obj, cursor, errand)

    async def open_keys(self, obj: SourceObject, errand: Errand) -> list[SourceModel]:
        """Nothing here changes without a change stamp."""
        return []

    async def all_keys(self, obj: SourceObject, errand: Errand) -> dict[str, None]:
        return await self._reading.all_keys(obj, errand)

    @overload
    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand, /
    ) -> dict[str, SourceModel | None]: ...

    @overload
    async def read(
        self, obj: TargetObject, keys: Sequence[str], errand: Errand, /
    ) -> dict[str, TargetRecord]: ...

    async def read(
        self, obj: SourceObject | TargetObject, keys: Sequence[str], errand: Errand, /
    ) -> dict[str, SourceModel | None] | dict[str, TargetRecord]:
        """As either side asks; what is not there is None for a source, and absent for a target."""
        if isinstance(obj, SourceObject):
            return await self._reading.read(obj, keys, errand)
        found = await self._raw(obj.name, keys, errand)
        return {id: record_of(obj, data) for id, data in found.items()}

    async def _raw(self, name: str, ids: Sequence[str], errand: Errand) -> dict[str, Data]:
        """By one listing where that is cheaper, then singly those that a listing leaves out.

        A listing is silent about deleted records and archived deals, so its silence proves nothing.
        """
        found: dict[str, Data] = {}
        if len(ids) >= LISTED_AT_ONCE:
            params = {"ids": ",".join(ids), "limit": str(calls.PAGE_SIZE)}
            envelope = await self._api.send(calls.LIST[name], errand, params=params)
            found = {id_of(item["id"]): item for item in envelope.items}
        left = [id for id in ids if id not in found]
        reads = (self._raw_one(name, id, errand) for id in left)
        # All of them end before the first fault is raised, so that none is left running.
        for outcome in await asyncio.gather(*reads, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is not None:
                found[id_of(outcome["id"])] = outcome
        return found

    async def create(self, obj: TargetObject, fields: Values, errand: Errand) -> TargetRecord:
        """The record as Pipedrive made it. Raises Refused."""
        body = to_wire(obj, fields, self._setup.types)
        envelope = await self._api.send(calls.CREATE[obj.name], errand, json=body)
        return record_of(obj, envelope.data)

    async def update(
        self, obj: TargetObject, id: str, fields: Values, errand: Errand
    ) -> TargetRecord:
        """Write only these fields. Raises Missing where it is gone or deleted, Refused."""
        body = to_wire(obj, fields, self._setup.types)
        envelope = await self._api.send(calls.UPDATE[obj.name], errand, id=id, json=body)
        record = record_of(obj, envelope.data)
        if record.deleted:
            raise Missing(f"The {obj.label} {id} is deleted at Pipedrive.")
        return record

    async def vocabulary(self, name: str, errand: Errand) -> list[str]:
        """The codes of the account's currencies, its own ones too."""
        if name != "currencies":
            raise LookupError(f"Pipedrive has no vocabulary {name!r}")
        envelope = await self._api.send(calls.LIST_CURRENCIES, errand)
        return [str(c["code"]) for c in envelope.items if c.get("active_flag") is not False]

    async def find_setup(self, items: Sequence[SetupItem], errand: Errand) -> dict[str, str]:
        """A field's code, the id of a pipeline or stage, by the item's id."""
        return await self._setup.find(items, errand)

    async def create_setup(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        """Create a field, a pipeline, or a stage of the pipeline `parent_code`."""
        return await self._setup.create(item, parent_code, errand)

    def know_setup(self, items: Mapping[str, SetupItem]) -> None:
        """The custom fields by code, so that a number's text goes out as what its field takes."""
        self._setup.know(items)

    def setup_tokens(self, item: SetupItem) -> int:
        return SETUP_TOKENS

    def imagine(self, obj: TargetObject, id: str, fields: Values) -> TargetRecord:
        """The record as it would come back. Raises Refused as a write would."""
        return record_of(obj, {"id": id, **to_wire(obj, fields, self._setup.types)})

    async def subscriptions(self, errand: Errand) -> list[Subscription]:
        """Every webhook this user or app sees, other tools' among them."""
        return await self._subscriptions.list(errand)

    async def subscribe(
        self, event: str, url: str, secrets: Mapping[str, str], errand: Errand
    ) -> Subscription:
        """`event` is such as `deal.*`; `secrets` hold webhook_user and webhook_password."""
        return await self._subscriptions.create(event, url, secrets, errand)

    async def unsubscribe(self, id: str, errand: Errand) -> None:
        await self._subscriptions.delete(id, errand)

    async def _list(
        self,
        obj: TargetObject,
        call: calls.Call,
        params: Mapping[str, str],
        cursor: str,
        errand: Errand,
    ) -> Page:
        asked = {**params, "limit": str(calls.PAGE_SIZE)}
        if cursor:
            asked["cursor"] = cursor
        envelope = await self._api.send(call, errand, params=asked)
        return Page(tuple(record_of(obj, item) for item in envelope.items), envelope.next_cursor)

    async def _raw_one(self, name: str, id: str, errand: Errand) -> Data | None:
        try:
            data: Data = (await self._api.send(calls.READ[name], errand, id=id)).data
        except Missing:
            return None
        return data


def _detail(me: Mapping[str, Any], plan: str) -> Values:
    """What a person wants to know; Pipedrive tells nobody its plan, so that is the setting's."""
    rights = me.get("access") or []
    return {
        "user": str(me.get("name") or ""),
        "company_domain": str(me.get("company_domain") or ""),
        "is_admin": any(r.get("app") == "global" and r.get("admin") is True for r in rights),
        "default_currency": str(me.get("default_currency") or ""),
        "plan": f"{plan}, as set" if plan else "unknown",
    }
