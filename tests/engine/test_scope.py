"""Scope: which records come in, what becomes of one that leaves, and how it is widened."""

from __future__ import annotations

from tests.engine.scene import Record, Scene, counts, keys


async def history(s: Scene) -> dict[str, Record]:
    """Invoices of three ages; the old open one and the old paid one are before any date we use."""
    acme = await s.customer("Acme")
    made = {
        "old open": await s.invoice(acme, invoiceDate="2025-01-10", dueDate="2025-02-10"),
        "old paid": await s.invoice(acme, invoiceDate="2025-01-11", dueDate="2025-02-11"),
        "new paid": await s.invoice(acme, invoiceDate="2026-05-04", dueDate="2026-06-04"),
        "spring": await s.invoice(acme, invoiceDate="2026-03-01", dueDate="2026-04-01"),
    }
    for name in ("old paid", "new paid", "spring"):
        await s.pay(made[name])
    return made


async def brought(s: Scene, made: dict[str, Record]) -> set[str]:
    linked = await s.links("invoices")
    return {name for name, invoice in made.items() if invoice["id"] in linked}


async def test_open_is_what_is_open_at_set_up_or_dated_after_it() -> None:
    async with Scene() as s:
        made = await history(s)
        await s.install(since="open")
        await s.sync()
        assert await brought(s, made) == {"old open", "new paid"}


async def test_a_date_brings_what_is_dated_from_then_on() -> None:
    async with Scene() as s:
        made = await history(s)
        await s.install(since="2026-01-01")
        await s.sync()
        assert await brought(s, made) == {"new paid", "spring"}


async def test_all_is_everything() -> None:
    async with Scene() as s:
        made = await history(s)
        await s.install(since="all")
        await s.sync()
        assert await brought(s, made) == set(made)


async def test_an_open_invoice_that_is_paid_later_stays_in_step() -> None:
    async with Scene() as s:
        made = await history(s)
        await s.install(since="open")
        await s.sync()
        await s.pass_time(60)
        await s.pay(made["old open"])
        await s.sync()
        assert (await s.deal(made["old open"]))["Invoice status"] == "Paid"


async def test_a_linked_record_that_leaves_the_filters_is_left_and_the_audit_says_so() -> None:
    async with Scene() as s:
        acme = await s.customer()
        invoice = await s.invoice(acme, "100.00")
        await s.install(since="all", least_amount="50")
        await s.sync()
        await s.pass_time(60)
        await s.edit("invoices", invoice, items=[{"unitPrice": "10.00", "quantity": "1"}])
        summary = await s.sync()
        assert summary["writes"] == 0
        assert (await s.deal(invoice))["value"] == 100
        row = (await s.told(invoice, "invoices"))[0]
        assert row["decision"] == "unchanged"
        assert row["reason"] == "it left the scope of the flow and is no longer updated"
        await s.pass_time(60)
        await s.edit("invoices", invoice, items=[{"unitPrice": "80.00", "quantity": "1"}])
        await s.sync()
        assert (await s.deal(invoice))["value"] == 80


async def test_a_wider_scope_is_a_new_version_and_is_filled_by_the_next_sync() -> None:
    async with Scene() as s:
        made = await history(s)
        await s.install(since="open")
        await s.sync()
        assert (await s.add(since="all"))["version"] == 2
        planned = await s.plan()
        summary = await s.sync()
        assert counts(planned, "invoices") == counts(summary, "invoices")
        assert counts(summary, "invoices")["create"] == 2
        assert await brought(s, made) == set(made)
        row = (await s.told(made["spring"], "invoices"))[0]
        assert (row["decision"], row["version"]) == ("create", 2)


async def test_a_wider_scope_is_filled_by_the_lane_too() -> None:
    async with Scene() as s:
        made = await history(s)
        await s.install(since="open")
        await s.sync()
        await s.add(since="all")
        await s.round()
        assert await brought(s, made) == set(made)


async def test_a_changed_mapping_reaches_what_is_linked_already() -> None:
    async with Scene() as s:
        acme = await s.customer()
        paid = await s.invoice(acme)
        await s.pay(paid)
        await s.install(since="all", paid_is_won="no")
        await s.sync()
        assert (await s.deal(paid))["status"] == "open"
        await s.add(paid_is_won="yes")
        summary = await s.sync()
        assert counts(summary, "invoices") == {"found": 1, "update": 1}
        assert (await s.deal(paid))["status"] == "won"


async def test_an_archived_customer_comes_in_only_with_all_or_with_its_invoice() -> None:
    async with Scene() as s:
        old, active = await s.customer("Old"), await s.customer("Active")
        await s.act("customers", old, "archive")
        await s.install(since="open")
        await s.sync()
        assert set(await s.links("customers")) == keys([active])
        await s.add(since="all")
        await s.sync()
        assert set(await s.links("customers")) == keys([active, old])
        assert (await s.organization(old))["Source state"] == "Archived"
