"""FreshBooks → Pipedrive whole: the engine, both simulated vendors, one virtual clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.engine.freshbooks_scene import DAY, PAID, SENT, Books
from tests.engine.scene import Record, counts, numbers
from tests.support.rehearsal import totals

# --- the first sync ------------------------------------------------------------------------------


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("since", ["open", "all"])
async def test_a_plan_is_the_sync_and_a_second_sync_writes_nothing(
    since: str, public: bool
) -> None:
    async with Books(customers=12, invoices=30, public=public) as s:
        await s.takes_time()
        await s.install(since=since)
        planned = await s.plan()
        first = await s.sync()
        assert numbers(planned) == numbers(first)
        assert first["writes"] > 10
        assert totals(first)["failed"] == 0
        twins = {review["source_key"] for review in await s.reviews()}
        told = await s.human("GET", "freshbooks/invoices")
        theirs = [i for i in told if str(i["customerid"]) in twins and i["vis_state"] != 1]
        assert counts(first, "invoices").get("waiting", 0) <= len(theirs)
        assert counts(first, "clients")["review"] == len(twins)
        await s.deliver()
        second = await s.sync()
        assert (second["writes"], second["setup_writes"]) == (0, 0)
        full = await s.sync(full=True)
        assert full["writes"] == 0
        assert totals(full)["found"] == totals(first)["found"]
        assert (await s.counters())["creates"].get("freshbooks", {}).keys() <= {"callbacks"}
        made = {"POST /events/account/{id}/events/callbacks"} if public else set()
        assert await s.writes_at_freshbooks() == made


async def test_a_client_and_an_invoice_arrive_whole() -> None:
    async with Books() as s:
        acme = await s.customer(
            "Acme, Ltd. é", email="ann@acme.example", currency_code="EUR", p_street="1 High St",
            p_city="Leeds", p_code="LS1 4AP", p_country="United Kingdom", s_city="Hull",
        )  # fmt: skip
        invoice = await s.invoice(acme, "250.00", invoice_number="INV-77",
                                  create_date="2026-05-01", currency_code="EUR")  # fmt: skip
        await s.install(since="all", label="")
        summary = await s.sync()
        assert counts(summary, "clients") == counts(summary, "invoices") == {
            "found": 1, "create": 1,
        }  # fmt: skip
        [organization] = await s.ours()
        account = (await s.ready())["settings"]["account_id"]
        assert organization["name"] == "Acme, Ltd. é"
        assert organization["address"]["value"] == "1 High St, LS1 4AP Leeds, United Kingdom"
        assert organization["Currency"] == "EUR"
        assert organization["Source state"] == "Active"
        assert organization["FreshBooks client ID"] == f"freshbooks:{account}:clients:{acme['id']}"
        [deal] = await s.all("deals")
        assert (deal["org_id"], deal["value"], deal["currency"]) == (organization["id"], 250, "EUR")
        assert deal["title"] == "Invoice INV-77 - Acme, Ltd. é"
        assert (deal["Invoice number"], deal["Invoice date"]) == ("INV-77", "2026-05-01")
        assert deal["Due date"] == deal["expected_close_date"] == "2026-05-31"
        assert deal["FreshBooks invoice ID"] == f"freshbooks:{account}:invoices:{invoice['id']}"
        assert await s.shows(invoice) == ("Sent", "Sent", "open")


async def test_the_organization_is_there_before_its_deal_also_if_only_that_is_asked_for() -> None:
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync(record=f"invoices:{invoice['id']}")
        [organization] = await s.ours()
        assert (await s.deal(invoice))["org_id"] == organization["id"]


async def test_an_archived_client_comes_for_its_open_invoice() -> None:
    async with Books() as s:
        acme, other = await s.customer(), await s.customer("Dormant GmbH")
        invoice = await s.invoice(acme)
        for each in (acme, other):
            await s.act("clients", each, "archive")
        await s.install()
        await s.sync()
        assert [o["name"] for o in await s.ours()] == ["Acme Ltd"]
        assert (await s.organization(acme))["Source state"] == "Archived"
        assert (await s.deal(invoice))["status"] == "open"


async def test_a_client_that_is_known_by_name_is_taken_and_keeps_its_name() -> None:
    async with Books() as s:
        made = await s.seller("POST", "organizations", name="ACME  ltd")
        acme = await s.customer("Acme Ltd")
        await s.install(since="all")
        await s.sync()
        assert (await s.link("clients", acme)).target_id == str(made["id"])


async def test_net_is_the_lines_without_taxes() -> None:
    async with Books() as s:
        acme = await s.customer()
        line = {"name": "Bowls", "qty": "4", "unit_cost": {"amount": "5.00", "code": "USD"},
                "taxName1": "VAT", "taxAmount1": "20"}  # fmt: skip
        invoice = await s.invoice(acme, lines=[line])
        await s.install(since="all", deal_value="net")
        await s.sync()
        deal = await s.deal(invoice)
        assert (deal["value"], deal["Amount due"]["value"]) == (20, 24)
        assert (await s.sync(full=True))["writes"] == 0


# --- what happens to an invoice ------------------------------------------------------------------

Deed = Callable[[Books, Record], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """`deed` is done to a sent invoice of 100.00, after a first sync or before it."""

    deed: Deed
    shows: tuple[str, str, str]
    paid: float
    due: float
    value: float = 100
    payment_status: str = "unpaid"


async def _nothing(s: Books, invoice: Record) -> None:
    return None


async def _view(s: Books, invoice: Record) -> None:
    await s.act("invoices", invoice, "view")


async def _dispute(s: Books, invoice: Record) -> None:
    await s.act("invoices", invoice, "dispute")


async def _part(s: Books, invoice: Record) -> None:
    await s.act("invoices", invoice, "pay", amount="30.00")


async def _pay(s: Books, invoice: Record) -> None:
    await s.act("invoices", invoice, "pay")


async def _two_parts(s: Books, invoice: Record) -> None:
    await _part(s, invoice)
    await _pay(s, invoice)


async def _credit(s: Books, invoice: Record) -> None:
    await s.act("invoices", invoice, "pay", type="Credit")


async def _overpay(s: Books, invoice: Record) -> None:
    await s.act("invoices", invoice, "pay", amount="120.00")


async def _refund(s: Books, invoice: Record) -> None:
    await _pay(s, invoice)
    (payment,) = await s.payments(invoice)
    await s.delete("payments", payment)


async def _refund_part(s: Books, invoice: Record) -> None:
    await _two_parts(s, invoice)
    await s.delete("payments", (await s.payments(invoice))[-1])


async def _lower(s: Books, invoice: Record) -> None:
    """A write-off, by a lower total."""
    await _lines(s, invoice, "60.00")


async def _write_off_the_rest(s: Books, invoice: Record) -> None:
    await _part(s, invoice)
    await _lines(s, invoice, "30.00")


async def _lines(s: Books, invoice: Record, amount: str) -> None:
    line = {"name": "Services", "qty": "1", "unit_cost": {"amount": amount, "code": "USD"}}
    await s.edit("invoices", invoice, lines=[line])


PART = ("Part paid", "Part paid", "open")
CASES = {
    "sent": Case(_nothing, SENT, 0, 100),
    "viewed": Case(_view, ("Viewed", "Viewed", "open"), 0, 100),
    "disputed": Case(_dispute, ("Disputed", "Disputed", "open"), 0, 100),
    "part paid": Case(_part, PART, 30, 70, payment_status="partial"),
    "paid": Case(_pay, PAID, 100, 0, payment_status="paid"),
    "in two parts": Case(_two_parts, PAID, 100, 0, payment_status="paid"),
    "by a credit": Case(_credit, PAID, 100, 0, payment_status="paid"),
    "refund reopens": Case(_refund, SENT, 0, 100),
    "part refund reopens": Case(_refund_part, PART, 30, 70, payment_status="partial"),
    "write-off by a lower total": Case(_lower, SENT, 0, 60, value=60),
    "write-off of the rest": Case(_write_off_the_rest, PAID, 30, 0, value=30,
                                  payment_status="paid"),
}  # fmt: skip


@pytest.mark.parametrize("is_historic", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("name", CASES)
async def test_the_deal_follows_the_invoice(name: str, is_historic: bool) -> None:
    case = CASES[name]
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        if is_historic:
            await case.deed(s, invoice)
        await s.sync()
        if not is_historic:
            await s.pass_time(60)
            await case.deed(s, invoice)
            await s.sync()
        deal = await s.deal(invoice)
        assert await s.shows(invoice) == case.shows
        assert deal["value"] == case.value
        assert deal["Amount paid"] == {"value": case.paid, "currency": "USD"}
        assert deal["Amount due"] == {"value": case.due, "currency": "USD"}
        assert deal["Payment status"] == case.payment_status
        assert (await s.sync(full=True))["writes"] == 0


@pytest.mark.parametrize("how", ["credit", "negative"])
async def test_more_paid_than_invoiced_is_paid(how: str) -> None:
    async with Books() as s:
        await s.switch(freshbooks__overpayment=how)
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        await _overpay(s, invoice)
        await s.sync()
        shown = await s.shows(invoice)
        assert shown[1:] == ("Paid", "won")
        assert shown[0] == ("Paid" if how == "credit" else "Overpaid")


async def test_a_payment_that_moves_nothing_of_its_invoice_is_told_by_itself() -> None:
    async with Books() as s:
        await s.switch(freshbooks__payment_touches_invoice_updated=False)
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        await s.sync()
        await s.pass_time(10 * DAY)  # the invoice left the window of the next scan
        await s.act("invoices", await s.invoice(await s.customer("Busy AG")), "pay")
        await s.sync()
        await s.pass_time(3 * DAY)
        await _pay(s, invoice)
        await s.sync()
        assert await s.shows(invoice) == PAID
        (payment,) = await s.payments(invoice)
        await s.pass_time(3 * DAY)
        await s.delete("payments", payment)
        await s.sync()
        assert await s.shows(invoice) == SENT


async def test_a_historic_paid_deal_is_won_on_the_day_of_its_payment() -> None:
    async with Books() as s:
        invoice = await s.invoice(await s.customer(), create_date="2025-11-01")
        await s.act("invoices", invoice, "pay", date="2025-11-20")
        await s.install(since="all")
        await s.sync()
        assert (await s.deal(invoice))["won_time"].startswith("2025-11-20")


async def test_drafts_stay_away_where_the_setting_says_so_until_they_are_sent() -> None:
    async with Books() as s:
        invoice = await s.invoice(await s.customer(), sent=False)
        await s.install(since="all", drafts="no")
        await s.sync()
        assert await s.all("deals") == []
        await s.act("invoices", invoice, "send")
        await s.sync()
        assert await s.shows(invoice) == SENT


@pytest.mark.parametrize("touches", [True, False])
async def test_an_invoice_becomes_overdue_by_the_clock_alone(touches: bool) -> None:
    async with Books() as s:
        await s.switch(freshbooks__overdue_touches_updated=touches)
        invoice = await s.invoice(await s.customer(), due_offset_days=1)
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pass_time(DAY)
        await s.round()
        assert await s.shows(invoice) == SENT  # due today
        await s.pass_time(DAY)
        await s.round()
        assert await s.shows(invoice) == ("Overdue", "Overdue", "open")
        await s.act("invoices", invoice, "pay", amount="40.00")
        await s.pass_time(400)
        await s.round()
        deal = await s.deal(invoice)
        assert await s.shows(invoice) == ("Overdue", "Overdue", "open")
        assert deal["Payment status"] == "partial"  # which overdue hides


async def test_the_slow_look_at_open_invoices_writes_nothing_where_nothing_changed() -> None:
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.pass_time(60)
        await s.install(since="all")
        await s.sync()
        for _ in range(3):
            await s.pass_time(3700)
            await s.round()
        assert [r["decision"] for r in await s.told(invoice, "invoices")] == ["create"]
