"""The floor of a pass: a bare aiohttp loop that makes the same calls, as many of them at once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any

import aiohttp

from benchmarks.sink_wave import stamp, wave_id
from ml_connector.vendors.wave import documents

READ_AT_ONCE = 2
CREATE_AT_ONCE = 20
PAGE = documents.OF_CUSTOMERS.changes()


class LoopFloor:
    """`counts` are those of the sink after our own pass."""

    def __init__(self, vendors: str, counts: dict[str, int]) -> None:
        self._wave = f"{vendors}/wave/graphql/public"
        self._organizations = f"{vendors}/pipedrive/api/v2/organizations"
        self._counts = counts

    async def run(self) -> float:
        """How many seconds it takes."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            began = time.perf_counter()
            for n in range(self._counts["pages"]):
                await _post(session, self._wave, _page(n))
            await _side_by_side(self._counts["reads"], READ_AT_ONCE, self._read(session))
            for _ in range(self._counts["lists"]):
                async with session.get(self._organizations, params={"limit": "500"}) as answer:
                    await answer.read()
            await _side_by_side(self._counts["creates"], CREATE_AT_ONCE, self._create(session))
            return time.perf_counter() - began

    def _read(self, session: aiohttp.ClientSession) -> Callable[[int], Awaitable[None]]:
        async def read(n: int) -> None:
            keys = [wave_id("Customer", n * 25 + i) for i in range(25)]
            await _post(session, self._wave, _several(keys))

        return read

    def _create(self, session: aiohttp.ClientSession) -> Callable[[int], Awaitable[None]]:
        async def create(n: int) -> None:
            await _post(session, self._organizations, _organization(n))

        return create


async def _post(session: aiohttp.ClientSession, url: str, body: Any) -> None:
    data = json.dumps(body).encode()
    headers = {"content-type": "application/json", "x-api-token": "sink-token"}
    async with session.post(url, data=data, headers=headers) as answer:
        await answer.read()


async def _side_by_side(many: int, at_once: int, work: Callable[[int], Awaitable[None]]) -> None:
    numbers = count()

    async def worker() -> None:
        while (n := next(numbers)) < many:
            await work(n)

    await asyncio.gather(*(worker() for _ in range(at_once)))


def _page(n: int) -> dict[str, Any]:
    asked = {"business": wave_id(), "size": documents.PAGE_SIZE, "page": 1}
    after = {"after": stamp(n * 49)} if n else {}
    return {"query": PAGE, "variables": asked | after}


def _several(keys: Sequence[str]) -> dict[str, Any]:
    asked = {f"k{i}": key for i, key in enumerate(keys)}
    document = documents.OF_CUSTOMERS.several(len(keys))
    return {"query": document, "variables": {**asked, "business": wave_id()}}


def _organization(n: int) -> dict[str, Any]:
    return {
        "name": f"Customer number {n} Ltd",
        "address": {"value": f"{n} Harbour Road, 85001 Phoenix, Arizona, United States"},
        "custom_fields": {
            f"{1:040x}": f"wave:{wave_id()}:customers:{wave_id('Customer', n)}",
            f"{2:040x}": "Active",
        },
    }
