"""The API as one connection reaches it: a request goes out, the opened envelope comes back.

A record travels as `{"organization": {…}}`, a listing as `{"organizations": […], "meta": {…}}`.
Where the parts of each kind of record stand is told by its `Place`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ml_connector.core.faults import UnknownOutcome, Unreachable
from ml_connector.core.limits import Price
from ml_connector.core.objects import id_of
from ml_connector.core.wire import Errand, Request, Wire
from ml_connector.vendors.zendesk.objects import PAGE_SIZE

ROOT = "/api/v2"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The path of a kind of record, its names in envelopes, and the home of its custom fields."""

    path: str
    one: str
    many: str
    custom: str = ""


ORGANIZATION = Place("/organizations", "organization", "organizations", "organization_fields")
USER = Place("/users", "user", "users", "user_fields")


def place_of(name: str) -> Place:
    """Of a target object's name; every other name is the key of a custom object."""
    for place in (ORGANIZATION, USER):
        if place.many == name:
            return place
    path = f"/custom_objects/{quoted(name)}/records"
    return Place(path, "custom_object_record", "custom_object_records", "custom_object_fields")


def quoted(part: str) -> str:
    """An id or a key as part of a path."""
    return quote(part, safe="")


class Api:
    """Sends over the wire of one connection. Paths are below /api/v2, or whole from /api/ on."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send(
        self,
        method: str,
        path: str,
        errand: Errand,
        *,
        params: Mapping[str, str] | None = None,
        kind: str = "",
        **more: Any,
    ) -> Json:
        """The answer's envelope; `more` is of the request. Raises what the wire raises, and
        UnknownOutcome where the answer to a write is broken."""
        writes = method != "GET"
        where = path if path.startswith("/api/") else ROOT + path
        request = Request(
            method, where, params=params or {}, price=Price(kind=kind), writes=writes, **more
        )
        body = (await self._wire.send(request, errand)).json()
        if isinstance(body, dict):
            return body
        sentence = "The answer is not one of Zendesk's. Is base_url the right address?"
        raise UnknownOutcome(sentence) if writes else Unreachable(sentence)

    async def write(
        self,
        method: str,
        path: str,
        place: Place,
        fields: Json,
        errand: Errand,
        *,
        params: Mapping[str, str] | None = None,
        kind: str = "",
    ) -> Json:
        """The record that the answer holds, after its fields were sent in the same envelope."""
        json = {place.one: fields}
        body = await self.send(method, path, errand, params=params, json=json, kind=kind)
        if isinstance(body.get(place.one), dict):
            return dict(body[place.one])
        raise UnknownOutcome(f"The answer to a write holds no {place.one}.")

    async def all(self, path: str, many: str, errand: Errand) -> AsyncIterator[Json]:
        """Every record of a listing, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            body = await self.send("GET", path, errand, params=page_params(cursor))
            for item in items(body, many):
                yield item
            cursor = following(body)


def page_params(cursor: str | None) -> dict[str, str]:
    params = {"page[size]": str(PAGE_SIZE)}
    return {**params, "page[after]": cursor} if cursor else params


def items(body: Json, many: str) -> list[Json]:
    """A listing's records. Raises Unreachable where the answer holds none of that name."""
    found = body.get(many)
    if not isinstance(found, list):
        raise Unreachable(f"The answer is no listing of {many}. Is base_url the right address?")
    return found


def following(body: Json) -> str | None:
    """The cursor of the next page, or None. Raises ValueError where it is none."""
    meta = body.get("meta") or {}
    return id_of(meta.get("after_cursor")) if meta.get("has_more") else None
