"""What stands at the account before records can: custom fields, custom objects and their fields.

All are found by their key, which a flow chooses and which never changes; the code that the engine
remembers is the key. Types are Zendesk's own words (text, textarea, decimal, integer, date,
dropdown, lookup). Source: "Organization Fields", "Custom Objects" in Zendesk's developer pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ml_connector.core.faults import Mistake, Refused
from ml_connector.core.objects import SetupItem, id_of
from ml_connector.core.wire import Errand
from ml_connector.vendors.zendesk.api import Api, Place, quoted

OBJECTS = Place("/custom_objects", "custom_object", "custom_objects")
_FIELDS = {
    "organizations": Place("/organization_fields", "organization_field", "organization_fields"),
    "users": Place("/user_fields", "user_field", "user_fields"),
}
_LOOKED_UP = {"organizations": "zen:organization", "users": "zen:user"}


def fields_place(obj: str) -> Place:
    """Where the fields of an object are defined."""
    path = f"{OBJECTS.path}/{quoted(obj)}/fields"
    return _FIELDS.get(obj) or Place(path, "custom_object_field", "custom_object_fields")


def key_of(item: SetupItem) -> str:
    """As the flow chose it, else made of the name: letters, digits and underscores."""
    return item.key or re.sub(r"\W+", "_", item.name, flags=re.ASCII).strip("_").lower()


class Setup:
    """Finds and creates set-up items."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._types: dict[str, dict[str, str]] = {}

    def types(self, obj: str) -> Mapping[str, str]:
        """The type of an object's custom fields by key, as far as it is known."""
        return self._types.get(obj, {})

    def know(self, items: Mapping[str, SetupItem]) -> None:
        """Take over what stands under each code."""
        for code, item in items.items():
            if item.kind == "field":
                self._types.setdefault(item.object, {})[code] = item.type

    async def find(self, items: Sequence[SetupItem], errand: Errand) -> dict[str, str]:
        """Key by item id of those that stand with their type."""
        wanted = [item for item in items if item.kind in ("object", "field")]
        made = {i.object for i in wanted if i.kind == "field" and i.object not in _FIELDS}
        objects: set[str] = set()
        if made or any(item.kind == "object" for item in wanted):
            objects = {str(o["key"]) async for o in self._api.all(*_listed(OBJECTS), errand)}
        found = {i.id: key_of(i) for i in wanted if i.kind == "object" and key_of(i) in objects}
        for obj in dict.fromkeys(i.object for i in wanted if i.kind == "field"):
            if obj in made - objects:
                continue
            listing = self._api.all(*_listed(fields_place(obj)), errand)
            standing = {(str(f["key"]), str(f["type"])) async for f in listing}
            found |= {
                i.id: key_of(i)
                for i in wanted
                if i.kind == "field" and i.object == obj and (key_of(i), i.type) in standing
            }
        return found

    async def create(self, item: SetupItem, errand: Errand) -> str:
        """Create it and return its key. Raises Refused where another kind of field has the key."""
        place, fields = create_body(item)
        made = await self._api.write("POST", place.path, place, fields, errand)
        if made.get("key") != fields["key"]:
            raise Refused(f"Zendesk made '{item.name}' under another key: {made.get('key')!r}.")
        self.know({id_of(made["key"]): item})
        return id_of(made["key"])


def create_body(item: SetupItem) -> tuple[Place, dict[str, Any]]:
    """Where the item is created, and of what."""
    if item.kind == "object":
        return OBJECTS, _object(item)
    if item.kind == "field":
        return fields_place(item.object), _field(item)
    raise Mistake(f"Zendesk has no set-up item of the kind '{item.kind}'.")


def _listed(place: Place) -> tuple[str, str]:
    return place.path, place.many


def _object(item: SetupItem) -> dict[str, Any]:
    return {
        "key": key_of(item),
        "title": item.name,
        "title_pluralized": f"{item.name}s",
        "include_in_list_view": True,
    }


def _field(item: SetupItem) -> dict[str, Any]:
    fields: dict[str, Any] = {"key": key_of(item), "type": item.type, "title": item.name}
    if item.options:
        options = [{"name": shown, "value": value} for value, shown in item.options]
        fields["custom_field_options"] = options
    if item.to:
        fields["relationship_target_type"] = _LOOKED_UP.get(item.to, f"zen:custom_object:{item.to}")
    return fields
