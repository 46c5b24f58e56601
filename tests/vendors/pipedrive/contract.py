"""Pipedrive's own OpenAPI files, read once, and what a request of ours breaks of them."""

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

from ml_connector.http.transport import Outgoing

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "pipedrive"
Operation = Mapping[str, Any]


@cache
def paths(version: str) -> dict[str, Any]:
    """Path templates and their operations; skips where the files are not at hand."""
    file = SPECS / f"openapi-{version}.yaml"
    if not file.exists():
        pytest.skip("Pipedrive's OpenAPI files are not beside this repository (../shared/specs)")
    # The C loader reads the three megabytes in a tenth of the time.
    loaded = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    found: dict[str, Any] = loaded["paths"]
    return found


def operation(version: str, method: str, path: str) -> Operation | None:
    """The operation of that very template, or None."""
    found: Operation | None = paths(version).get(path, {}).get(method.lower())
    return found


def operation_of(outgoing: Outgoing) -> Operation:
    """The operation that a request calls; fails the test where there is none."""
    parts = re.match(r".*?/(?:api/)?(v[12])(/.*)", urlsplit(outgoing.url).path)
    assert parts is not None, outgoing.url
    version, path = parts.groups()
    candidates = sorted(paths(version), key=lambda template: template.count("{"))
    for template in candidates:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found = operation(version, outgoing.method, template)
            if found is not None:
                return found
    raise AssertionError(f"{outgoing.method} {path} is not in the contract")


def problems(outgoing: Outgoing) -> list[str]:
    """Every way in which a request breaks the contract."""
    called = operation_of(outgoing)
    return [*_of_query(called, outgoing), *_of_body(called, outgoing)]


def _of_query(called: Operation, outgoing: Outgoing) -> Iterator[str]:
    declared = {p["name"]: p["schema"] for p in called.get("parameters", ()) if p["in"] == "query"}
    for name, text in parse_qsl(urlsplit(outgoing.url).query):
        schema = declared.get(name)
        if schema is None:
            yield f"parameter {name} is not declared"
            continue
        value: Any = int(text) if schema["type"] == "integer" else text
        if schema["type"] == "array":
            value = [int(part) for part in text.split(",")]
        yield from (f"{name}: {e.message}" for e in OAS30Validator(schema).iter_errors(value))


def _of_body(called: Operation, outgoing: Outgoing) -> Iterator[str]:
    declared = called.get("requestBody", {}).get("content", {}).get("application/json")
    if outgoing.body is None or declared is None:
        if outgoing.body is not None or declared is not None:
            yield "a body, or none, against the contract"
        return
    # Pipedrive refuses keys that it does not know, which the file does not say.
    schema = {**_merged(declared["schema"]), "additionalProperties": False}
    body = json.loads(outgoing.body)
    yield from (f"{list(e.path)}: {e.message}" for e in OAS30Validator(schema).iter_errors(body))


def _merged(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that is put together of parts, as one, so that what it leaves out can be told."""
    parts = [_merged(part) for part in schema.get("allOf", ())]
    if not parts:
        return schema
    required = [name for part in parts for name in part.get("required", ())]
    properties = {k: v for part in parts for k, v in part.get("properties", {}).items()}
    return {"type": "object", "required": required, "properties": properties}
