"""QuickBooks Online and Pipedrive: what the product's text promises, sentence by sentence.

docs/promises.md lists sentence and test.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.quickbooks_scene import DAY, HOUR, Books
from tests.engine.scene import Record
from tests.support.rehearsal import totals
from tests.support.sandbox import Posted

from . import hands

BOTH = ("quickbooks_online", "pipedrive")
NAMES = {"quickbooks_online": "qbo", "pipedrive": "pipedrive"}
PAST: dict[str, Any] = {"TxnDate": "2026-03-01", "DueDate": "2026-03-31"}


async def shown(s: Books, customer: Record, *names: str) -> list[Any]:
    """Those fields of a customer's organization; of an amount its number."""
    organization = await s.organization(customer)
    told = [organization[name] for name in names]
    return [value["value"] if isinstance(value, dict) else value for value in told]


async def later(s: Books, seconds: float = 301, times: int = 3) -> None:
    for _ in range(times):
        await s.pass_time(seconds)
        await s.round()


async def live(s: Books, *events: str) -> None:
    """A first sync over, and Intuit's portal posting to us."""
    await s.install(since="all")
    await s.sync()
    await s.told_to_post(*events)


async def by_oauth(s: Books, **settings: str) -> None:
    await s.join()
    await s.connect("pipedrive", secrets=hands.OAUTH)
    await s.add(since="all", **settings)


# --- What you can do ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "waits_seconds"), [("15", 15 * 60), ("daily 12:00 UTC", 3 * HOUR)]
)
async def test_new_and_changed_customers_come_at_the_cadence_that_was_set(
    cadence: str, waits_seconds: int
) -> None:
    """Sentence: "Sync new and updated customer records"; daily, or several times a day."""
    async with Books() as s:
        acme = await s.customer("Acme Ltd")
        await s.install(since="all", poll=cadence)
        await s.sync()
        await s.round()
        await s.edit("customers", acme, DisplayName="Acme Limited")
        new = await s.customer("Brand New")
        await later(s, waits_seconds / 4, times=3)
        assert await shown(s, acme, "name") == ["Acme Ltd"]
        await later(s, waits_seconds / 4, times=3)
        assert await shown(s, acme, "name") == ["Acme Limited"]
        assert await shown(s, new, "name") == ["Brand New"]


async def test_both_grants_last_for_months_without_a_person() -> None:
    """Sentence: "Bridge OAuth2 authentication on both sides". Also when nothing happens: a grant
    that is not used is renewed each week."""
    async with Books() as s:
        acme = await s.customer()
        await by_oauth(s)
        await s.sync()
        first = {vendor: await hands.tokens_of(s, NAMES[vendor]) for vendor in BOTH}
        for vendor in BOTH:
            assert (await hands.connection(s, NAMES[vendor]))["consent_ends"]
        await s.done("flow_state", name="invoices", state="paused")
        await later(s, 5 * DAY, times=30)
        await s.done("flow_state", name="invoices", state="active")
        await s.edit("customers", acme, DisplayName="Acme Limited")
        await later(s)
        assert await shown(s, acme, "name") == ["Acme Limited"]
        for vendor in BOTH:
            kept = await hands.tokens_of(s, NAMES[vendor])
            assert kept["refresh_token"] != first[vendor]["refresh_token"]
            assert (await hands.connection(s, NAMES[vendor]))["state"] == "ok"
        assert s.alerts == []


