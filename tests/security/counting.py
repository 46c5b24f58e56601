"""A store that counts what it is asked, in front of the real one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ml_connector.engine.ingest import Ingest
from ml_connector.engine.resources import Resources


class Counting:
    """Hands everything on."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.reads = 0
        self.writes = 0

    @property
    def asked(self) -> int:
        return self.reads + self.writes

    async def read(self, work: Any) -> Any:
        self.reads += 1
        return await self._store.read(work)

    async def write(self, work: Any) -> Any:
        self.writes += 1
        return await self._store.write(work)


def counted(res: Resources) -> tuple[Ingest, Counting]:
    """An intake of its own, as that of a process that has just begun."""
    store: Any = Counting(res.store)
    return Ingest(replace(res, store=store)), store
