"""An open connection has its client; an open flow has its two connections and its settings read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ml_connector.core.flow import Feed, Flow, Given, Route
from ml_connector.core.keys import ExternalKey
from ml_connector.core.limits import Limits
from ml_connector.core.mapping import Codes, items_by_name
from ml_connector.core.objects import SetupItem, SourceObject
from ml_connector.core.vendor import SourceClient, TargetClient, Vendor
from ml_connector.http.wire import ConnectionWire
from ml_connector.store import connections, flows


@dataclass(slots=True)
class OpenConnection:
    """`client` is a SourceClient, a TargetClient or both, as its vendor declares objects.

    `account` is the id of our accounts row, `external_account` the vendor's own id of it.
    """

    row: connections.Row
    vendor: Vendor
    client: Any
    prober: Any
    """The same client, for one cheap call during a pause."""
    account: str
    external_account: str
    limits: Limits
    probing: ConnectionWire
    """The wire of the prober, which knows the vendor's clock from its last answer."""
    renew: Callable[[], Awaitable[None]]
    """Renew the grant now, so that it does not end for want of use; nothing for a static token."""
    notice: Callable[[int], None] = lambda version: None
    """Which version of the grant is stored: tokens that others renewed are used from then on, while
    the client goes on with what it knows."""

    @property
    def source(self) -> SourceClient:
        client: SourceClient = self.client
        return client

    @property
    def target(self) -> TargetClient:
        client: TargetClient = self.client
        return client

    @property
    def is_recognized(self) -> bool:
        """Whether the vendor said whose the credentials are; only a probe may use them before."""
        return bool(self.row.identity)

    def can(self, capability: str) -> bool:
        """Whether the account can do that, by what the connection's settings say of it."""
        return can(self.vendor, self.row, capability)


@dataclass(slots=True)
class OpenFlow:
    """`source` and `target` are named as the flow's kind names them; which of the two a route reads
    and which it writes, its objects say. `codes` are filled in by set-up."""

    row: flows.Row
    flow: Flow
    settings: Mapping[str, Any]
    source: OpenConnection
    target: OpenConnection
    codes: Codes = field(default_factory=lambda: Codes({}, {}))
    items: tuple[SetupItem, ...] = field(init=False)
    routes: tuple[Route, ...] = field(init=False)
    """Those that do not rest, for want of a capability or by the settings."""
    feeds: tuple[Feed, ...] = field(init=False)
    _fields: dict[str, Mapping[str, SetupItem]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.routes = tuple(
            r
            for r in self.flow.routes
            if (not r.needs or self.writing(r).can(r.needs))
            and (r.when is None or r.when(self.settings))
        )
        self.feeds = tuple(f for f in self.flow.feeds if not f.needs or self.target.can(f.needs))
        resting = {r.writes.name for r in self.flow.routes if r not in self.routes}
        resting -= {r.writes.name for r in self.routes}
        self.items = tuple(
            i for i in self.flow.setup(self.settings) if (i.object or i.key) not in resting
        )

    @property
    def connections(self) -> tuple[OpenConnection, OpenConnection]:
        return (self.source, self.target)

    def at(self, vendor: str) -> OpenConnection:
        return self.source if vendor == self.flow.source else self.target

    def reading(self, reader: Route | Feed) -> OpenConnection:
        return self.at(reader.reads.vendor)

    def writing(self, route: Route) -> OpenConnection:
        return self.at(route.writes.vendor)

    def sources(self) -> list[OpenConnection]:
        """The connections whose objects are listed, each once."""
        listed = {o.vendor for o in self.listed()}
        return [side for side in self.connections if side.vendor.name in listed]

    def written(self) -> list[OpenConnection]:
        """The connections that work is done for, each once, the flow's target first."""
        written = {self.writing(r).row.id for r in self.routes}
        sides = (self.target, self.source)
        return [side for side in sides if side is self.target or side.row.id in written]

    def place(self, name: str) -> str:
        """The connection in whose drain the work on a route or feed is done."""
        return place(self.row, self.flow, name)

    @property
    def readers(self) -> tuple[Route | Feed, ...]:
        """All that a change of a source object reaches."""
        return (*self.routes, *self.feeds)

    def listed(self) -> list[SourceObject]:
        """The objects whose changes are asked for, on either side; each in one listing only."""
        objects = {r.reads.path: r.reads for r in self.readers if r.reads.is_listed}
        carried = {f"{o.vendor}.{name}" for o in objects.values() for name in o.carries}
        return [o for path, o in objects.items() if path not in carried]

    def swept(self) -> list[SourceObject]:
        """The objects of which a record that is gone must be noticed."""
        objects = [r.reads for r in self.routes if r.reads.is_listed]
        objects += [feed.reads for feed in self.feeds if feed.is_watched]
        return list({obj.path: obj for obj in objects}.values())

    def fields_of(self, route: Route) -> Mapping[str, SetupItem]:
        """The custom fields that the route may write, by name."""
        if route.name not in self._fields:
            self._fields[route.name] = items_by_name(self.items, route.writes)
        return self._fields[route.name]

    def given(self, now: datetime) -> Given:
        return Given(self.settings, self.row.installed_at, now.date().isoformat(), now)

    def key_of(self, route: Route, source_key: str) -> str:
        """Our external key of a source record, in the form that the route's target keeps."""
        reading = self.reading(route)
        account, name = reading.external_account, route.reads.name
        readable = reading.vendor.readable_key
        if route.writes.key_form == "readable" and readable is not None:
            return readable(account, name, source_key)
        return str(ExternalKey(route.reads.vendor, account, name, source_key))

    def key_code(self, route: Route) -> str | None:
        """Where our key stands in the route's target records: a field, or the note.

        None where a person removed the field at the target.
        """
        home = route.writes.key_field or route.writes.note_field
        if home is not None:
            return home
        for item in self.fields_of(route).values():
            if item.is_key and item.id not in self.codes.missing:
                return self.codes.items.get(item.id)
        return None


def can(vendor: Vendor, row: connections.Row, capability: str) -> bool:
    """Whether a connection's account has a capability."""
    return vendor.capabilities is not None and capability in vendor.capabilities(row.settings)


def place(row: flows.Row, flow: Flow, name: str) -> str:
    """The id of the connection in whose drain a route's or feed's work is done: the one that the
    route writes to; a feed writes nothing."""
    if flow.feed(name) is not None or flow.route(name).writes.vendor == flow.target:
        return row.target
    return row.source
