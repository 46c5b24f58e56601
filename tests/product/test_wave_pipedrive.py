"""Wave Accounting and Pipedrive: what the product's text promises, sentence by sentence.

docs/promises.md lists sentence and test.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.scene import Record, Scene
from tests.support.rehearsal import totals

from . import hands

BOTH = ("wave", "pipedrive")
REAL_EVENTS = ("invoice.approved", "invoice.sent", "invoice.paid", "invoice.partially_paid")


async def known(s: Scene, name: str, email: str = "") -> tuple[Record, Record | None]:
    """An organization that sales made, with a person where an e-mail is given."""
    organization = await s.seller("POST", "organizations", name=name)
    if not email:
        return organization, None
    given = [{"value": email, "primary": True, "label": "work"}]
    return organization, await s.seller(
        "POST", "persons", name="Ann", org_id=organization["id"], emails=given
    )


async def by_oauth(s: Scene) -> None:
    for vendor in BOTH:
        await s.connect(vendor, secrets=hands.OAUTH)
    await s.add(since="all")


# --- What you can do ------------------------------------------------------------------------------


async def test_customers_become_organizations_and_known_ones_are_found_by_name_or_email() -> None:
    """Sentence: "Sync customers from Wave Accounting"."""
    async with Scene() as s:
        by_name, _ = await known(s, "Acme Ltd")
        by_email, _ = await known(s, "Nordwind Holding", "ann@nordwind.example")
        acme = await s.customer("ACME  ltd")
        nordwind = await s.customer("Nordwind GmbH", email="Ann@Nordwind.example")
        new = await s.customer("Brand New", email="new@new.example")
        await s.install(since="all")
        await s.sync()
        assert (await s.organization(acme))["id"] == by_name["id"]
        assert (await s.organization(nordwind))["id"] == by_email["id"]
        made = await s.organization(new)
        assert (made["name"], made["Billing e-mail"]) == ("Brand New", "new@new.example")
        assert len(await s.ours()) == 3
        assert (await s.sync())["writes"] == 0


async def test_invoices_become_deals_or_take_the_deal_that_names_them_and_keep_their_id() -> None:
    """Sentence: "Create or link Wave invoices"."""
    async with Scene() as s:
        organization, _ = await known(s, "Acme Ltd")
        sold = await s.seller(
            "POST", "deals", title="Relaunch INV-2041", org_id=organization["id"], value=80
        )
        acme = await s.customer("Acme Ltd")
        named = await s.invoice(acme, "100.00", invoiceNumber="INV-2041")
        other = await s.invoice(acme, "70.00", invoiceNumber="INV-2042")
        await s.install(since="all")
        await s.sync()
        linked, made = await s.deal(named), await s.deal(other)
        assert (linked["id"], linked["title"]) == (sold["id"], "Relaunch INV-2041")
        assert (made["org_id"], made["value"]) == (organization["id"], 70)
        for deal, invoice in ((linked, named), (made, other)):
            assert deal["Wave invoice ID"].endswith(invoice["id"])
        assert len(await s.all("deals")) == 2


async def test_the_invoice_id_in_its_field_keeps_a_replay_from_making_a_second_deal() -> None:
    """Sentence: "Create or link Wave invoices"; the id serves "for replay and dedup"."""
    async with Scene() as s:
        invoice = await s.invoice(await s.customer())
        lost = {"vendor": "pipedrive", "operation": "POST /api/v2/deals", "kind": "cut_after"}
        await s.sandbox.order({**lost, "times": 1})
        await s.install(since="all")
        await s.sync()
        await s.done("replay", flow="invoices", record=f"invoices:{invoice['id']}")
        [deal] = await s.all("deals")
        assert deal["Wave invoice ID"].endswith(invoice["id"])
        assert (await s.creates())["deals"] == 1


@pytest.mark.parametrize("public", [True, False], ids=["by webhook", "by poll"])
async def test_stages_and_activities_follow_an_invoice_that_is_made_changed_and_paid(
    public: bool,
) -> None:
    """Sentence: "Update Pipedrive deal stages and activities"."""
    async with Scene(public=public) as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        if public:
            await hands.portal(s, *REAL_EVENTS)
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01", sent=False)
        await passes(s)
        assert await shown(s, invoice) == ("Draft", "open", 100, False)
        await s.act("invoices", invoice, "send")
        await s.edit("invoices", invoice, items=[{"unitPrice": "120.00", "quantity": "1"}])
        await passes(s)
        assert await shown(s, invoice) == ("Sent", "open", 120, False)
        await s.pay(invoice, "20.00")
        await passes(s)
        assert await shown(s, invoice) == ("Part paid", "open", 120, False)
        await s.pay(invoice)
        await passes(s)
        assert await shown(s, invoice) == ("Paid", "won", 120, True)
        assert "nothing open" in (await s.activity(invoice))["note"]


async def passes(s: Scene) -> None:
    """Webhooks are taken, and the cadence of the polls passes."""
    await s.deliver()
    await s.pass_time(301)
    await s.round()


async def shown(s: Scene, invoice: Record) -> tuple[str, str, float, bool]:
    """Stage, status and value of the deal, and whether the activity is done."""
    deal, activity = await s.deal(invoice), await s.activity(invoice)
    assert activity["deal_id"] == deal["id"]
    return await s.stage(deal), deal["status"], deal["value"], activity["done"]


@pytest.mark.parametrize("vendor", BOTH)
async def test_a_token_that_ends_in_the_middle_is_renewed_and_the_call_is_made_again(
    vendor: str,
) -> None:
    """Sentence: "Refresh OAuth tokens for both"; HTTP 401, and Wave's word for it inside a 200."""
    async with Scene(customers=3, invoices=5) as s:
        await by_oauth(s)
        before = await hands.tokens_of(s, vendor)
        ends = {"vendor": vendor, "operation": "*", "kind": "expire_access_token", "after": 3}
        await s.sandbox.order({**ends, "times": 1})
        assert totals(await s.sync())["failed"] == 0
        after = await hands.tokens_of(s, vendor)
        assert after["access_token"] != before["access_token"]
        assert await hands.renewals(s, vendor) == 2
        assert (await s.sync())["writes"] == 0


