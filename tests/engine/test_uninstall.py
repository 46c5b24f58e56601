"""A person uninstalls our app at the vendor: only the proven call stops the connection."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from ml_connector.core.vendor import Delivery
from ml_connector.engine.uninstalling import uninstall
from ml_connector.store import connections
from tests.support.rehearsal import WORKSPACE, Rehearsal

OAUTH = ["client_id", "client_secret", "refresh_token"]


async def told(r: Rehearsal, password: str, company: str) -> int:
    """The call as the sheet describes it; the status it is answered with."""
    ready = (await r.sandbox.control("GET", "ready"))["vendors"]["pipedrive"]["credentials"]
    body = {"client_id": ready["client_id"], "company_id": company, "user_id": 1, "timestamp": "x"}
    secret = password or ready["client_secret"]
    basic = b64encode(f"{ready['client_id']}:{secret}".encode()).decode()
    headers = {"authorization": f"Basic {basic}"}
    return await uninstall(r.res, Delivery(json.dumps(body).encode(), headers, r.clock.now()))


async def state(r: Rehearsal) -> str:
    row = await r.store.read(lambda c: connections.named(c, WORKSPACE, "pipedrive"))
    assert row is not None
    return row.state


async def test_an_uninstalled_app_stops_its_connection_and_a_reconnect_starts_it() -> None:
    async with Rehearsal() as r:
        company = (await r.connect("pipedrive", secrets=OAUTH))["account"]
        assert await told(r, "", company) == 200
        assert await state(r) == "needs_person"
        assert len(r.alerts) == 1
        answer = await r.done("ping", names=["pipedrive"])
        assert not answer[0]["ok"]
        assert "uninstalled" in answer[0]["detail"]


@pytest.mark.parametrize(("password", "company"), [("wrong-secret", ""), ("", "999")])
async def test_a_call_without_proof_or_of_another_company_stops_nothing(
    password: str, company: str
) -> None:
    async with Rehearsal() as r:
        account = (await r.connect("pipedrive", secrets=OAUTH))["account"]
        status = await told(r, password, company or account)
        assert status == (401 if password else 200)
        assert await state(r) == "ok"
        assert r.alerts == []
