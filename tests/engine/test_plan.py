"""A plan writes nothing anywhere: not at a vendor, not a custom field, not into our own store."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ml_connector.store.tables import metadata
from tests.engine.scene import Scene, counts

FORGETFUL = {"allowances"}
"""Tokens are spent by a plan's reads, and the day's account of them must know."""


async def rows(scene: Scene) -> dict[str, list[Any]]:
    """Everything in our store, table by table."""
    return {
        table.name: await scene.store.read(
            lambda c, t=table: sorted(map(repr, c.execute(select(t)).all()))  # type: ignore[misc]  # bound per table
        )
        for table in metadata.sorted_tables
        if table.name not in FORGETFUL
    }


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("wish", [{}, {"full": True}, {"limit": 3}], ids=str)
async def test_a_plan_writes_nothing_anywhere(public: bool, wish: dict[str, Any]) -> None:
    async with Scene(customers=8, invoices=16, public=public) as s:
        await s.install(since="all")
        stood, there = await rows(s), await s.writes()
        planned = await s.plan(**wish)
        assert planned["writes"] > 0
        assert await rows(s) == stood
        assert await s.writes() == there
        assert (await s.counters())["creates"]["pipedrive"] == {}


async def test_a_plan_of_what_changed_writes_nothing_either() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.pay(invoice)
        stood, there = await rows(s), await s.writes()
        planned = await s.plan()
        assert counts(planned, "invoices")["update"] == 1
        assert counts(planned, "activities")["update"] == 1
        assert await rows(s) == stood
        assert await s.writes() == there


async def test_a_plan_needs_no_consent_and_counts_what_it_would_set_up() -> None:
    async with Scene() as s:
        await s.connect("wave")
        await s.connect("pipedrive")
        await s.do(
            "flow_add", kind="wave-pipedrive", name="invoices", source="wave",
            target="pipedrive", settings={"since": "all"}, yes=False,
        )  # fmt: skip
        assert (await s.plan())["setup_writes"] == 20
        refused = await s.do("sync", flow="invoices")
        assert (refused["exit"], refused["consent"]) == (3, True)
        assert "custom" in refused["notes"][0] or "field 'Wave customer ID'" in refused["notes"][0]
        assert await s.writes() == 0
        assert (await s.do("sync", flow="invoices", yes=True))["exit"] == 0


async def test_the_first_plan_names_side_effects_and_a_later_one_does_not() -> None:
    async with Scene() as s:
        await s.customer()
        await s.install(since="all")
        first = await s.do("plan", flow="invoices")
        assert any("Automations" in effect for effect in first["effects"])
        await s.sync()
        assert (await s.do("plan", flow="invoices"))["effects"] == []


async def test_a_plan_shows_the_reviews_that_a_sync_would_open() -> None:
    async with Scene() as s:
        await s.human("POST", "pipedrive/organizations", {"name": "Twin"})
        await s.human("POST", "pipedrive/organizations", {"name": "Twin"})
        await s.customer("Twin")
        await s.install(since="all")
        planned = await s.do("plan", flow="invoices")
        assert [r["route"] for r in planned["reviews"]] == ["customers"]
        assert len(planned["reviews"][0]["candidates"]) == 2
        assert await s.reviews() == []
