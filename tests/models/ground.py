"""The ground of a model: a real database with installed flows, and store functions called at once.

Two workspaces, so that what belongs to one is seen to leave the other alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from ml_connector.store import connections, flows, grants, lanes
from ml_connector.store.grants import Grant
from ml_connector.store.sqlite import driver, memory_database, open_database
from ml_connector.store.tables import accounts, metadata
from tests.support.clock import START

T = TypeVar("T")

OURS, OTHERS = "w", "other"
FLOWS = ("f1", "f2", "g1")
"""Of our workspace the first two; the third is of the other one."""
TARGETS = ("t1", "t2", "u1")
TARGET_OF = {"f1": "t1", "f2": "t1", "g1": "u1"}


class Ground:
    """In memory, or `on_disk` in a folder of its own. Close it."""

    def __init__(self, *, on_disk: bool = False) -> None:
        self.moment = START
        self._folder = tempfile.TemporaryDirectory() if on_disk else None
        if self._folder is None:
            self._database = memory_database()
            with self._database.writer.connect() as conn:
                driver(conn).deserialize(_furnished())
        else:
            self._database = open_database(Path(self._folder.name) / "database", create=True)
            metadata.create_all(self._database.writer)
            self.do(_furnish)

    def do(self, work: Callable[[Connection], T]) -> T:
        """Run a store function in a transaction of its own."""
        with self._database.writer.begin() as conn:
            return work(conn)

    def pass_time(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def close(self) -> None:
        self._database.dispose()
        if self._folder is not None:
            self._folder.cleanup()


@cache
def _furnished() -> bytes:
    """The database as every example begins with it: making its tables takes as long as a search."""
    database = memory_database()
    metadata.create_all(database.writer)
    with database.writer.begin() as conn:
        _furnish(conn)
    with database.writer.connect() as conn:
        image = driver(conn).serialize()
    database.dispose()
    return image


def _furnish(conn: Connection) -> None:
    for workspace in (OURS, OTHERS):
        lanes.put_workspace(conn, workspace, workspace)
        connections.put_app(conn, workspace, workspace, "v", workspace)
        grants.put(conn, Grant(workspace, workspace, "token", 1))
        account = dict.fromkeys(("id", "workspace", "external_id", "name"), workspace)
        conn.execute(accounts.insert().values(**account, vendor="v"))
    for name in TARGETS:
        workspace = OTHERS if name == "u1" else OURS
        row = connections.Row(
            name, workspace, name, "v", workspace, workspace, workspace, {}, connections.OK, "",
            None, {},
        )  # fmt: skip
        connections.put(conn, row)
    for name in FLOWS:
        target = TARGET_OF[name]
        workspace = OTHERS if target == "u1" else OURS
        flow = flows.Row(
            name, workspace, name, "kind", target, target, {}, 1, flows.ACTIVE, "", True, 1, START
        )
        flows.put(conn, flow, START)
