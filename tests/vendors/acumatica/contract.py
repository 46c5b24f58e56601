"""The published fields: whether what is asked of an entity exists in a version of the endpoint.

The file is derived from the vendor's own SDK models (MIT, Copyright (c) 2023 Acumatica).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SPECS = Path(__file__).parents[4] / "shared" / "specs" / "acumatica" / "core-entities.json"


@cache
def _loaded() -> dict[str, Any]:
    if not SPECS.exists():
        pytest.skip("Acumatica's field lists are not beside this repository (../shared/specs)")
    loaded: dict[str, Any] = json.loads(SPECS.read_text("utf-8"))
    return loaded


def versions() -> list[str]:
    return [name.partition("/")[2] for name in _loaded()["endpoints"]]


def entity(version: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = _loaded()["endpoints"][f"Default/{version}"]["entities"][name]["fields"]
    return found


def keys(name: str) -> list[str]:
    found: list[str] = _loaded()["key_fields"][name]
    return found


def actions(version: str, name: str) -> set[str]:
    told = _loaded()["endpoints"][f"Default/{version}"]["actions"]
    return {each["action"] for each in told if each["entity"] == name}


def unknown_paths(version: str, name: str, params: Mapping[str, str]) -> list[str]:
    """What $select and $expand name that the entity does not have, and levels left shut."""
    fields, found = entity(version, name), []
    opened = [path for path in params.get("$expand", "").split(",") if path]
    for path in [*params["$select"].split(","), *opened]:
        at: dict[str, Any] | None = fields
        *levels, last = path.split("/")
        if levels and "/".join(levels) not in opened:
            found.append(f"{path} is not expanded")
        for level in levels:
            field = at.get(level) if at else None
            at = entity(version, field["entity"]) if field and "entity" in field else None
        if at is None or last not in at:
            found.append(path)
    return found


def problems(version: str, name: str, body: Mapping[str, Any]) -> Iterator[str]:
    """Every way in which a record in a request breaks the published fields."""
    fields = entity(version, name)
    for field, told in body.items():
        known = fields.get(field)
        if known is None:
            yield f"{name} has no {field}"
        elif known["kind"] == "linked":
            yield from problems(version, known["entity"], told)
        elif known["kind"] == "details":
            for line in told:
                yield from problems(version, known["entity"], line)
        elif told.keys() != {"value"} or not _fits(known["type"], told["value"]):
            yield f"{name}.{field} of type {known['type']} is {told}"


def _fits(type_: str, value: Any) -> bool:
    if value is None:
        return True
    if type_ == "Boolean":
        return isinstance(value, bool)
    if type_ in ("Int", "Short", "Long"):
        return isinstance(value, int) and not isinstance(value, bool)
    if type_ in ("Decimal", "Double"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)
