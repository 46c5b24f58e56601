"""A first sync brings everything over once, for few tokens; a second has nothing to do."""

from __future__ import annotations

import pytest

from tests.engine.scene import Scene, counts, numbers
from tests.support.rehearsal import Rehearsal, totals

VARIANTS = [
    {"since": "open"},
    {"since": "all"},
    {"since": "2026-01-01"},
    {"since": "all", "deal_value": "net", "paid_is_won": "no"},
    {"since": "all", "drafts": "no", "link_deals": "suggest"},
    {"since": "all", "currencies": "USD,EUR", "least_amount": "300", "link_deals": "off"},
]


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("since", ["open", "all"])
async def test_a_second_sync_writes_nothing(since: str, public: bool) -> None:
    async with Rehearsal(customers=12, invoices=24, public=public) as r:
        await r.install(since=since)
        first = await r.sync()
        assert first["writes"] > 20
        await r.deliver()
        second = await r.sync()
        assert (second["writes"], second["setup_writes"]) == (0, 0)
        assert totals(second)["create"] == totals(second)["update"] == 0


@pytest.mark.parametrize("public", [False, True])
async def test_a_restart_between_two_syncs_changes_nothing(public: bool) -> None:
    async with Rehearsal(customers=12, invoices=24, public=public) as r:
        await r.install(since="all")
        await r.sync()
        await r.deliver()
        await r.start()
        again = await r.sync()
        assert (again["writes"], again["setup_writes"]) == (0, 0)


async def test_a_full_sync_looks_at_everything_and_writes_nothing() -> None:
    async with Rehearsal(customers=12, invoices=24) as r:
        await r.install(since="all")
        first = await r.sync()
        full = await r.sync(full=True)
        assert full["writes"] == 0
        assert totals(full)["found"] == totals(first)["found"]


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
async def test_a_plan_tells_every_number_of_the_sync_after_it(settings: dict[str, str]) -> None:
    async with Rehearsal(customers=12, invoices=24, seed=3) as r:
        await r.install(**settings)
        planned = await r.plan()
        assert numbers(planned) == numbers(await r.sync())
        planned = await r.plan()
        assert numbers(planned) == numbers(await r.sync())


async def test_a_plan_with_webhooks_counts_the_subscriptions_that_it_would_make() -> None:
    async with Rehearsal(public=True) as r:
        await r.install(since="all")
        planned = await r.plan()
        assert numbers(planned) == numbers(await r.sync())


async def test_found_is_the_sum_of_what_became_of_the_keys() -> None:
    async with Rehearsal(customers=12, invoices=24) as r:
        await r.install(since="all")
        for row in (await r.sync())["routes"]:
            assert row["found"] == sum(n for k, n in row.items() if k not in ("route", "found"))


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_first_sync_spends_the_floor_of_tokens(seed: int) -> None:
    """5 for each create and each write to an adopted record, which is read once; and the lists."""
    async with Scene(customers=30, invoices=90, seed=seed) as r:
        await r.install(since="all")
        before = await r.counters()
        summary = await r.sync()
        after = await r.counters()
        spent = _by_operation(after, before)
        records = ("organizations", "persons", "deals", "activities")
        creates = sum(spent.get(f"POST /api/v2/{noun}", 0) for noun in records)
        updates = sum(spent.get(f"PATCH /api/v2/{noun}/{{id}}", 0) for noun in records)
        adopted = sum(spent.get(f"GET /api/v2/{noun}/{{id}}", 0) for noun in records)
        lists = sum(10 * spent.get(f"GET /api/v2/{noun}", 0) for noun in records)
        lists += 20 * spent.get("GET /api/v2/deals/archived", 0)
        lists += 10 * sum(spent.get(f"GET /api/v2/{n}Fields", 0) for n in _FIELD_OWNERS)
        lists += 5 * spent.get("GET /api/v2/pipelines", 0)
        lists += 5 * spent.get("GET /api/v2/stages", 0)
        lists += 20 * spent.get("GET /api/v1/currencies", 0)
        floor = 5 * (creates + updates + summary["setup_writes"]) + adopted + lists
        assert summary["tokens"] <= 1.05 * floor
        assert summary["tokens"] == after["tokens"] - before["tokens"]
        # One bulk list for each object, and a delta list before each later batch of creates.
        assert sum(spent.get(f"GET /api/v2/{noun}", 0) for noun in records) <= 12


