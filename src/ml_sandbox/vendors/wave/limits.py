"""Limits on requests, each a switch: no figure was ever published (sheet, section 7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

WINDOW = timedelta(seconds=60)


@dataclass
class _Meter:
    seen: deque[datetime] = field(default_factory=deque)
    open: int = 0
    shut_until: datetime | None = None


class Limits:
    """Requests of each token in the last minute, and those still open."""

    def __init__(self, now: Callable[[], datetime], switch: Callable[[str], Any]) -> None:
        self._now = now
        self._switch = switch
        self._meters: dict[str, _Meter] = {}

    def enter(self, token: str) -> float | None:
        """Counts a request in, or answers the seconds to wait where it may not come in.

        A request that is refused counts in no window and is not open.
        """
        now = self._now()
        meter = self._meters.setdefault(token, _Meter())
        if meter.shut_until is not None and now < meter.shut_until:
            return (meter.shut_until - now).total_seconds()
        while meter.seen and now - meter.seen[0] >= WINDOW:
            meter.seen.popleft()
        together = int(self._switch("concurrency_limit"))
        if together and meter.open >= together:
            return 1.0
        a_minute = int(self._switch("rate_limit_per_minute"))
        if a_minute and len(meter.seen) >= a_minute:
            ban = timedelta(seconds=int(self._switch("ban_seconds")))
            meter.shut_until = now + ban
            return max((meter.seen[0] + WINDOW - now).total_seconds(), ban.total_seconds())
        if a_minute:
            meter.seen.append(now)
        meter.open += 1
        return None

    def leave(self, token: str) -> None:
        self._meters[token].open -= 1
