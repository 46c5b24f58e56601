"""The world that a seed makes: the same each time, believable, and full of awkward cases."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from ml_sandbox.options import SandboxOptions
from tests.support.clock import START

from .bench import Bench

NOW = "2026-05-04T00:00:00.000Z"


async def world(seed: int = 1, **more: Any) -> dict[str, Any]:
    """Everything that a seed makes, by object."""
    options = SandboxOptions(seed=seed, customers=40, invoices=120, start=more.get("start", START))
    bench = Bench(options)
    nouns = ("customers", "invoices", "payments", "products", "accounts")
    found = {noun: await bench.control("GET", f"wave/{noun}") for noun in nouns}
    return {**found, "credentials": bench.credentials}


async def test_the_same_seed_is_the_same_world() -> None:
    assert json.dumps(await world(7)) == json.dumps(await world(7))
    assert (await world(7))["credentials"] != (await world(8))["credentials"]


async def test_dates_move_with_the_day_and_nothing_else_does() -> None:
    first, later = await world(3), await world(3, start=START + timedelta(days=10))
    for noun in ("name", "email", "phone"):
        assert [c[noun] for c in first["customers"]] == [c[noun] for c in later["customers"]]
    assert [i["status"] for i in first["invoices"]] == [i["status"] for i in later["invoices"]]
    assert [i["total"] for i in first["invoices"]] == [i["total"] for i in later["invoices"]]


async def test_every_status_and_every_peculiarity() -> None:
    for seed in (1, 2, 3):
        found = await world(seed)
        alive = [i for i in found["invoices"] if not i["isDeleted"]]
        statuses = Counter(invoice["status"] for invoice in alive)
        assert set(statuses) == {
            "DRAFT", "SAVED", "SENT", "VIEWED", "PARTIAL", "PAID", "OVERDUE", "OVERPAID",
        }  # fmt: skip
        assert len(alive) < 120
        assert any(payment["transactionType"] == "REFUND" for payment in found["payments"])
        assert any(invoice["discounts"] for invoice in alive)
        assert {"USD", "JPY", "BHD"} <= {i["currency"]["code"] for i in alive}
        customers = found["customers"]
        names = Counter(customer["name"] for customer in customers)
        assert max(names.values()) == 2
        emails = Counter(customer["email"] for customer in customers)
        assert emails["office@nunez.example"] == 2
        assert emails[None] >= 1
        assert any(customer["isArchived"] for customer in customers)


async def test_nothing_lies_ahead_of_the_first_day() -> None:
    found = await world()
    for noun in ("customers", "invoices", "payments"):
        assert all(record["modifiedAt"] < NOW for record in found[noun])
        assert all(record["createdAt"] <= record["modifiedAt"] for record in found[noun])


async def test_sums_agree_with_what_was_paid() -> None:
    for invoice in (await world())["invoices"]:
        due, paid, total = (
            int(invoice[name]["minorUnitValue"]) for name in ("amountDue", "amountPaid", "total")
        )
        assert due == total - paid
        if invoice["status"] == "PAID":
            assert due == 0 < paid
        if invoice["status"] == "OVERPAID":
            assert due < 0


async def test_a_page_of_a_large_world() -> None:
    options = SandboxOptions(customers=1500, invoices=4000, start=START)
    bench = Bench(options)
    found = await bench.in_business(
        "invoices(page: 70, pageSize: 50, sort: [MODIFIED_AT_ASC]) "
        "{ pageInfo { totalCount totalPages } edges { node { modifiedAt } } }"
    )
    moments = [edge["node"]["modifiedAt"] for edge in found["invoices"]["edges"]]
    assert len(moments) == 50
    assert moments == sorted(moments)
