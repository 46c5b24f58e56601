"""Wave Accounting and Zendesk: what the product's text promises, sentence by sentence.

docs/promises.md lists sentence and test.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from ml_connector.store import links
from tests.engine.scene import Record, Scene, counts
from tests.support.connected import arguments
from tests.support.program import Program
from tests.support.sandbox import SandboxProcess
from tests.vendors.zendesk.desk import Account, Desk

from . import hands

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Support(Scene):
    """Empty books at Wave, and a help desk."""

    kind: str = "wave-zendesk"

    async def organization(self, customer: Record) -> Record:
        return await self.at_zendesk("customers", "organizations", customer)

    async def user(self, customer: Record) -> Record:
        return await self.at_zendesk("contacts", "users", customer)

    async def shown(self, invoice: Record) -> dict[str, Any]:
        """The custom fields of an invoice's record, and its number and id."""
        record = await self.at_zendesk("invoices", "custom_object_records", invoice)
        return {**record["custom_object_fields"], "name": record["name"], "id": record["id"]}

    async def at_zendesk(self, route: str, noun: str, record: Record) -> Record:
        link: links.Link = await self.link(route, record)
        told: Record = await self.human("GET", f"zendesk/{noun}/{link.target_id}")
        return told

    async def live(self, *events: str) -> None:
        """A first sync over, Wave's portal posting to us."""
        await self.install(since="all")
        await self.sync()
        await hands.portal(self, *events)

    async def told_by_webhook(self) -> None:
        """What Wave posts is taken and worked on, long before a poll is due."""
        await self.clock.advance(20)
        assert {answer.status for answer in await self.deliver()} == {200}
        for _ in range(3):
            await self.round()
            await self.clock.advance(20)


# --- What you can do ------------------------------------------------------------------------------


async def test_customers_become_organizations_with_name_email_and_custom_fields() -> None:
    """Sentence: "Sync Wave Accounting customers into Zendesk". Organizations have no e-mail of
    their own there: a custom field holds it, and the contact is an end user."""
    async with Support() as s:
        acme = await s.customer(
            "Acme Ltd", email="ann@acme.example", firstName="Ann", lastName="Lee",
            address={"addressLine1": "12 Quay St", "city": "Halifax", "countryCode": "CA"},
        )  # fmt: skip
        await s.install(since="all")
        await s.sync()
        organization, user = await s.organization(acme), await s.user(acme)
        assert organization["name"] == "Acme Ltd"
        assert organization["details"].startswith("12 Quay St, Halifax")
        fields = organization["organization_fields"]
        assert fields["billing_email"] == "ann@acme.example"
        assert fields["wave_customer_id"] == acme["id"]
        assert (user["name"], user["email"], user["role"]) == (
            "Ann Lee", "ann@acme.example", "end-user",
        )  # fmt: skip
        assert user["organization_id"] == organization["id"]
        assert (await s.sync())["writes"] == 0


async def test_invoices_and_payments_are_attached_to_the_organization() -> None:
    """Sentence: "Attach Wave invoices and payment records"; as linked records and as fields."""
    async with Support() as s:
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme, "100.00", invoiceNumber="1042", dueDate="2026-07-01")
        await s.pay(invoice, "40.00", "2026-05-03")
        await s.install(since="all")
        await s.sync()
        organization, shown = await s.organization(acme), await s.shown(invoice)
        assert shown["organization"] == str(organization["id"])
        assert (shown["name"], shown["total"], shown["amount_due"]) == ("1042", 100, 60)
        assert (shown["due_date"][:10], shown["status"]) == ("2026-07-01", "partial")
        [paid] = [
            record["custom_object_fields"]
            for record in await s.human("GET", "zendesk/custom_object_records")
            if record["custom_object_key"] == "wave_payment"
        ]
        assert paid["organization"] == str(organization["id"])
        assert (paid["invoice"], paid["amount"]) == (shown["id"], 40)
        account = organization["organization_fields"]
        assert (account["wave_open_balance"], account["wave_open_invoices"]) == (60, 1)
        assert account["wave_last_payment"] == "2026-05-03 40.00 USD"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is on this machine")
