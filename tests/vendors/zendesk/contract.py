"""Zendesk's own OpenAPI file, read once, and what a request of ours or an answer breaks of it.

The file leaves paging and most error answers out, and is behind the API in a few spots; each
departure is listed here with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from jsonschema import ValidationError
from openapi_schema_validator import OAS30Validator

from ml_connector.core.wire import Response
from ml_connector.http.transport import Outgoing, Transport

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "zendesk"
Operation = Mapping[str, Any]

PAGING = {"page[size]": {"type": "integer"}, "page[after]": {"type": "string"}}
"""Taken by listings; the file declares them for records only ("Pagination")."""

BODIES = {
    "organization_field": "OrganizationFieldResponse",
    "user_field": "UserFieldResponse",
    "identity": "UserIdentityResponse",
    "organization": "CreateOrganizationRequest",
    "organizations": "OrganizationsResponse",
    "custom_object_record": "CustomObjectRecordsUpsertRequest",
}
"""Where the file has no schema of a request, that of its answer or of another request holds."""

FREE = frozenset({"organization_fields", "user_fields", "custom_object_fields", "results"})
"""Custom values: published as text or number; a checkbox is a boolean, what is unset is null. The
results of a job: published as exactly one of three forms, of which every result meets several."""


@cache
def document() -> dict[str, Any]:
    """The whole file; skips where it is not at hand."""
    file = SPECS / "oas.yaml"
    if not file.exists():
        pytest.skip("Zendesk's OpenAPI file is not beside this repository (../shared/specs)")
    loaded: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def operation_of(method: str, path: str) -> tuple[str, Operation]:
    """The template and the operation that a request calls; fails the test where there is none."""
    paths = document()["paths"]
    for template in sorted(paths, key=lambda template: template.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found = paths[template].get(method.lower())
            if found is not None:
                shared = paths[template].get("parameters", ())
                return template, {**found, "parameters": [*shared, *found.get("parameters", ())]}
    raise AssertionError(f"{method} {path} is not in the contract")


def problems(outgoing: Outgoing) -> list[str]:
    """Every way in which a request breaks the contract."""
    _, called = operation_of(outgoing.method, _path(outgoing))
    found = list(_of_query(called, outgoing))
    if outgoing.body is not None:
        body = json.loads(outgoing.body)
        broken = _broken(_body_schema(called, body), body)
        # An update is partial, though the schema that it shares with creates asks for a name.
        is_partial = outgoing.method != "POST"
        found += [f"body: {p}" for p in broken if not (is_partial and "required property" in p)]
    return found


def answer_problems(outgoing: Outgoing, response: Response) -> list[str]:
    """Every way in which a good answer breaks the contract."""
    template, called = operation_of(outgoing.method, _path(outgoing))
    if not 200 <= response.status < 300 or not response.body.strip():
        return []
    declared = called["responses"].get(str(response.status)) or called["responses"].get("200", {})
    schema = declared.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return []
    where = f"{outgoing.method} {template} {response.status}"
    return [f"{where}: {problem}" for problem in _broken(schema, json.loads(response.body))]


class Checked:
    """Implements `http.transport.Transport`; `problems` collects what breaks the contract."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.problems: list[str] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.problems += problems(outgoing)
        response = await self._inner.send(outgoing)
        self.problems += answer_problems(outgoing, response)
        return response


def _path(outgoing: Outgoing) -> str:
    return "/api/v2" + urlsplit(outgoing.url).path.partition("/api/v2")[2]


def _of_query(called: Operation, outgoing: Outgoing) -> Iterator[str]:
    declared = {}
    for parameter in called["parameters"]:
        name = parameter.get("$ref", "").rpartition("/")[2]
        known = document()["components"]["parameters"][name] if name else parameter
        if known["in"] == "query":
            declared[known["name"]] = known["schema"]
    if outgoing.method == "GET":
        declared |= PAGING
    for name, text in parse_qsl(urlsplit(outgoing.url).query):
        if name not in declared:
            yield f"parameter {name} is not declared"
        elif declared[name]["type"] == "integer" and not text.isdecimal():
            yield f"parameter {name} is no number"


def _body_schema(called: Operation, body: Mapping[str, Any]) -> Mapping[str, Any]:
    content = called.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        schema: Mapping[str, Any] = content["schema"]
        return schema
    [envelope] = body
    return {"$ref": f"#/components/schemas/{BODIES[envelope]}"}


def _broken(schema: Mapping[str, Any], body: Any) -> Iterator[str]:
    whole = {"allOf": [schema], "components": document()["components"]}
    for error in OAS30Validator(whole).iter_errors(body):
        if not _is_known(error):
            yield f"{'.'.join(map(str, error.path))}: {error.message[:200]}"


def _is_known(error: ValidationError) -> bool:
    """Whether it is a departure that practice shows: nearly everything is null while it is unset,
    and nothing is published as such."""
    if error.instance is None or FREE & {str(part) for part in error.absolute_path}:
        return True
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    return any(all(map(_is_known, inner)) for inner in branches.values())
