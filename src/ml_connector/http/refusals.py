"""Refusals tells a spent day from a full window, where the vendor refuses both in the same words.

A window that was left alone for its whole length is empty. Whoever is refused after that has no
tokens left for the day.
"""

from __future__ import annotations

TOLERANCE_SECONDS = 0.01
"""A call that is let in at the very end of the silence counts as after it."""


class Refusals:
    """The last refusal of each scope. Pure arithmetic on moments of a monotonic clock."""

    def __init__(self) -> None:
        self._silent_until: dict[str, float] = {}

    def refused(self, scope: str, started: float, now: float, silence_seconds: float) -> bool:
        """Note a refusal, after which nothing is sent for so long; True where it is the second
        one, of a call that started after such a silence."""
        before = self._silent_until.get(scope)
        self._silent_until[scope] = max(before or 0.0, now + silence_seconds)
        return before is not None and started >= before - TOLERANCE_SECONDS

    def answered(self, scope: str, started: float) -> None:
        """A call was answered well; the window was all that was full."""
        if started >= self._silent_until.get(scope, started) - TOLERANCE_SECONDS:
            self._silent_until.pop(scope, None)
