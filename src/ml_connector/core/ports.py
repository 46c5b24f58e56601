"""The ports through which the engine meets what it must not take from the air: time, chance and
names.

Simulation hands in others; nothing below `app.py` may ask the operating system for these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time. `now` is aware and in UTC; `monotonic` is in seconds and never goes back."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None:
        """Sleep that long by this clock; a clock that is moved ahead wakes its sleepers."""
        ...


class Chance(Protocol):
    """Randomness for jitter and for names that nobody should guess."""

    def random(self) -> float:
        """A float in [0, 1)."""
        ...

    def token(self, length: int) -> str:
        """An unguessable url-safe text of that many characters."""
        ...

    def new_id(self) -> str:
        """A new identifier, 26 characters or fewer, growing with time where it is practical."""
        ...
