"""Ingest: a delivery is proven on its raw bytes, named, and kept; then it is answered.

The inbox row and the pending changes it causes are one commit. A body is only a hint: what is
written later comes from a fresh read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Proofs, Vendor
from ml_connector.engine.noting import Arrival, Noting
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import secrets_owner
from ml_connector.engine.together import Together
from ml_connector.store import connections, inbox
from ml_connector.store.connections import Endpoint
from ml_connector.store.database import Connection
from ml_connector.store.unavailable import StoreUnavailable
from ml_connector.store.vault import get_secrets

log = structlog.get_logger(__name__)

MOST_TOLD = 1_000
"""So many things are told at most: a flood of inventions must fill neither memory nor mailbox."""

Names = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`woken` are the workspaces that have something to do now; `vendor` is empty if not known."""

    status: int
    text: str
    woken: tuple[str, ...] = ()
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class _Door:
    """What is known of one endpoint: whose deliveries it takes and how they are proven."""

    endpoint: Endpoint
    vendor: Vendor
    rows: tuple[connections.Row, ...]
    proofs: Proofs
    accounts: tuple[str, ...]
    """The vendor's own ids of the accounts that are connected."""


class Ingest:
    """Takes deliveries for all endpoints of this process."""

    def __init__(self, res: Resources) -> None:
        self._res = res
        self._doors: dict[str, _Door] = {}
        self._arrivals = Together(res.store, self._note)
        self._told: set[tuple[str, str]] = set()

    def forget(self) -> None:
        """Connections or secrets changed."""
        self._doors.clear()

    async def take(self, token: str, delivery: Delivery) -> Answer:
        """The answer to one delivery; see CONTRACTS of the HTTP answers."""
        try:
            door = await self._door(token)
            if door is None:
                return Answer(404, "There is no such address.")
            return replace(await self._take(door, delivery), vendor=door.vendor.name)
        except StoreUnavailable as fault:
            log.error("a delivery could not be stored", why=fault.sentence)
            return Answer(500, "It could not be stored. Send it again.")

    async def _take(self, door: _Door, delivery: Delivery) -> Answer:
        webhooks = door.vendor.webhooks
        if webhooks.is_probe(delivery):
            return Answer(200, "Hello.")
        try:
            webhooks.verify(delivery, door.proofs)
        except Forged as fault:
            now = self._res.clock.now()
            await self._res.store.write(lambda c: inbox.count_forged(c, door.endpoint.id, now))
            log.warning("a delivery was refused", vendor=door.vendor.name, why=fault.sentence)
            self._tell_forged(door)
            return Answer(401, "The proof of origin is wrong.")
        try:
            hints = webhooks.read(delivery)
        except Unreadable as fault:
            return Answer(400, fault.sentence)
        self._tell_unknown(door, [hint.account for hint in hints])
        named = tuple((self._res.chance.new_id(), hint) for hint in hints)
        await self._arrivals.put(Arrival(door.endpoint, door.vendor, door.rows, delivery, named))
        return Answer(200, "Stored.", (door.endpoint.workspace,))

    def _tell_forged(self, door: _Door) -> None:
        """Once, until a genuine one comes: a vendor whose deliveries are refused gives up on us."""
        self._tell(
            door.endpoint.id, "forged",
            f"A delivery to the address of {door.vendor.label} could not be proven and was "
            "refused. If this goes on, give the connection the webhook's secret again with "
            f"`ml-connector connect {door.vendor.name}`.",
        )  # fmt: skip

    def _tell_unknown(self, door: _Door, told: Sequence[str]) -> None:
        """Once for each account that no connection here is for."""
        self._told.discard((door.endpoint.id, "forged"))
        same = door.vendor.webhooks.same_account
        for account in told:
            if account and not any(same(account, known) for known in door.accounts):
                self._tell(
                    door.endpoint.id, account,
                    f"{door.vendor.label} posts events of an account that is not connected here "
                    f"({account[:60]}). They are kept and cause nothing.",
                )  # fmt: skip

    def _tell(self, endpoint: str, about: str, sentence: str) -> None:
        if (endpoint, about) not in self._told and len(self._told) < MOST_TOLD:
            self._told.add((endpoint, about))
            self._res.alert(sentence)

    async def _door(self, token: str) -> _Door | None:
        known = self._doors.get(token)
        if known is None:
            known = await self._res.store.read(lambda c: self._find(c, token))
            if known is not None:
                self._doors[token] = known
        return known

    def _find(self, conn: Connection, token: str) -> _Door | None:
        endpoint = connections.endpoint_by_token(conn, token)
        if endpoint is None:
            return None
        vendor = self._res.vendors[endpoint.vendor]
        kind, _, id = endpoint.owner.partition(":")
        if kind == "app":
            rows = connections.of_app(conn, id)
        else:
            rows = [row for row in [connections.get(conn, id)] if row]
        names: Names = {}
        for row in rows:
            owner = secrets_owner(row, vendor.endpoint_of)
            for name, value in get_secrets(conn, self._res.vault, owner).items():
                names[name] = tuple(dict.fromkeys((*names.get(name, ()), value)))
        settings = {k: v for row in rows for k, v in row.settings.items()}
        accounts = [connections.account(conn, row.account) for row in rows if row.account]
        known = tuple(account.external_id for account in accounts if account)
        return _Door(endpoint, vendor, tuple(rows), Proofs(names, settings), known)

    def _note(self, conn: Connection, arrivals: Sequence[Arrival]) -> None:
        Noting(conn, self._res, arrivals).store()
