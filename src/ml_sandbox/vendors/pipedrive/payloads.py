"""A payload is the body of one webhook, in the form of v2 or of the legacy v1.

The names in webhooks lag behind REST v2 (sheet, 9.3): ids in `meta` are strings, `visible_to` is
a string, organizations and persons still have `label`, stages `rotten_days`, activities
`busy_flag`. Custom fields are wrapped in objects that name their type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import clocktext
from .account import Account, Event
from .tables import Record

ADMIN_APPS = ("sales", "global", "account_settings")


def webhook_data(account: Account, entity: str, record: Record) -> Record:
    """The `data` object of a v2 webhook: REST values under the webhooks' own names."""
    shown = _SHAPES.get(entity, dict)(record)
    if "visible_to" in shown:
        shown["visible_to"] = str(shown["visible_to"])
    if "custom_fields" in record:
        shown["custom_fields"] = account.fields[entity].webhook(record["custom_fields"])
    return shown


def _without(record: Record, *names: str) -> Record:
    return {key: value for key, value in record.items() if key not in names}


def _organization(record: Record) -> Record:
    shown = _without(record, "is_deleted", "label_ids")
    labels = record["label_ids"]
    lagging = {"label": labels[0] if labels else None, "country_code": None, "picture_id": None}
    return {**shown, **lagging}


def _person(record: Record) -> Record:
    labels = record["label_ids"]
    shown = _without(record, "is_deleted", "label_ids", "marketing_status")
    return {**shown, "label": labels[0] if labels else None}


def _deal(record: Record) -> Record:
    return _without(record, "is_deleted")


def _pipeline(record: Record) -> Record:
    shown = _without(record, "is_deleted", "is_deal_probability_enabled")
    return {
        **shown,
        "active_flag": not record["is_deleted"],
        "deal_probability": record["is_deal_probability_enabled"],
    }


def _stage(record: Record) -> Record:
    shown = _without(record, "is_deleted", "is_deal_rot_enabled", "days_to_rotten")
    return {
        **shown,
        "active_flag": not record["is_deleted"],
        "rotten_flag": record["is_deal_rot_enabled"],
        "rotten_days": record["days_to_rotten"],
    }


def _product(record: Record) -> Record:
    return {**_without(record, "is_linkable"), "selectable": record["is_linkable"]}


def _activity(record: Record) -> Record:
    return {
        **_without(record, "is_deleted", "busy"),
        "active_flag": not record["is_deleted"],
        "busy_flag": record["busy"],
    }


def _note(record: Record) -> Record:
    return {**_without(record, "is_deleted"), "active_flag": not record["is_deleted"]}


def _user(record: Record) -> Record:
    return {**record, "id": str(record["id"])}


_SHAPES: dict[str, Callable[[Record], Record]] = {
    "organization": _organization,
    "person": _person,
    "deal": _deal,
    "pipeline": _pipeline,
    "stage": _stage,
    "product": _product,
    "activity": _activity,
    "note": _note,
    "user": _user,
}


def permitted_users(account: Account, record: Record) -> list[int]:
    """Who may see the record: admins, the owner, and all others unless it is private (1)."""
    owner = record.get("owner_id", record.get("user_id"))
    private = record.get("visible_to") == 1
    return [
        user["id"]
        for user in account.users.values()
        if user["active_flag"] and (not private or user["id"] == owner or is_admin(user))
    ]


def is_admin(user: Mapping[str, Any]) -> bool:
    return any(access["admin"] and access["app"] == "global" for access in user["access"])


def body_v2(account: Account, event: Event, hook: Record, event_id: str, attempt: int) -> Record:
    """One v2 delivery: full `data`, and in `previous` only what changed."""
    data = previous = None
    if event.current is not None:
        data = webhook_data(account, event.entity, event.current)
    if event.previous is not None:
        previous = webhook_data(account, event.entity, event.previous)
    if data is not None and previous is not None:
        previous = _changed(previous, data)
    if event.action == "create" and event.entity == "deal" and data is not None:
        data |= {"update_time": None, "stage_change_time": None}
    return {
        "meta": _meta(account, event, hook, event_id, attempt),
        "data": data,
        "previous": previous,
    }