async def test_billing_attributes_are_mapped_onto_the_organization() -> None:
    """Sentence: "Validate customer data and map QuickBooks Online billing attributes". QuickBooks
    has no billing status: a written rule makes it of balance, due dates and the active flag."""
    async with Books() as s:
        acme = await s.customer(
            "Acme Ltd", CompanyName="Acme Limited", SalesTermRef={"value": "3"},
            BillAddr={"Line1": "1 High St", "City": "Leeds", "PostalCode": "LS1 4AP"},
            PrimaryEmailAddr={"Address": "ann@acme.example"},
        )  # fmt: skip
        late = await s.invoice(acme, "100.00", **PAST)
        await s.invoice(acme, "50.00", DocNumber="A-2")
        await s.install(since="all")
        await s.sync()
        organization = await s.organization(acme)
        assert organization["address"]["value"] == "1 High St, LS1 4AP Leeds"
        status = ("Billing status", "Payment terms", "Balance", "Open invoices")
        assert await shown(s, acme, *status) == ["Overdue", "Net 30", 150, 2]
        assert await shown(s, acme, "Last invoice number") == ["A-2"]
        await s.act("invoices", late, "pay")
        await later(s)
        assert await shown(s, acme, *status) == ["Open", "Net 30", 50, 1]


async def test_data_that_pipedrive_would_not_take_is_mended_or_put_before_a_person() -> None:
    """Sentence: "Validate customer data": length of names, the first real e-mail, currencies."""
    async with Books() as s:
        await s.customer("A" * 300)
        odd = await s.customer(
            "Two mails", PrimaryEmailAddr={"Address": "ann@acme.example, office@acme.example"}
        )
        nowhere = await s.customer("Odd Money", CurrencyRef={"value": "SEK"})
        body = {"success": True, "data": [{"code": "USD", "active_flag": True}]}
        await s.sandbox.order({
            "vendor": "pipedrive", "operation": "GET /api/v1/currencies", "kind": "status",
            "status": 200, "body": body, "times": 1,
        })  # fmt: skip
        await s.install(since="all")
        await s.sync()
        assert {o["name"] for o in await s.ours()} == {"A" * 255, "Two mails"}
        organization = await s.organization(odd)
        [person] = [p for p in await s.all("persons") if p["org_id"] == organization["id"]]
        assert [e["value"] for e in person["emails"]] == ["ann@acme.example"]
        reviews = await s.reviews()
        assert nowhere["id"] in {review["source_key"] for review in reviews}
        assert any("SEK" in review["reason"] for review in reviews)


@pytest.mark.parametrize("vendor", BOTH)
@pytest.mark.parametrize("trouble", ["token", "limit"])
async def test_ended_tokens_and_full_limits_are_got_over_and_every_sync_is_told(
    vendor: str, trouble: str
) -> None:
    """Sentence: "Retry on transient failures"; token expiry, 429, and an audit of it all."""
    ends, full = {"kind": "expire_access_token"}, {"kind": "status", "status": 429}
    rule, status = (ends, 401) if trouble == "token" else (full, 429)
    async with Books() as s:
        for number in range(3):
            await s.invoice(await s.customer(f"Firm {number}"))
        await by_oauth(s)
        await s.sandbox.order({"vendor": vendor, "operation": "*", "after": 4, "times": 1, **rule})
        done = await s.sync()
        assert totals(done)["failed"] == totals(done)["waiting"] == 0
        assert await hands.answered(s, vendor, status) == 1
        rows = await s.audit(run=done["run"])
        assert sum(len(row["requests"]) for row in rows) == done["writes"] == 3
        assert {(row["decision"], row["state"]) for row in rows} == {("create", "done")}
        assert (await s.sync())["writes"] == 0


@pytest.mark.parametrize("form", ["cloudevents", "classic"])
async def test_webhooks_are_taken_in_both_forms(form: str) -> None:
    """Sentence: "Handle webhook payloads from QuickBooks Online": today's form, and the one that
    the text was written for."""
    async with Books(public=True) as s:
        await s.switch(quickbooks_online__webhook_format=form)
        acme = await s.customer()
        invoice = await s.invoice(acme, **PAST)
        await live(s)
        await s.edit("customers", acme, DisplayName="Acme Limited")
        await s.act("invoices", invoice, "pay")
        assert {answer.status for answer in await s.deliver()} == {200}
        await s.round()
        assert await shown(s, acme, "name", "Billing status") == ["Acme Limited", "Paid up"]
        assert (await s.told(acme, "customers"))[0]["source"] == "webhook"


