"""FreshBooks' callbacks, made, confirmed and mended by the engine, and the polls without them."""

from __future__ import annotations

import pytest

from ml_connector.engine.ingest import Answer
from tests.engine.freshbooks_scene import DAY, PAID, SENT, Books
from tests.engine.scene import Record


async def test_without_a_public_address_no_callback_is_made_and_polls_bring_everything() -> None:
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pass_time(301)
        await s.act("invoices", invoice, "pay")
        await s.edit("clients", acme, organization="Acme Limited", p_city="Hull")
        await s.pass_time(301)
        await s.round()
        assert await s.shows(invoice) == PAID
        organization = await s.organization(acme)
        assert (organization["name"], organization["address"]["value"]) == ("Acme Limited", "Hull")
        assert await s.callbacks() == {}
        assert await s.writes_at_freshbooks() == set()


async def live(s: Books) -> tuple[Record, Record]:
    """A flow whose callbacks stand, with a client and an invoice that came over."""
    acme = await s.customer()
    invoice = await s.invoice(acme)
    await s.install(since="all")
    await s.go_public()
    await s.pass_time(30)
    return acme, invoice


def statuses(answers: list[Answer]) -> list[int]:
    return [answer.status for answer in answers]


async def test_callbacks_are_made_introduced_and_confirmed_by_us() -> None:
    async with Books(public=True) as s:
        await live(s)
        assert await s.writes_at_freshbooks() == {
            "POST /events/account/{id}/events/callbacks",
            "PUT /events/account/{id}/events/callbacks/{id}",
        }
        assert (await s.counters())["creates"].get("freshbooks", {}).keys() <= {"callbacks"}


async def test_a_payment_wins_the_deal_long_before_the_poll() -> None:
    async with Books(public=True) as s:
        await s.switch(freshbooks__payment_fires_invoice_update=False)
        _, invoice = await live(s)
        await s.act("invoices", invoice, "pay")
        assert statuses(await s.deliver()) == [200]
        await s.round()
        await s.round()
        assert await s.shows(invoice) == PAID
        assert s.clock.monotonic() < 60  # the next poll is minutes away


async def test_a_deleted_payment_reopens_the_deal_by_its_webhook() -> None:
    async with Books(public=True) as s:
        _, invoice = await live(s)
        await s.act("invoices", invoice, "pay")
        await s.deliver()
        for _ in range(2):
            await s.round()
        await s.pass_time(30)
        await s.delete("payments", (await s.payments(invoice))[0])
        await s.deliver()
        for _ in range(2):
            await s.round()
        assert await s.shows(invoice) == SENT


async def test_new_and_changed_records_come_by_their_webhooks() -> None:
    async with Books(public=True) as s:
        acme, _ = await live(s)
        new = await s.invoice(acme, "70.00")
        await s.edit("clients", acme, organization="Acme Limited")
        assert set(statuses(await s.deliver())) == {200}
        await s.round()
        assert await s.shows(new) == SENT
        assert (await s.organization(acme))["name"] == "Acme Limited"


async def test_equal_deliveries_of_two_true_changes_are_both_heeded() -> None:
    """Body and signature are the same: nothing may be dropped for having been seen."""
    async with Books(public=True) as s:
        acme, _ = await live(s)
        for name in ("First Ltd", "Second Ltd"):
            await s.edit("clients", acme, organization=name)
            await s.deliver()
            await s.round()
            assert (await s.organization(acme))["name"] == name
            await s.pass_time(5)


async def test_forged_deliveries_are_refused() -> None:
    async with Books(public=True) as s:
        _, invoice = await live(s)
        await s.act("invoices", invoice, "pay")
        await s.pass_time(2)
        (posted,) = s.sandbox.outbox.posted
        wrong = {**posted.headers, "X-FreshBooks-Hmac-SHA256": "AAAA"}
        s.sandbox.outbox.posted = [type(posted)(posted.url, wrong, posted.body, posted.at_seconds)]
        assert statuses(await s.deliver()) == [401]
        await s.round()
        assert await s.shows(invoice) == SENT


@pytest.mark.parametrize("before", [True, False])
async def test_a_code_may_come_before_or_after_the_answer_to_its_callback(before: bool) -> None:
    async with Books(public=True) as s:
        await s.switch(freshbooks__handshake_before_answer=before)
        await live(s)


@pytest.mark.parametrize("is_new", [True, False])
async def test_a_callback_that_freshbooks_disabled_is_introduced_again(is_new: bool) -> None:
    async with Books(public=True) as s:
        await s.switch(freshbooks__resend_issues_new_code=is_new)
        acme, _ = await live(s)
        disabled = next(
            row for row in await s.human("GET", "freshbooks/callbacks") if row["event"] == "client"
        )
        await s.act("callbacks", {"id": disabled["id"]}, "disable")
        assert (await s.callbacks())["client"] is False
        await s.pass_time(DAY + 700)
        await s.round()
        await s.deliver()
        await s.round()
        assert set((await s.callbacks()).values()) == {True}
        await s.edit("clients", acme, organization="Acme Limited")
        await s.deliver()
        await s.round()
        assert (await s.organization(acme))["name"] == "Acme Limited"


async def test_a_legacy_delivery_with_more_fields_in_another_order_is_proven() -> None:
    async with Books(public=True) as s:
        acme, _ = await live(s)
        await s.switch(freshbooks__webhook_legacy_fields=True)
        await s.edit("clients", acme, organization="Acme Limited")
        assert statuses(await s.deliver()) == [200]


async def test_the_form_of_the_products_text_works_where_it_is_chosen() -> None:
    async with Books(public=True) as s:
        acme, _ = await live(s)
        shared = (await s.ready())["credentials"]["webhook_secret"]
        await s.switch(freshbooks__webhook_signature="raw")
        await s.edit("clients", acme, organization="Acme Limited")
        assert statuses(await s.deliver()) == [401]
        await s.done(
            "connect", vendor="freshbooks", name="freshbooks",
            settings={"webhook_signature": "raw"}, secrets={"webhook_secret": shared},
        )  # fmt: skip
        await s.edit("clients", acme, organization="Acme Incorporated")
        assert statuses(await s.deliver()) == [200]


async def test_a_lost_delivery_is_made_good_by_the_poll() -> None:
    async with Books(public=True) as s:
        _, invoice = await live(s)
        await s.sandbox.order({"vendor": "freshbooks", "kind": "webhook_drop"})
        await s.act("invoices", invoice, "pay")
        assert await s.deliver() == []
        await s.pass_time(301)
        await s.round()
        assert await s.shows(invoice) == PAID


async def test_a_new_invoice_is_not_lost_behind_a_scan_that_had_begun_before_it() -> None:
    """It was told while the scan rested between its two listings, having read past it already."""
    async with Books(public=True) as s:
        acme, _ = await live(s)
        await s.pass_time(301)
        invoices = "GET /accounting/account/*/invoices/invoices"
        down = {"vendor": "freshbooks", "kind": "status", "status": 503, "operation": invoices}
        await s.sandbox.order({**down, "after": 1})
        await s.round()
        new = await s.invoice(acme, "70.00")
        await s.deliver()
        await s.human("DELETE", "faults")
        await s.pass_time(40)
        for _ in range(2):
            await s.round()
        assert await s.shows(new) == SENT
