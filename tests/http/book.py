"""An allowance book in memory, for tests. It keeps what it was asked, to be looked at."""

from __future__ import annotations

from datetime import date


class MemoryBook:
    """Implements `http.allowance.AllowanceBook`."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, date], int] = {}
        self.reservations: list[int] = []

    async def reserve(self, scope: str, day: date, tokens: int, limit: int) -> int:
        spent = self.days.get((scope, day), 0)
        granted = max(0, min(tokens, limit - spent))
        self.days[scope, day] = spent + granted
        self.reservations.append(granted)
        return granted

    async def spent(self, scope: str, day: date) -> int:
        return self.days.get((scope, day), 0)

    async def correct(self, scope: str, day: date, spent: int) -> None:
        self.days[scope, day] = max(spent, self.days.get((scope, day), 0))
