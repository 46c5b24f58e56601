"""A transport carries one request to one address and brings the whole answer, or tells why not.

It knows two errors, because the caller has two things to do: what was never connected cannot have
had an effect and may be sent again; what was sent without a good answer may have had one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ml_connector.core.wire import Response


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """One request as it goes out; `private_allowed` lets its name resolve to a private address."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout_seconds: float
    private_allowed: bool = False

    def __repr__(self) -> str:
        return f"Outgoing({self.method} {self.url.split('?', 1)[0]})"


class TransportError(Exception):
    """Why there is no answer, in a few words without the address."""


class NotConnected(TransportError):
    """Nothing can have reached the other side: no such name, refused, no TLS, connect timeout.

    `forbidden` tells that we refused it ourselves, because the name stands for a private address.
    """

    def __init__(self, why: str, *, forbidden: bool = False) -> None:
        super().__init__(why)
        self.forbidden = forbidden


class NoAnswer(TransportError):
    """It was sent, or part of it, and no whole answer came back."""


class Transport(Protocol):
    """Carries requests. It follows no redirect and keeps no cookie."""

    async def send(self, outgoing: Outgoing) -> Response:
        """The answer, whatever its status. Raises NotConnected or NoAnswer, nothing else."""
        ...


def joined_headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names in lower case; values of a repeated name are joined by a comma (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for name, value in items:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
