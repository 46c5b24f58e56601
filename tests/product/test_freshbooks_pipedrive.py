"""FreshBooks and Pipedrive: what the product's text promises, sentence by sentence.

docs/promises.md lists sentence and test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest

from ml_connector.engine.ingest import Answer
from tests.engine.freshbooks_scene import DAY, HOUR, Books
from tests.engine.scene import Record
from tests.support.rehearsal import totals

from . import hands

FORM = "application/x-www-form-urlencoded"
REFUSED = {"kind": "status", "status": 400, "body": {"success": False, "error": "no"}}
LINE = {"name": "Services", "qty": "1"}


async def live(s: Books) -> tuple[Record, Record]:
    """A client and an invoice that came over; callbacks stand and are confirmed."""
    acme = await s.customer()
    invoice = await s.invoice(acme)
    await s.install(since="all")
    await s.go_public()
    await s.pass_time(30)
    return acme, invoice


async def by_webhook(s: Books) -> list[int]:
    answers: list[Answer] = await s.deliver()
    for _ in range(2):
        await s.round()
    await s.pass_time(30)
    return [answer.status for answer in answers]


async def by_poll(s: Books) -> None:
    await s.pass_time(301)
    await s.round()


# --- What you can do ------------------------------------------------------------------------------


async def test_clients_become_organizations_with_their_address_and_currency() -> None:
    """Sentence: "Sync FreshBooks clients into Pipedrive organizations". Pipedrive's organizations
    have no currency of their own: a custom field keeps it."""
    async with Books() as s:
        acme = await s.customer(
            "Acme Ltd", email="ann@acme.example", currency_code="CAD", p_street="12 Quay St",
            p_city="Halifax", p_code="B3H 1A1", p_country="Canada",
        )  # fmt: skip
        await s.install(since="all")
        await s.sync()
        organization = await s.organization(acme)
        assert organization["name"] == "Acme Ltd"
        assert organization["address"]["value"] == "12 Quay St, B3H 1A1 Halifax, Canada"
        assert (organization["address"]["locality"], organization["Currency"]) == ("Halifax", "CAD")
        await s.pass_time(60)
        await s.edit("clients", acme, p_city="Truro", currency_code="USD")
        await by_poll(s)
        organization = await s.organization(acme)
        assert (organization["address"]["locality"], organization["Currency"]) == ("Truro", "USD")


async def test_invoices_become_deals_of_their_organization_and_are_updated() -> None:
    """Sentence: "Create and update Pipedrive deals from FreshBooks invoices"."""
    async with Books() as s:
        acme, other = await s.customer(), await s.customer("Busy AG")
        mine, theirs = await s.invoice(acme, "100.00"), await s.invoice(other, "55.00")
        await s.install(since="all")
        await s.sync()
        for invoice, client in ((mine, acme), (theirs, other)):
            assert (await s.deal(invoice))["org_id"] == (await s.organization(client))["id"]
        made = await s.deal(mine)
        await s.pass_time(60)
        price = {"amount": "130.00", "code": "USD"}
        await s.edit("invoices", mine, lines=[{**LINE, "unit_cost": price}])
        await by_poll(s)
        updated = await s.deal(mine)
        assert (updated["id"], updated["value"]) == (made["id"], 130)
        assert (await s.deal(theirs))["value"] == 55
        assert len(await s.all("deals")) == 2


async def test_the_status_of_an_invoice_moves_its_field_and_its_stage() -> None:
    """Sentence: "Map invoice status": draft, sent, viewed, overdue, paid, in fields and stages."""
    async with Books() as s:
        invoice = await s.invoice(await s.customer(), sent=False, due_offset_days=3)
        await s.install(since="all")
        await s.sync()
        assert await s.shows(invoice) == ("Draft", "Draft", "open")
        for act, shown in (("send", "Sent"), ("view", "Viewed")):
            await s.act("invoices", invoice, act)
            await by_poll(s)
            assert await s.shows(invoice) == (shown, shown, "open")
        deal = await s.deal(invoice)
        assert (deal["Due date"], deal["Amount due"]["value"]) == ("2026-05-07", 100)
        await hands.waits(s, 4 * DAY, every=6 * HOUR)
        assert await s.shows(invoice) == ("Overdue", "Overdue", "open")
        await s.act("invoices", invoice, "pay")
        await by_poll(s)
        assert await s.shows(invoice) == ("Paid", "Paid", "won")


async def test_a_delivery_is_proven_by_the_verifier_that_the_handshake_told() -> None:
    """Sentence: "Verify FreshBooks webhook signatures". In truth each callback has a verifier of
    its own, and the form is signed as JSON."""
    async with Books(public=True) as s:
        _, invoice = await live(s)
        await s.act("invoices", invoice, "pay")
        await s.pass_time(2)
        [posted] = s.sandbox.outbox.posted
        forged = {**posted.headers, "X-FreshBooks-Hmac-SHA256": "bm8="}
        s.sandbox.outbox.posted = [
            replace(posted, headers=forged),
            replace(posted, body=posted.body + b"&x=1"),
        ]
        assert await by_webhook(s) == [401, 401]
        assert await s.shows(invoice) == ("Sent", "Sent", "open")
        s.sandbox.outbox.posted = [posted]
        assert await by_webhook(s) == [200]
        assert await s.shows(invoice) == ("Paid", "Paid", "won")


async def test_the_described_signature_of_a_shared_secret_is_taken_by_setting() -> None:
    """Sentence: "Verify FreshBooks webhook signatures with HMAC-SHA256": over the raw body, by the
    shared webhook secret, as the text has it."""
    async with Books(public=True) as s:
        await s.switch(freshbooks__webhook_signature="raw")
        invoice = await s.invoice(await s.customer())
        await s.join(webhook_signature="raw")
        secret = (await s.ready())["credentials"]["webhook_secret"]
        await hands.amend(s, "freshbooks", webhook_secret=secret)
        await s.connect("pipedrive")
        await s.add(since="all")
        await s.go_public()
        await s.pass_time(30)
        await s.act("invoices", invoice, "pay")
        await s.pass_time(2)
        [posted] = s.sandbox.outbox.posted
        mac = hmac.new(secret.encode(), posted.body, hashlib.sha256).digest()
        signed = {**posted.headers, "X-FreshBooks-Hmac-SHA256": base64.b64encode(mac).decode()}
        s.sandbox.outbox.posted = [
            replace(posted, headers=signed),
            replace(posted, headers=signed, body=posted.body + b"&x=1"),
        ]
        assert await by_webhook(s) == [200, 401]
        assert await s.shows(invoice) == ("Paid", "Paid", "won")


async def test_the_tokens_of_both_platforms_are_renewed_each_by_its_own_life() -> None:
    """Sentence: "Verify FreshBooks webhook signatures … and handle OAuth2 token refresh for both
    platforms": an hour at Pipedrive, twelve at FreshBooks."""
    async with Books() as s:
        acme = await s.customer()
        await s.join()
        await s.connect("pipedrive", secrets=hands.OAUTH)
        await s.add(since="all")
        await s.sync()
        asked = {v: await hands.renewals(s, v) for v in ("freshbooks", "pipedrive")}
        for number in range(13):
            await s.pass_time(HOUR)
            await s.edit("clients", acme, organization=f"Acme {number}")
            await s.sync()
        assert (await s.organization(acme))["name"] == "Acme 12"
        assert await hands.renewals(s, "freshbooks") - asked["freshbooks"] == 1
        assert await hands.renewals(s, "pipedrive") - asked["pipedrive"] >= 12
        for vendor in asked:
            assert await hands.answered(s, vendor, 401) == 0


