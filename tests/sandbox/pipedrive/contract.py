"""The published contract: checks an answer against Pipedrive's own OpenAPI files.

The files leave `nullable` out nearly everywhere and are wrong in a few spots; each departure is
listed here with its reason, everything else must fit.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator

SPECS = Path(__file__).resolve().parents[4] / "shared" / "specs" / "pipedrive"

#: Published as plain types, null in practice when unset or at the end (sheet, 4, 5 and 9).
NULL_IN_PRACTICE = frozenset(
    {
        "next_cursor",
        "address",
        "org_id",
        "person_id",
        "deal_id",
        "lead_id",
        "project_id",
        "task_id",
        "last_name",
        "picture_id",
        "stage_change_time",
        "won_time",
        "lost_time",
        "expected_close_date",
        "postal_address",
        "notes",
        "birthday",
        "job_title",
        "due_time",
        "due_date",
        "duration",
        "marked_as_done_time",
        "location",
        "attendees",
        "conference_meeting_client",
        "conference_meeting_url",
        "conference_meeting_id",
        "public_description",
        "priority",
        "note",
        "code",
        "unit",
        "description",
        "country",
        "admin_area_level_1",
        "admin_area_level_2",
        "locality",
        "sublocality",
        "route",
        "street_number",
        "subpremise",
        "postal_code",
        "organization",
        "person",
        "deal",
        "project",
        "task",
        "last_update_user_id",
        "icon_url",
        "archive_time",
        "label",
    }
)
#: Published types that the published examples themselves contradict.
WRONG_TYPES = {
    # GET /products/search: integer in the schema, text in GET /itemSearch's example
    ("products/search", "code"): {"type": "string", "nullable": True},
    # GET /deals/search: integer in the schema, while deals carry decimals
    ("deals/search", "value"): {"type": "number"},
}


@lru_cache(maxsize=2)
def published(version: str) -> dict[str, Any]:
    """The parsed file of `v1` or `v2`; skips the test where the given material is absent."""
    path = SPECS / f"openapi-{version}.yaml"
    if not path.exists():
        pytest.skip(f"the published OpenAPI file is not beside the repository: {path}")
    loaded: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


def operations(version: str) -> dict[str, dict[str, Any]]:
    """`METHOD /path` -> the published operation."""
    methods = ("get", "post", "put", "patch", "delete")
    return {
        f"{method.upper()} {path}": operation
        for path, item in published(version)["paths"].items()
        for method, operation in item.items()
        if method in methods
    }


@lru_cache(maxsize=512)
def validator(version: str, operation: str, status: int) -> OAS30Validator | None:
    """The validator of one answer; None where none is published."""
    declared = operations(version)[operation]["responses"].get(str(status))
    if declared is None:
        return None
    content = declared.get("content", {}).get("application/json", {})
    if "schema" not in content:
        return None
    root = published(version)
    schema = _converted(content["schema"], root, operation.partition(" /")[2], "")
    return OAS30Validator(schema)


def _converted(schema: Any, root: dict[str, Any], path: str, name: str) -> Any:
    """The schema with its references followed and the departures above worked in."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _converted(target, root, path, name)
    if (path, name) in WRONG_TYPES:
        return WRONG_TYPES[path, name]
    converted = {
        key: value for key, value in schema.items() if key not in ("example", "examples", "format")
    }
    for key in ("allOf", "oneOf", "anyOf"):
        if key in converted:
            converted[key] = [_converted(part, root, path, name) for part in converted[key]]
    if "properties" in converted:
        converted["properties"] = {
            key: _converted(part, root, path, key) for key, part in converted["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(converted.get(key), dict):
            converted[key] = _converted(converted[key], root, path, name)
    if name in NULL_IN_PRACTICE and "type" in converted:
        converted["nullable"] = True
    return converted


def check(version: str, operation: str, status: int, body: Any) -> None:
    """Fails the test if the answer does not fit what is published for it."""
    checker = validator(version, operation, status)
    if checker is None:
        return
    errors = [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in checker.iter_errors(body)
    ]
    assert not errors, f"{operation} {status}: {errors[:5]}"


def properties(version: str, schema: Any) -> set[str]:
    """All property names of an object schema, through references and `allOf`."""
    while "$ref" in schema:
        target: Any = published(version)
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    names = set(schema.get("properties", ()))
    for part in schema.get("allOf", ()):
        names |= properties(version, part)
    return names
