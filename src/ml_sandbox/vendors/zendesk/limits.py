"""A limit is what Zendesk counts: calls of the account, and of single endpoints (sheet, 8).

Pure counters; the moment is handed in. A window begins with its first call and then lasts its span.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bucket:
    """`key` is what is counted, such as one organization; `name` is told in a header, if any."""

    key: str
    limit: int
    span_seconds: int
    name: str | None = None


@dataclass
class _Window:
    begun_seconds: float
    used: int = 0


@dataclass(frozen=True)
class Reading:
    """A bucket as it stands: calls left, and whole seconds until it is full again."""

    bucket: Bucket
    remaining: int
    resets_seconds: int


@dataclass
class Windows:
    """All windows that are open now."""

    _open: dict[str, _Window] = field(default_factory=dict)

    def read(self, bucket: Bucket, now_seconds: float) -> Reading:
        window = self._open.get(bucket.key)
        if window is None or now_seconds >= window.begun_seconds + bucket.span_seconds:
            return Reading(bucket, bucket.limit, bucket.span_seconds)
        left = window.begun_seconds + bucket.span_seconds - now_seconds
        return Reading(bucket, max(0, bucket.limit - window.used), max(1, math.ceil(left)))

    def take(self, bucket: Bucket, now_seconds: float) -> Reading:
        """Counts a call in; the bucket as it stands afterwards."""
        window = self._open.get(bucket.key)
        if window is None or now_seconds >= window.begun_seconds + bucket.span_seconds:
            window = self._open[bucket.key] = _Window(now_seconds)
        window.used += 1
        return self.read(bucket, now_seconds)
