"""The catalogue: which entities, fields and actions each version of the Default endpoint has.

The facts lie in `facts.json` beside this file. A custom endpoint extends one of the versions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

#: The tenant's own endpoint, seen by signed-in callers only; it extends Default/24.200.001.
CUSTOM_ENDPOINT = ("MLConnect", "1.0.0")
EXTENDED_VERSION = "24.200.001"
NEWEST_TYPED = "24.200.001"


@dataclass(frozen=True)
class Field:
    """`kind` is value, linked or details; `type` a value's type, or the entity reached."""

    name: str
    kind: str
    type: str


@dataclass(frozen=True)
class Contract:
    """One version of an endpoint: entities with their fields, actions with their parameters."""

    version: str
    entities: dict[str, dict[str, Field]]
    actions: dict[str, dict[str, dict[str, str]]]

    def served(self, entity: str) -> bool:
        return entity in self.entities and entity in top_level()


@cache
def _facts() -> dict[str, Any]:
    text = files(__package__).joinpath("facts.json").read_text(encoding="utf-8")
    facts: dict[str, Any] = json.loads(text)
    return facts


def versions() -> tuple[str, ...]:
    return tuple(_facts()["versions"])


@cache
def top_level() -> frozenset[str]:
    """The entities that have an address of their own."""
    return frozenset(_facts()["top_level"])


def keys_of(entity: str) -> tuple[str, ...]:
    """Key fields in the order of the address; an inquiry has none."""
    return tuple(_facts()["keys"].get(entity, ()))


@cache
def contract(version: str) -> Contract:
    """Raises ValueError for a version that was never published."""
    place = versions().index(version)
    entities = {
        name: {
            field.name: field
            for written, fact in fields.items()
            if (field := _field(written, fact, place)) is not None
        }
        for name, fields in _facts()["entities"].items()
    }
    actions = {
        entity: {
            name: dict(fact["parameters"])
            for name, fact in named.items()
            if _holds(fact["served"], place)
        }
        for entity, named in _facts()["actions"].items()
    }
    return Contract(version, {n: f for n, f in entities.items() if f}, actions)


def _field(name: str, fact: str, place: int) -> Field | None:
    kind, _, spans = fact.partition("@")
    if spans and not _holds(spans, place):
        return None
    if kind.startswith("[]"):
        return Field(name, "details", kind[2:])
    return Field(name, "linked", kind[1:]) if kind.startswith("*") else Field(name, "value", kind)


def _holds(spans: str, place: int) -> bool:
    """Whether a place lies in spans such as `0,2-4`."""
    ends = [span.partition("-") for span in spans.split(",")]
    return any(int(first) <= place <= int(last or first) for first, _, last in ends)
