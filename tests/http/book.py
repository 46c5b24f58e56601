"""An allowance book in memory, for tests. It keeps what it was asked, to be looked at."""

from __future__ import annotations


class MemoryBook:
    """Implements `http.allowance.AllowanceBook`."""

    def __init__(self) -> None:
        self.days: dict[tuple[str, str], int] = {}
        self.reservations: list[int] = []

    async def reserve(self, scope: str, period: str, tokens: int, limit: int) -> int:
        spent = self.days.get((scope, period), 0)
        granted = max(0, min(tokens, limit - spent))
        self.days[scope, period] = spent + granted
        self.reservations.append(granted)
        return granted

    async def spent(self, scope: str, period: str) -> int:
        return self.days.get((scope, period), 0)

    async def correct(self, scope: str, period: str, spent: int) -> None:
        self.days[scope, period] = max(spent, self.days.get((scope, period), 0))
