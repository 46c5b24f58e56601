"""The seeded world: the shared cast with every trouble of the sheet, the same for the same seed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ml_sandbox.options import SandboxOptions
from tests.support.clock import START

from .bench import Bench

Body = dict[str, Any]


async def world(seed: int = 1, customers: int = 40, invoices: int = 120) -> dict[str, list[Body]]:
    """Everything of the first company."""
    bench = Bench(SandboxOptions(seed, customers, invoices, start=START))
    nouns = ("customers", "invoices", "payments", "credit_memos", "terms", "items", "vendors")
    found = {noun: await bench.person("GET", noun) for noun in nouns}
    await bench.close()
    return found


async def test_the_same_for_the_same_seed() -> None:
    assert await world() == await world()
    assert await world() != await world(seed=2)


@pytest.mark.parametrize(("customers", "invoices"), [(0, 0), (1, 0), (2, 3), (5, 5)])
async def test_small_worlds(customers: int, invoices: int) -> None:
    found = await world(customers=customers, invoices=invoices)
    top = [customer for customer in found["customers"] if not customer["Job"]]
    assert len(top) == customers
    assert len(found["invoices"]) == invoices
    assert found["terms"]
    assert found["items"]


async def test_customers_are_the_shared_cast_with_their_troubles() -> None:
    found = (await world())["customers"]
    top = [customer for customer in found if not customer["Job"]]
    assert len(top) == 42  # forty of the cast, two private persons
    names = [customer["DisplayName"] for customer in found]
    assert len({name.casefold() for name in names}) == len(names)
    assert "東雲印刷株式会社" in names
    twins = [c["DisplayName"] for c in found if c.get("CompanyName") == "Harbor Lane Bakery"]
    assert len(twins) == 2
    assert (
        [n for n in names if n.endswith(" (deleted)")]
        == [c["DisplayName"] for c in found if not c["Active"]]
        != []
    )
    emails = [c["PrimaryEmailAddr"]["Address"] for c in top if "PrimaryEmailAddr" in c]
    assert len(emails) < len(top)
    assert len(set(emails)) < len(emails)
    assert any(", " in email for email in emails)
    assert any(email.startswith("see notes") for email in emails)
    assert {c["CurrencyRef"]["value"] for c in top} >= {"USD", "CAD", "JPY", "BHD"}
    assert any("CompanyName" not in c for c in top)
    assert any("City" not in c.get("BillAddr", {"City": ""}) for c in top)
    assert any("BillAddr" not in c for c in top)
    assert any("SalesTermRef" not in c for c in top)
    assert {"name" in c["SalesTermRef"] for c in top if "SalesTermRef" in c} == {True, False}
    assert {"ShipAddr" in c for c in top} == {True, False}


async def test_jobs_stand_below_and_a_project_below_them() -> None:
    found = (await world())["customers"]
    jobs = [customer for customer in found if customer["Job"]]
    by_id = {customer["Id"]: customer for customer in found}
    for job in jobs:
        parent = by_id[job["ParentRef"]["value"]]
        full = f"{parent['FullyQualifiedName']}:{job['DisplayName']}"
        assert job["FullyQualifiedName"] == full
        assert job["CurrencyRef"] == parent["CurrencyRef"]
    assert {job["Level"] for job in jobs} == {1, 2}
    assert any(job["IsProject"] for job in jobs)
    assert any(by_id[j["Id"]]["Balance"] for j in jobs)


async def test_balances_are_what_the_papers_say() -> None:
    found = await world(invoices=300)
    open_sums: dict[str, Decimal] = {}
    for noun, name, sign in (
        ("invoices", "Balance", 1),
        ("payments", "UnappliedAmt", -1),
        ("credit_memos", "Balance", -1),
    ):
        for row in found[noun]:
            if row.get("status") != "Deleted":
                key = row["CustomerRef"]["value"]
                open_sums[key] = open_sums.get(key, Decimal(0)) + sign * Decimal(str(row[name]))
    below: dict[str, list[str]] = {}
    for customer in found["customers"]:
        if "ParentRef" in customer:
            below.setdefault(customer["ParentRef"]["value"], []).append(customer["Id"])

    def whole(key: str) -> Decimal:
        return open_sums.get(key, Decimal(0)) + sum(
            (whole(child) for child in below.get(key, [])), Decimal(0)
        )

    for customer in found["customers"]:
        key = customer["Id"]
        assert Decimal(str(customer["Balance"])) == open_sums.get(key, 0), customer
        assert Decimal(str(customer["BalanceWithJobs"])) == whole(key), customer
    assert min(sum_ for sum_ in open_sums.values()) < 0


async def test_papers_are_of_every_kind() -> None:
    found = await world()
    invoices = found["invoices"]
    voided = [i for i in invoices if i.get("PrivateNote") == "Voided"]
    assert voided
    assert all(i["TotalAmt"] == i["Balance"] == 0 for i in voided)
    alive = [i for i in invoices if i.get("status") != "Deleted" and i not in voided]
    assert any(i["Balance"] == 0 for i in alive)
    assert any(0 < i["Balance"] < i["TotalAmt"] for i in alive)
    assert any(i["Balance"] > 0 and i["DueDate"] < "2026-05-04" for i in alive)
    assert any(i["Balance"] > 0 and i["DueDate"] >= "2026-05-04" for i in alive)
    foreign = [i for i in alive if i["CurrencyRef"]["value"] != "USD"]
    for invoice in foreign:
        home = Decimal(str(invoice["TotalAmt"])) * Decimal(str(invoice["ExchangeRate"]))
        assert abs(home - Decimal(str(invoice["HomeTotalAmt"]))) <= Decimal("0.005")
    assert all("ExchangeRate" not in i for i in alive if i not in foreign)
    assert any(p["UnappliedAmt"] > 0 for p in found["payments"])
    assert any(memo["RemainingCredit"] > 0 for memo in found["credit_memos"])
    assert {i["EmailStatus"] for i in alive} == {"EmailSent", "NotSet"}
    dates = sorted(i["TxnDate"] for i in alive)
    assert dates[0] < "2024-06-01"


async def test_nothing_lies_in_the_future() -> None:
    found = await world()
    for noun in ("customers", "invoices", "payments", "credit_memos"):
        for row in found[noun]:
            meta = row["MetaData"]
            assert meta["CreateTime"][:10] <= meta["LastUpdatedTime"][:10] < "2026-05-04", row
            if "TxnDate" in row:
                assert row["TxnDate"] <= "2026-05-04"


async def test_terms_of_both_kinds_and_an_inactive_one() -> None:
    terms = (await world())["terms"]
    assert {term["Type"] for term in terms} == {"STANDARD", "DATE_DRIVEN"}
    assert {term["Active"] for term in terms} == {True, False}
