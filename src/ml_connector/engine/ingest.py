"""Ingest: a delivery is proven on its raw bytes, named, and kept; then it is answered.

The inbox row and the pending changes it causes are one commit. A body is only a hint: what is
written later comes from a fresh read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Handshake, Proofs, Vendor
from ml_connector.engine.confirming import CODE, CODE_BEFORE
from ml_connector.engine.noting import Arrival, Noting
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import secrets_owner
from ml_connector.engine.together import Together
from ml_connector.store import connections, handshakes, inbox
from ml_connector.store.connections import Endpoint
from ml_connector.store.database import Connection
from ml_connector.store.unavailable import StoreUnavailable
from ml_connector.store.vault import delete_secret, get_secrets

log = structlog.get_logger(__name__)

MOST_TOLD = 1_000
"""So many things are told at most: a flood of inventions must fill neither memory nor mailbox."""

MOST_DOORS = 20_000
"""So many are kept in memory: what is posted below an address may be called anything."""

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
    newest: Proofs | None = None
    """The newest proof alone, where the one before it is still believed."""

    @property
    def is_callback(self) -> bool:
        return self.endpoint.owner.startswith("callback:")


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

    async def take(self, path: str, delivery: Delivery) -> Answer:
        """The answer to one delivery; see CONTRACTS of the HTTP answers.

        `path` is the endpoint's token, and that of one of its subscriptions after a slash.
        """
        try:
            door = await self._door(path)
            if door is None:
                return Answer(404, "There is no such address.")
            return replace(await self._take(path, door, delivery), vendor=door.vendor.name)
        except StoreUnavailable as fault:
            log.error("a delivery could not be stored", why=fault.sentence)
            return Answer(500, "It could not be stored. Send it again.")

    async def _take(self, path: str, door: _Door, delivery: Delivery) -> Answer:
        webhooks = door.vendor.webhooks
        if webhooks.is_probe(delivery):
            return Answer(200, "Hello.")
        handshake = _handshake(door, delivery)
        if handshake is not None:
            await self._res.store.write(lambda c: self._park(c, door, handshake))
            return Answer(200, "Stored.", (door.endpoint.workspace,))
        try:
            door = await self._proven(path, door, delivery)
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

    def _park(self, conn: Connection, door: _Door, handshake: Handshake) -> None:
        """Keep a code that the lane will confirm; it proves nothing until then."""
        id, now = self._res.chance.new_id(), self._res.clock.now()
        subscription, code = handshake.subscription, handshake.code
        self._res.redactor.learn(code)
        handshakes.put(conn, self._res.vault, id, door.endpoint.id, subscription, code, now)

    async def _proven(self, path: str, door: _Door, delivery: Delivery) -> _Door:
        """The door whose secrets prove it: another process may have changed them. Raises Forged."""
        try:
            await self._verify(path, door, delivery)
            return door
        except Forged:
            self._doors.pop(path, None)
            fresh = await self._door(path)
            if fresh is None or fresh.proofs == door.proofs:
                raise
        await self._verify(path, fresh, delivery)
        return fresh

    async def _verify(self, path: str, door: _Door, delivery: Delivery) -> None:
        """Raises Forged. The first delivery that the newest code proves ends the one before it."""
        verify = door.vendor.webhooks.verify
        if door.newest is None:
            verify(delivery, door.proofs)
            return
        try:
            verify(delivery, door.newest)
        except Forged:
            verify(delivery, door.proofs)
            return
        owner = door.endpoint.owner
        await self._res.store.write(lambda c: delete_secret(c, owner, CODE_BEFORE))
        self._doors.pop(path, None)

    def _tell_forged(self, door: _Door) -> None:
        """Once, until a genuine one comes: a vendor whose deliveries are refused gives up on us."""
        how = (
            "its subscription is looked at within a day and mended where that is needed."
            if door.is_callback
            else "give the connection the webhook's secret again with "
            f"`ml-connector connect {door.vendor.name}`."
        )
        self._tell(
            door.endpoint.id, "forged",
            f"A delivery to the address of {door.vendor.label} could not be proven and was "
            f"refused. If this goes on, {how}",
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

    async def _door(self, path: str) -> _Door | None:
        known = self._doors.get(path)
        if known is None:
            known = await self._res.store.read(lambda c: self._find(c, path))
            if known is not None:
                if len(self._doors) >= MOST_DOORS:
                    self._doors.clear()
                self._doors[path] = known
        return known

    def _find(self, conn: Connection, path: str) -> _Door | None:
        token, _, below = path.partition("/")
        endpoint = connections.endpoint_by_token(conn, token)
        if endpoint is None:
            return None
        vendor = self._res.vendors[endpoint.vendor]
        kind, _, id = endpoint.owner.partition(":")
        if kind == "callback":
            return None  # it is met only below its connection's address
        if kind == "app":
            rows = connections.of_app(conn, id)
        else:
            rows = [row for row in [connections.get(conn, id)] if row]
        names: Names = {}
        if vendor.endpoint_of == "callback" and below:
            own = [e for e in connections.callbacks_of(conn, id).values() if e.token == below]
            if not own:
                return None
            endpoint = own[0]
            names = self._codes(conn, endpoint)
        codes = names
        for row in rows:
            owner = secrets_owner(row, vendor.endpoint_of)
            for name, value in get_secrets(conn, self._res.vault, owner).items():
                names = {**names, name: tuple(dict.fromkeys((*names.get(name, ()), value)))}
        settings = {k: v for row in rows for k, v in row.settings.items()}
        accounts = [connections.account(conn, row.account) for row in rows if row.account]
        known = tuple(account.external_id for account in accounts if account)
        newest = None
        if len(codes.get(CODE, ())) > 1:
            newest = Proofs({CODE: codes[CODE][:1]}, settings)
        return _Door(endpoint, vendor, tuple(rows), Proofs(names, settings), known, newest)

    def _codes(self, conn: Connection, endpoint: Endpoint) -> Names:
        """The codes by which one subscription's deliveries are proven, the newest first."""
        known = get_secrets(conn, self._res.vault, endpoint.owner)
        told = tuple(known[name] for name in (CODE, CODE_BEFORE) if name in known)
        return {CODE: told} if told else {}

    def _note(self, conn: Connection, arrivals: Sequence[Arrival]) -> None:
        Noting(conn, self._res, arrivals).store()


def _handshake(door: _Door, delivery: Delivery) -> Handshake | None:
    """The code of a subscription that is introduced at an address of its own."""
    if not door.is_callback or door.vendor.handshake is None:
        return None
    try:
        return door.vendor.handshake(delivery)
    except Unreadable:
        return None