@pytest.mark.parametrize("form", ["timestamped", "bare"])
async def test_waves_webhooks_are_proven_by_hmac_over_the_raw_body(form: str) -> None:
    """Sentence: "Refresh OAuth tokens for both … verify webhook signatures": Wave's own form by
    default, the described one by setting."""
    async with Scene(public=True) as s:
        invoice = await s.invoice(await s.customer())
        await s.connect("wave", webhook_signature=form)
        await s.connect("pipedrive")
        await s.add(since="all")
        await s.sync()
        secret = await hands.portal(s)
        body = hands.event("invoice.viewed", invoice["businessId"], invoice_id=invoice["id"])
        now = s.clock.now().timestamp()
        bare = {"x-wave-signature": hands.hex_of(secret, body)}
        good = bare if form == "bare" else hands.stamped(secret, body, now)
        other = bare if form == "timestamped" else hands.stamped(secret, body, now)
        assert await hands.take(s, "wave", body, good) == 200
        assert await hands.take(s, "wave", body, other) == 401
        assert (
            await hands.take(s, "wave", body.replace(b": ", b":"), good) == 401
        )  # the raw bytes count
        assert await hands.take(s, "wave", body, {}) == 401


@pytest.mark.parametrize(
    ("how", "taken"),
    [
        ("basic", {"basic": 200, "described": 401}),
        ("hmac", {"basic": 401, "described": 200}),
        ("both", {"basic": 200, "described": 200}),
    ],
)
async def test_pipedrives_webhooks_are_proven_by_basic_or_by_the_described_signature(
    how: str, taken: dict[str, int]
) -> None:
    """Sentence: "Refresh OAuth tokens for both … verify webhook signatures": Pipedrive itself signs
    nothing, so the described X-Pipedrive-Signature counts where a setting says so."""
    async with Scene(public=True) as s:
        acme = await s.customer()
        await s.connect("wave")
        await s.connect("pipedrive", webhook_auth=how)
        await hands.amend(s, "pipedrive", webhook_secret=hands.RELAY)
        await s.add(since="all")
        await s.sync()
        await hands.posted(s)
        organization = await s.organization(acme)
        await s.seller("PATCH", f"organizations/{organization['id']}", name="By hand")
        [delivery] = await hands.posted(s)
        refused = {"altered": 401, "none": 401}
        assert await hands.proofs_of_pipedrive(s, delivery) == {**taken, **refused}