async def test_every_record_has_its_rows_and_a_failed_write_is_replayed() -> None:
    """Sentence: "Track every record with a full audit trail"."""
    async with Books() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme)
        await s.install(since="all")
        operation = "POST /api/v2/deals"
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": operation, "times": 1, **REFUSED}
        )
        await s.sync()
        [row] = await s.told(acme)
        assert (row["decision"], row["state"]) == ("create", "done")
        assert row["at"]
        assert [r["status"] for r in row["requests"]] == [200]
        assert "no" in (await s.reviews())[0]["reason"]
        replayed = await s.done("replay", flow="invoices", failed=True)
        assert totals(replayed)["create"] == 1
        assert await s.shows(invoice) == ("Sent", "Sent", "open")
        assert (await s.told(invoice))[0]["source"] == "replay"
        assert totals(await s.sync(full=True))["unchanged"] == 2  # nothing is left to reconcile


# --- Questions ------------------------------------------------------------------------------------


async def test_clients_and_invoices_flow_by_webhook_and_nothing_flows_back() -> None:
    """Sentence: "Which direction does data move between FreshBooks and Pipedrive?"."""
    async with Books(public=True) as s:
        acme, _ = await live(s)
        new = await s.invoice(acme, "70.00")
        await s.edit("clients", acme, organization="Acme Limited")
        await by_webhook(s)
        assert (await s.deal(new))["value"] == 70
        assert (await s.organization(acme))["name"] == "Acme Limited"
        books = {
            noun: await s.human("GET", f"freshbooks/{noun}") for noun in ("clients", "invoices")
        }
        for deal in await s.all("deals"):
            await s.seller("PATCH", f"deals/{deal['id']}", title="Ours", value=1)
            await s.seller("POST", f"deals/{deal['id']}/lose")
        await s.seller(
            "PATCH", f"organizations/{(await s.organization(acme))['id']}", name="Theirs"
        )
        await by_webhook(s)
        await hands.waits(s, DAY, every=4 * HOUR)
        for noun, before in books.items():
            assert await s.human("GET", f"freshbooks/{noun}") == before
        asked = await hands.asked(s, "freshbooks")
        assert all(o.startswith("GET ") or "/events/callbacks" in o for o in asked)
        assert not any("bill" in o or "expense" in o for o in asked)  # bills are not even read


