"""The published contract: checks an answer against Zendesk's own OpenAPI file of April 2025.

The file leaves `nullable` out in many places and knows less than the service of 2026 does; each
departure is listed here with its reason, everything else must fit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator

SPECS = Path(__file__).resolve().parents[4] / "shared" / "specs" / "zendesk"

#: Published as plain types, null in practice when unset (recorded answers; sheet, 3 to 6).
NULL_IN_PRACTICE = frozenset(
    {
        "alias", "assignee_id", "default", "default_group_id", "due_at", "email", "expires_at",
        "external_id", "group_id", "last_login_at", "locale", "notes", "organization_id",
        "organization_name", "phone", "photo", "priority", "problem_id", "recipient",
        "refresh_token", "satisfaction_rating", "signature", "ticket_restriction", "type",
        "two_factor_auth_enabled", "used_at", "verified_at", "end_time", "tag", "id", "url",
        "created_at", "updated_at",
    }
)  # fmt: skip
#: Values of custom fields: published as text or number, while checkboxes, lists and nulls occur.
ANYTHING = frozenset({"organization_fields", "user_fields", "custom_object_fields"})
#: The file's own error: a boolean `required` inside of a property, and results of jobs as oneOf of
#: shapes that do not exclude each other.
LOOSE = frozenset({"results", "winner_id"})
#: Only `users` is published as an answer of sources-by-target; records come under their own name.
UNPUBLISHED = ("relationship_fields",)


@lru_cache(maxsize=1)
def published() -> dict[str, Any]:
    """The parsed file; skips the test where the given material is absent."""
    path = SPECS / "oas.yaml"
    if not path.exists():
        pytest.skip(f"the published OpenAPI file is not beside the repository: {path}")
    loaded: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


def is_at_hand() -> bool:
    return (SPECS / "oas.yaml").exists()


@lru_cache(maxsize=1)
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """Templates by rising number of variable segments, as patterns."""
    found = []
    for template in sorted(published()["paths"], key=lambda p: (p.count("{"), p)):
        pattern = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(template))
        found.append((re.compile(pattern), template))
    return found


def template_of(path: str) -> str | None:
    for pattern, template in _paths():
        if pattern.fullmatch(path):
            return template
    return None


@lru_cache(maxsize=512)
def _validator(template: str, method: str, status: int) -> OAS30Validator | None:
    operation = published()["paths"][template].get(method.lower(), {})
    declared = operation.get("responses", {}).get(str(status), {})
    content = declared.get("content", {}).get("application/json", {})
    if "schema" not in content:
        return None
    return OAS30Validator(_converted(content["schema"], ""))


def _converted(schema: Any, name: str) -> Any:
    """The schema with its references followed and the departures above worked in."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target: Any = published()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _converted(target, name)
    if name in ANYTHING or name in LOOSE:
        return {}
    converted = {
        key: value
        for key, value in schema.items()
        if key not in ("example", "examples", "format") and not (key == "enum" and name)
    }
    for key in ("allOf", "oneOf", "anyOf"):
        if key in converted:
            converted[key] = [_converted(part, name) for part in converted[key]]
    if "properties" in converted:
        converted["properties"] = {
            key: _converted(part, key) for key, part in converted["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(converted.get(key), dict):
            converted[key] = _converted(converted[key], "")
    if name in NULL_IN_PRACTICE and "type" in converted:
        converted["nullable"] = True
    return converted


def problems(method: str, path: str, status: int, body: Any) -> list[str]:
    """What does not fit in an answer; nothing where nothing is published, or no file is here.

    `path` is below the vendor's prefix, without suffix and query.
    """
    if not is_at_hand() or any(word in path for word in UNPUBLISHED):
        return []
    template = template_of(path)
    checker = None if template is None else _validator(template, method, status)
    if checker is None:
        return []
    return [
        f"{method} {template} {status} {'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in checker.iter_errors(body)
    ]
