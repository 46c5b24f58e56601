"""An open connection has its client; an open flow has its two connections and its settings read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ml_connector.core.flow import Flow, Given, Route
from ml_connector.core.keys import ExternalKey
from ml_connector.core.limits import Limits
from ml_connector.core.mapping import Codes, items_by_name
from ml_connector.core.objects import SetupItem
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

    @property
    def source(self) -> SourceClient:
        client: SourceClient = self.client
        return client

    @property
    def target(self) -> TargetClient:
        client: TargetClient = self.client
        return client


@dataclass(slots=True)
class OpenFlow:
    """`codes` are filled in by set-up."""

    row: flows.Row
    flow: Flow
    settings: Mapping[str, Any]
    source: OpenConnection
    target: OpenConnection
    codes: Codes = field(default_factory=lambda: Codes({}, {}))
    items: tuple[SetupItem, ...] = field(init=False)
    _fields: dict[str, Mapping[str, SetupItem]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.items = self.flow.setup(self.settings)

    def fields_of(self, route: Route) -> Mapping[str, SetupItem]:
        """The custom fields that the route may write, by name."""
        if route.name not in self._fields:
            self._fields[route.name] = items_by_name(self.items, route.writes)
        return self._fields[route.name]

    def given(self, now: datetime) -> Given:
        return Given(self.settings, self.row.installed_at, now.date().isoformat(), now)

    def key_of(self, route: Route, source_key: str) -> ExternalKey:
        return ExternalKey(
            route.reads.vendor, self.source.external_account, route.reads.name, source_key
        )

    def key_code(self, route: Route) -> str | None:
        """Where our key stands in the route's target records: a field's code, or the note.

        None where a person removed the field at the target.
        """
        if route.writes.note_field is not None:
            return route.writes.note_field
        for item in self.fields_of(route).values():
            if item.is_key and item.id not in self.codes.missing:
                return self.codes.items.get(item.id)
        return None
