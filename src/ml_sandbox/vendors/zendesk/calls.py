"""A call is one API request that the gateway let pass: who asks, for what, with which body.

The route table knows each operation by `METHOD /path/{id}` and finds it for a concrete path, fixed
segments before variable ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .account import ADMIN, AGENT, Actor
from .errors import Refusal, forbidden, missing_parameter, not_found, not_json


@dataclass(frozen=True)
class Answer:
    """`body` None is an empty answer."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Call:
    """`names` are the variable path segments; `path` is the path as asked, without suffix."""

    actor: Actor
    method: str
    path: str
    names: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes
    headers: Mapping[str, str]
    scopes: tuple[str, ...] | None = None
    unused: list[str] = field(default_factory=list)

    def number(self, name: str = "id") -> int:
        """A path segment that is an id. Raises 404 for anything else."""
        text = self.names[name]
        if not text.isdigit() or len(text) > 18:
            raise not_found()
        return int(text)

    def body(self) -> dict[str, Any]:
        """The JSON body; empty where none of that type was sent (it is not looked at then)."""
        if not self.headers.get("content-type", "").lower().startswith("application/json"):
            return {}
        try:
            found = json.loads(self.raw or b"{}")
        except ValueError:
            raise not_json() from None
        return found if isinstance(found, dict) else {}

    def wrapped(self, name: str) -> dict[str, Any]:
        """The object under that key of the body. Raises 400 where it is missing."""
        found = self.body().get(name)
        if not isinstance(found, dict):
            raise missing_parameter(name)
        return found

    def wrapped_list(self, name: str) -> list[Any]:
        found = self.body().get(name)
        if not isinstance(found, list):
            raise missing_parameter(name)
        return found

    def need_admin(self) -> None:
        if self.actor.role != ADMIN:
            raise forbidden()

    def need_agent(self) -> None:
        if self.actor.role not in (ADMIN, AGENT):
            raise forbidden()


Handler = Callable[[Call], Answer]


class Routes:
    """Finds the handler of a method and path."""

    def __init__(self, handlers: Iterable[tuple[str, Handler]]) -> None:
        self._by_length: dict[int, list[tuple[str, tuple[str, ...], Handler]]] = {}
        for operation, handler in handlers:
            method, _, path = operation.partition(" ")
            parts = tuple(path.strip("/").split("/"))
            self._by_length.setdefault(len(parts), []).append((method, parts, handler))
        for candidates in self._by_length.values():
            candidates.sort(key=lambda entry: [part.startswith("{") for part in entry[1]])

    def find(self, method: str, path: str) -> tuple[Handler, str, dict[str, str]]:
        """The handler, its path with names in braces, and their values. Raises Refusal."""
        parts = tuple(path.strip("/").split("/"))
        known = False
        for candidate_method, candidate, handler in self._by_length.get(len(parts), ()):
            names = _fit(candidate, parts)
            if names is None:
                continue
            if candidate_method == method:
                return handler, "/" + "/".join(candidate), names
            known = True
        if known:
            raise Refusal(405, {"error": "MethodNotAllowed", "description": "Method not allowed"})
        raise Refusal(404, {"error": "InvalidEndpoint", "description": "Not found"})


def _fit(candidate: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    names = {}
    for expected, part in zip(candidate, parts, strict=True):
        if expected.startswith("{"):
            names[expected[1:-1]] = part
        elif expected != part:
            return None
    return names