def test_an_agent_sees_the_billing_history_beside_the_ticket(program: Program) -> None:
    """Sentence: "Attach Wave invoices … so agents see billing history in the support ticket": the
    real command, real sockets, the sidebar app in a real browser."""
    world = ("--customers", "3", "--invoices", "6", "--seed", "5", "--speed", "20")
    with SandboxProcess(*world) as sandbox:
        program.environment["ML_CONNECTOR_CLOCK_URL"] = f"{sandbox.url}/_sandbox/clock"
        sandbox.control("PATCH", "switches", {"zendesk.index_lag_seconds": 0})
        program("init")
        given = {"wave": ("full_access_token",), "zendesk": ("api_token", "username")}
        for vendor, secrets in given.items():
            line = arguments(program, sandbox.ready["vendors"][vendor], vendor, secrets)
            program("connect", vendor, "--name", vendor, *line)
        program("flow", "add", "wave-zendesk", "--name", "desk", "--source", "wave",
                "--target", "zendesk", "--set", "since=all")  # fmt: skip
        assert program.json("sync", "desk", "--yes")["writes"] > 10
        billed = [
            organization
            for organization in sandbox.control("GET", "zendesk/organizations")
            if organization["organization_fields"].get("wave_open_invoices")
        ]
        invoices = [
            record
            for record in sandbox.control("GET", "zendesk/custom_object_records")
            if record["custom_object_key"] == "wave_invoice"
            and record["custom_object_fields"]["organization"] == str(billed[0]["id"])
        ]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            desk = Desk(browser.new_page(locale="en-GB", timezone_id="UTC"), Account(sandbox))
            desk.open(organization={"id": billed[0]["id"], "name": billed[0]["name"]})
            assert desk.text("h1") == billed[0]["name"]
            open_ones = {i["name"] for i in invoices if i["custom_object_fields"]["amount_due"] > 0}
            told = set(desk.texts("#invoices .row:first-child > :first-child"))
            assert told >= open_ones > set()
            assert desk.text("#as-of").startswith("As of ")
            browser.close()


async def test_every_webhook_that_the_text_names_is_taken_and_keeps_the_records_current() -> None:
    """Sentence: "Keep customer and invoice records current using Wave webhooks"."""
    async with Support(public=True) as s:
        await s.switch(wave__product_text_events=True)
        await s.live(*hands.TEXT_EVENTS)
        acme = await s.customer("Acme Ltd", email="old@acme.example")
        await s.told_by_webhook()
        assert (await s.organization(acme))["name"] == "Acme Ltd"
        await s.edit("customers", acme, email="new@acme.example")
        await s.told_by_webhook()
        fields = (await s.organization(acme))["organization_fields"]
        assert fields["billing_email"] == "new@acme.example"
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
        await s.told_by_webhook()
        assert (await s.shown(invoice))["amount_due"] == 100
        await s.edit("invoices", invoice, dueDate="2026-08-01")
        await s.told_by_webhook()
        assert (await s.shown(invoice))["due_date"].startswith("2026-08-01")
        await s.pay(invoice, "40.00")
        await s.told_by_webhook()
        assert (await s.shown(invoice))["amount_due"] == 60
        assert await hands.events_taken(s) == set(hands.TEXT_EVENTS)
        assert s.clock.monotonic() < 300 * 3  # no poll was waited for


async def test_without_any_webhook_the_polls_keep_the_records_current() -> None:
    """Sentence: "Keep customer and invoice records current": Wave has no webhooks for customers and
    payments, and many users no public address."""
    async with Support() as s:
        await s.install(since="all")
        await s.sync()
        acme = await s.customer("Acme Ltd")
        invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
        await hands.waits(s, 600, every=301)
        await s.pay(invoice, "40.00")
        await s.edit("customers", acme, email="new@acme.example")
        await hands.waits(s, 900, every=301)
        assert (await s.shown(invoice))["amount_due"] == 60
        fields = (await s.organization(acme))["organization_fields"]
        assert fields["billing_email"] == "new@acme.example"
        assert fields["wave_open_balance"] == 60


@pytest.mark.parametrize("way", ["oauth", "token"])
async def test_zendesk_is_authenticated_by_oauth_or_by_an_api_token(way: str) -> None:
    """Sentence: "Authenticate Wave with OAuth 2.0 and refresh tokens, and Zendesk with OAuth"."""
    async with Support() as s:
        acme = await s.customer()
        await s.connect("wave", secrets=hands.OAUTH)
        of_zendesk = hands.OAUTH if way == "oauth" else ("api_token", "username")
        await s.connect("zendesk", secrets=of_zendesk)
        await s.add(since="all")
        await s.sync()
        assert (await s.organization(acme))["name"] == "Acme Ltd"
        ends = (await hands.connection(s, "zendesk"))["consent_ends"]
        assert (ends or "").startswith("2027-04-30") == (way == "token")  # the day they all end


@pytest.mark.parametrize("vendor", ["wave", "zendesk"])
async def test_a_401_renews_the_token_and_the_call_is_made_again(vendor: str) -> None:
    """Sentence: "Authenticate Wave with OAuth 2.0 … automatic token refresh on 401 responses"."""
    async with Support(customers=3, invoices=5) as s:
        for each in ("wave", "zendesk"):
            await s.connect(each, secrets=hands.OAUTH)
        await s.add(since="all")
        before = await hands.renewals(s, vendor)
        ends = {"vendor": vendor, "operation": "*", "kind": "expire_access_token", "after": 3}
        await s.sandbox.order({**ends, "times": 1})
        done = await s.sync()
        assert sum(route["failed"] for route in done["routes"]) == 0
        assert await hands.renewals(s, vendor) == before + 1
        assert (await s.sync())["writes"] == 0
        assert s.alerts == []


