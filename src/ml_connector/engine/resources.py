"""Resources are what the engine works with: the store, the vault, the wire's parts, time and
chance.

They are wired in one place and handed down; nothing in the engine reaches for a global.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from ml_connector.core.flow import Flow
from ml_connector.core.ports import Chance, Clock
from ml_connector.core.vendor import Vendor
from ml_connector.http.pacing import Pacing
from ml_connector.http.redaction import Redactor
from ml_connector.http.transport import Transport
from ml_connector.http.wire import nothing_demanded
from ml_connector.store import lanes
from ml_connector.store.database import Connection, Store
from ml_connector.store.vault import Vault

Alert = Callable[[str], None]
"""Tells a person something once, in a sentence."""


@dataclass(frozen=True, slots=True)
class Resources:
    """`public_url` is empty where no vendor can reach us."""

    store: Store
    vault: Vault
    clock: Clock
    chance: Chance
    pacing: Pacing
    transport: Transport
    redactor: Redactor
    vendors: Mapping[str, Vendor]
    flows: Mapping[str, Flow]
    public_url: str
    alert: Alert
    webhook_overlap: timedelta = timedelta(days=7)
    """How long the address and the secrets of a webhook that were replaced stay good."""
    demand: Callable[[], Awaitable[None]] = nothing_demanded
    """Raises where whoever holds these may write to no vendor any more."""

    def held_by(self, workspace: str, epoch: int) -> Resources:
        """As a lane sees them: once a later epoch has begun nothing is stored or sent any more."""

        def demand(conn: Connection) -> None:
            lanes.demand(conn, workspace, epoch)

        async def ask() -> None:
            await self.store.read(demand)

        return replace(self, store=self.store.held(demand), demand=ask)