async def test_the_tokens_of_the_day_are_counted_as_pipedrive_counts_them() -> None:
    """Sentence: "Track Pipedrive token budget consumption"."""
    async with Scene(customers=12, invoices=20) as s:
        await s.connect("wave")
        await s.connect("pipedrive", plan="lite", seats="1")
        await s.add(since="all")
        before = (await s.counters())["tokens"]
        done = await s.sync()
        spent = (await s.counters())["tokens"] - before
        assert done["tokens"] == spent > 100
        budget = (await hands.connection(s, "pipedrive"))["budget"]
        assert budget["limit"] == 30_000
        assert budget["ours"] == 15_000
        assert budget["spent"] >= spent


async def test_a_spent_quota_is_waited_out_and_nothing_is_lost() -> None:
    """Sentence: "Track Pipedrive token budget consumption … back off when quota is exhausted".
    Pipedrive's budget comes back at midnight; until then nobody knocks."""
    async with Scene() as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        gone = {"x-daily-ratelimit-token-remaining": "0"}
        await s.sandbox.order({
            "vendor": "pipedrive", "operation": "* /api/v2/*", "kind": "status", "status": 429,
            "headers": gone,
        })  # fmt: skip
        await s.edit("customers", acme, name="Acme Limited")
        await hands.waits(s, 3600)
        paused = await hands.connection(s, "pipedrive")
        assert paused["state"] == "paused_until"
        assert paused["paused_until"].startswith("2026-05-05T00:05")
        assert await hands.answered(s, "pipedrive", 429) == 1
        await s.human("DELETE", "faults")
        await hands.waits(s, hands.DAY, every=4 * 3600)
        assert (await s.organization(acme))["name"] == "Acme Limited"
        assert (await hands.connection(s, "pipedrive"))["state"] == "ok"


async def test_a_402_pauses_until_the_next_billing_day_and_asks_once_a_day() -> None:
    """Sentence: "Track Pipedrive token budget consumption … retrying after the next billing
    period": the described 402, which in truth says that the account is closed."""
    async with Scene() as s:
        acme = await s.customer()
        await s.connect("wave")
        await s.connect("pipedrive", billing_day="15")
        await s.add(since="all")
        await s.sync()
        await s.switch(pipedrive__account_closed=True)
        await s.edit("customers", acme, name="Acme Limited")
        await hands.waits(s, 2 * hands.DAY, every=6 * 3600)
        paused = await hands.connection(s, "pipedrive")
        assert paused["state"] == "paused_until"
        assert paused["paused_until"].startswith("2026-05-15")
        assert await hands.answered(s, "pipedrive", 402) in (2, 3)
        await s.switch(pipedrive__account_closed=False)
        await hands.waits(s, 10 * hands.DAY, every=6 * 3600)
        assert (await s.organization(acme))["name"] == "Acme Limited"


# --- Questions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("public", [True, False], ids=["by webhook", "by poll"])
async def test_what_happens_in_pipedrive_never_reaches_wave(public: bool) -> None:
    """Sentence: "Which direction does data flow between Wave and Pipedrive?"."""
    async with Scene(customers=6, invoices=10, public=public) as s:
        await s.install(since="all")
        await s.sync()
        books = {noun: await s.human("GET", f"wave/{noun}") for noun in ("customers", "invoices")}
        for deal in (await s.all("deals"))[-4:]:
            await s.seller("POST", f"deals/{deal['id']}/win")
            await s.seller("PATCH", f"deals/{deal['id']}", value=1, title="Sold!")
        for organization in await s.ours():
            await s.seller("PATCH", f"organizations/{organization['id']}", name="Renamed")
        await hands.waits(s, hands.DAY + 3600, every=4 * 3600)
        await s.deliver()
        await s.sync(full=True)
        for noun, before in books.items():
            assert await s.human("GET", f"wave/{noun}") == before
        assert set(await hands.asked(s, "wave")) <= hands.WAVE_READS
        assert not (await s.counters())["creates"].get("wave")


async def test_customers_invoices_and_payments_reach_organizations_deals_and_activities() -> None:
    """Sentence: "Which direction does data flow between Wave and Pipedrive?"; the way there, by the
    events that the text names."""
    async with Scene(public=True) as s:
        await s.switch(wave__product_text_events=True)
        await s.install(since="all")
        await s.sync()
        await hands.portal(s, *hands.TEXT_EVENTS)
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
        await s.deliver()
        await s.round()
        assert (await s.organization(acme))["name"] == "Acme Ltd"
        assert (await s.deal(invoice))["Amount due"]["value"] == 100
        await s.pay(invoice, "40.00")
        await s.deliver()
        await s.round()
        assert (await s.deal(invoice))["Amount paid"]["value"] == 40
        assert "60.00 USD open" in (await s.activity(invoice))["note"]
        assert (await s.told(invoice, "invoices"))[0]["source"] == "webhook"


