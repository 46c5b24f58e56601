"""A merge makes one record of two: the first disappears into the second, which keeps its own
values and takes over what it lacks. What hung on the first is moved.

Webhooks v2 tell it as a delete with `merged_to_id` and a change with `merged_from_id` in `meta`
(sheet, 9.3; the migration guide names `meta`).
"""

from __future__ import annotations

from typing import Any

from .account import Actor
from .contacts import one_primary
from .deals import lines_of
from .entities import Entity
from .errors import generic
from .tables import Record

#: table -> the keys there that point to an organization, a person or a deal
_POINTERS = {
    "organization": (
        ("persons", "org_id"),
        ("deals", "org_id"),
        ("activities", "org_id"),
        ("notes", "org_id"),
    ),
    "person": (("deals", "person_id"), ("activities", "person_id"), ("notes", "person_id")),
    "deal": (("activities", "deal_id"), ("notes", "deal_id")),
}
_ENTITY_OF_TABLE = {"persons": "person", "deals": "deal", "activities": "activity", "notes": "note"}
_OWN = ("id", "add_time", "update_time", "is_deleted", "custom_fields", "emails", "phones")


def merge(entity: Entity, lost_id: int, kept_id: int, actor: Actor) -> Record:
    """The kept record after `lost_id` was merged into it; 404 or 400 refusals otherwise."""
    lost, kept = entity.table.alive(lost_id), entity.table.alive(kept_id)
    if lost is None or kept is None:
        raise generic(404, f"{entity.kind.capitalize()} not found")
    if lost_id == kept_id:
        raise generic(400, "A record cannot be merged with itself")
    merged = _filled(kept, lost)
    merged["update_time"] = entity.account.stamp()
    entity.table.replace(merged)
    _move_pointers(entity, lost_id, kept_id, actor)
    entity.mark_deleted(lost)
    correlation = entity.account.new_uuid()
    publish = entity.account.publish
    publish("delete", entity.kind, None, lost, actor, correlation, merged_to=kept_id)
    publish("change", entity.kind, merged, kept, actor, correlation, merged_from=lost_id)
    return merged


def _filled(kept: Record, lost: Record) -> Record:
    merged = dict(kept)
    for key, value in lost.items():
        if key not in _OWN and kept.get(key) in (None, "", []):
            merged[key] = value
    merged["custom_fields"] = {**lost["custom_fields"], **kept["custom_fields"]}
    for key in ("emails", "phones"):
        if key in kept:
            merged[key] = _union(kept[key], lost[key])
    return merged


def _union(kept: list[Record], lost: list[Record]) -> list[Record]:
    known = {entry["value"].casefold() for entry in kept}
    fresh = [{**e, "primary": False} for e in lost if e["value"].casefold() not in known]
    return one_primary([*kept, *fresh]) if kept or fresh else []


def _move_pointers(entity: Entity, lost_id: int, kept_id: int, actor: Actor) -> None:
    account = entity.account
    now = account.stamp()
    for table_name, key in _POINTERS[entity.kind]:
        table = account.tables[table_name]
        for record in [r for r in table.records.values() if r[key] == lost_id]:
            moved: dict[str, Any] = {**record, key: kept_id, "update_time": now}
            table.replace(moved)
            if not record["is_deleted"]:
                account.publish("change", _ENTITY_OF_TABLE[table_name], moved, record, actor)
    if entity.kind == "deal":
        lines = account.tables["deal_products"]
        for line in list(lines_of(account, lost_id)):
            lines.replace({**line, "deal_id": kept_id, "update_time": now})
