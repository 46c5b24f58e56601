"""Limits: so many calls of a family in sixty seconds, told in headers as captured in 2019.

`Retry-After` came with answers of 200 too, so a client must not take it for a refusal by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=60)


@dataclass
class _Window:
    ends: datetime
    calls: int = 0


class Limits:
    """Fixed windows, each begun by its first call."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], _Window] = {}

    def admit(
        self, family: str, key: str, limit: int, now: datetime
    ) -> tuple[bool, dict[str, str]]:
        """Whether the call may pass, and the headers that tell of the window; 0 is no limit."""
        if limit <= 0:
            return True, {}
        window = self._windows.get((family, key))
        if window is None or now >= window.ends:
            window = self._windows[family, key] = _Window(now + WINDOW)
        admitted = window.calls < limit
        window.calls += admitted
        left_seconds = max(1, math.ceil((window.ends - now).total_seconds()))
        return admitted, {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(limit - window.calls),
            "x-ratelimit-reset": str(math.ceil(window.ends.timestamp())),
            "retry-after": str(left_seconds),
        }
