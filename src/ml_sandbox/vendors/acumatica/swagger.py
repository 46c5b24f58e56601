"""The description of an endpoint in OpenAPI 3.0.1, generated from the catalogue's facts.

Tags carry the form id in brackets and operation ids are `Customer_GetList` and so on: clients build
their services from these (sheet, section 13).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ml_sandbox.vendors.acumatica.catalogue import Contract, Field, contract, keys_of, top_level
from ml_sandbox.vendors.acumatica.screens import SCREENS

Schema = dict[str, Any]

_VALUES: dict[str, Schema] = {
    "String": {"type": "string"},
    "Int": {"type": "integer", "format": "int32"},
    "Short": {"type": "integer", "format": "int32"},
    "Long": {"type": "integer", "format": "int64"},
    "Byte": {"type": "integer", "format": "int32"},
    "Decimal": {"type": "number", "format": "double"},
    "Double": {"type": "number", "format": "double"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Guid": {"type": "string", "format": "uuid"},
    "CustomString": {"type": "string"},
}
_QUERY = ("$select", "$filter", "$expand", "$custom", "$skip", "$top")


def described(version: str, base: str) -> Schema:
    """The whole description, with the endpoint's address in it."""
    return {**_paths_and_schemas(version), "servers": [{"url": base}]}


def described_site(root: str) -> Schema:
    """Login, logout and the list of endpoints."""
    empty: Schema = {"responses": {"204": {"description": "Success"}}, "tags": ["auth"]}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Acumatica site", "version": "1"},
        "servers": [{"url": root or "/"}],
        "paths": {
            "/entity": {"get": {"tags": ["version"], "responses": {"200": {"description": "OK"}}}},
            "/entity/auth/login": {"post": {**empty, "operationId": "Auth_Login"}},
            "/entity/auth/logout": {"post": {**empty, "operationId": "Auth_Logout"}},
        },
    }


@cache
def _paths_and_schemas(version: str) -> Schema:
    known = contract(version)
    entities = [name for name in sorted(top_level()) if known.served(name)]
    paths: Schema = {}
    for entity in entities:
        paths.update(_paths(known, entity))
    return {
        "openapi": "3.0.1",
        "info": {"title": f"Default/{version}", "version": "1"},
        "tags": [
            {"name": e, "description": f"{SCREENS[e].title} ({SCREENS[e].form})"} for e in entities
        ],
        "paths": paths,
        "components": {"parameters": _parameters(), "schemas": _schemas(known)},
    }


def _parameters() -> Schema:
    found: Schema = {
        name.removeprefix("$"): {"name": name, "in": "query", "schema": {"type": "string"}}
        for name in _QUERY
    }
    for name in ("id", "ids"):
        found[name] = {
            "name": name, "in": "path", "required": True, "schema": {"type": "string"},
        }  # fmt: skip
    return found


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _operation(entity: str, name: str, *parameters: str, body: str = "", **answers: Any) -> Schema:
    made: Schema = {
        "tags": [entity],
        "summary": name,
        "operationId": f"{entity}_{name}",
        "parameters": [_ref("parameters", p) for p in parameters],
        "responses": {status.removeprefix("s"): answer for status, answer in answers.items()},
    }
    if body:
        content = {"application/json": {"schema": _ref("schemas", body)}}
        made["requestBody"] = {"content": content}
    return made


def _answer(schema: Schema) -> Schema:
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _paths(known: Contract, entity: str) -> Schema:
    one = _answer(_ref("schemas", entity))
    many = _answer({"type": "array", "items": _ref("schemas", entity)})
    done: Schema = {"description": "Success"}
    shape = ("select", "filter", "expand", "custom")
    put = _operation(entity, "PutEntity", *shape, body=entity, s200=one)
    if not keys_of(entity):
        return {f"/{entity}": {"put": put}}
    paths: Schema = {
        f"/{entity}": {
            "get": _operation(entity, "GetList", *shape, "skip", "top", s200=many),
            "put": put,
        },
        f"/{entity}/{{id}}": {
            "get": _operation(entity, "GetById", "id", "select", "expand", "custom", s200=one),
            "delete": _operation(entity, "DeleteById", "id", s204=done),
        },
        f"/{entity}/{{ids}}": {
            "get": _operation(entity, "GetByKeys", "ids", "select", "expand", "custom", s200=one),
            "delete": _operation(entity, "DeleteByKeys", "ids", s204=done),
        },
        f"/{entity}/{{ids}}/files/{{filename}}": {
            "put": _operation(entity, "PutFile", "ids", s204=done)
        },
        f"/{entity}/$adHocSchema": {"get": _operation(entity, "GetAdHocSchema", s200=one)},
    }
    for action in known.actions.get(entity, {}):
        started = {"s202": {"description": "Accepted"}, "s204": done}
        invoke = _operation(entity, f"InvokeAction_{action}", body=action, **started)
        paths[f"/{entity}/{action}"] = {"post": invoke}
    return paths


def _schemas(known: Contract) -> Schema:
    found: Schema = {
        f"{kind}Value": {
            "type": "object",
            "properties": {"value": value, "error": {"type": "string"}},
        }
        for kind, value in _VALUES.items()
    }
    found["Entity"] = _entity()
    found["FileLink"] = _bare("id", "filename", "href", "comment")
    for name, fields in known.entities.items():
        found[name] = _extended({f.name: _field(f) for f in fields.values()})
    for entity, actions in known.actions.items():
        for action, parameters in actions.items():
            found[action] = _action(entity, parameters)
    return found


def _entity() -> Schema:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "rowNumber": {"type": "integer", "format": "int64"},
            "note": _ref("schemas", "StringValue"),
            "custom": {"type": "object", "additionalProperties": {"type": "object"}},
            "error": {"type": "string"},
            "files": {"type": "array", "items": _ref("schemas", "FileLink")},
            "_links": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }


def _bare(*names: str) -> Schema:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def _extended(properties: Schema) -> Schema:
    return {"allOf": [_ref("schemas", "Entity"), {"type": "object", "properties": properties}]}


def _field(field: Field) -> Schema:
    if field.kind == "value":
        return _ref("schemas", f"{field.type}Value")
    below = _ref("schemas", field.type)
    return {"type": "array", "items": below} if field.kind == "details" else below


def _action(entity: str, parameters: dict[str, str]) -> Schema:
    properties: Schema = {"entity": _ref("schemas", entity)}
    if parameters:
        properties["parameters"] = {
            "type": "object",
            "properties": {n: _ref("schemas", f"{k}Value") for n, k in parameters.items()},
        }
    return {"type": "object", "required": ["entity"], "properties": properties}
