"""What stands at the account before records can: custom fields, pipelines and their stages.

Names are not unique at Pipedrive; a field is found by name and type among the custom ones, and its
code is what the engine remembers. Type and code of a field never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ml_connector.core.faults import Mistake
from ml_connector.core.objects import SetupItem, id_of
from ml_connector.core.wire import Errand
from ml_connector.vendors.pipedrive import calls
from ml_connector.vendors.pipedrive.api import Api

SETUP_TOKENS = 5


class Setup:
    """Finds and creates set-up items; `types` are the types of custom fields by code, as known."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.types: dict[str, str] = {}

    async def find(self, items: Sequence[SetupItem], errand: Errand) -> dict[str, str]:
        """Code by item id of those that stand; where several have the name, the first one's."""
        found: dict[str, str] = {}
        await self._find_fields(items, found, errand)
        await self._find_pipelines(items, found, errand)
        return found

    async def create(self, item: SetupItem, parent_code: str, errand: Errand) -> str:
        """Create it; `parent_code` is the pipeline of a stage."""
        if item.kind == "field":
            json: dict[str, Any] = {"field_name": item.name, "field_type": item.type}
            call, code = calls.CREATE_FIELD[item.object], "field_code"
        elif item.kind == "pipeline":
            json, call, code = {"name": item.name}, calls.CREATE_PIPELINE, "id"
        elif item.kind == "stage":
            json = {"name": item.name, "pipeline_id": int(parent_code)}
            call, code = calls.CREATE_STAGE, "id"
        else:
            raise Mistake(f"Pipedrive has no set-up item of the kind '{item.kind}'.")
        envelope = await self._api.send(call, errand, json=json)
        created = id_of(envelope.data[code])
        self.know({created: item})
        return created

    def know(self, items: Mapping[str, SetupItem]) -> None:
        """Take over what stands under each code."""
        self.types |= {code: item.type for code, item in items.items() if item.kind == "field"}

    async def _find_fields(
        self, items: Sequence[SetupItem], found: dict[str, str], errand: Errand
    ) -> None:
        for obj in calls.LIST_FIELDS:
            wanted = [i for i in items if i.kind == "field" and i.object == obj]
            if not wanted:
                continue
            fields = await self._list_fields(obj, errand)
            for item in wanted:
                named = (f for f in fields if _name_and_type(f) == (item.name, item.type))
                _note(found, item, named, "field_code")

    async def _find_pipelines(
        self, items: Sequence[SetupItem], found: dict[str, str], errand: Errand
    ) -> None:
        wanted = [i for i in items if i.kind in ("pipeline", "stage")]
        if not wanted:
            return
        pipelines = [p async for p in self._api.all(calls.LIST_PIPELINES, errand) if _stands(p)]
        stages: dict[str, list[dict[str, Any]]] = {}
        for item in wanted:
            name = item.name if item.kind == "pipeline" else item.parent
            pipeline = next((p for p in pipelines if p["name"] == name), None)
            if pipeline is None:
                continue
            if item.kind == "pipeline":
                found[item.id] = id_of(pipeline["id"])
                continue
            pipeline_id = id_of(pipeline["id"])
            if pipeline_id not in stages:
                stages[pipeline_id] = await self._list_stages(pipeline_id, errand)
            _note(found, item, (s for s in stages[pipeline_id] if s["name"] == item.name), "id")

    async def _list_stages(self, pipeline_id: str, errand: Errand) -> list[dict[str, Any]]:
        listing = self._api.all(calls.LIST_STAGES, errand, {"pipeline_id": pipeline_id})
        return [stage async for stage in listing if _stands(stage)]

    async def _list_fields(self, obj: str, errand: Errand) -> list[dict[str, Any]]:
        listing = self._api.all(calls.LIST_FIELDS[obj], errand)
        fields = [field async for field in listing if field.get("is_custom_field")]
        self.types |= {f["field_code"]: f["field_type"] for f in fields}
        return fields


def _name_and_type(field: dict[str, Any]) -> tuple[str, str]:
    return str(field["field_name"]), str(field["field_type"])


def _stands(record: dict[str, Any]) -> bool:
    return record.get("is_deleted") is not True


def _note(
    found: dict[str, str], item: SetupItem, named: Iterable[dict[str, Any]], code: str
) -> None:
    for record in named:
        found[item.id] = id_of(record[code])
        return
