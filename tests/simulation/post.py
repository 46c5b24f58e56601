"""The post carries webhooks from the sandbox to whichever process answers at the time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass

from ml_connector.core.vendor import Delivery
from tests.support.clock import VirtualClock

from .house import House

HANDSHAKE = b"callback.verify"
"""FreshBooks' introduction of a callback: it tells of no change and is no event."""


@dataclass
class Post:
    """Implements the sandbox's way out."""

    clock: VirtualClock
    draw: random.Random
    house: House | None = None
    handshakes: int = 0
    """Introductions that were answered."""

    def accepts(self, url: str) -> bool:
        return url.startswith("http://127.0.0.1")

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float
    ) -> int | None:
        await self.clock.sleep(0.01 + self.draw.random() * 0.3)
        life = self.house.life if self.house else None
        if life is None:
            return None
        path = url.split("/hooks/")[1]
        told = {name.lower(): value for name, value in headers.items()}
        taken = life.begin(life.take(path, Delivery(body, told, life.res.clock.now())))
        bored = asyncio.ensure_future(self.clock.sleep(timeout_seconds))
        await asyncio.wait([taken, bored], return_when=asyncio.FIRST_COMPLETED)
        bored.cancel()
        if not taken.done() or taken.cancelled() or taken.exception() is not None:
            return None
        status: int = taken.result().status
        self.handshakes += status == 200 and HANDSHAKE in body
        return status

    async def close(self) -> None:
        """Nothing is kept open."""
