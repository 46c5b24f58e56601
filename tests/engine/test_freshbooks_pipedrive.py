"""FreshBooks → Pipedrive whole: the engine, both simulated vendors, one virtual clock."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ml_connector.engine.ingest import Answer
from ml_connector.store import connections
from tests.engine.freshbooks_scene import DAY, HOUR, Books
from tests.engine.scene import Record, counts, numbers
from tests.support.rehearsal import FLOW, WORKSPACE, totals

READS = {"GET", "POST /auth/oauth/token"}


async def writes_at_the_source(s: Books) -> set[str]:
    """What was asked of FreshBooks but reads and token calls."""
    told = (await s.counters())["requests"]
    asked = {q["operation"] for q in told if q["vendor"] == "freshbooks"}
    return {name for name in asked if not ({name, name.split(" ")[0]} & READS)}


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
        assert await writes_at_the_source(s) == made


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


SENT, PAID = ("Sent", "Sent", "open"), ("Paid", "Paid", "won")
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


# --- deleted, restored, archived -----------------------------------------------------------------


@pytest.mark.parametrize("by_id", ["shown", "refused", "not_found"])
async def test_a_deleted_record_is_marked_kept_and_followed_again_once_it_is_restored(
    by_id: str,
) -> None:
    async with Books() as s:
        await s.switch(freshbooks__deleted_by_id=by_id)
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.pass_time(2 * DAY)
        await s.delete("invoices", invoice)
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 1, "gone": 1}
        deal = await s.deal(invoice)
        assert (deal["Source state"], deal["status"], deal["value"]) == ("Deleted", "open", 100)
        assert (await s.told(invoice, "invoices"))[0]["decision"] == "gone"
        assert (await s.organization(acme))["Source state"] == "Active"
        await s.pass_time(HOUR)
        await s.act("invoices", invoice, "restore")
        await _pay(s, invoice)
        await s.sync()
        assert (await s.deal(invoice))["Source state"] == "Active"
        assert await s.shows(invoice) == PAID


async def test_a_deletion_is_told_once_and_costs_nothing_more() -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.pass_time(HOUR)
        await s.delete("clients", acme)
        await s.sync()
        assert (await s.organization(acme))["Source state"] == "Deleted"
        for _ in range(3):
            await s.pass_time(HOUR)
            again = await s.sync()
            assert again["writes"] == 0
        assert [r["decision"] for r in await s.told(acme)] == ["gone", "create"]


async def test_a_deletion_between_two_looks_is_noticed_by_the_sweep_too() -> None:
    async with Books() as s:
        acme = await s.customer()
        await s.install(since="all", poll="daily 03:00 UTC")
        await s.sync()
        await s.round()
        await s.pass_time(HOUR)
        await s.delete("clients", acme)
        await s.pass_time(2 * DAY)
        await s.round()
        assert (await s.organization(acme))["Source state"] == "Deleted"


async def test_an_invoice_of_a_deleted_client_waits_for_a_person_or_for_its_restoration() -> None:
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.delete("clients", acme)
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "clients") == {"found": 1, "refused": 1}
        assert counts(summary, "invoices") == {"found": 1, "waiting": 1}
        (review,) = await s.reviews()
        assert "deleted" in review["reason"]
        await s.pass_time(HOUR)
        await s.act("clients", acme, "restore")
        await s.sync()
        assert await s.shows(invoice) == SENT
        assert await s.reviews() == []


async def test_an_archived_invoice_says_so() -> None:
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        await s.sync()
        await s.pass_time(60)
        await s.act("invoices", invoice, "archive")
        await s.sync()
        assert (await s.deal(invoice))["Source state"] == "Archived"
        assert await s.shows(invoice) == SENT


# --- polls and callbacks -------------------------------------------------------------------------


async def test_without_a_public_address_no_callback_is_made_and_polls_bring_everything() -> None:
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pass_time(301)
        await _pay(s, invoice)
        await s.edit("clients", acme, organization="Acme Limited", p_city="Hull")
        await s.pass_time(301)
        await s.round()
        assert await s.shows(invoice) == PAID
        organization = await s.organization(acme)
        assert (organization["name"], organization["address"]["value"]) == ("Acme Limited", "Hull")
        assert await s.callbacks() == {}
        assert await writes_at_the_source(s) == set()


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
        assert await writes_at_the_source(s) == {
            "POST /events/account/{id}/events/callbacks",
            "PUT /events/account/{id}/events/callbacks/{id}",
        }
        assert (await s.counters())["creates"].get("freshbooks", {}).keys() <= {"callbacks"}


async def test_a_payment_wins_the_deal_long_before_the_poll() -> None:
    async with Books(public=True) as s:
        await s.switch(freshbooks__payment_fires_invoice_update=False)
        _, invoice = await live(s)
        await _pay(s, invoice)
        assert statuses(await s.deliver()) == [200]
        await s.round()
        await s.round()
        assert await s.shows(invoice) == PAID
        assert s.clock.monotonic() < 60  # the next poll is minutes away


async def test_a_deleted_payment_reopens_the_deal_by_its_webhook() -> None:
    async with Books(public=True) as s:
        _, invoice = await live(s)
        await _pay(s, invoice)
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
        await _pay(s, invoice)
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
        await _pay(s, invoice)
        assert await s.deliver() == []
        await s.pass_time(301)
        await s.round()
        assert await s.shows(invoice) == PAID


# --- tokens --------------------------------------------------------------------------------------


async def test_a_token_is_renewed_within_its_twelve_hours_and_the_pair_is_kept() -> None:
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        await s.sync()
        await s.switch(freshbooks__refresh_keeps_created_at=True)
        for _ in range(4):
            await s.pass_time(11 * HOUR)
            assert (await s.sync())["writes"] == 0
        await s.start()
        await _pay(s, invoice)
        await s.sync()
        assert await s.shows(invoice) == PAID
        assert s.alerts == []


async def test_a_refused_refresh_stops_only_this_connection_and_says_so() -> None:
    async with Books() as s:
        await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.sandbox.order({"vendor": "freshbooks", "kind": "revoke_refresh_token"})
        await s.pass_time(13 * HOUR)
        await s.round()
        states = {c["name"]: c["state"] for c in (await s.status())["connections"]}
        assert states == {"freshbooks": "needs_person", "pipedrive": "ok"}
        assert any("FreshBooks" in told for told in s.alerts)


async def test_a_lost_answer_to_a_rotation_needs_a_person() -> None:
    """A refresh token works once, and FreshBooks forgives nothing: outside of the promise."""
    async with Books() as s:
        await s.customer()
        await s.install(since="all")
        await s.sync()
        operation = "POST /auth/oauth/token"
        await s.sandbox.order(
            {"vendor": "freshbooks", "operation": operation, "kind": "cut_after", "times": 1}
        )
        await s.pass_time(13 * HOUR)
        await s.round()
        states = {c["name"]: c["state"] for c in (await s.status())["connections"]}
        assert states["freshbooks"] == "needs_person"
        assert (await s.consent(account_id=(await s.ready())["settings"]["account_id"]))[
            "exit"
        ] == 0
        await s.customer("Late GmbH")
        await s.sync()
        assert len(await s.ours()) == 2


async def test_a_scope_that_is_missing_is_named() -> None:
    async with Books() as s:
        await s.customer()
        await s.install(since="all")
        rule = {"vendor": "freshbooks", "kind": "revoke_scope", "scope": "user:clients:read"}
        await s.sandbox.order(rule)
        answer = await s.do("sync", flow=FLOW)
        assert answer["exit"] == 3
        assert any("scope" in note for note in answer["notes"])


async def test_consent_of_one_user_to_one_app_is_one_grant_for_all_their_businesses() -> None:
    async with Books() as s:
        first, second = await businesses(s)
        assert (await s.consent("one", account_id=first))["result"]["account"] == first
        assert (await s.consent("two", account_id=second))["result"]["account"] == second
        rows = await s.store.read(
            lambda c: [connections.named(c, WORKSPACE, name) for name in ("one", "two")]
        )
        assert len({row.grant for row in rows if row is not None}) == 1
        await s.pass_time(13 * HOUR)
        assert [told["ok"] for told in await s.done("ping", names=["one", "two"])] == [True, True]


async def test_a_user_in_several_businesses_is_asked_which() -> None:
    async with Books() as s:
        first, second = await businesses(s)
        answer = await s.consent()
        assert answer["exit"] == 2
        assert all(f"account_id={id}" in answer["notes"][0] for id in (first, second))


async def businesses(s: Books) -> tuple[str, str]:
    """The account ids of the two businesses that the sandbox's owner is in."""
    notes = (await s.consent("which"))["notes"][0]
    first, second = re.findall(r"account_id=(\w+)", notes)
    return first, second


async def test_freshbooks_takes_only_an_https_address_to_come_back_to() -> None:
    async with Books() as s:
        ready = await s.ready()
        begun = await s.do(
            "consent", vendor="freshbooks", name="books", settings={"base_url": ready["base_url"],
            "allow_private_addresses": "true"}, redirect_url="http://127.0.0.1:8765/callback",
            secrets={n: ready["credentials"][n] for n in ("client_id", "client_secret")},
        )  # fmt: skip
        assert begun["exit"] == 2
        assert "--paste" in begun["notes"][0]
