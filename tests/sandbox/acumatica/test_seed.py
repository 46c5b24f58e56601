"""The world: the shared cast over three years, the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest

from ml_sandbox.options import SandboxOptions
from tests.support.clock import START

from .bench import Bench, value


async def test_the_cast_with_all_its_peculiarities(erp: Bench) -> None:
    customers = await erp.get("Customer", expand="MainContact")
    names = [value(c, "CustomerName") for c in customers]
    assert len(customers) == 14
    assert names[:5] == [c.name for c in erp.app.world.business.customers[:5]]
    assert Counter(names)["Harbor Lane Bakery"] == 2
    mails = Counter(value(c, "Email") for c in customers)
    assert mails["office@nunez.example"] == 2
    assert mails[None] >= 1
    assert {value(c, "CurrencyID") for c in customers} >= {"USD", "CAD", "JPY", "BHD"}
    assert value(customers[11], "Status") == "Inactive"


async def test_contacts_hang_on_customers_and_some_on_none(erp: Bench) -> None:
    contacts = await erp.get("Contact")
    accounts = [value(c, "BusinessAccount") for c in contacts]
    assert None in accounts
    assert "C000001" in accounts
    assert {value(c, "LastName") for c in contacts} >= {"Solberg", "O'Malley"}


async def test_three_years_of_documents(erp: Bench) -> None:
    orders = Counter(await erp.keys("SalesOrder", "Status"))
    invoices = Counter(await erp.keys("SalesInvoice", "Status"))
    payments = Counter(await erp.keys("Payment", "Status"))
    assert set(orders) == {"On Hold", "Completed", "Cancelled"}
    assert {"Balanced", "Open", "Closed"} <= set(invoices)
    assert {"Closed", "Voided", "Open"} <= set(payments)
    assert {value(r, "OrderType") for r in await erp.get("SalesOrder")} == {"SO", "IN"}
    dates = sorted(await erp.keys("Invoice", "Date"))
    assert dates[0] < "2024-06"
    assert max(await erp.keys("Invoice", "LastModifiedDateTime")) < "2026-05-04"


async def test_sums_hold_together(erp: Bench) -> None:
    applied: Counter[str] = Counter()
    for payment in await erp.get("Payment", expand="ApplicationHistory"):
        for line in payment["ApplicationHistory"]:
            applied[value(line, "DisplayRefNbr")] += round(value(line, "AmountPaid") * 1000)
    for invoice in await erp.get("Invoice", expand="Details"):
        net = sum(value(line, "Amount") for line in invoice["Details"])
        amount, balance = value(invoice, "Amount"), value(invoice, "Balance")
        assert amount == pytest.approx(net + value(invoice, "TaxTotal"))
        paid = applied[value(invoice, "ReferenceNbr")]
        assert round((amount - balance) * 1000) == paid
        if value(invoice, "Status") in ("Open", "Closed"):
            assert (value(invoice, "Status") == "Open") == (balance > 0)


async def test_at_least_one_of_each_that_a_flow_needs() -> None:
    for customers, invoices in ((1, 0), (3, 3), (40, 120)):
        bench = Bench(SandboxOptions(customers=customers, invoices=invoices, start=START))
        found = await bench.control("GET", "acumatica/sales_invoices")
        assert "Balanced" in [value(record, "Status") for record in found]
        assert await bench.control("GET", "acumatica/stock_items")
        assert await bench.control("GET", "acumatica/non_stock_items")
        await bench.close()
    empty = Bench(SandboxOptions(customers=0, invoices=0, start=START))
    assert await empty.control("GET", "acumatica/sales_invoices") == []
    await empty.close()


async def test_the_same_seed_gives_the_same_world() -> None:
    worlds = [
        Bench(SandboxOptions(seed=s, customers=9, invoices=9, start=START)) for s in (1, 1, 2)
    ]
    ready = [bench.app.world.ready["vendors"]["acumatica"]["credentials"] for bench in worlds]
    orders = [await bench.control("GET", "acumatica/sales_orders") for bench in worlds]
    assert (ready[0], orders[0]) == (ready[1], orders[1])
    assert ready[0] != ready[2]
    assert orders[0] != orders[2]
    for bench in worlds:
        await bench.close()


async def test_items_bear_the_codes_that_a_sales_department_knows(erp: Bench) -> None:
    codes = await erp.keys("StockItem", "InventoryID") + await erp.keys(
        "NonStockItem", "InventoryID"
    )
    assert {"PRINTED-BROCHURE", "CONSULTING-HOUR", "PAPER A4/80", "BINDER-Ö"} <= set(codes)
    assert len(codes) == len(set(codes))
