"""An external key is our reference stored in the target's record: `vendor:account:object:id`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExternalKey:
    """Names one source record across all accounts. `account` is what `ping` read."""

    vendor: str
    account: str
    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.vendor}:{self.account}:{self.object}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> ExternalKey | None:
        """The key in a text, or None where the text is not one. Ids may hold colons."""
        parts = text.split(":", 3)
        return cls(*parts) if len(parts) == 4 and all(parts) else None