async def test_every_write_has_a_dated_row_and_a_failed_one_is_replayed() -> None:
    """Sentence: "Maintain a full audit trail on every synced record"."""
    async with Support() as s:
        invoice = await s.invoice(await s.customer(), "100.00", dueDate="2026-07-01")
        await s.install(since="all")
        await s.sandbox.order({
            "vendor": "zendesk", "operation": "PATCH */custom_objects/*/records", "kind": "status",
            "status": 422, "body": {"error": "RecordInvalid"}, "times": 1,
        })  # fmt: skip
        await s.sync()
        rows = await s.audit()
        assert {row["route"] for row in rows} >= {"customers", "invoices", "summaries"}
        assert all(row["at"].startswith("2026-05-04T09:") and row["run"] for row in rows)
        made = [r for r in rows if r["decision"] == "create" and r["state"] == "done"]
        assert made
        assert all(row["job"] and row["requests"] for row in made)
        done = await s.done("replay", flow="invoices", failed=True)
        assert counts(done, "invoices") == {"found": 1, "create": 1}
        assert (await s.shown(invoice))["amount_due"] == 100
        assert (await s.told(invoice, "invoices"))[0]["source"] == "replay"


# --- Questions ------------------------------------------------------------------------------------


async def test_nothing_flows_back_from_zendesk_to_wave() -> None:
    """Sentence: "Can data flow both ways between Wave Accounting and Zendesk?"."""
    async with Support(customers=4, invoices=6) as s:
        await s.install(since="all")
        await s.sync()
        books = {noun: await s.human("GET", f"wave/{noun}") for noun in ("customers", "invoices")}
        for organization in await s.human("GET", "zendesk/organizations"):
            if str(organization["external_id"]).startswith("wave:"):
                path = f"zendesk/organizations/{organization['id']}"
                await s.human("PATCH", path, {"name": f"Agent's {organization['id']}"})
        await s.human(
            "POST",
            "zendesk/tickets",
            {"subject": "Hello", "comment": {"body": "Where is my order?"}},
        )
        await hands.waits(s, hands.DAY, every=4 * 3600)
        await s.sync(full=True)
        for noun, before in books.items():
            assert await s.human("GET", f"wave/{noun}") == before
        assert set(await hands.asked(s, "wave")) <= hands.WAVE_READS
        assert not (await s.counters())["creates"].get("wave")


@pytest.mark.parametrize(
    ("age_seconds", "status"), [(0, 200), (299, 200), (301, 401), (-59, 200), (-61, 401)]
)
async def test_a_webhook_is_proven_by_hmac_within_five_minutes(
    age_seconds: int, status: int
) -> None:
    """Sentence: "How does the integration handle Wave's webhook security?"."""
    async with Support(public=True) as s:
        invoice = await s.invoice(await s.customer())
        await s.live()
        secret = await hands.portal(s)
        body = hands.event("invoice.viewed", invoice["businessId"], invoice_id=invoice["id"])
        proof = hands.stamped(secret, body, s.clock.now().timestamp() - age_seconds)
        assert await hands.take(s, "wave", body, proof) == status


async def test_a_spoofed_or_tampered_webhook_is_rejected_and_changes_nothing() -> None:
    """Sentence: "How does the integration handle Wave's webhook security?"; rejected before
    anything is processed."""
    async with Support(public=True) as s:
        invoice = await s.invoice(await s.customer(), dueDate="2026-07-01")
        await s.live()
        secret = await hands.portal(s)
        body = hands.event("invoice.paid", invoice["businessId"], invoice_id=invoice["id"])
        now = s.clock.now().timestamp()
        reads = await hands.asked(s, "wave")
        spoofed = hands.stamped("somebody's guess", body, now)
        tampered = body.replace(b"invoice.paid", b"invoice.sent")
        assert await hands.take(s, "wave", body, spoofed) == 401
        assert await hands.take(s, "wave", tampered, hands.stamped(secret, body, now)) == 401
        assert (await s.status())["flows"][0]["waiting"] == 0
        assert await hands.asked(s, "wave") == reads
        assert (await hands.connection(s, "wave"))["deliveries"]["forged"] == 2


async def test_an_updated_invoice_replaces_its_record_whole_and_in_its_place() -> None:
    """Sentence: "What happens if a Wave invoice cannot be patched in Zendesk?". Every mapped field
    is written anew; the record keeps its id, so that links to it hold."""
    async with Support(public=True) as s:
        await s.switch(wave__product_text_events=True)
        invoice = await s.invoice(await s.customer(), "100.00", dueDate="2026-07-01")
        await s.live("invoice.updated")
        before = await s.shown(invoice)
        path = f"zendesk/custom_object_records/{before['id']}"
        blurred = {"currency": "XXX", "amount_text": "a lot", "invoice_date": None}
        await s.human("PATCH", path, {"custom_object_fields": blurred})
        await s.edit("invoices", invoice, dueDate="2026-08-01")
        await s.told_by_webhook()
        after = await s.shown(invoice)
        moved = {name for name in after if after[name] != before[name]}
        assert moved == {"due_date", "source_modified_at"}
        assert after["id"] == before["id"]
        records = await s.human("GET", "zendesk/custom_object_records")
        assert len([r for r in records if r["custom_object_key"] == "wave_invoice"]) == 1
