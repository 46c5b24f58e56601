"""A refusal is the sandbox's own no, to whoever holds its controls: a status and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Refusal(Exception):  # a refusal is an answer, not an error of the sandbox
    """Raised by the controls and by each vendor's human; becomes `{"error", "exists"?}`."""

    def __init__(self, status: int, message: str, exists: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.exists = None if exists is None else list(exists)

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"error": self.message}
        if self.exists is not None:
            found["exists"] = self.exists
        return found
