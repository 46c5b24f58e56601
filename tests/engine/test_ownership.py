"""Field ownership: amounts follow Wave, a person's own edit at Pipedrive is not silently undone."""

from __future__ import annotations

import pytest

from tests.engine.scene import Record, Scene, counts


async def stood_up(s: Scene, **settings: str) -> tuple[Record, Record]:
    """A customer and a sent invoice of 100.00, both brought over."""
    acme = await s.customer("Acme Ltd", email="ann@acme.example", firstName="Ann")
    invoice = await s.invoice(acme, "100.00", dueDate="2026-07-01")
    await s.install(since="all", **settings)
    await s.sync()
    await s.deliver()
    await s.pass_time(90)
    return acme, invoice


async def stage_id(s: Scene, name: str) -> int:
    stages = await s.human("GET", "pipedrive/stages")
    return int(next(stage["id"] for stage in stages if stage["name"] == name))


@pytest.mark.parametrize("public", [False, True])
async def test_a_rep_renames_a_deal_and_moves_its_stage_and_the_next_payment_leaves_both(
    public: bool,
) -> None:
    async with Scene(public=public) as s:
        _, invoice = await stood_up(s)
        deal = await s.deal(invoice)
        moved = await stage_id(s, "Overdue")
        await s.seller("PATCH", f"deals/{deal['id']}", title="My best deal", stage_id=moved)
        await s.deliver()
        await s.round()
        await s.pass_time(60)
        await s.pay(invoice, "40.00")
        await s.deliver()
        await s.sync()
        deal = await s.deal(invoice)
        assert (deal["title"], deal["stage_id"]) == ("My best deal", moved)
        assert deal["Amount paid"]["value"] == 40
        assert deal["Amount due"]["value"] == 60
        assert deal["Invoice status"] == "Part paid"
        told = await s.told(invoice, "invoices")
        kept = [r["reason"] for r in told if "left as a person set it" in r["reason"]]
        assert any("title" in reason for reason in kept)  # as soon as it is seen
        assert any("stage_id" in reason for reason in kept)
        rows = [r for r in told if r["decision"] == "update"]
        assert "stage_id" not in rows[0]["changes"]


async def test_what_a_rep_took_over_stays_theirs_at_every_later_payment() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        deal = await s.deal(invoice)
        moved = await stage_id(s, "Overdue")
        await s.seller("PATCH", f"deals/{deal['id']}", title="Mine", stage_id=moved)
        for amount in ("10.00", "20.00", "70.00"):
            await s.pass_time(400)
            await s.pay(invoice, amount)
            await s.sync()
        deal = await s.deal(invoice)
        assert (deal["title"], deal["stage_id"]) == ("Mine", moved)
        assert deal["Invoice status"] == "Paid"
        assert deal["status"] == "won"


async def test_a_rep_marks_a_deal_lost_and_a_payment_does_not_win_it() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        deal = await s.deal(invoice)
        await s.seller("POST", f"deals/{deal['id']}/lose")
        await s.pass_time(60)
        await s.pay(invoice)
        await s.sync()
        deal = await s.deal(invoice)
        assert deal["status"] == "lost"
        assert deal["Invoice status"] == "Paid"
        reason = (await s.told(invoice, "invoices"))[0]["reason"]
        assert "left as a person set it" in reason
        assert "status" in reason


@pytest.mark.parametrize("public", [False, True])
async def test_an_amount_changed_by_hand_is_put_back_at_the_next_look_and_told(
    public: bool,
) -> None:
    async with Scene(public=public) as s:
        _, invoice = await stood_up(s)
        deal = await s.deal(invoice)
        await s.seller("PATCH", f"deals/{deal['id']}", value=1)
        if public:
            await s.deliver()
            await s.round()
        else:
            await s.look("invoices", invoice)
        assert (await s.deal(invoice))["value"] == 100
        row = (await s.told(invoice, "invoices"))[0]
        assert row["decision"] == "update"
        assert "a person's change was overwritten: value" in row["reason"]
        assert row["changes"]["value"] == {"before": 1, "after": "100.00"}
        assert row["source"] == ("webhook" if public else "person")


async def test_a_full_sync_puts_back_an_amount_that_was_changed_by_hand() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        deal = await s.deal(invoice)
        await s.seller("PATCH", f"deals/{deal['id']}", value=1)
        await s.pass_time(60)
        await s.pay(invoice, "40.00")
        await s.sync()
        assert (await s.deal(invoice))["value"] == 100
        assert "overwritten: value" in (await s.told(invoice, "invoices"))[0]["reason"]


