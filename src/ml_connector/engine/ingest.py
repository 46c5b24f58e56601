"""Ingest: a delivery is proven on its raw bytes, named, and kept; then it is answered.

The inbox row and the pending changes it causes are one commit. A body is only a hint: what is
written later comes from a fresh read. Nothing of a body is read before it is proven, but for two
small forms that vendors send unproven: a portal's look at an address, which is answered and
forgotten, and a new subscription's code, which is kept until the vendor itself confirms it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ml_connector.core.faults import Forged, StoreUnavailable, Unreadable
from ml_connector.core.vendor import Delivery, Handshake
from ml_connector.engine.confirming import CODE_BEFORE
from ml_connector.engine.doors import Door, Doors, Ended
from ml_connector.engine.misgivings import Misgivings
from ml_connector.engine.noting import Arrival, Noting
from ml_connector.engine.resources import Resources
from ml_connector.engine.strangers import ALL, MOST_OF_ALL, Strangers, network_of
from ml_connector.engine.together import Together
from ml_connector.store import handshakes, inbox
from ml_connector.store.database import Connection
from ml_connector.store.vault import delete_secret

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 1.0
COUNT_EVERY_SECONDS = 1.0
MOST_CODES = 10
"""So many codes of subscriptions are taken within an hour at one address: each of them may cost a
call at the vendor, and whoever learnt the address can make some up."""
CODES_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`woken` are the workspaces that have something to do now; `vendor` is empty if not known.
    `cheap` tells that it was given from memory, since there were too many like it."""

    status: int
    text: str
    woken: tuple[str, ...] = ()
    vendor: str = ""
    cheap: bool = False


UNKNOWN = Answer(404, "There is no such address.")
UNPROVEN = Answer(401, "The proof of origin is wrong.")
NOT_STORED = Answer(500, "It could not be stored. Send it again.")


