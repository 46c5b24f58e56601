"""Noting: proven deliveries become inbox rows and pending changes, all that came together in one
commit.

What several of them ask of the store is asked once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ml_connector.core.flow import Feed, Flow, Route
from ml_connector.core.objects import SourceObject
from ml_connector.core.values import digest
from ml_connector.core.vendor import Delivery, Hint, Vendor
from ml_connector.engine.opened import can, place
from ml_connector.engine.opening import parse_settings
from ml_connector.engine.resources import Resources
from ml_connector.store import connections, cursors, flows, inbox, links, pending, reviews
from ml_connector.store.connections import Endpoint
from ml_connector.store.cursors import Fact
from ml_connector.store.database import Connection
from ml_connector.store.inbox import Event
from ml_connector.store.pending import LIVE, Mark


@dataclass(frozen=True, slots=True)
class Arrival:
    """A proven delivery. `rows` are the connections of its endpoint; `hints` come with ids."""

    endpoint: Endpoint
    vendor: Vendor
    rows: tuple[connections.Row, ...]
    delivery: Delivery
    hints: tuple[tuple[str, Hint], ...]


class Noting:
    """One commit. `store` is called once."""

    def __init__(self, conn: Connection, res: Resources, arrivals: Sequence[Arrival]) -> None:
        self._conn = conn
        self._res = res
        self._arrivals = arrivals
        self._now = res.clock.now()
        self._marks: list[Mark] = []
        self._accounts: dict[str, connections.Account | None] = {}
        self._using: dict[str, list[flows.Row]] = {}
        self._told: dict[tuple[str, str], set[str]] = {}

    def store(self) -> None:
        """Mark what the hints speak of, and keep them."""
        events = [
            self._event(arrival, id, hint, is_first=number == 0)
            for arrival in self._arrivals
            for number, (id, hint) in enumerate(arrival.hints)
        ]
        pending.mark(self._conn, self._marks, self._now)
        inbox.put(self._conn, events)
        for event in events:
            if event.outcome == "unknown_account":
                inbox.count_unknown(self._conn, event.endpoint)

    def _event(self, arrival: Arrival, id: str, hint: Hint, *, is_first: bool) -> Event:
        return Event(
            id=id, endpoint=arrival.endpoint.id, event_id=hint.event_id or _unnamed(arrival, hint),
            event_type=hint.event_type, account=hint.account, object=hint.object, key=hint.key,
            correlation_id=hint.correlation_id, received_at=arrival.delivery.received_at,
            outcome=self._mark(arrival, hint), body=arrival.delivery.body if is_first else b"",
        )  # fmt: skip

    def _mark(self, arrival: Arrival, hint: Hint) -> str:
        """Mark what the hint speaks of; the outcome for the inbox."""
        vendor = arrival.vendor
        rows = [r for r in arrival.rows if self._is_its_account(vendor, r, hint)]
        if not rows:
            return "unknown_account"
        if not hint.object or not hint.key:
            return "unknown_event"
        outcomes = set()
        for row in rows:
            if any(obj.name == hint.object for obj in vendor.sources):
                outcomes.add(self._mark_source(vendor, row, hint))
            if any(obj.name == hint.object for obj in vendor.targets):
                outcomes.add(self._mark_target(vendor, row, hint))
        return "pending" if "pending" in outcomes else min(outcomes, default="unknown_event")

    def _is_its_account(self, vendor: Vendor, row: connections.Row, hint: Hint) -> bool:
        account = self._account(row.account) if row.account else None
        if account is None:
            return False
        return not hint.account or vendor.webhooks.same_account(hint.account, account.external_id)

    def _account(self, id: str) -> connections.Account | None:
        if id not in self._accounts:
            self._accounts[id] = connections.account(self._conn, id)
        return self._accounts[id]

    def _mark_source(self, vendor: Vendor, row: connections.Row, hint: Hint) -> str:
        """The source says that a record changed; a poll follows where its id is not known.

        Nothing does where no flow reads such records: the vendor may be met as a target only.
        """
        obj = vendor.source(hint.object)
        using = [self._res.flows[installed.kind] for installed in self._flows_using(row.id)]
        if not any(reader.reads.path == obj.path for flow in using for reader in flow.readers):
            return "unknown_event"
        key = self._whole_key(vendor, row, obj, hint.key)
        if key is None:
            cursors.poll_now(self._conn, row.id, vendor.lister(obj.name).name)
            return "pending"
        for installed in self._flows_using(row.id):
            flow = self._res.flows[installed.kind]
            if hint.fact == "merged":
                self._put_merged(installed, flow, obj, key, hint)
            self._marks += [
                Mark(
                    installed.id, reader.name, key, place(installed, flow, reader.name),
                    flow.rank(reader.name), "webhook", LIVE, at_least=hint.version,
                    event_id=hint.event_id, correlation_id=hint.correlation_id,
                )
                for reader in flow.readers
                if reader.reads.path == obj.path and self._works(installed, flow, reader)
            ]  # fmt: skip
        return "pending"

    def _put_merged(
        self, installed: flows.Row, flow: Flow, obj: SourceObject, key: str, hint: Hint
    ) -> None:
        """Which record it lives on in: no later read of it can tell."""
        for route in flow.routes:
            if route.reads.path == obj.path:
                into = hint.merged_into
                fact = Fact(installed.id, route.name, key, "source", hint.fact, into)
                cursors.put_fact(self._conn, fact, self._now)

    def _works(self, installed: flows.Row, flow: Flow, reader: Route | Feed) -> bool:
        """Not where the route rests, since its target lacks what it needs."""
        if isinstance(reader, Route) and reader.when is not None:
            settings = parse_settings(flow, installed.settings)
            if not reader.when(settings):
                return False
        if not reader.needs:
            return True
        row = connections.get(self._conn, place(installed, flow, reader.name))
        return row is not None and can(self._res.vendors[row.vendor], row, reader.needs)

    def _flows_using(self, connection: str) -> list[flows.Row]:
        if connection not in self._using:
            self._using[connection] = flows.using(self._conn, connection)
        return self._using[connection]

    def _whole_key(
        self, vendor: Vendor, row: connections.Row, obj: SourceObject, told: str
    ) -> str | None:
        """The record's own id for the form in which an event told it."""
        if told in self._told_and_seen(row, obj):
            return told
        if vendor.webhooks.is_whole_key(told):
            return None
        for key in cursors.all_seen(self._conn, row.id, obj.name):
            if vendor.webhooks.same_key(told, key):
                return key
        return None

    def _told_and_seen(self, row: connections.Row, obj: SourceObject) -> set[str]:
        """Which of the keys that were told are ids that a poll has seen."""
        at = (row.id, obj.name)
        if at not in self._told:
            hints = (hint for arrival in self._arrivals for _, hint in arrival.hints)
            told = sorted({hint.key for hint in hints if hint.object == obj.name})
            self._told[at] = set(cursors.seen_of(self._conn, row.id, obj.name, told))
        return self._told[at]

    def _mark_target(self, vendor: Vendor, row: connections.Row, hint: Hint) -> str:
        """Something happened to a record at the target; ours are looked at, our own writes are
        not."""
        found = links.of_targets(self._conn, row.account or "", hint.object, [hint.key])
        outcome = "echo" if found else "unknown_event"
        for link in found:
            installed = flows.get(self._conn, link.flow)
            if installed is None or link.is_alias:
                continue
            if not hint.fact and hint.version and hint.version <= link.target_updated_at:
                continue
            if hint.fact:
                fact = Fact(
                    link.flow, link.route, link.source_key, "target", hint.fact, hint.merged_into
                )
                cursors.put_fact(self._conn, fact, self._now)
            self._marks.append(self._look(installed, link, hint))
            outcome = "pending"
        again = self._reviews_naming(vendor, row, hint)
        self._marks += again
        return "pending" if again else outcome

    def _reviews_naming(self, vendor: Vendor, row: connections.Row, hint: Hint) -> list[Mark]:
        """What waits for a person between candidates is matched again when one of them changed."""
        marks, path = [], vendor.target(hint.object).path
        for installed in self._flows_using(row.id):
            flow = self._res.flows[installed.kind]
            for review in reviews.naming(self._conn, installed.id, hint.key):
                if flow.route(review.route).writes.path == path:
                    mark = Mark(
                        installed.id, review.route, review.source_key, row.id,
                        flow.rank(review.route), "webhook", LIVE, asked=True,
                        event_id=hint.event_id, correlation_id=hint.correlation_id,
                    )  # fmt: skip
                    marks.append(mark)
        return marks

    def _look(self, installed: flows.Row, link: links.Link, hint: Hint) -> Mark:
        flow: Flow = self._res.flows[installed.kind]
        return Mark(
            link.flow, link.route, link.source_key, place(installed, flow, link.route),
            flow.rank(link.route), "webhook", LIVE, look=True, asked=True,
            event_id=hint.event_id, correlation_id=hint.correlation_id,
        )  # fmt: skip


def _unnamed(arrival: Arrival, hint: Hint) -> str:
    """For an event that has no id: the same for equal ones of one minute.

    Each marks its record, but a delivery that somebody recorded and plays again and again must not
    fill the disk.
    """
    delivery = arrival.delivery
    told = delivery.body.decode("utf-8", "backslashreplace")
    minute = delivery.received_at.isoformat(timespec="minutes")
    return digest([minute, hint.object, ascii(hint.key), told])
