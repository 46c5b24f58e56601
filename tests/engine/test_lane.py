"""The lane by itself: it polls, drains and looks around without a person."""

from __future__ import annotations

from typing import Any

from ml_connector.store import connections, flows
from tests.support.rehearsal import FLOW, WORKSPACE, Rehearsal

OAUTH = ["client_id", "client_secret", "refresh_token"]


async def state_of(r: Rehearsal, name: str) -> str:
    row = await r.store.read(lambda c: connections.named(c, WORKSPACE, name))
    assert row is not None
    return row.state


async def an_open_invoice(r: Rehearsal) -> dict[str, Any]:
    linked = await r.links("invoices")
    for invoice in await r.human("GET", "wave/invoices"):
        if invoice["status"] == "SENT" and invoice["id"] in linked:
            return dict(invoice)
    raise AssertionError("the sandbox has no sent invoice")


async def paid(r: Rehearsal, invoice: dict[str, Any]) -> bool:
    """Whether the deal of the invoice is won."""
    deal = (await r.links("invoices"))[invoice["id"]].target_id
    return bool((await r.human("GET", f"pipedrive/deals/{deal}"))["status"] == "won")


async def pay(r: Rehearsal, invoice: dict[str, Any]) -> None:
    await r.human("POST", f"wave/invoices/{invoice['id'].replace('=', '%3D')}/pay", {})


async def test_a_change_is_polled_and_written_without_anybody() -> None:
    async with Rehearsal() as r:
        await r.install()
        await r.sync()
        invoice = await an_open_invoice(r)
        await pay(r, invoice)
        await r.clock.advance(301)
        await r.round()
        assert await paid(r, invoice)


async def test_a_connection_that_needs_a_person_is_left_alone_until_it_is_connected_again() -> None:
    async with Rehearsal() as r:
        await r.connect("wave", secrets=OAUTH)
        await r.connect("pipedrive")
        await r.add()
        await r.sync()
        invoice = await an_open_invoice(r)
        await r.sandbox.order({"vendor": "wave", "kind": "revoke_refresh_token"})
        await r.clock.advance(8_000)
        await r.round()
        await r.sandbox.control("DELETE", "faults")
        assert await state_of(r, "wave") == "needs_person"
        assert await state_of(r, "pipedrive") == "ok"
        told = len(r.alerts)
        assert told >= 1
        await r.round()
        await r.clock.advance(60)
        await r.round()
        assert await state_of(r, "wave") == "needs_person"
        assert len(r.alerts) == told
        await pay(r, invoice)
        await r.connect("wave")
        await r.clock.advance(301)
        await r.round()
        assert await state_of(r, "wave") == "ok"
        assert await paid(r, invoice)


async def test_wider_settings_are_backfilled_by_the_lane() -> None:
    async with Rehearsal(customers=12, invoices=40) as r:
        await r.install()
        await r.sync()
        before = len(await r.links("invoices"))
        await r.add(since="all")
        await r.clock.advance(301)
        await r.round()
        assert len(await r.links("invoices")) > before
        row = await r.store.read(lambda c: flows.named(c, WORKSPACE, FLOW))
        assert row is not None
        assert row.backfilled_version == row.version == 2


async def test_a_deal_deleted_by_hand_is_found_by_the_daily_sweep() -> None:
    async with Rehearsal() as r:
        await r.install()
        await r.sync()
        link = (await r.links("invoices")).popitem()[1]
        await r.human("DELETE", f"pipedrive/deals/{link.target_id}")
        await r.clock.advance(90_000)
        await r.round()
        await r.round()
        found = [v for v in await r.reviews() if v["source_key"] == link.source_key]
        assert [v["route"] for v in found][:1] == ["invoices"]
        assert "deleted" in found[0]["reason"]
