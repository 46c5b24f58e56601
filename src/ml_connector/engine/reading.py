"""Source records are read in batches; a batch that fails is halved until the culprit is alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from ml_connector.core.faults import Bug, Fault, NeedsPerson, Refused, Unreachable, Waiting
from ml_connector.core.objects import SourceModel, SourceObject
from ml_connector.core.ports import Clock
from ml_connector.core.wire import Errand
from ml_connector.engine.opened import OpenConnection

Found = SourceModel | None | Fault
CACHE_SIZE = 2_000
CLOCK_SET_SECONDS = 0.1
"""By so much the time of day may part from the time that went by before the clock counts as set."""


class Reader:
    """Reads source records for one drain and keeps the last of them.

    A kept record counts as fresh for a key only if its reading began after the key was last marked.
    Moments before and after the clock was set do not compare, so that nothing is kept over that.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str, str], tuple[datetime, Found]] = {}
        self._offset_seconds = self._offset()

    async def read(
        self,
        source: OpenConnection,
        obj: SourceObject,
        wanted: Sequence[tuple[str, datetime]],
        errand: Errand,
    ) -> dict[str, Found]:
        """What each key's record is now; `wanted` are (key, last marked at)."""
        self._forget_if_clock_was_set()
        found: dict[str, Found] = {}
        missing: list[str] = []
        for key, marked_at in wanted:
            kept = self._kept.get((source.row.id, obj.name, key))
            if kept is not None and kept[0] > marked_at:
                found[key] = kept[1]
            else:
                missing.append(key)
        chunks = [missing[i : i + obj.read_batch] for i in range(0, len(missing), obj.read_batch)]
        began = self._clock.now()
        for part in await asyncio.gather(*(_chunk(source, obj, c, errand) for c in chunks)):
            found.update(part)
        for key in missing:
            self._keep((source.row.id, obj.name, key), began, found[key])
        return found

    def forget(self, source: OpenConnection, obj: SourceObject, key: str) -> None:
        self._kept.pop((source.row.id, obj.name, key), None)

    def _forget_if_clock_was_set(self) -> None:
        before, self._offset_seconds = self._offset_seconds, self._offset()
        if abs(self._offset_seconds - before) > CLOCK_SET_SECONDS:
            self._kept.clear()

    def _offset(self) -> float:
        """Of the time of day against the time that goes by."""
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _keep(self, at: tuple[str, str, str], began: datetime, record: Found) -> None:
        if isinstance(record, Fault):
            return
        self._kept[at] = (began, record)
        while len(self._kept) > CACHE_SIZE:
            self._kept.pop(next(iter(self._kept)))


async def _chunk(
    source: OpenConnection, obj: SourceObject, keys: Sequence[str], errand: Errand
) -> dict[str, Found]:
    try:
        records = await source.source.read(obj, keys, errand)
        return {key: records.get(key) for key in keys}
    except (Unreachable, Waiting, NeedsPerson) as fault:
        return dict.fromkeys(keys, fault)
    except Fault as fault:
        if len(keys) == 1:
            return {keys[0]: fault if isinstance(fault, Refused) else Bug(fault.sentence)}
        half = len(keys) // 2
        first = await _chunk(source, obj, keys[:half], errand)
        return first | await _chunk(source, obj, keys[half:], errand)
