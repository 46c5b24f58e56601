"""The options of a sandbox: what a person can choose when starting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

MAX_CUSTOMERS = 100_000
MAX_INVOICES = 1_000_000


@dataclass(frozen=True)
class SandboxOptions:
    """`url` is the sandbox's own address; `own_urls` those of vendors that have one besides.

    Without a `start` the sandbox's clock begins at the real now.
    """

    seed: int = 1
    customers: int = 40
    invoices: int = 120
    speed: float = 1.0
    start: datetime | None = None
    url: str = "http://sandbox"
    own_urls: Mapping[str, str] = field(default_factory=dict)

    def vendor_url(self, vendor: str) -> str:
        """A vendor's prefix, without a trailing slash."""
        return f"{self.url}/{vendor}"