_FIELD_OWNERS = ("organization", "person", "deal")


def _by_operation(after: dict, before: dict) -> dict[str, int]:  # type: ignore[type-arg]  # JSON
    def table(told: dict) -> dict[str, int]:  # type: ignore[type-arg]  # JSON
        return {q["operation"]: q["n"] for q in told["requests"] if q["vendor"] == "pipedrive"}

    known = table(before)
    return {name: n - known.get(name, 0) for name, n in table(after).items()}


async def test_nothing_is_ever_written_to_wave() -> None:
    async with Rehearsal(customers=12, invoices=24, public=True) as r:
        await r.install(since="all")
        await r.sync()
        await r.sync(full=True)
        told = await r.counters()
        assert told["creates"]["wave"] == {}
        asked = {q["operation"] for q in told["requests"] if q["vendor"] == "wave"}
        assert asked <= {"business", "businesses", "user"}


async def test_a_customer_and_an_invoice_arrive_whole_in_all_four_objects() -> None:
    async with Scene() as s:
        ann = await s.customer(
            "Acme Ltd",
            email="ann@acme.example",
            firstName="Ann",
            lastName="Lee",
            phone="555 1",
            address={"addressLine1": "1 High St", "city": "Leeds", "countryCode": "GB"},
        )
        invoice = await s.invoice(ann, "250.00", invoiceNumber="INV-77", dueDate="2026-06-30")
        await s.install(since="all")
        summary = await s.sync()
        for route in ("customers", "contacts", "invoices", "activities"):
            assert counts(summary, route) == {"found": 1, "create": 1}
        [organization] = await s.ours()
        [person], [deal], [activity] = (
            await s.all("persons"), await s.all("deals"), await s.all("activities"),
        )  # fmt: skip
        assert organization["name"] == "Acme Ltd"
        assert organization["Billing e-mail"] == "ann@acme.example"
        assert organization["Source state"] == "Active"
        assert organization["Wave customer ID"].endswith(f":customers:{ann['id']}")
        assert organization["address"]["value"].startswith("1 High St, Leeds")
        assert (person["name"], person["org_id"]) == ("Ann Lee", organization["id"])
        assert person["emails"][0]["value"] == "ann@acme.example"
        assert (deal["org_id"], deal["value"], deal["currency"]) == (organization["id"], 250, "USD")
        assert (deal["Invoice number"], deal["Due date"]) == ("INV-77", "2026-06-30")
        assert deal["Wave invoice ID"].endswith(f":invoices:{invoice['id']}")
        assert deal["expected_close_date"] == activity["due_date"] == "2026-06-30"
        assert deal["Invoice link"] == invoice["viewUrl"]
        assert (activity["deal_id"], activity["org_id"]) == (deal["id"], organization["id"])
        assert not activity["done"]
        assert "INV-77" in activity["subject"]


async def test_a_customer_without_contact_becomes_no_person() -> None:
    async with Scene() as s:
        await s.customer("Silent GmbH")
        await s.install(since="all")
        summary = await s.sync()
        assert counts(summary, "contacts") == {}
        assert await s.all("persons") == []
        assert len(await s.ours()) == 1


async def test_an_empty_business_needs_no_write_but_the_set_up() -> None:
    async with Scene() as s:
        await s.install(since="all")
        summary = await s.sync()
        assert summary["writes"] == 0
        assert summary["setup_writes"] == 20
