"""The sender carries a webhook out of the sandbox. The real one posts to loopback only."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp


class Sender(Protocol):
    def accepts(self, url: str) -> bool:
        """Whether this sender would post there at all."""

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> int | None:
        """The status of the answer, or None where none came in time."""

    async def close(self) -> None: ...


def is_loopback(url: str) -> bool:
    """Whether the address names this very machine, by number or as localhost."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class LoopbackSender:
    """Posts over HTTP, never follows a redirect, and never leaves this machine."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def accepts(self, url: str) -> bool:
        return is_loopback(url)

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> int | None:
        if not self.accepts(url):
            return None
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        limit = aiohttp.ClientTimeout(total=timeout_seconds)
        try:
            async with self._session.post(
                url, data=body, headers=dict(headers), timeout=limit, allow_redirects=False
            ) as answer:
                await answer.read()
                return answer.status
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