@pytest.mark.parametrize("public", [False, True])
async def test_a_rep_renames_an_organization_and_it_stays_renamed(public: bool) -> None:
    async with Scene(public=public) as s:
        acme, _ = await stood_up(s)
        organization = await s.organization(acme)
        await s.seller("PATCH", f"organizations/{organization['id']}", name="ACME (key account)")
        await s.deliver()
        await s.round()
        await s.pass_time(60)
        await s.edit("customers", acme, name="Acme Limited", email="office@acme.example")
        await s.sync()
        organization = await s.organization(acme)
        assert organization["name"] == "ACME (key account)"
        assert organization["Billing e-mail"] == "office@acme.example"
        assert "left as a person set it: name" in (await s.told(acme, "customers"))[0]["reason"]


async def test_a_customer_renamed_at_wave_renames_an_untouched_organization() -> None:
    async with Scene() as s:
        acme, _ = await stood_up(s)
        await s.edit("customers", acme, name="Acme Limited")
        await s.sync()
        assert (await s.organization(acme))["name"] == "Acme Limited"
        row = (await s.told(acme, "customers"))[0]
        assert row["changes"]["name"] == {"before": "Acme Ltd", "after": "Acme Limited"}


async def test_an_adopted_organization_keeps_its_name_and_address() -> None:
    async with Scene() as s:
        there = await s.seller(
            "POST", "organizations", name="acme LTD", address={"value": "Old Road 1"}
        )
        acme = await s.customer(
            "Acme Ltd", address={"addressLine1": "New Road 2", "countryCode": "GB"}
        )
        await s.install(since="all")
        await s.sync()
        await s.pass_time(60)
        await s.edit("customers", acme, name="Acme Limited")
        await s.sync()
        organization = await s.organization(acme)
        assert organization["id"] == there["id"]
        assert organization["name"] == "acme LTD"
        assert organization["address"]["value"] == "Old Road 1"
        assert organization["Source state"] == "Active"


async def test_a_person_edited_at_pipedrive_keeps_the_edit() -> None:
    async with Scene() as s:
        acme, _ = await stood_up(s)
        person = await s.target("contacts", acme)
        await s.seller("PATCH", f"persons/{person['id']}", name="Dr Ann Lee")
        await s.edit("customers", acme, lastName="Lee", phone="555 123")
        await s.sync()
        person = await s.target("contacts", acme)
        assert person["name"] == "Dr Ann Lee"
        assert person["phones"][0]["value"] == "555 123"


async def test_an_activity_that_a_rep_ticked_off_stays_done() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        activity = await s.activity(invoice)
        await s.seller("PATCH", f"activities/{activity['id']}", done=True)
        await s.pay(invoice, "40.00")
        await s.sync()
        activity = await s.activity(invoice)
        assert activity["done"]
        assert "Part paid" in activity["note"]


async def test_an_edit_that_says_what_we_would_say_is_nobodys_take_over() -> None:
    async with Scene() as s:
        _, invoice = await stood_up(s)
        deal = await s.deal(invoice)
        moved = await stage_id(s, "Part paid")
        await s.seller("PATCH", f"deals/{deal['id']}", stage_id=moved)
        await s.pay(invoice, "40.00")
        await s.sync()
        assert "stage_id" not in (await s.told(invoice, "invoices"))[0]["reason"]
        await s.pass_time(400)
        await s.pay(invoice)
        await s.sync()
        assert await s.stage(await s.deal(invoice)) == "Paid"


async def test_our_own_writes_come_back_as_webhooks_and_cause_no_look() -> None:
    async with Scene(public=True) as s:
        await stood_up(s)
        before = await s.counters()
        await s.deliver()
        await s.round()
        after = await s.counters()
        assert before["tokens"] == after["tokens"]
        assert counts(await s.sync(), "invoices").get("update", 0) == 0


async def test_what_a_rep_had_changed_stays_theirs_though_they_take_it_back() -> None:
    """It was seen and told, and not remembered: back at what we had written it counted as ours."""
    async with Scene() as s:
        _, invoice = await stood_up(s)
        deal = await s.deal(invoice)
        before, moved = deal["stage_id"], await stage_id(s, "Overdue")
        path = f"deals/{deal['id']}"
        await s.seller("PATCH", path, stage_id=moved)
        await s.look("invoices", invoice)
        await s.seller("PATCH", path, stage_id=before)
        await s.pass_time(60)
        await s.pay(invoice, "40.00")
        await s.sync()
        assert (await s.deal(invoice))["stage_id"] == before
