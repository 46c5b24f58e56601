"""The built-in fields of each entity, as the field lists name them: code, name, type, subfields.

A short, true-to-form selection; custom fields are added to it by the account.
"""

from __future__ import annotations

from typing import Any

from .field_values import ADDRESS_KEYS

_COMMON = (
    ("id", "ID", "int"),
    ("owner_id", "Owner", "user"),
    ("add_time", "Created", "date"),
    ("update_time", "Updated", "date"),
    ("visible_to", "Visible to", "visible_to"),
)
_ENTITY = {
    "organization": (
        ("name", "Name", "varchar"),
        ("label_ids", "Labels", "set"),
        ("address", "Address", "address"),
        ("website", "Website", "varchar"),
        ("linkedin", "LinkedIn profile", "varchar"),
        ("industry", "Industry", "enum"),
        ("annual_revenue", "Annual revenue", "int"),
        ("employee_count", "Number of employees", "int"),
    ),
    "person": (
        ("name", "Name", "varchar"),
        ("first_name", "First name", "varchar"),
        ("last_name", "Last name", "varchar"),
        ("emails", "Email", "varchar"),
        ("phones", "Phone", "phone"),
        ("org_id", "Organization", "org"),
        ("label_ids", "Labels", "set"),
        ("picture_id", "Picture", "picture"),
    ),
    "deal": (
        ("title", "Title", "varchar"),
        ("value", "Value", "monetary"),
        ("currency", "Currency", "varchar"),
        ("org_id", "Organization", "org"),
        ("person_id", "Contact person", "people"),
        ("pipeline_id", "Pipeline", "int"),
        ("stage_id", "Stage", "stage"),
        ("status", "Status", "status"),
        ("probability", "Probability", "int"),
        ("lost_reason", "Lost reason", "varchar_options"),
        ("won_time", "Won time", "date"),
        ("lost_time", "Lost time", "date"),
        ("close_time", "Deal closed on", "date"),
        ("expected_close_date", "Expected close date", "date"),
        ("label_ids", "Labels", "set"),
        ("is_archived", "Archive status", "boolean"),
    ),
    "product": (
        ("name", "Name", "varchar"),
        ("code", "Product code", "varchar"),
        ("description", "Description", "text"),
        ("unit", "Unit", "varchar"),
        ("tax", "Tax", "double"),
        ("category", "Category", "enum"),
        ("prices", "Unit prices", "price_list"),
        ("is_linkable", "Active", "boolean"),
        ("billing_frequency", "Billing frequency", "billing_frequency"),
    ),
    "activity": (
        ("subject", "Subject", "varchar"),
        ("type", "Type", "enum"),
        ("due_date", "Due date", "date"),
        ("due_time", "Due time", "time"),
        ("duration", "Duration", "time"),
        ("done", "Done", "boolean"),
        ("busy", "Free/busy", "boolean"),
        ("deal_id", "Deal", "deal"),
        ("org_id", "Organization", "org"),
        ("person_id", "Person", "people"),
        ("priority", "Priority", "enum"),
        ("note", "Note", "text"),
    ),
}
LABELS = {
    "organization": ((1, "Customer", "green"), (2, "Hot lead", "red"), (3, "Supplier", "blue")),
    "person": ((4, "Customer", "green"), (5, "Hot lead", "red"), (6, "Billing contact", "blue")),
    "deal": ((7, "Hot", "red"), (8, "Warm", "yellow"), (9, "Cold", "blue")),
}
_OPTIONS: dict[tuple[str, str], tuple[tuple[int | str, str], ...]] = {
    ("organization", "industry"): ((20, "Retail"), (21, "Construction"), (22, "Services")),
    ("deal", "status"): (("open", "Open"), ("won", "Won"), ("lost", "Lost")),
    ("product", "category"): ((30, "Services"), (31, "Goods")),
    ("activity", "priority"): ((263, "High"), (264, "Medium"), (265, "Low")),
}
PRIORITIES = (263, 264, 265)
INDUSTRIES = (20, 21, 22)

_SUBFIELDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "monetary": (("value", "Amount", "double"), ("currency", "Currency", "varchar")),
    "daterange": (("value", "Start", "date"), ("until", "End", "date")),
    "time": (("value", "Time", "time"), ("timezone_name", "Time zone", "varchar")),
    "timerange": (
        ("value", "Start", "time"),
        ("until", "End", "time"),
        ("timezone_name", "Time zone", "varchar"),
    ),
    "address": tuple(
        (key, key.replace("_", " ").capitalize(), "varchar")
        for key in (*ADDRESS_KEYS, "formatted_address")
    ),
}


def subfields(field_type: str, field_name: str) -> list[dict[str, str]] | None:
    parts = _SUBFIELDS.get(field_type)
    if parts is None:
        return None
    return [
        {"field_code": code, "field_name": f"{name} of {field_name}", "field_type": kind}
        for code, name, kind in parts
    ]


def option(option_id: int | str, label: str, at: str | None, color: str | None) -> dict[str, Any]:
    """An option of an enum or set field; built-in ones may have text ids and no times."""
    return {"id": option_id, "label": label, "color": color, "add_time": at, "update_time": at}


def _options(entity: str, code: str) -> list[dict[str, Any]] | None:
    if code == "label_ids":
        return [option(number, label, None, color) for number, label, color in LABELS[entity]]
    named = _OPTIONS.get((entity, code))
    return None if named is None else [option(key, label, None, None) for key, label in named]


def ui_visibility(entity: str) -> dict[str, Any]:
    """Where the field shows in Pipedrive's own pages: different keys per entity."""
    shown: dict[str, Any] = {"add_visible_flag": False, "details_visible_flag": True}
    if entity == "deal":
        shown["projects_detail_visible_flag"] = False
        shown["show_in_pipelines"] = {"show_in_all": True, "pipeline_ids": []}
    if entity in ("organization", "person"):
        shown["show_in_add_deal_dialog"] = {"show": False, "order": None}
    if entity == "organization":
        shown["show_in_add_person_dialog"] = {"show": False, "order": None}
    return shown


def required_fields(entity: str) -> dict[str, Any]:
    if entity == "deal":
        return {"enabled": False, "stage_ids": [], "statuses": {}}
    return {"enabled": False}


def definition(
    entity: str,
    code: str,
    name: str,
    kind: str,
    options: list[dict[str, Any]] | None,
    *,
    custom: bool,
) -> dict[str, Any]:
    """A field as the v2 field lists show it, with every optional part."""
    return {
        "field_name": name,
        "field_code": code,
        "description": "",
        "field_type": kind,
        "options": options,
        "subfields": subfields(kind, name),
        "is_custom_field": custom,
        "is_optional_response_field": False,
        "ui_visibility": ui_visibility(entity),
        "important_fields": {"enabled": False, "stage_ids": []},
        "required_fields": required_fields(entity),
    }


def built_in(entity: str) -> list[dict[str, Any]]:
    return [
        definition(entity, code, name, kind, _options(entity, code), custom=False)
        for code, name, kind in (*_ENTITY[entity], *_COMMON)
    ]