async def test_only_proven_webhooks_are_processed() -> None:
    """Sentence: "How does ml-connector handle FreshBooks webhooks and Pipedrive rate limits?"; the
    webhooks."""
    async with Books(public=True) as s:
        acme, _ = await live(s)
        await s.edit("clients", acme, organization="Spoofed")
        await s.pass_time(2)
        reads = await hands.asked(s, "freshbooks")
        held = s.sandbox.outbox.posted
        held[:] = [replace(each, headers={"Content-Type": FORM}) for each in held]
        assert set(await by_webhook(s)) == {401}
        assert await hands.asked(s, "freshbooks") == reads
        assert (await s.organization(acme))["name"] == "Acme Ltd"


async def test_a_first_sync_stays_within_the_window_of_the_smallest_plan() -> None:
    """Sentence: "How does ml-connector handle FreshBooks webhooks and Pipedrive rate limits?": 20
    requests in two seconds with an API token on the smallest plan; writes queue for it."""
    async with Books(customers=20, invoices=50) as s:
        await s.switch(pipedrive__plan="lite", pipedrive__seats=1)
        await s.join()
        await s.connect("pipedrive", plan="lite", seats="1")
        await s.add(since="all")
        began = s.clock.monotonic()
        done = await s.sync()
        assert await hands.answered(s, "pipedrive", 429) == 0
        assert s.clock.monotonic() - began >= (done["writes"] / 20 - 2) * 2


async def test_a_write_that_hits_the_ceiling_waits_and_is_made() -> None:
    """Sentence: "How does ml-connector handle … Pipedrive rate limits … backs off if a write hits
    the ceiling"."""
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        full = {"vendor": "pipedrive", "operation": "POST /api/v2/*", "kind": "status",
                "status": 429}  # fmt: skip
        await s.sandbox.order({**full, "times": 1})
        done = await s.sync()
        assert await hands.answered(s, "pipedrive", 429) == 1
        assert totals(done)["failed"] == totals(done)["waiting"] == 0
        assert await s.shows(invoice) == ("Sent", "Sent", "open")
        assert len(await s.all("deals")) == 1


@pytest.mark.parametrize("public", [True, False], ids=["by webhook", "by poll"])
async def test_an_invoice_of_a_client_that_did_not_come_yet_brings_it_along(public: bool) -> None:
    """Sentence: "What happens if an invoice is created in FreshBooks before its client"."""
    async with Books(public=public) as s:
        await s.install(since="all")
        if public:
            await s.go_public()
        acme = await s.customer("Late GmbH")
        invoice = await s.invoice(acme)
        if public:
            s.sandbox.outbox.posted = [
                p for p in await hands.posted(s) if b"name=invoice" in p.body
            ]
            await by_webhook(s)
        await s.sync(record=f"invoices:{invoice['id']}")
        deal, organization = await s.deal(invoice), await s.organization(acme)
        assert deal["org_id"] == organization["id"]
        rows = await s.audit(decision="create")
        order = [row["route"] for row in reversed(rows)]
        assert order.index("clients") < order.index("invoices")


async def test_a_deal_is_never_made_without_its_organization() -> None:
    """Sentence: "What happens if an invoice is created … prevents orphaned deals": where the
    organization cannot be made, the deal waits for it."""
    async with Books() as s:
        invoice = await s.invoice(await s.customer())
        await s.install(since="all")
        operation = "POST /api/v2/organizations"
        await s.sandbox.order(
            {"vendor": "pipedrive", "operation": operation, "times": 1, **REFUSED}
        )
        assert totals(await s.sync())["waiting"] == 1
        assert await s.all("deals") == []
        await s.done("replay", flow="invoices", failed=True)
        await by_poll(s)
        assert (await s.deal(invoice))["org_id"] == (await s.ours())[0]["id"]
