"""A limit is what Pipedrive counts: requests in a rolling 2 s window per token, and tokens a day
per company (sheet, section 8). Pure counters; the moment is handed in.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .clocktext import midnight_after

WINDOW_SECONDS = 2.0
SEARCHES_PER_WINDOW = 10
DAILY_BASE_TOKENS = 30_000
#: plan -> (requests per window of an API token, of an OAuth app, multiplier of the daily budget)
PLANS = {
    "lite": (20, 80, 1),
    "growth": (40, 160, 2),
    "premium": (100, 400, 5),
    "ultimate": (120, 480, 7),
}


def burst_limit(plan: str, *, oauth: bool) -> int:
    return PLANS[plan][1 if oauth else 0]


def daily_tokens(plan: str, seats: int) -> int:
    return DAILY_BASE_TOKENS * PLANS[plan][2] * seats


@dataclass
class Window:
    """A rolling window: how many requests were let through in the last two seconds."""

    taken: deque[float] = field(default_factory=deque)

    def used(self, now_seconds: float) -> int:
        while self.taken and self.taken[0] <= now_seconds - WINDOW_SECONDS:
            self.taken.popleft()
        return len(self.taken)

    def take(self, now_seconds: float) -> None:
        self.taken.append(now_seconds)

    def reset_seconds(self, now_seconds: float) -> int:
        """Whole seconds until the oldest request leaves the window (at least 1 once in use)."""
        if not self.taken:
            return int(WINDOW_SECONDS)
        return max(1, math.ceil(self.taken[0] + WINDOW_SECONDS - now_seconds))


@dataclass
class DailyBudget:
    """Tokens spent by the whole company since midnight UTC."""

    spent: int = 0
    ends: datetime | None = None

    def roll(self, now: datetime) -> None:
        if self.ends is None or now >= self.ends or now < self.ends - timedelta(days=1):
            self.ends = midnight_after(now)
            self.spent = 0

    def remaining(self, now: datetime, limit: int) -> int:
        self.roll(now)
        return max(0, limit - self.spent)

    def spend(self, now: datetime, cost_tokens: int) -> None:
        self.roll(now)
        self.spent += cost_tokens


@dataclass
class Meter:
    """What is counted for one token: both windows, and 429 answers that it did not heed."""

    general: Window = field(default_factory=Window)
    search: Window = field(default_factory=Window)
    ignored_429: int = 0
    last_429_seconds: float = -math.inf
    blocked_until_seconds: float = -math.inf

    def refused(self, now_seconds: float, block_after: int, block_seconds: float) -> bool:
        """Notes a 429; True if it is the one that makes the edge shut the door."""
        heeded = now_seconds - self.last_429_seconds > WINDOW_SECONDS
        self.ignored_429 = 0 if heeded else self.ignored_429 + 1
        self.last_429_seconds = now_seconds
        if block_after and self.ignored_429 >= block_after:
            self.blocked_until_seconds = now_seconds + block_seconds
            self.ignored_429 = 0
            return True
        return False
