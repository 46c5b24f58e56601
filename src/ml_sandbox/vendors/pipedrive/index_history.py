"""The search index's past: what it showed some seconds ago, so that it can lag behind.

Kept as the last hour's changes, undone from the newest back to the moment asked for.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from .account import Event
from .tables import Record

KEPT = timedelta(hours=1)
#: However many changes an hour brings, the memory stays bounded.
MOST = 100_000


class IndexHistory:
    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=MOST)

    def note(self, event: Event) -> None:
        self._events.append(event)
        while self._events[0].at < event.at - KEPT:
            self._events.popleft()

    def before(self, entity: str, horizon: datetime) -> dict[int, Record | None]:
        """The states at that moment of the records that changed after it; None: not there yet."""
        past: dict[int, Record | None] = {}
        for event in reversed(self._events):
            if event.at <= horizon:
                break
            if event.entity == entity:
                past[event.record_id] = event.previous
        return past
