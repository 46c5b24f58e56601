"""Ingest: a delivery is proven on its raw bytes, named, and kept; then it is answered.

The inbox row and the pending changes it causes are one commit. A body is only a hint: what is
written later comes from a fresh read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.flow import Flow
from ml_connector.core.objects import SourceObject
from ml_connector.core.vendor import Delivery, Hint, Proofs, Vendor
from ml_connector.engine.resources import Resources
from ml_connector.engine.subscribing import secrets_owner
from ml_connector.store import connections, cursors, flows, inbox, links, pending, reviews
from ml_connector.store.connections import Endpoint
from ml_connector.store.cursors import Fact
from ml_connector.store.database import Connection
from ml_connector.store.inbox import Event
from ml_connector.store.pending import LIVE, Mark
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
        ids = [self._res.chance.new_id() for _ in hints]
        await self._res.store.write(lambda c: self._store(c, door, delivery, hints, ids))
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

    # --- one commit -----------------------------------------------------------------------------

    def _store(
        self, conn: Connection, door: _Door, delivery: Delivery,
        hints: Sequence[Hint], ids: Sequence[str],
    ) -> None:  # fmt: skip
        for hint, id in zip(hints, ids, strict=True):
            outcome = self._mark(conn, door, hint)
            event = Event(
                id=id, endpoint=door.endpoint.id, event_id=hint.event_id or id,
                event_type=hint.event_type, account=hint.account, object=hint.object,
                key=hint.key, correlation_id=hint.correlation_id,
                received_at=delivery.received_at, outcome=outcome, body=delivery.body,
            )  # fmt: skip
            inbox.put(conn, event)
            if outcome == "unknown_account":
                inbox.count_unknown(conn, door.endpoint.id)

    def _mark(self, conn: Connection, door: _Door, hint: Hint) -> str:
        """Mark what the hint speaks of; the outcome for the inbox."""
        rows = [r for r in door.rows if self._is_its_account(conn, door.vendor, r, hint)]
        if not rows:
            return "unknown_account"
        if not hint.object or not hint.key:
            return "unknown_event"
        outcomes = set()
        for row in rows:
            if any(obj.name == hint.object for obj in door.vendor.sources):
                outcomes.add(self._mark_source(conn, door.vendor, row, hint))
            if any(obj.name == hint.object for obj in door.vendor.targets):
                outcomes.add(self._mark_target(conn, row, hint))
        return "pending" if "pending" in outcomes else min(outcomes, default="unknown_event")

    def _is_its_account(
        self, conn: Connection, vendor: Vendor, row: connections.Row, hint: Hint
    ) -> bool:
        account = connections.account(conn, row.account) if row.account else None
        if account is None:
            return False
        return not hint.account or vendor.webhooks.same_account(hint.account, account.external_id)

    def _mark_source(
        self, conn: Connection, vendor: Vendor, row: connections.Row, hint: Hint
    ) -> str:
        """The source says that a record changed; a poll follows where its id is not known."""
        obj = vendor.source(hint.object)
        key = self._whole_key(conn, vendor, row, obj, hint.key)
        if key is None:
            cursors.poll_now(conn, row.id, obj.name)
            return "pending"
        now = self._res.clock.now()
        for installed in flows.reading(conn, row.id):
            flow = self._res.flows[installed.kind]
            marks = [
                Mark(
                    installed.id, route.name, key, installed.target, flow.rank(route.name),
                    "webhook", LIVE, at_least=hint.version, event_id=hint.event_id,
                    correlation_id=hint.correlation_id,
                )
                for route in flow.routes
                if route.reads.path == obj.path
            ]  # fmt: skip
            pending.mark(conn, marks, now)
        return "pending"

    def _whole_key(
        self, conn: Connection, vendor: Vendor, row: connections.Row, obj: SourceObject, told: str
    ) -> str | None:
        """The record's own id for the form in which an event told it."""
        if cursors.seen_of(conn, row.id, obj.name, [told]):
            return told
        if vendor.webhooks.is_whole_key(told):
            return None
        for key in cursors.all_seen(conn, row.id, obj.name):
            if vendor.webhooks.same_key(told, key):
                return key
        return None

    def _mark_target(self, conn: Connection, row: connections.Row, hint: Hint) -> str:
        """Something happened to a record at the target; ours are looked at, our own writes are
        not."""
        found = links.of_targets(conn, row.account or "", hint.object, [hint.key])
        outcome = "echo" if found else "unknown_event"
        now = self._res.clock.now()
        for link in found:
            installed = flows.get(conn, link.flow)
            if installed is None or link.is_alias:
                continue
            if not hint.fact and hint.version and hint.version <= link.target_updated_at:
                continue
            if hint.fact:
                fact = Fact(
                    link.flow, link.route, link.source_key, "target", hint.fact, hint.merged_into
                )
                cursors.put_fact(conn, fact, now)
            pending.mark(conn, [self._look(installed, link, hint)], now)
            outcome = "pending"
        again = self._reviews_naming(conn, row, hint)
        pending.mark(conn, again, now)
        return "pending" if again else outcome

    def _reviews_naming(self, conn: Connection, row: connections.Row, hint: Hint) -> list[Mark]:
        """What waits for a person between candidates is matched again when one of them changed."""
        marks = []
        for installed in flows.writing(conn, row.id):
            flow = self._res.flows[installed.kind]
            for review in reviews.naming(conn, installed.id, hint.key):
                if flow.route(review.route).writes.name == hint.object:
                    mark = Mark(
                        installed.id, review.route, review.source_key, installed.target,
                        flow.rank(review.route), "webhook", LIVE, asked=True,
                        event_id=hint.event_id, correlation_id=hint.correlation_id,
                    )  # fmt: skip
                    marks.append(mark)
        return marks

    def _look(self, installed: flows.Row, link: links.Link, hint: Hint) -> Mark:
        flow: Flow = self._res.flows[installed.kind]
        return Mark(
            link.flow, link.route, link.source_key, installed.target, flow.rank(link.route),
            "webhook", LIVE, look=True, asked=True, event_id=hint.event_id,
            correlation_id=hint.correlation_id,
        )  # fmt: skip
