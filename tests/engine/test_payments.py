"""What happens to an invoice at Wave, and what its deal and its activity look like then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.engine.scene import Record, Scene

Deed = Callable[[Scene, Record], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """`deed` is done to a sent invoice of 100.00, after a first sync or before it."""

    deed: Deed
    label: str
    stage: str
    status: str
    paid: float
    due: float
    value: float = 100
    done: bool = False


async def _nothing(s: Scene, invoice: Record) -> None:
    return None


async def _viewed(s: Scene, invoice: Record) -> None:
    await s.act("invoices", invoice, "view")


async def _partial(s: Scene, invoice: Record) -> None:
    await s.pay(invoice, "30.00")


async def _full(s: Scene, invoice: Record) -> None:
    await s.pay(invoice)


async def _in_two_parts(s: Scene, invoice: Record) -> None:
    await s.pay(invoice, "30.00")
    await s.pay(invoice, "70.00")


async def _overpaid(s: Scene, invoice: Record) -> None:
    await s.pay(invoice, "120.00")


async def _refunded(s: Scene, invoice: Record) -> None:
    await s.pay(invoice)
    await s.act("invoices", invoice, "refund")


async def _partly_refunded(s: Scene, invoice: Record) -> None:
    await s.pay(invoice)
    await s.act("invoices", invoice, "refund", amount="40.00")


async def _credited(s: Scene, invoice: Record) -> None:
    """Wave has no credit notes: the bookkeeper lowers the invoice."""
    item = {"unitPrice": "60.00", "quantity": "1"}
    await s.edit("invoices", invoice, items=[item])


async def _discounted(s: Scene, invoice: Record) -> None:
    discount = {"name": "Friends", "discountType": "PERCENTAGE", "percentage": 10}
    await s.edit("invoices", invoice, discounts=[discount])


async def _overdue(s: Scene, invoice: Record) -> None:
    await s.edit("invoices", invoice, dueDate="2026-05-01", invoiceDate="2026-04-01")


CASES = {
    "sent": Case(_nothing, "Sent", "Sent", "open", 0, 100),
    "viewed": Case(_viewed, "Viewed", "Viewed", "open", 0, 100),
    "partial": Case(_partial, "Part paid", "Part paid", "open", 30, 70),
    "full": Case(_full, "Paid", "Paid", "won", 100, 0, done=True),
    "in two parts": Case(_in_two_parts, "Paid", "Paid", "won", 100, 0, done=True),
    "overpaid": Case(_overpaid, "Overpaid", "Paid", "won", 120, -20, done=True),
    "refund reopens": Case(_refunded, "Sent", "Sent", "open", 0, 100),
    "part refund reopens": Case(_partly_refunded, "Part paid", "Part paid", "open", 60, 40),
    "credit by a lower total": Case(_credited, "Sent", "Sent", "open", 0, 60, value=60),
    "discount": Case(_discounted, "Sent", "Sent", "open", 0, 90, value=90),
    "overdue": Case(_overdue, "Overdue", "Overdue", "open", 0, 100),
}


@pytest.mark.parametrize("is_historic", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("name", CASES)
async def test_deal_and_activity_follow_the_invoice(name: str, is_historic: bool) -> None:
    case = CASES[name]
    async with Scene() as s:
        await s.switch(wave__view_touches_modified=True)
        acme = await s.customer()
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
        await s.install(since="all")
        if is_historic:
            await case.deed(s, invoice)
        await s.sync()
        if not is_historic:
            await s.pass_time(60)
            await case.deed(s, invoice)
            await s.sync()
        deal, activity = await s.deal(invoice), await s.activity(invoice)
        assert deal["Invoice status"] == case.label
        assert await s.stage(deal) == case.stage
        assert deal["status"] == case.status
        assert deal["value"] == case.value
        assert deal["Amount paid"] == {"value": case.paid, "currency": "USD"}
        assert deal["Amount due"] == {"value": case.due, "currency": "USD"}
        assert activity["done"] is case.done
        assert case.label in activity["note"]
        assert (await s.sync(full=True))["writes"] == 0


async def test_a_refund_after_the_first_sync_reopens_deal_and_activity() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
        await s.pay(invoice)
        await s.install(since="all")
        await s.sync()
        assert (await s.deal(invoice))["status"] == "won"
        await s.pass_time(60)
        await s.act("invoices", invoice, "refund")
        await s.sync()
        deal = await s.deal(invoice)
        assert (deal["status"], await s.stage(deal)) == ("open", "Sent")
        assert not (await s.activity(invoice))["done"]
        row = (await s.told(invoice, "invoices"))[0]
        assert row["changes"]["status"] == {"before": "won", "after": "open"}


async def test_a_historic_paid_deal_is_won_on_the_day_of_its_last_payment() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, "100.00", invoiceDate="2025-11-01", dueDate="2025-12-01")
        await s.pay(invoice, "40.00", date="2025-11-20")
        await s.pay(invoice, "60.00", date="2025-12-24")
        await s.install(since="all")
        await s.sync()
        deal = await s.deal(invoice)
        assert deal["status"] == "won"
        assert deal["won_time"].startswith("2025-12-24")


async def test_paid_is_not_won_where_the_setting_says_so() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.pay(invoice)
        await s.install(since="all", paid_is_won="no")
        await s.sync()
        deal = await s.deal(invoice)
        assert (deal["status"], await s.stage(deal)) == ("open", "Paid")


async def test_a_payment_that_moves_no_change_stamp_is_seen_by_the_slow_look_at_open_invoices() -> (
    None
):
    async with Scene() as s:
        await s.switch(wave__payment_touches_modified=False)
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pass_time(30)
        await s.pay(invoice, "30.00")
        await s.pass_time(3700)
        await s.round()
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"


async def test_a_payment_in_full_that_moves_no_change_stamp_is_seen_within_the_hour() -> None:
    async with Scene() as s:
        await s.switch(wave__payment_touches_modified=False)
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        await s.sync()
        await s.pass_time(3700)
        await s.round()
        await s.pay(invoice)
        await s.pass_time(3700)
        await s.round()
        assert (await s.deal(invoice))["Invoice status"] == "Paid"


async def test_what_is_paid_beyond_the_total_and_moves_no_change_stamp_is_seen_in_a_day() -> None:
    async with Scene() as s:
        await s.switch(wave__payment_touches_modified=False)
        invoice = await s.invoice(await s.customer())
        await s.pay(invoice)
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pay(invoice, "5.00")
        await s.pass_time(86_500)
        await s.round()
        assert (await s.deal(invoice))["Amount due"]["value"] == -5


async def test_an_invoice_becomes_overdue_by_the_calendar_alone() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, dueDate="2026-05-05")
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pass_time(2 * 86_400)
        await s.round()
        deal = await s.deal(invoice)
        assert (deal["Invoice status"], await s.stage(deal)) == ("Overdue", "Overdue")


async def test_the_slow_look_at_open_invoices_marks_nothing_that_did_not_change() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, dueDate="2026-06-05")
        await s.pass_time(60)
        await s.install(since="all")
        await s.sync()
        for _ in range(26):  # the daily look at all of them is among these
            await s.pass_time(3700)
            await s.round()
        assert [r["decision"] for r in await s.told(invoice, "invoices")] == ["create"]
