"""The pace is what a vendor asks of whoever calls it: after "too many requests", no call before the
moment that the answer names."""

from __future__ import annotations

from tests.support.clock import VirtualClock

from .witness import Call

TOO_MANY = 429
BREATH_SECONDS = 0.5
"""What was let through before the answer came is sent a moment later."""
ASIDE = ("oauth", "token", "/me", "/users/me", "identity", "companyinfo", "webhook")
"""Calls that a limit does not count, and those by which a person asks whether it is over."""


class Pace:
    """`sending` when a process sends a call, `ended` when it has an answer, or none."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._until: dict[tuple[int, str], float] = {}
        self.problems: list[str] = []

    def sending(self, call: Call) -> None:
        """It leaves now."""
        place = (call.process, call.vendor)
        early = self._until.get(place, 0.0) - self._clock.monotonic()
        if early > BREATH_SECONDS and not _is_aside(call) and not self.problems:
            self.problems.append(f"{call.method} {call.path} went out {early:.0f} s too early")

    def ended(self, call: Call) -> None:
        """It is over, for the process that sent it."""
        if _is_aside(call) or call.answer is None or call.answer.status != TOO_MANY:
            return
        place = (call.process, call.vendor)
        told = call.answer.headers.get("retry-after", "")
        if told.isdecimal():
            until = self._clock.monotonic() + int(told) - BREATH_SECONDS
            self._until[place] = max(until, self._until.get(place, 0.0))


def _is_aside(call: Call) -> bool:
    return any(word in call.path.lower() for word in ASIDE)
