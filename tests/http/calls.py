"""Paced calls, and when each one started."""

from __future__ import annotations

from ml_connector.core.limits import Allowance, Limits, Price, Window
from ml_connector.core.wire import Work
from ml_connector.http.pacing import Pacing
from tests.support.clock import VirtualClock

DAY = "2026-05-04"
SCOPE, COMPANY = "token:1", "company:1"


def limits(
    *windows: Window, at_once: int = 1000, allowance: Allowance | None = None, token: str = SCOPE
) -> Limits:
    return Limits(token, windows, at_once, COMPANY, allowance)


class Calls:
    """Makes paced calls and notes when each one started."""

    def __init__(self, clock: VirtualClock, pacing: Pacing) -> None:
        self.clock = clock
        self.pacing = pacing
        self.started: list[tuple[str, float]] = []
        self.running = 0
        self.most_running = 0

    async def make(
        self,
        declared: Limits,
        name: str = "",
        work: Work = "live",
        price: Price | None = None,
        seconds: float = 0.1,
        probe: bool = False,
    ) -> None:
        async with self.pacing.admitted(declared, price or Price(), work, probe=probe):
            self.started.append((name, self.clock.monotonic()))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            try:
                await self.clock.sleep(seconds)
            finally:
                self.running -= 1

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.started]

    @property
    def moments(self) -> list[float]:
        return [moment for _, moment in self.started]
