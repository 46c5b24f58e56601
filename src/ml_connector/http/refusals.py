"""Refusals tells a spent allowance from a full window, where the vendor refuses both in the same
words.

A window that was left alone for its whole length is empty. Whoever is refused after that has no
tokens left.
"""

from __future__ import annotations

TOLERANCE_SECONDS = 0.01
"""A call that is let in at the very end of the silence counts as after it."""


class Refusals:
    """The last refusals of each scope. Pure arithmetic on moments of a monotonic clock."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, int]] = {}
        """The end of the silence after the last one, and how many came in a row."""

    def refused(self, scope: str, started: float, now: float, silence_seconds: float) -> int:
        """Note a refusal, after which nothing is sent for so long; how many came in a row, each of
        a call that started after the silence of the one before it."""
        until, times = self._last.get(scope, (0.0, 0))
        if times == 0 or started >= until - TOLERANCE_SECONDS:
            times += 1
        self._last[scope] = (max(until, now + silence_seconds), times)
        return times

    def answered(self, scope: str, started: float) -> None:
        """A call was answered well; the window was all that was full."""
        until, _ = self._last.get(scope, (started, 0))
        if started >= until - TOLERANCE_SECONDS:
            self._last.pop(scope, None)
