"""Waking: an account that can do more than before wakes the routes that rested for want of it.

What they are for was seen by polls long ago and is no news, so their flow gets a new version, which
is filled like any other wider scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ml_connector.engine.opened import can, place
from ml_connector.engine.resources import Resources
from ml_connector.store import connections, flows
from ml_connector.store.database import Connection

Abilities = Mapping[str, frozenset[str]]
"""By the id of a connection: the names of the readers of its flows that do not rest there."""


def abilities(conn: Connection, res: Resources, workspace: str) -> Abilities:
    """What each connection of a workspace is capable of, as far as its flows need it."""
    return {row.id: _needed(conn, res, row) for row in connections.listing(conn, workspace)}


def _needed(conn: Connection, res: Resources, row: connections.Row) -> frozenset[str]:
    vendor = res.vendors[row.vendor]
    return frozenset(
        reader.needs
        for installed in flows.using(conn, row.id)
        for reader in res.flows[installed.kind].readers
        if reader.needs
        and place(installed, res.flows[installed.kind], reader.name) == row.id
        and can(vendor, row, reader.needs)
    )


def wake(
    conn: Connection, res: Resources, workspace: str, before: Abilities, now: datetime
) -> None:
    """A new version for each flow that was filled before its target became able to hold more."""
    for id, able in abilities(conn, res, workspace).items():
        news = able - before.get(id, able)
        for row in flows.using(conn, id) if news else []:
            readers = res.flows[row.kind].readers
            is_filled = row.backfilled_version == row.version
            if is_filled and any(reader.needs in news for reader in readers):
                flows.put(conn, replace(row, version=row.version + 1), now)
