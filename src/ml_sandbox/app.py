"""The sandbox as an application: every vendor under its prefix, the controls beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ml_sandbox.clock import RealTime, TimeSource
from ml_sandbox.control import Control
from ml_sandbox.gate import Gate
from ml_sandbox.options import SandboxOptions
from ml_sandbox.sender import LoopbackSender, Sender
from ml_sandbox.vendor import VendorKind
from ml_sandbox.vendors import VENDORS
from ml_sandbox.world import World


class Sandbox(Starlette):
    """Holds the world, and replaces it on a reset.

    Vendors are reached before Starlette's own layers, which would turn a cut into an answer.
    """

    def __init__(
        self,
        options: SandboxOptions,
        kinds: Sequence[VendorKind],
        source: TimeSource,
        sender: Sender,
    ) -> None:
        self._kinds = kinds
        self._source = source
        self._sender = sender
        self.world = World(options, kinds, source, sender)
        self._gates = {kind.name: Gate(kind.name, lambda: self.world) for kind in kinds}
        super().__init__(routes=Control(self).routes(), lifespan=self._life)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            name = scope["path"].removeprefix("/").partition("/")[0]
            if name in self._gates:
                await self._gates[name](_below(scope, f"/{name}"), receive, send)
                return
        await super().__call__(scope, receive, send)

    def vendor_app(self, name: str) -> ASGIApp:
        """One vendor alone, at `/`."""
        return self._gates[name]

    async def reset(self, seed: int, customers: int, invoices: int) -> None:
        """A new world in the place of this one; what was on its way is dropped."""
        await self.world.deliveries.close()
        options = replace(self.world.options, seed=seed, customers=customers, invoices=invoices)
        self.world = World(options, self._kinds, self._source, self._sender)

    async def close(self) -> None:
        """Drops what is on its way and closes the sender."""
        await self.world.deliveries.close()
        await self._sender.close()

    async def _watch_days(self) -> None:
        """Does calendar work at midnight even if nobody calls; only where a server runs."""
        while True:
            await self.world.clock.sleep_to_midnight()
            self.world.clock.notice()

    @asynccontextmanager
    async def _life(self, app: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(self._watch_days())
        yield
        watch.cancel()
        await self.close()


def _below(scope: Scope, prefix: str) -> Scope:
    """The scope as an application at the prefix sees it."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = scope["path"].removeprefix(prefix) or "/"
    return {
        **scope,
        "path": path,
        "raw_path": raw.removeprefix(prefix.encode()) or b"/",
        "root_path": "",
    }


def create_app(
    options: SandboxOptions | None = None,
    source: TimeSource | None = None,
    sender: Sender | None = None,
) -> Sandbox:
    """The sandbox, usable under a server or as a plain ASGI application in this process.

    `source` and `sender` are for simulations, which bring their own time and their own way out.
    """
    return Sandbox(
        options or SandboxOptions(), VENDORS, source or RealTime(), sender or LoopbackSender()
    )
