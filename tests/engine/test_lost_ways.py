"""A pass that writes to both sides, of which one does not answer: the key sleeps for as long as
that side may still carry the write out, not the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from ml_connector.store import flows, queued
from ml_connector.vendors.acumatica import VENDOR as ACUMATICA
from ml_connector.vendors.pipedrive import VENDOR as PIPEDRIVE
from tests.engine.acumatica_scene import Firm, plain
from tests.engine.test_hostile_two_ways import customer_of, organization_of, rename
from tests.support.rehearsal import FLOW, WORKSPACE

CALLS = {
    "pipedrive": "PATCH /api/v2/organizations/{id}",
    "acumatica": "PATCH */Customer",
}


def settle_of(vendor: str) -> timedelta:
    targets = (PIPEDRIVE if vendor == "pipedrive" else ACUMATICA).targets
    noun = "organizations" if vendor == "pipedrive" else "customers"
    return next(obj.settle for obj in targets if obj.name == noun)


def settling(conn: Connection) -> list[dict[str, Any]]:
    row = flows.named(conn, WORKSPACE, FLOW)
    assert row is not None
    return [r for r in queued.rows_of(conn, row.id) if r["waits_for"] == "settle"]


@pytest.mark.parametrize("silent", ["pipedrive", "acumatica"])
async def test_the_side_that_did_not_answer_says_how_long_it_is_waited_for(silent: str) -> None:
    async with Firm() as firm:
        await firm.begin()
        deal = await firm.won()
        path = await customer_of(firm, deal)
        await firm.sandbox.order(
            {"vendor": silent, "operation": CALLS[silent], "kind": "cut_before", "times": 1}
        )
        await rename(firm, path, "Said in Acumatica")
        moved = {"address": {"value": "2 Main St, Truro, CA", "locality": "Truro"}}
        await firm.human("PATCH", f"pipedrive/organizations/{deal['org_id']}", moved)
        await firm.rounds(1)
        [waiting] = await firm.store.read(settling)
        failed = next(r for r in await firm.audit(route=waiting["route"]) if r["state"] == "failed")
        slept = waiting["due_at"] - datetime.fromisoformat(failed["at"])
        assert slept == settle_of(silent)
        await firm.rounds(6)
        there = await firm.objects(path)
        assert plain(there["CustomerName"]) == "Said in Acumatica"
        assert plain(there["MainContact"]["Address"]["City"]) == "Truro"
        assert (await organization_of(firm, deal))["name"] == "Said in Acumatica"
        assert await firm.store.read(settling) == []
        assert await firm.reviews() == []
