"""An external key is our reference stored in the target's record: `vendor:account:object:id`."""

from __future__ import annotations

import html
import re
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


KEY_LINE = "Reference: "
_LINE = re.compile(re.escape(KEY_LINE.strip()) + r"\s*([^\s<]+)")


def with_key_line(note: str, key: str) -> str:
    """A note (HTML) that carries the key in a line of its own, for objects without custom
    fields."""
    return f"{note}<br>{KEY_LINE}{key}"


def key_in_note(note: str) -> str | None:
    """The external key in a note, or None. Tolerates what an HTML sanitizer does around it."""
    found = _LINE.search(html.unescape(note))
    return found.group(1) if found and ExternalKey.parse(found.group(1)) else None
