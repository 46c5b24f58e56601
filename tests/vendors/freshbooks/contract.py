"""The community's OpenAPI description, used to look at what the client sends.

It is not official; where it is known to be wrong (its README says where) it is read leniently: a
callback's change needs to fit one of the kinds of change, not exactly one.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator

from ml_connector.http.transport import Outgoing
from tests.vendors.freshbooks.given import spec
from tests.vendors.freshbooks.wires import ORIGIN

_SEARCH = re.compile(r"search\[(\w+)\](?:\[\])?")


def problems(sent: Outgoing, origin: str = ORIGIN) -> list[str]:
    """What a request breaks of the description."""
    contract = spec("openapi-community.yaml")
    parts = urlsplit(sent.url.removeprefix(origin))
    operation = _operation(contract, sent.method, parts.path)
    if operation is None:
        return [f"{sent.method} {parts.path} is not described"]
    return [*_query_problems(contract, operation, parts.query),
            *_body_problems(contract, operation, sent.body)]  # fmt: skip


def _operation(contract: Any, method: str, path: str) -> Any:
    for template, item in contract["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return item.get(method.lower())
    return None


def _query_problems(contract: Any, operation: Any, query: str) -> list[str]:
    described = [_resolved(contract, told) for told in operation.get("parameters", [])]
    schemas = {told["name"]: told["schema"] for told in described if told["in"] == "query"}
    found = []
    for name, value in parse_qsl(query):
        searched = _SEARCH.fullmatch(name)
        schema = schemas.get("search" if searched else name)
        if schema is None:
            found.append(f"the query {name} is not described")
        elif schema["type"] == "integer":
            validator = Draft202012Validator(schema)
            found += [error.message for error in validator.iter_errors(int(value))]
    return found


def _body_problems(contract: Any, operation: Any, body: bytes | None) -> list[str]:
    described = operation.get("requestBody")
    if described is None:
        return [] if body is None else ["a body is not described"]
    schema = json.loads(json.dumps(described["content"]["application/json"]["schema"]))
    whole = json.loads(json.dumps({**schema, "components": contract["components"]})
                       .replace('"oneOf"', '"anyOf"'))  # fmt: skip
    return [
        error.message
        for error in Draft202012Validator(whole).iter_errors(json.loads(body or b"null"))
    ]


def _resolved(contract: Any, told: Any) -> Any:
    if "$ref" not in told:
        return told
    at = contract
    for step in told["$ref"].removeprefix("#/").split("/"):
        at = at[step]
    return at
