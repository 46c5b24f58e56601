"""The counters say what the sandbox has seen: requests, tokens, webhooks and creates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

WEBHOOK_COUNTS = ("sent", "answered", "retried", "dropped")


class Counters:
    """Counts since the world began, or since `clear`."""

    def __init__(self, vendors: Iterable[str]) -> None:
        self._vendors = tuple(vendors)
        self.clear()

    def clear(self) -> None:
        self._requests: dict[tuple[str, str, int], int] = {}
        self._fields: dict[str, dict[str, int]] = {name: {} for name in self._vendors}
        self._tokens = 0
        self._webhooks = {name: dict.fromkeys(WEBHOOK_COUNTS, 0) for name in self._vendors}
        self._creates: dict[str, dict[str, int]] = {name: {} for name in self._vendors}

    def request(self, vendor: str, operations: tuple[str, ...], status: int) -> None:
        """Counts one request under its first operation; status 0 is a request never answered."""
        key = (vendor, operations[0], status)
        self._requests[key] = self._requests.get(key, 0) + 1
        for finer in operations[1:]:
            self._fields[vendor][finer] = self._fields[vendor].get(finer, 0) + 1

    def spend_tokens(self, tokens: int) -> None:
        self._tokens += tokens

    def webhook(self, vendor: str, what: str) -> None:
        """`what` is sent, answered, retried or dropped."""
        self._webhooks[vendor][what] += 1

    def created(self, vendor: str, noun: str) -> None:
        """One record made over the vendor's API; what humans make is not counted."""
        self._creates[vendor][noun] = self._creates[vendor].get(noun, 0) + 1

    def shown(self) -> dict[str, Any]:
        requests = [
            {"vendor": vendor, "operation": operation, "status": status, "n": n}
            for (vendor, operation, status), n in sorted(self._requests.items())
        ]
        return {
            "requests": requests,
            "fields": {name: dict(sorted(found.items())) for name, found in self._fields.items()},
            "tokens": self._tokens,
            "webhooks": {name: dict(found) for name, found in self._webhooks.items()},
            "creates": {name: dict(found) for name, found in self._creates.items()},
        }