async def test_a_webhook_that_was_missed_is_made_good_by_the_change_feed() -> None:
    """Sentence: "Handle webhook payloads … and reconcile with polling on the CDC endpoint"."""
    async with Books(public=True) as s:
        acme = await s.customer()
        await live(s)
        await s.sandbox.order({"vendor": "quickbooks_online", "kind": "webhook_drop"})
        await s.edit("customers", acme, DisplayName="Acme Limited")
        assert "quickbooks_online" not in {answer.vendor for answer in await s.deliver()}
        before = (await hands.asked(s, "quickbooks_online")).get(CDC, 0)
        await later(s)
        assert await shown(s, acme, "name") == ["Acme Limited"]
        assert (await hands.asked(s, "quickbooks_online"))[CDC] > before


CDC = "GET /v3/company/{id}/cdc"


@pytest.mark.parametrize("days", [20, 45])
async def test_an_absence_within_thirty_days_is_read_from_the_feed_and_a_longer_one_whole(
    days: int,
) -> None:
    """Sentence: "Handle webhook payloads … for 30-day lookback". The feed is not asked for what is
    older: then everything is read anew."""
    async with Books() as s:
        acme, gone = await s.customer(), await s.customer("Gone Ltd")
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pass_time(60)
        await s.edit("customers", acme, DisplayName="Acme Limited")
        await s.human("DELETE", f"quickbooks_online/customers/{gone['id']}")
        await s.pass_time(days * DAY)
        await s.start()  # the machine was switched off
        await later(s, times=6)
        assert await shown(s, acme, "name") == ["Acme Limited"]
        assert await shown(s, gone, "Source state") == ["Deleted"]
        asked = (await s.counters())["requests"]
        too_old = [row for row in asked if row["operation"] == CDC and row["status"] == 400]
        assert bool(too_old) == (days > 30)


async def intuits(s: Books) -> list[Posted]:
    """What Intuit has posted since the last look."""
    return [p for p in await hands.posted(s) if "intuit-signature" in p.headers]


# --- Questions ------------------------------------------------------------------------------------


async def test_customers_flow_one_way_and_nothing_is_written_at_quickbooks() -> None:
    """Sentence: "Which direction does data flow between QuickBooks Online and Pipedrive?"."""
    async with Books(customers=6, invoices=8, public=True) as s:
        await live(s)
        books = {
            n: await s.human("GET", f"quickbooks_online/{n}") for n in ("customers", "invoices")
        }
        for organization in await s.ours():
            await s.seller("PATCH", f"organizations/{organization['id']}", name="Ours now")
            await s.seller("POST", "deals", title="New deal", org_id=organization["id"], value=5)
        await s.deliver()
        await later(s, HOUR, times=25)
        for noun, before in books.items():
            assert await s.human("GET", f"quickbooks_online/{noun}") == before
        assert all(o.startswith("GET ") for o in await hands.asked(s, "quickbooks_online"))
        assert not (await s.counters())["creates"].get("quickbooks_online")


async def test_after_a_webhook_the_whole_record_is_read_and_many_are_read_together() -> None:
    """Sentence: "How does ml-connector handle QuickBooks Online's webhook payloads": they hold an
    id and what happened to it; one query reads all that were told of."""
    async with Books(public=True) as s:
        several = [await s.customer(f"Firm {number}") for number in range(12)]
        await live(s, "Customer")
        for number, customer in enumerate(several):
            await s.edit("customers", customer, DisplayName=f"Named {number}")
        before = await s.metered()
        s.sandbox.outbox.posted = await intuits(s)
        assert not any(b"Named" in delivery.body for delivery in s.sandbox.outbox.posted)
        await s.deliver()
        await s.round()
        assert [(await shown(s, c, "name"))[0] for c in several] == [
            f"Named {number}" for number in range(12)
        ]
        assert await s.metered() - before < len(several)


