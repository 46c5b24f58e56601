"""QuickBooks Online → Pipedrive: deliveries, several companies, and what reading costs."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from ml_connector.core.vendor import Delivery
from ml_connector.store.tables import inbox
from tests.engine.quickbooks_scene import DAY, FIRST, SECOND, Books
from tests.engine.scene import Record

READS = {"GET", "POST /oauth2/v1/tokens/bearer"}
LATE: dict[str, Any] = {"TxnDate": "2026-03-01", "DueDate": "2026-03-31"}


async def shows(s: Books, customer: Record, *names: str) -> list[Any]:
    """Those fields of a customer's organization; of an amount its number."""
    organization = await s.organization(customer)
    told = [organization[name] for name in names]
    return [value["value"] if isinstance(value, dict) else value for value in told]


async def stands(s: Books, customer: Record) -> list[Any]:
    return await shows(s, customer, "Billing status", "Balance", "Open invoices")


async def settle(s: Books) -> None:
    """Time for a poll, and for whatever it brings up."""
    for _ in range(3):
        await s.pass_time(5 * 60 + 1)
        await s.round()


# --- the first sync ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["cloudevents", "classic"])
@pytest.mark.parametrize("bundled", [True, False])
async def test_webhooks_make_it_sooner_in_both_forms(form: str, bundled: bool) -> None:
    async with Books(public=True) as s:
        await s.switch(
            quickbooks_online__webhook_format=form,
            quickbooks_online__webhook_bundles=bundled,
        )
        acme = await s.customer()
        invoice = await s.invoice(acme, **LATE)
        await s.install(since="all")
        await s.sync()
        await s.told_to_post()
        await s.edit("customers", acme, DisplayName="Acme Renamed")
        await s.act("invoices", invoice, "pay")
        assert {answer.status for answer in await s.deliver()} == {200}
        await s.round()
        assert await shows(s, acme, "name") == ["Acme Renamed"]
        assert await stands(s, acme) == ["Paid up", 0, 0]
        fresh = await s.customer("Brand new")
        await s.invoice(fresh, "7.00")
        await s.deliver()
        await s.round()
        await s.round()
        assert await stands(s, fresh) == ["Open", 7, 1]


async def test_a_delivery_of_many_events_keeps_its_body_once() -> None:
    async with Books(public=True) as s:
        acme = await s.customer()
        await s.install(since="all")
        seen = {"name": "Customer", "operation": "Update", "lastUpdated": "2026-05-04T09:00:00Z"}
        entities = [{**seen, "id": str(n)} for n in range(1, 501)]
        company = {"realmId": FIRST, "dataChangeEvent": {"entities": entities}}
        body = json.dumps({"eventNotifications": [company]}).encode()
        secret = (await s.ready())["credentials"]["webhook_secret"]
        mac = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
        delivery = Delivery(body, {"intuit-signature": mac}, s.res.clock.now())
        token = await s.hook_token("qbo")
        assert (await s.ingest.take(token, delivery)).status == 200
        bodies = await s.store.read(lambda c: list(c.execute(select(inbox.c.body)).scalars()))
        assert (len(bodies), [kept for kept in bodies if kept]) == (500, [body])
        assert len((await s.why("customers", acme))["events"]) == 1


async def test_a_forged_delivery_is_refused_and_a_lost_one_is_made_up_for() -> None:
    async with Books(public=True) as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.told_to_post()
        await s.edit("customers", acme, DisplayName="Lost")
        s.sandbox.outbox.posted.clear()
        await s.switch(quickbooks_online__event_told_twice=True)
        await s.edit("customers", acme, DisplayName="Doubled")
        await s.pass_time(1)
        s.sandbox.outbox.posted[:] = [
            replace(post, headers={**post.headers, "intuit-signature": "bm8="})
            for post in s.sandbox.outbox.posted
        ]
        assert {answer.status for answer in await s.deliver()} == {401}
        await settle(s)
        assert await shows(s, acme, "name") == ["Doubled"]


# --- two companies -------------------------------------------------------------------------------


async def test_two_companies_of_equal_ids_do_not_mix_in_one_pipedrive() -> None:
    async with Books(customers=6, invoices=10, public=True) as s:
        await s.switch(quickbooks_online__webhook_bundles=True)
        await s.install(since="all")
        await s.join("second", SECOND)
        await s.add("canada", "second", since="all")
        await s.sync()
        await s.done("sync", flow="canada")
        ids = [o["QuickBooks customer ID"] for o in await s.ours()]
        ids = [id for id in ids if id]
        for realm in (FIRST, SECOND):
            assert any(f":{realm}:customers:1" in id for id in ids)
        assert len(set(ids)) == len(ids)
        before = {o["id"]: o for o in await s.all("organizations")}
        await s.told_to_post("Customer")
        mine = next(o for o in before.values() if o["QuickBooks customer ID"] == ids[0])
        key = ids[0].rsplit(":", 1)[1]
        await s.human("PATCH", f"quickbooks_online/customers/{SECOND}:{key}", {"Notes": "hello"})
        await s.human("PATCH", f"quickbooks_online/customers/{FIRST}:{key}",
                      {"DisplayName": "Only here"})  # fmt: skip
        assert {answer.status for answer in await s.deliver()} == {200}
        await s.round()
        after = {o["id"]: o for o in await s.all("organizations")}
        changed = {id for id in after if after[id]["name"] != before.get(id, {}).get("name")}
        assert changed == {mine["id"]}
        assert after[mine["id"]]["name"] == "Only here"
        assert (await s.done("sync", flow="canada"))["writes"] == 0


# --- what it costs -------------------------------------------------------------------------------


async def test_the_metered_reads_of_a_quiet_day_are_known() -> None:
    """A poll every five minutes is one; an hourly look at balances two; and the books are read
    anew once a day, for eight. A token that is renewed each hour costs nothing more."""
    async with Books(customers=12, invoices=30) as s:
        await s.install(since="all")
        await s.sync()
        await s.round()
        await s.pass_time(60)
        before = await s.metered()
        for _ in range(DAY // 60):
            await s.pass_time(60)
            await s.round()
        spent = await s.metered() - before
        polls, looks, sweep, books = 288, 24 * 2, 1, 8
        assert polls + looks <= spent <= polls + looks + sweep + books + 3


async def test_reads_stop_for_the_month_when_intuits_quota_is_spent() -> None:
    async with Books(public=True) as s:
        acme = await s.customer()
        await s.install(since="all")
        await s.sync()
        await s.told_to_post()
        spent = await s.metered()
        await s.switch(quickbooks_online__monthly_reads=spent)
        await s.edit("customers", acme, DisplayName="Later")
        assert {answer.status for answer in await s.deliver()} == {200}
        for _ in range(8):
            await s.round()
            await s.pass_time(61)
        [row] = [c for c in (await s.status())["connections"] if c["name"] == "qbo"]
        assert row["paused_until"] >= "2026-06-01"
        assert row["budget"]["period"] == "month"
        await s.pass_time(28 * DAY)
        await s.switch(quickbooks_online__monthly_reads=500_000)
        for _ in range(3):
            await s.round()
            await s.pass_time(60)
        assert await shows(s, acme, "name") == ["Later"]
