"""Limits on requests: a minute of a company, a second and a minute of an app in it, those at once.

Figures as in the sheet, section 9. Past a limit the app waits 60 seconds for that company.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
REALM_A_MINUTE = 500
APP_A_SECOND = 10
APP_AT_ONCE = 10
BATCHES_OF_APP = 40
BATCHES_OF_REALM = 120


class Window:
    """What was let through in the last so many seconds."""

    def __init__(self, span: timedelta, most: int) -> None:
        self._span = span
        self._most = most
        self._seen: deque[datetime] = deque()

    def is_full(self, now: datetime) -> bool:
        while self._seen and now - self._seen[0] >= self._span:
            self._seen.popleft()
        return len(self._seen) >= self._most

    def take(self, now: datetime) -> None:
        self._seen.append(now)


class Limits:
    """The windows of each company, and of each app in it."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, ...], Window] = {}
        self._open: dict[tuple[str, str], int] = {}
        self._shut: dict[tuple[str, str], datetime] = {}

    def _window(self, span: timedelta, most: int, *key: str) -> Window:
        return self._windows.setdefault(key, Window(span, most))

    def enter(
        self, realm: str, app: str, is_batch: bool, now: datetime, hold: timedelta
    ) -> timedelta | None:
        """Lets a request in, or answers how long to wait; a refused one counts nowhere."""
        key = (realm, app)
        shut = self._shut.get(key)
        if shut is not None and now < shut:
            return shut - now
        windows = [
            self._window(MINUTE, REALM_A_MINUTE, "minute", realm),
            self._window(SECOND, APP_A_SECOND, "second", realm, app),
        ]
        if is_batch:
            windows.append(self._window(MINUTE, BATCHES_OF_APP, "batch", realm, app))
            windows.append(self._window(MINUTE, BATCHES_OF_REALM, "batches", realm))
        crowded = self._open.get(key, 0) >= APP_AT_ONCE
        if crowded or any(window.is_full(now) for window in windows):
            self._shut[key] = now + hold
            return hold
        for window in windows:
            window.take(now)
        return None

    def begin(self, realm: str, app: str) -> None:
        self._open[realm, app] = self._open.get((realm, app), 0) + 1

    def end(self, realm: str, app: str) -> None:
        self._open[realm, app] -= 1
