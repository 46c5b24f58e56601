"""A call is one API request after the gateway let it pass: who asks, for what, with which body.

The route table knows each operation by `METHOD /path/{id}` and finds it for a concrete path,
fixed segments before variable ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .account import Actor
from .errors import Invalid


@dataclass(frozen=True)
class Call:
    """`names` are the variable path segments, `query` the last value of each parameter."""

    actor: Actor
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def number(self, name: str = "id") -> int:
        """A path segment that must be an integer; raises Invalid otherwise."""
        text = self.names[name]
        if not text.isdigit() or len(text) > 15:
            raise Invalid([(name, "must be an integer")])
        return int(text)


@dataclass(frozen=True)
class Answer:
    body: dict[str, Any]
    status: int = 200


Handler = Callable[[Call], Answer]


def ok(data: Any, status: int = 200) -> Answer:
    return Answer({"success": True, "data": data}, status)


def page(data: list[Any] | dict[str, Any], next_cursor: str | None) -> Answer:
    additional = {"next_cursor": next_cursor}
    return Answer({"success": True, "data": data, "additional_data": additional})


class Routes:
    """Finds the operation of a method and path below one version's prefix."""

    def __init__(self, operations: Iterable[str]) -> None:
        self._by_length: dict[int, list[tuple[str, tuple[str, ...]]]] = {}
        for operation in operations:
            method, _, path = operation.partition(" ")
            parts = tuple(path.strip("/").split("/"))
            self._by_length.setdefault(len(parts), []).append((method, parts))
        for candidates in self._by_length.values():
            candidates.sort(key=lambda entry: [part.startswith("{") for part in entry[1]])

    def find(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """`METHOD /path/{id}` and its segments' values, or None where no such path is known.

        A known path with another method is given back with an empty operation.
        """
        parts = tuple(path.strip("/").split("/"))
        known_path = False
        for candidate_method, candidate in self._by_length.get(len(parts), ()):
            names = _fit(candidate, parts)
            if names is None:
                continue
            if candidate_method == method:
                return f"{method} /{'/'.join(candidate)}", names
            known_path = True
        return ("", {}) if known_path else None


def _fit(candidate: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    names = {}
    for expected, part in zip(candidate, parts, strict=True):
        if expected.startswith("{"):
            names[expected[1:-1]] = part
        elif expected != part:
            return None
    return names