async def test_a_forged_webhook_is_refused() -> None:
    """Sentence: "How does ml-connector handle QuickBooks Online's webhook payloads"; only proven
    ones."""
    async with Books(public=True) as s:
        acme = await s.customer()
        await live(s)
        await s.edit("customers", acme, DisplayName="Acme Limited")
        held = await intuits(s)
        forged = [replace(p, headers={**p.headers, "intuit-signature": "bm8="}) for p in held]
        altered = [replace(p, body=p.body + b" ") for p in held]
        s.sandbox.outbox.posted = [*forged, *altered]
        assert {answer.status for answer in await s.deliver()} == {401}
        s.sandbox.outbox.posted = held
        assert {answer.status for answer in await s.deliver()} == {200}


async def test_tokens_of_an_hour_and_rotating_refresh_tokens_are_each_looked_after() -> None:
    """Sentence: "How does ml-connector handle QuickBooks Online's … token refresh?"; a 401 renews
    the token and the request is made again."""
    async with Books() as s:
        acme = await s.customer()
        await by_oauth(s)
        await s.sync()
        kept = [(await hands.tokens_of(s, "qbo"))["refresh_token"]]
        for day in range(3):
            await later(s, HOUR, times=26)
            kept.append((await hands.tokens_of(s, "qbo"))["refresh_token"])
            assert await hands.answered(s, "quickbooks_online", 401) == 0, day
        assert len(set(kept)) == 4  # a new one for each day that was begun
        ends = {"vendor": "quickbooks_online", "kind": "expire_access_token", "operation": "*"}
        await s.sandbox.order({**ends, "times": 1})
        await s.edit("customers", acme, DisplayName="Acme Limited")
        await later(s)
        assert await hands.answered(s, "quickbooks_online", 401) == 1
        assert await shown(s, acme, "name") == ["Acme Limited"]


@pytest.mark.parametrize(
    ("plan", "multiplier"), [("lite", 1), ("growth", 2), ("premium", 5), ("ultimate", 7)]
)
async def test_the_budget_is_thirty_thousand_times_the_plans_multiplier(
    plan: str, multiplier: int
) -> None:
    """Sentence: "Why does Pipedrive have a token budget"; in truth also times the paid seats, of
    which a share is left to the firm's other integrations."""
    async with Books() as s:
        await s.switch(pipedrive__plan=plan, pipedrive__seats=2)
        await s.customer()
        await s.join()
        await s.connect("pipedrive", plan=plan, seats="2", budget_share="0.5")
        await s.add(since="all")
        await s.sync()
        budget = (await hands.connection(s, "pipedrive"))["budget"]
        assert budget["limit"] == 30_000 * multiplier * 2
        assert budget["ours"] == budget["limit"] / 2


async def test_reads_are_batched_writes_are_few_and_lists_are_paged_by_cursor() -> None:
    """Sentence: "Why does Pipedrive have a token budget and how … respect it?": single reads cost 2
    and lists 20 there; with the newer interface that is used here, 1 and 10."""
    async with Books() as s:
        for number in range(520):
            await s.seller("POST", "organizations", name=f"Stranger {number}")
        customers = [await s.customer(f"Firm {number}") for number in range(20)]
        await s.install(since="all", people="no")
        before = (await s.counters())["tokens"]
        await s.sync()
        spent = (await s.counters())["tokens"] - before
        asked = await hands.asked(s, "pipedrive")
        assert asked["POST /api/v2/organizations"] == len(customers)
        assert 2 <= asked["GET /api/v2/organizations"] <= 4  # 526 of them, 500 a page, and a delta
        assert "GET /api/v2/organizations/{id}" not in asked
        assert spent <= (20 + 13) * 5 + 5 * 10 + 20  # records and fields, lists, and the currencies
        assert (await s.sync())["writes"] == 0
        for number, customer in enumerate(customers):
            await s.edit("customers", customer, DisplayName=f"Named {number}")
        await s.sync()
        again = await hands.asked(s, "pipedrive")
        assert again["PATCH /api/v2/organizations/{id}"] == len(customers)
        assert again.get("GET /api/v2/organizations/{id}", 0) == 0  # one list of all that are due