async def test_tokens_are_stored_encrypted_and_looked_at_before_each_call() -> None:
    """Sentence: "How does ml-connector handle OAuth token expiry"."""
    async with Scene() as s:
        acme = await s.customer()
        await by_oauth(s)
        await s.sync()
        stored = await hands.everything_stored(s)
        ready = (await s.human("GET", "ready"))["vendors"]
        for vendor in BOTH:
            kept = await hands.tokens_of(s, vendor)
            assert {"access_token", "refresh_token"} <= set(kept)
            for secret in (*kept.values(), ready[vendor]["credentials"]["client_secret"]):
                assert secret not in stored
        await s.pass_time(7200)
        await s.edit("customers", acme, name="Acme Limited")
        await s.sync()
        for vendor in BOTH:
            assert await hands.renewals(s, vendor) >= 2
            assert await hands.answered(s, vendor, 401) == 0
        assert (await s.organization(acme))["name"] == "Acme Limited"


@pytest.mark.parametrize("vendor", BOTH)
async def test_a_revoked_refresh_token_is_an_error_and_all_stops_until_it_is_renewed(
    vendor: str,
) -> None:
    """Sentence: "How does ml-connector handle OAuth token expiry … an error and stops"."""
    async with Scene() as s:
        acme = await s.customer()
        await by_oauth(s)
        await s.sync()
        await s.sandbox.order({"vendor": vendor, "kind": "revoke_refresh_token"})
        await s.pass_time(7200)
        await s.edit("customers", acme, name="Acme Limited")
        stopped: dict[str, Any] = await s.do("sync", flow="invoices")
        assert stopped["exit"] == 3
        assert "Connect again" in stopped["notes"][0]
        await hands.waits(s, 7200)
        assert (await hands.connection(s, vendor))["state"] == "needs_person"
        assert (await s.organization(acme))["name"] == "Acme Ltd"
        assert (await hands.consent(s, vendor))["exit"] == 0
        await hands.waits(s, 3600)
        assert (await hands.connection(s, vendor))["state"] == "ok"
        assert (await s.organization(acme))["name"] == "Acme Limited"


async def test_what_exists_is_found_by_the_id_in_its_field_and_updated() -> None:
    """Sentence: "What happens if a Wave customer or invoice already exists"."""
    async with Scene() as s:
        acme = await s.customer("Acme Ltd", email="old@acme.example")
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
        await s.install(since="all")
        await s.sync()
        organization, deal = await s.organization(acme), await s.deal(invoice)
        assert organization["Wave customer ID"].endswith(acme["id"])
        await s.edit("customers", acme, name="Acme Limited", email="new@acme.example")
        await s.edit("invoices", invoice, items=[{"unitPrice": "130.00", "quantity": "1"}])
        await s.pay(invoice, "30.00")
        async with Scene(beside=s) as other:  # it has nothing but the fields to find them by
            await other.install(since="all")
            assert totals(await other.sync())["create"] == 0
        after, billed = await s.one("organizations", organization["id"]), await s.deal(invoice)
        assert (after["name"], after["Billing e-mail"]) == ("Acme Ltd", "new@acme.example")
        assert (billed["id"], billed["value"]) == (deal["id"], 130)
        assert billed["Invoice status"] == "Part paid"
        await s.sync()  # the home that made it also knows that nobody but us named it
        assert (await s.organization(acme))["name"] == "Acme Limited"
        assert len(await s.ours()) == len(await s.all("deals")) == 1


async def test_a_change_whose_write_fails_is_replayed() -> None:
    """Sentence: "What happens if a Wave customer or invoice already exists"; a failed write is
    replayed."""
    async with Scene() as s:
        invoice = await s.invoice(await s.customer(), "100.00", dueDate="2026-07-01")
        await s.install(since="all")
        await s.sync()
        await s.pass_time(60)
        await s.sandbox.order({
            "vendor": "pipedrive", "operation": "PATCH /api/v2/deals/{id}", "kind": "status",
            "status": 500, "times": 2,
        })  # fmt: skip
        await s.pay(invoice, "40.00")
        await hands.waits(s, 7200)
        assert await hands.answered(s, "pipedrive", 500) == 2
        assert (await s.deal(invoice))["Invoice status"] == "Part paid"
        rows = [r for r in await s.told(invoice, "invoices") if r["decision"] == "update"]
        assert {r["state"] for r in rows} >= {"failed", "done"}
