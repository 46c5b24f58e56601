"""Live webhooks make it sooner; they are hints, in any order and number, and nothing rests on
them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from ml_connector.core.vendor import Delivery
from ml_connector.store.tables import inbox
from tests.engine.scene import Record, Scene
from tests.support.rehearsal import HOOKS

EVENTS = (
    "invoice.approved", "invoice.sent", "invoice.viewed", "invoice.overdue", "invoice.paid",
    "invoice.partially_paid", "invoice.overpaid",
)  # fmt: skip
TEXT_EVENTS = (
    "customer.created", "customer.updated", "invoice.created", "invoice.updated", "payment.created",
)  # fmt: skip


async def live(s: Scene, *events: str) -> tuple[Record, Record]:
    """An installed flow whose Wave app posts to us, and an invoice that came over."""
    acme = await s.customer("Acme Ltd")
    invoice = await s.invoice(acme, dueDate="2026-07-01")
    await s.connect("wave", secrets=["full_access_token", "webhook_secret"])
    await s.connect("pipedrive")
    await s.add(since="all")
    ready = (await s.human("GET", "ready"))["vendors"]["wave"]["credentials"]
    url = f"{HOOKS}/hooks/{await s.hook_token('wave')}"
    hook = {"url": url, "secret": ready["webhook_secret"], "events": list(events or EVENTS)}
    await s.human("PUT", "wave/webhook", hook)
    await s.sync()
    await s.deliver()
    await s.round()
    await s.pass_time(60)
    return acme, invoice


async def post(s: Scene, event: dict[str, Any]) -> int:
    """An event of our own making, signed with the real secret."""
    import hashlib
    import hmac

    ready = (await s.human("GET", "ready"))["vendors"]["wave"]["credentials"]
    body = json.dumps(event).encode()
    at = str(int(s.res.clock.now().timestamp()))
    mac = hmac.new(ready["webhook_secret"].encode(), at.encode() + b"." + body, hashlib.sha256)
    headers = {"x-wave-signature": f"t={at},v1={mac.hexdigest()}"}
    delivery = Delivery(body, headers, s.res.clock.now())
    return (await s.ingest.take(await s.hook_token("wave"), delivery)).status


async def outcomes(s: Scene) -> list[tuple[str, str]]:
    def work(conn: Any) -> list[tuple[str, str]]:
        rows = conn.execute(select(inbox.c.event_type, inbox.c.outcome).order_by(inbox.c.id))
        return [(row.event_type, row.outcome) for row in rows]

    return [pair for pair in await s.store.read(work) if "." in pair[0]]


async def test_a_payment_is_applied_by_its_webhook_long_before_the_poll() -> None:
    async with Scene(public=True) as s:
        _, invoice = await live(s)
        await s.pay(invoice)
        answers = await s.deliver()
        assert [a.status for a in answers] == [200]
        await s.round()
        assert (await s.deal(invoice))["status"] == "won"
        row = (await s.told(invoice, "invoices"))[0]
        assert row["source"] == "webhook"
        assert row["event_id"]


@pytest.mark.parametrize("form", ["opaque", "number", "text"])
async def test_ids_are_understood_in_every_form_that_wave_may_use(form: str) -> None:
    async with Scene(public=True) as s:
        await s.switch(wave__webhook_ids=form)
        _, invoice = await live(s)
        await s.pay(invoice, "40.00")
        await s.deliver()
        await s.round()
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"


async def test_the_events_of_the_product_text_work_too() -> None:
    async with Scene(public=True) as s:
        await s.switch(wave__product_text_events=True)
        acme, invoice = await live(s, *TEXT_EVENTS)
        await s.edit("customers", acme, name="Acme Limited")
        await s.pay(invoice, "40.00")
        await s.deliver()
        await s.round()
        assert (await s.organization(acme))["name"] == "Acme Limited"
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"


async def test_an_event_about_a_record_not_seen_yet_polls_at_once() -> None:
    async with Scene(public=True) as s:
        acme, _ = await live(s)
        new = await s.invoice(acme, dueDate="2026-07-01")
        await s.deliver()
        await s.round()
        assert (await s.deal(new))["Invoice status"] == "Sent"


async def test_duplicates_and_a_wrong_order_change_nothing() -> None:
    async with Scene(public=True) as s:
        _, invoice = await live(s)
        await s.sandbox.order({"vendor": "wave", "kind": "webhook_duplicate"})
        await s.pay(invoice, "40.00")
        await s.pay(invoice)
        await s.clock.advance(3)
        s.sandbox.outbox.posted.reverse()
        posted = list(s.sandbox.outbox.posted)
        await s.deliver()
        await s.round()
        s.sandbox.outbox.posted = posted
        assert {a.status for a in await s.deliver()} == {200}
        await s.round()
        assert (await s.deal(invoice))["Invoice status"] == "Paid"
        updates = [r for r in await s.told(invoice, "invoices") if r["decision"] == "update"]
        assert len(updates) == 1


async def test_a_lost_webhook_is_made_good_by_the_poll() -> None:
    async with Scene(public=True) as s:
        _, invoice = await live(s)
        await s.sandbox.order({"vendor": "wave", "kind": "webhook_drop"})
        await s.pay(invoice)
        assert await s.deliver() == []
        await s.pass_time(301)
        await s.round()
        assert (await s.deal(invoice))["status"] == "won"


async def test_an_unknown_event_is_kept_and_makes_nothing_pending() -> None:
    async with Scene(public=True) as s:
        await live(s)
        known = (await s.human("GET", "wave/invoices"))[0]
        event = {
            "event_id": "e-1", "event_type": "invoice.danced", "business_id": known["businessId"],
                 "data": {}}  # fmt: skip
        assert await post(s, event) == 200
        assert ("invoice.danced", "unknown_event") in await outcomes(s)
        assert (await s.status())["flows"][0]["waiting"] == 0


async def test_an_event_of_an_unknown_business_is_kept_and_counted() -> None:
    async with Scene(public=True) as s:
        await live(s)
        event = {"event_id": "e-2", "event_type": "invoice.paid", "business_id": "QnVzaW5lc3M6eA==",
                 "data": {"invoice_id": "1"}}  # fmt: skip
        assert await post(s, event) == 200
        assert ("invoice.paid", "unknown_account") in await outcomes(s)
        wave = next(c for c in (await s.status())["connections"] if c["name"] == "wave")
        assert wave["deliveries"]["unknown"] == 1


async def test_a_burst_of_events_on_one_invoice_is_one_write() -> None:
    async with Scene(public=True) as s:
        _, invoice = await live(s)
        for _ in range(5):
            await s.act("invoices", invoice, "view")
            await s.pay(invoice, "10.00")
        before = await s.writes()
        await s.deliver()
        await s.round()
        assert await s.writes() - before == 2  # the deal and its activity
        assert (await s.deal(invoice))["Amount paid"]["value"] == 50


async def test_without_a_public_address_no_subscription_is_made() -> None:
    async with Scene() as s:
        await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.round()
        assert await s.human("GET", "pipedrive/webhooks") == []


async def test_a_subscription_that_vanished_is_made_again_at_the_daily_check() -> None:
    async with Scene(public=True) as s:
        await s.install(since="all")
        await s.sync()
        await s.round()
        stood = await s.human("GET", "pipedrive/webhooks")
        assert len(stood) == 4
        await s.seller("DELETE", f"webhooks/{stood[0]['id']}")
        await s.pass_time(86_400 + 700)
        await s.round()
        there = [w for w in await s.human("GET", "pipedrive/webhooks") if w.get("is_active", 1)]
        assert len(there) == 4
