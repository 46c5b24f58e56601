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
    "custom_object_record": "CustomObjectRecordsUpsertRequest",
}
"""Where the file has no schema of a request, that of its answer or of another request holds."""

NULL_IN_PRACTICE = frozenset({"organization_fields"})
"""Published as plain types, null where they, or what is in them, are unset or cleared."""


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
        found += [f"body: {problem}" for problem in _broken(_body_schema(called, body), body)]
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
        spot = [str(part) for part in error.path]
        if error.instance is None and spot and NULL_IN_PRACTICE & set(spot[-2:]):
            continue
        yield f"{'.'.join(spot)}: {error.message[:200]}"
