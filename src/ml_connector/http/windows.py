"""A rolling window admits at most so many starts within any stretch of so many seconds.

Pure arithmetic on moments that are handed in (seconds of a monotonic clock).
"""

from __future__ import annotations

from collections import deque

from ml_connector.core.limits import Window

STRETCH = 1.05
"""A window is kept a twentieth longer than declared: calls sent evenly may arrive closer together,
since each has its own way through the network. It costs a twentieth of the rate."""


class RollingWindow:
    """The starts that still count against one declared window.

    A start counts from its moment for the window's length, both ends included.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self._length = window.seconds * STRETCH
        self._ends: deque[float] = deque()
        """When each start stops counting, in ascending order."""

    def counts(self, kind: str) -> bool:
        """Whether a call of that kind draws on this window."""
        return self.window.kind in ("", kind)

    def free_at(self, now: float) -> float:
        """The first moment, not before `now`, at which one more start is allowed."""
        self._forget(now)
        over = len(self._ends) - self.window.calls
        return now if over < 0 else max(now, self._ends[over])

    def start(self, now: float) -> None:
        """Count a start. The caller has asked `free_at` for the same moment."""
        end = now + self._length
        if not self._ends or end >= self._ends[-1]:
            self._ends.append(end)
        else:
            self._ends = deque(sorted((*self._ends, end)))  # the vendor named a later reset

    def used(self, now: float) -> int:
        """How many starts count at that moment."""
        self._forget(now)
        return len(self._ends)

    def correct(self, left: int, reset_seconds: float, now: float) -> None:
        """The vendor says that only `left` more are allowed until `reset_seconds` from now.

        Where we thought of more, somebody else draws on the same limit: their starts are counted,
        and ours with them, until the reset. Where we thought of fewer, ours are still on their way:
        nothing changes.
        """
        foreign = self.window.calls - self.used(now) - max(0, left)
        if foreign > 0:
            reset_at = now + reset_seconds
            ours = (max(end, reset_at) for end in self._ends)
            self._ends = deque(sorted((*ours, *[reset_at] * foreign)))

    def take_over(self, other: RollingWindow) -> None:
        """Count what the other one counted, as when the declared limits of a scope change."""
        self._ends = deque(other._ends)

    def _forget(self, now: float) -> None:
        while self._ends and self._ends[0] <= now:
            self._ends.popleft()
