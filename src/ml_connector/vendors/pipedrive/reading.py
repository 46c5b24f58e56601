"""Reading is what Pipedrive as a source is asked: what changed, what a record is, what there is.

Changes come oldest first in whole seconds, by Pipedrive's own cursor; the next poll begins two
minutes before the newest change seen. The listing of deals is silent about archived ones, whose own
costs twice as much: it is looked at once in an hour of changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import ValidationError

from ml_connector.core.faults import Refused
from ml_connector.core.objects import SourceModel, SourceObject, SourcePage, id_of
from ml_connector.core.values import Values
from ml_connector.core.wire import Errand
from ml_connector.vendors.pipedrive import calls
from ml_connector.vendors.pipedrive.api import Api
from ml_connector.vendors.pipedrive.sources import DEALS, Glimpse

OVERLAP = timedelta(minutes=2)
_HOUR = len("2026-05-04T09")

Data = dict[str, Any]


class RawReads(Protocol):
    """The records of those ids as they came, those that are there."""

    async def __call__(self, name: str, ids: Sequence[str], errand: Errand) -> dict[str, Data]: ...


class Reading:
    """For one connection; `raw` reads any object's records by id."""

    def __init__(self, api: Api, raw: RawReads) -> None:
        self._api = api
        self._raw = raw

    async def changes(self, obj: SourceObject, cursor: Values, errand: Errand) -> SourcePage:
        """One page. Cursor: `mark` newest change, `looked` the mark when archived deals were last
        asked for, and within a poll `since`, `next` and `list`."""
        told = {name: str(value) for name, value in cursor.items()}
        mark, looked, listing = told.get("mark", ""), told.get("looked", ""), told.get("list", "")
        is_archived = listing == "archived"
        since = told.get("since") if listing else _before(mark)
        params = {"sort_by": "update_time", "sort_direction": "asc", "limit": str(calls.PAGE_SIZE)}
        params |= {"updated_since": since} if since else {}
        params |= {"cursor": told["next"]} if told.get("next") else {}
        call = calls.LIST_ARCHIVED_DEALS if is_archived else calls.LIST[obj.name]
        envelope = await self._api.send(call, errand, params=params)
        records = tuple(_listed(obj, item) for item in envelope.items if not _is_gone(item))
        newest = max([mark, *(record.version() for record in records)])
        at: Values = {"mark": newest, "looked": looked}
        if envelope.next_cursor is not None:
            at |= {"since": since or "", "next": envelope.next_cursor, "list": listing or "own"}
            return SourcePage(records, at, True, envelope.at)
        if obj.name == DEALS.name and not is_archived and newest[:_HOUR] != looked[:_HOUR]:
            at |= {"looked": newest, "since": _before(looked), "list": "archived"}
            return SourcePage(records, at, True, envelope.at)
        return SourcePage(records, at if newest else {}, False, envelope.at)

    async def read(
        self, obj: SourceObject, keys: Sequence[str], errand: Errand
    ) -> dict[str, SourceModel | None]:
        """Deals with their lines; None where it is deleted or Pipedrive does not know the id."""
        found = await self._raw(obj.name, keys, errand)
        there = {key: data for key, data in found.items() if not _is_gone(data)}
        if obj.name == DEALS.name:
            lines = await self._lines(sorted(there, key=int), errand)
            there = {key: {**data, "lines": lines[key]} for key, data in there.items()}
        return {key: _parsed(obj, there[key]) if key in there else None for key in keys}

    async def all_keys(self, obj: SourceObject, errand: Errand) -> dict[str, None]:
        """Every id, those of archived deals too."""
        wanted = [calls.LIST[obj.name]]
        wanted += [calls.LIST_ARCHIVED_DEALS] if obj.name == DEALS.name else []
        return {
            id_of(item["id"]): None for call in wanted async for item in self._api.all(call, errand)
        }

    async def _lines(
        self, deals: Sequence[str], errand: Errand
    ) -> dict[str, tuple[Mapping[str, Any], ...]]:
        """The lines of these deals, each with its product's code."""
        lines: list[Data] = []
        if deals:
            params = {"deal_ids": ",".join(deals)}
            lines = [line async for line in self._api.all(calls.LIST_LINES, errand, params)]
        ids = sorted({id_of(line["product_id"]) for line in lines}, key=int)
        products: dict[str, Data] = {}
        for start in range(0, len(ids), calls.MOST_IDS):
            products |= await self._raw("products", ids[start : start + calls.MOST_IDS], errand)
        codes = {id: product.get("code") or None for id, product in products.items()}
        coded = [{**line, "code": codes.get(str(line["product_id"]))} for line in lines]
        return {id: tuple(x for x in coded if str(x["deal_id"]) == id) for id in deals}


def _before(mark: str) -> str:
    if not mark:
        return ""
    return (datetime.fromisoformat(mark) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_gone(data: Mapping[str, Any]) -> bool:
    return data.get("is_deleted") is True


def _listed(obj: SourceObject, data: Mapping[str, Any]) -> SourceModel:
    try:
        return obj.model.model_validate(data)
    except ValidationError:
        return Glimpse.model_validate(data)


def _parsed(obj: SourceObject, data: Mapping[str, Any]) -> SourceModel:
    """Raises Refused, naming the field but not what it holds."""
    try:
        return obj.model.model_validate(data)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        sentence = f"Pipedrive's {obj.label} {data['id']} cannot be read: {field}: {first['msg']}"
    raise Refused(sentence, field)
