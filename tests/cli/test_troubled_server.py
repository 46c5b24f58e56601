"""A server whose database cannot be used for a while goes on when it can, and does what it was
asked meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ml_connector.app import create, handed_over, opened
from ml_connector.core.faults import StoreUnavailable
from ml_connector.settings import load_settings
from ml_connector.store import lanes, runs
from ml_connector.store.database import Connection, Store
from ml_connector.store.home import Home
from ml_connector.store.tables import runs as table
from tests.support.clock import START
from tests.support.mortal import Cord, Process

TROUBLES = 6


async def test_a_database_in_trouble_only_delays_what_was_handed_over(tmp_path: Path) -> None:
    home, settings = Home(tmp_path / "home"), load_settings(tmp_path / "settings.toml")
    await create(home, settings, "default")
    async with opened(home, settings, lambda told: None) as app:
        workspace = await app.workspace("default")
        cord = Cord(app.store, Process(lambda step: False))
        app.res = replace(app.res, store=cord.tied())
        stopping = asyncio.Event()
        await app.lane(workspace)
        serving = asyncio.create_task(app.serve_lanes(stopping.is_set))
        troubled: list[None] = []

        def trouble() -> StoreUnavailable | None:
            troubled.append(None)
            # A server that cannot write when it starts ends at once
            is_full = 1 < len(troubled) <= TROUBLES
            return StoreUnavailable("The disk is full.") if is_full else None

        cord.trouble = trouble
        asker = replace(app, res=replace(app.res, store=cord._store))
        answer = await handed_over(asker, workspace, "ping", {}, lambda told: None)
        assert answer is not None
        assert answer["exit"] == 0
        assert len(troubled) > TROUBLES
        stopping.set()
        await serving


async def test_runs_are_let_go_of_but_the_newest_of_each_flow() -> None:
    def fill(conn: Connection) -> None:
        lanes.put_workspace(conn, "w", "default")
        for days in range(4):
            runs.begin(conn, f"r{days}", "w", None, "live", START - timedelta(days=days))

    async with Store.in_memory() as store:
        await store.write(fill)
        await store.write(lambda c: runs.retain(c, START - timedelta(days=1)))
        assert await store.read(_kept) == ["r0", "r1"]
        await store.write(lambda c: runs.retain(c, START + timedelta(days=9)))
        assert await store.read(_kept) == ["r0"]


def _kept(conn: Connection) -> list[str]:
    return sorted(row.id for row in conn.execute(table.select()))