class Ingest:
    """Takes deliveries for all endpoints of this process."""

    def __init__(self, res: Resources) -> None:
        self._res = res
        self._doors = Doors(res)
        self._arrivals = Together(res.store, self._note)
        self._misgivings = Misgivings(res)
        self._forgers = Strangers()
        self._strangers = Strangers()
        self._everybody = Strangers(MOST_OF_ALL)
        self._codes = Strangers(MOST_CODES, CODES_SECONDS)
        self._uncounted: dict[str, int] = {}
        self._counting: asyncio.Task[None] | None = None

    def forget(self) -> None:
        """Connections or secrets changed."""
        self._doors.forget()

    async def refusal(self, path: str, sender: str = "") -> Answer | None:
        """The answer to a post to an address that is not there, for which no body need be read.

        `path` is the endpoint's token, and that of one of its subscriptions after a slash.
        """
        try:
            return UNKNOWN if await self._door(path, sender) is None else None
        except StoreUnavailable as fault:
            return _not_stored(fault)

    async def take(self, path: str, delivery: Delivery, sender: str = "") -> Answer:
        """The answer to one delivery; see CONTRACTS of the HTTP answers.

        `sender` is the network address that it came from, empty where that is not known.
        """
        try:
            door = await self._door(path, sender)
            if door is None:
                return UNKNOWN
            return replace(await self._take(path, door, delivery), vendor=door.vendor.name)
        except StoreUnavailable as fault:
            return _not_stored(fault)

    # --- which door -----------------------------------------------------------------------------

    async def _door(self, path: str, sender: str) -> Door | None:
        """The door of an address. Where too many were tried that are not there, the store is asked
        only for one that may be."""
        door = self._doors.known(path)
        if door is not None:
            return door
        now, network = self._res.clock.monotonic(), network_of(sender)
        if self._are_many(network, now) and not await self._doors.may_exist(path):
            self._count_one_more(sender, now)
            return None
        found = await self._doors.find(path)
        if isinstance(found, Door):
            return found
        if isinstance(found, Ended):
            self._misgivings.of_ended(found.endpoint)
        self.count_stranger(sender)
        return None

    def _are_many(self, network: str, now: float) -> bool:
        return self._strangers.are_many(network, now) or self._everybody.are_many(ALL, now)

    def is_one_of_many(self, sender: str) -> bool:
        """Whether too much came from there that nobody here expects."""
        now = self._res.clock.monotonic()
        return self._strangers.are_many(network_of(sender), now)

    def count_stranger(self, sender: str) -> None:
        """Something came from there that nobody here expects."""
        now = self._res.clock.monotonic()
        self._strangers.failed(network_of(sender), now)
        self._count_one_more(sender, now)

    def _count_one_more(self, sender: str, now: float) -> None:
        if self._everybody.failed(ALL, now) == MOST_OF_ALL:
            self._misgivings.of_strangers(sender)

    # --- what to do with it ---------------------------------------------------------------------

    async def _take(self, path: str, door: Door, delivery: Delivery) -> Answer:
        forged: Forged | None = None
        try:
            door = await self._proven(path, door, delivery)
        except Forged as fault:
            forged = fault
        handshake = _handshake(door, delivery)
        if handshake is not None:
            return await self._park(door, handshake)
        if forged is not None:
            return await self._refuse(door, delivery, forged)
        webhooks = door.vendor.webhooks
        try:
            hints = webhooks.read(delivery)
            for hint in hints:
                "".join((hint.event_id, hint.event_type, hint.account, hint.key,
                         hint.version, hint.correlation_id, hint.merged_into)).encode()  # fmt: skip
        except Unreadable as fault:
            return Answer(400, fault.sentence)
        except UnicodeEncodeError:  # JSON may spell half a character, which no store takes
            return Answer(400, "The delivery holds what is no text.")
        self._misgivings.of_accounts(door, [hint.account for hint in hints])
        named = tuple((self._res.chance.new_id(), hint) for hint in hints)
        await self._arrivals.put(Arrival(door.endpoint, door.vendor, door.rows, delivery, named))
        return Answer(200, "Stored.", (door.endpoint.workspace,))

    async def _park(self, door: Door, handshake: Handshake) -> Answer:
        """Keep a code that the lane will confirm; it proves nothing until then."""
        now = self._res.clock.monotonic()
        if self._codes.are_many(door.endpoint.id, now):
            self._misgivings.of_codes(door)
            return Answer(429, "Too many codes. Send it again later.", cheap=True)
        self._codes.failed(door.endpoint.id, now)
        await self._res.store.write(lambda c: self._keep(c, door, handshake))
        return Answer(200, "Stored.", (door.endpoint.workspace,))

    def _keep(self, conn: Connection, door: Door, handshake: Handshake) -> None:
        id, now = self._res.chance.new_id(), self._res.clock.now()
        subscription, code = handshake.subscription, handshake.code
        handshakes.put(conn, self._res.vault, id, door.endpoint.id, subscription, code, now)

    async def _refuse(self, door: Door, delivery: Delivery, fault: Forged) -> Answer:
        """Nothing proves it. A portal's look at the address is greeted all the same."""
        id, now = door.endpoint.id, self._res.clock.monotonic()
        is_one_of_many = self._forgers.are_many(id, now)
        self._forgers.failed(id, now)
        if door.vendor.webhooks.is_probe(delivery):
            return Answer(200, "Hello.", cheap=is_one_of_many)
        if is_one_of_many:
            self._count_later(id)
            self._misgivings.of_flood(door)
            return replace(UNPROVEN, cheap=True)
        moment = self._res.clock.now()
        await self._res.store.write(lambda c: inbox.count_forged(c, id, moment))
        log.warning("a delivery was refused", vendor=door.vendor.name, why=fault.sentence)
        self._misgivings.of_forged(door)
        return UNPROVEN

    def _count_later(self, endpoint: str) -> None:
        """All that come within a second are counted in one commit."""
        self._uncounted[endpoint] = self._uncounted.get(endpoint, 0) + 1
        if self._counting is None:
            self._counting = asyncio.create_task(self._count())

    async def _count(self) -> None:
        await self._res.clock.sleep(COUNT_EVERY_SECONDS)
        uncounted, self._uncounted, self._counting = self._uncounted, {}, None
        now = self._res.clock.now()

        def work(conn: Connection) -> None:
            for endpoint, times in sorted(uncounted.items()):
                inbox.count_forged(conn, endpoint, now, times)

        try:
            await self._res.store.write(work)
        except StoreUnavailable as fault:
            log.warning("forged deliveries could not be counted", why=fault.sentence)

    # --- proofs ---------------------------------------------------------------------------------

    async def _proven(self, path: str, door: Door, delivery: Delivery) -> Door:
        """The door whose secrets prove it: another process may have changed them. Raises Forged.

        Where too much is forged at this door, it is not looked up anew for each.
        """
        try:
            await self._verify(door, delivery)
            return door
        except Forged:
            now = self._res.clock.monotonic()
            if self._forgers.are_many(door.endpoint.id, now) and now - door.read_at < AGAIN_SECONDS:
                raise
            fresh = await self._doors.find(path)
            if not isinstance(fresh, Door) or fresh.proofs == door.proofs:
                raise
        await self._verify(fresh, delivery)
        return fresh

    async def _verify(self, door: Door, delivery: Delivery) -> None:
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
        self._doors.drop(door)

    def _note(self, conn: Connection, arrivals: Sequence[Arrival]) -> None:
        Noting(conn, self._res, arrivals).store()


def _handshake(door: Door, delivery: Delivery) -> Handshake | None:
    """The code of a subscription that is introduced at an address of its own."""
    if not door.is_callback or door.vendor.handshake is None:
        return None
    try:
        return door.vendor.handshake(delivery)
    except Unreadable:
        return None


def _not_stored(fault: StoreUnavailable) -> Answer:
    log.error("a delivery could not be stored", why=fault.sentence)
    return NOT_STORED
