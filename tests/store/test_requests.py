"""Requests: what was sealed for one is let go with it, and never while it waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from ml_connector.store import lanes, requests
from ml_connector.store.database import Store
from ml_connector.store.vault import Vault, get_secrets, put_secret
from tests.store.keys import MADE_AT, counting_bytes, ring


@pytest.mark.parametrize(
    ("state", "is_kept"), [("new", True), ("running", True), ("done", False), ("gone", False)]
)
async def test_what_a_killed_command_had_sealed_is_let_go(state: str, is_kept: bool) -> None:
    vault = Vault(ring(1), counting_bytes())

    def work(conn: Connection) -> None:
        lanes.put_workspace(conn, "w", "default")
        put_secret(conn, vault, "request:r", "api_token", "a secret")
        put_secret(conn, vault, "grant:r", "api_token", "another")
        if state != "gone":
            requests.put(conn, "r", "w", "connect", {}, MADE_AT)
        if state in ("running", "done"):
            requests.take(conn)
        if state == "done":
            requests.end(conn, "r", "done", {}, MADE_AT)
        requests.retain(conn, MADE_AT + timedelta(hours=1))

    async with Store.in_memory() as store:
        await store.write(work)
        sealed = await store.read(lambda c: get_secrets(c, vault, "request:r"))
        assert bool(sealed) is is_kept
        assert await store.read(lambda c: get_secrets(c, vault, "grant:r"))
