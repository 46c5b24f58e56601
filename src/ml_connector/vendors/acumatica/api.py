"""The endpoint as one connection reaches it: lists, single records, writes and actions.

One request at a time: while an operation runs, Acumatica lets its session ask for nothing but the
operation's state ("Execution of Actions", guide).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from ml_connector.core.faults import (
    Missing,
    NeedsPerson,
    Refused,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.wire import Errand, Request, Response, Wire
from ml_connector.vendors.acumatica.entities import DEFAULT_VERSION, Entity, Row
from ml_connector.vendors.acumatica.faults import INSERT_ONLY, CannotOptimize, NotServed
from ml_connector.vendors.acumatica.values import plain, wrapped

TIMEOUT_SECONDS = 120.0
"""A request may wait in the licence's queue without a sign; ten minutes at most."""

LONGEST_POLL_SECONDS = 10.0
MOST_POLLS = 20
"""The state of an operation is asked for after 1, 2, 4, 8, 10, 10 … seconds: three minutes."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of one answer, unwrapped, and the server's clock, where it tells it."""

    rows: tuple[Row, ...]
    read_at: datetime | None


class Api:
    """Sends over the wire of one connection."""

    def __init__(self, wire: Wire, settings: Mapping[str, str]) -> None:
        self._wire = wire
        self._base = settings.get("base_url", "")
        self.version = settings.get("endpoint_version") or DEFAULT_VERSION
        self._root = f"/entity/Default/{self.version}"
        self._lane = asyncio.Lock()

    async def served(self, errand: Errand) -> tuple[str, list[str]]:
        """The instance's build, and the versions of the Default endpoint that it serves.

        Older builds answer a bare list. Raises NeedsPerson where ours is not among them.
        """
        try:
            told = (await self._wire.send(self._request("GET", "/entity"), errand)).json()
        except NotServed:
            told = None
        build = told.get("version", {}) if isinstance(told, dict) else {}
        rows = told.get("endpoints", []) if isinstance(told, dict) else told
        if not isinstance(rows, list) or not rows:
            raise Unreachable("The answer lists no endpoints. Is base_url the instance's address?")
        versions = sorted(str(r["version"]) for r in rows if r.get("name") == "Default")
        if self.version not in versions:
            raise NeedsPerson(
                f"This Acumatica does not serve the endpoint Default/{self.version}. It serves "
                f"{', '.join(versions)}: say --set endpoint_version=… with one of them."
            )
        return str(build.get("acumaticaBuildVersion") or ""), versions

    async def listing(
        self,
        entity: Entity,
        filter: str,
        errand: Errand,
        limit: int | None = None,
        extra: Sequence[str] = (),
    ) -> Listing:
        """The records that the filter finds, in no order. Without a limit, all of them.

        What cannot be read in one query is listed by its keys and read one by one.
        """
        asked = {"$filter": filter} if filter else {}
        asked |= {"$top": str(limit)} if limit else {}
        path = f"{self._root}/{entity.name}"
        try:
            params = {**asked, **entity.query(self.version, extra)}
            response = await self._send(self._request("GET", path, params), errand)
            return Listing(_rows(response), response.answered_at)
        except NotServed:
            raise NeedsPerson(
                f"The endpoint Default/{self.version} of this Acumatica has no {entity.name}."
            ) from None
        except CannotOptimize:
            params = {**asked, "$select": ",".join(entity.keys)}
            response = await self._send(self._request("GET", path, params), errand)
        found = [await self._by_id(entity, str(r["id"]), errand, extra) for r in _rows(response)]
        rows = tuple(row for row in found if row is not None)
        return Listing(rows, response.answered_at)

    async def one(
        self, entity: Entity, key: str, errand: Errand, extra: Sequence[str] = ()
    ) -> Row | None:
        """The record of that key; None where there is none, or where no address can hold the key:
        then a listing has the last word."""
        address = entity.address(key)
        return await self._at(entity, address, errand, extra) if address else None

    async def _by_id(
        self, entity: Entity, id: str, errand: Errand, extra: Sequence[str]
    ) -> Row | None:
        return await self._at(entity, f"{entity.name}/{id}", errand, extra)

    async def _at(
        self, entity: Entity, address: str, errand: Errand, extra: Sequence[str]
    ) -> Row | None:
        params = entity.query(self.version, extra)
        try:
            response = await self._send(
                self._request("GET", f"{self._root}/{address}", params), errand
            )
        except Missing:
            return None
        return _row(entity, response)

    async def write(
        self,
        entity: Entity,
        fields: Mapping[str, Any],
        errand: Errand,
        *,
        key: str = "",
        extra: Sequence[str] = (),
    ) -> Row:
        """Insert a record, or change just these fields of the one with that key.

        A PUT without If-None-Match would change a record whose key happens to be the same.
        """
        body = wrapped({**(entity.wire_key(key) if key else {}), **fields})
        request = self._request(
            "PATCH" if key else "PUT",
            f"{self._root}/{entity.name}",
            entity.query(self.version, extra),
            body,
            {} if key else INSERT_ONLY,
        )
        return _row(entity, await self._send(request, errand), writes=True)

    async def act(self, entity: Entity, action: str, key: str, errand: Errand) -> None:
        """Run a named action to its end. Raises Refused where there is no such action, and
        UnknownOutcome where its end was not seen."""
        path = f"{self._root}/{entity.name}/{action}"
        body = {"entity": wrapped(entity.wire_key(key)), "parameters": {}}
        async with self._lane:
            try:
                response = await self._checked(self._request("POST", path, json=body), errand)
            except NotServed as fault:
                raise Refused(f"{entity.name} has no action {action}. {fault.sentence}") from None
            location = response.headers.get("location", "")
            if response.status != 202 or "/status/" not in location:
                return
            for polls in range(MOST_POLLS):
                seconds = min(2.0**polls, LONGEST_POLL_SECONDS)
                state = self._request("GET", urljoin(self._base, location), after_seconds=seconds)
                try:
                    response = await self._wire.send(state, errand)
                except (Unreachable, Missing) as lost:
                    raise UnknownOutcome(f"{action}: {lost.sentence}") from None
                if response.status != 202:
                    return
        raise UnknownOutcome(f"Acumatica is still busy with {action}.")

    async def _send(self, request: Request, errand: Errand) -> Response:
        async with self._lane:
            return await self._checked(request, errand)

    async def _checked(self, request: Request, errand: Errand) -> Response:
        """A 404 may also mean that a new release dropped our version; then a person must choose."""
        try:
            return await self._wire.send(request, errand)
        except NotServed:
            await self.served(errand)
            raise

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        after_seconds: float = 0.0,
    ) -> Request:
        return Request(
            method, path, params or {}, json, headers=headers or {}, writes=method != "GET",
            timeout_seconds=TIMEOUT_SECONDS, after_seconds=after_seconds,
        )  # fmt: skip


def _rows(response: Response) -> tuple[Row, ...]:
    told = response.json()
    if not isinstance(told, list):
        raise Unreachable("The answer is no list of Acumatica's. Is base_url the right address?")
    return tuple(plain(row) for row in told)


def _row(entity: Entity, response: Response, *, writes: bool = False) -> Row:
    """Raises UnknownOutcome where the answer to a write is not the record."""
    row = plain(response.json())
    if isinstance(row, dict) and entity.key_of(row):
        return row
    fault = UnknownOutcome if writes else Unreachable
    raise fault(f"The answer of Acumatica is no {entity.name}.")