def _changed(previous: Record, data: Record) -> Record:
    changed = {
        key: value
        for key, value in previous.items()
        if key not in ("custom_fields", "update_time") and data.get(key) != value
    }
    before, after = previous.get("custom_fields", {}), data.get("custom_fields", {})
    values = {code: value for code, value in before.items() if after.get(code) != value}
    if values:
        changed["custom_fields"] = values
    return changed


def _meta(account: Account, event: Event, hook: Record, event_id: str, attempt: int) -> Record:
    is_user = event.entity == "user"
    seen = event.current if event.current is not None else event.previous
    meta: Record = {
        "action": event.action,
        "entity": event.entity,
        "entity_id": str(event.record_id),
        "company_id": str(account.company["id"]),
        "user_id": str(event.actor.user_id),
        "id": event_id,
        "correlation_id": event.correlation_id,
        "timestamp": int(event.at.timestamp()) if is_user else clocktext.stamp_ms(event.at),
        "version": "2.0",
        "type": hook["type"],
        "webhook_id": str(hook["id"]),
        "webhook_owner_id": str(hook["owner_id"]),
        "change_source": event.actor.source,
        "is_bulk_edit": False,
        "attempt": attempt,
        "host": account.company["host"],
    }
    if not is_user:
        meta["permitted_user_ids"] = [str(user) for user in permitted_users(account, seen or {})]
    if event.merged_to is not None:
        meta["merged_to_id"] = str(event.merged_to)
    if event.merged_from is not None:
        meta["merged_from_id"] = str(event.merged_from)
    return meta


V1_ACTIONS = {"create": "added", "change": "updated", "delete": "deleted"}


def v1_action(event: Event) -> str | None:
    """The legacy name of the event; None for the half of a merge that v1 does not tell."""
    if event.merged_from is not None:
        return "merged"
    return None if event.merged_to is not None else V1_ACTIONS[event.action]


def body_v1(account: Account, event: Event, hook: Record, attempt: int) -> Record:
    """One legacy delivery: whole states before and after, numbers for ids (sheet, 9.4)."""
    action = v1_action(event)
    seen = event.current if event.current is not None else event.previous
    micros = int(event.at.timestamp() * 1_000_000)
    matches: Record = {"current": [], "previous": []}
    return {
        "v": 1,
        "matches_filters": matches,
        "meta": {
            "v": 1,
            "action": action,
            "object": event.entity,
            "id": event.record_id,
            "company_id": account.company["id"],
            "user_id": event.actor.user_id,
            "host": account.company["host"],
            "timestamp": micros // 1_000_000,
            "timestamp_micro": micros,
            "permitted_user_ids": permitted_users(account, seen or {}),
            "trans_pending": False,
            "is_bulk_update": False,
            "pipedrive_service_name": False,
            "change_source": event.actor.source,
            "matches_filters": matches,
            "webhook_id": str(hook["id"]),
        },
        "current": legacy_record(account, event.entity, event.current),
        "previous": legacy_record(account, event.entity, event.previous),
        "event": f"{action}.{event.entity}",
        "retry": attempt - 1,
    }


_LEGACY_NAMES = {"emails": "email", "phones": "phone", "owner_id": "user_id"}


def legacy_record(account: Account, entity: str, record: Record | None) -> Record | None:
    """The v1 form: custom values on the top level, `active_flag`, times without a zone."""
    if record is None:
        return None
    shown: Record = {}
    for key, value in record.items():
        if key == "custom_fields":
            for code in account.fields[entity].custom:
                shown.update(_legacy_value(code, value.get(code)))
        elif key == "is_deleted":
            shown["active_flag"] = not value
        else:
            name = key if entity != "deal" and key == "owner_id" else _LEGACY_NAMES.get(key, key)
            shown[name] = clocktext.to_v1(value) if key.endswith("_time") else value
    if "visible_to" in shown:
        shown["visible_to"] = str(shown["visible_to"])
    if isinstance(shown.get("address"), dict):
        parts = shown.pop("address")
        shown["address"] = parts["value"]
        shown |= {f"address_{key}": part for key, part in parts.items() if key != "value"}
    return shown


def _legacy_value(code: str, value: Any) -> Record:
    """v1 puts the parts of a value beside it: `<hash>`, `<hash>_currency`, `<hash>_until`."""
    if isinstance(value, dict):
        parts = {f"{code}_{key}": part for key, part in value.items() if key != "value"}
        return {code: value["value"], **parts}
    if isinstance(value, list):
        return {code: ",".join(str(item) for item in value)}
    return {code: value}
