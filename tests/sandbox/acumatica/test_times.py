"""Checklist 9: stamps, ties, late commits, document dates, and reads that show the past."""

from __future__ import annotations

import re
from collections import Counter

from .bench import Bench, value, wrap


async def test_stamps_are_utc_with_the_ticks_of_the_database(erp: Bench) -> None:
    stamps = [value(r, "LastModifiedDateTime") for r in await erp.get("Invoice")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}\+00:00", stamp) for stamp in stamps)
    assert {stamp[22] for stamp in stamps} <= {"0", "3", "7"}


async def test_document_dates_are_midnight_somewhere_else(erp: Bench) -> None:
    dates = [value(r, "Date") for r in await erp.get("Invoice")]
    assert all(date.endswith("T00:00:00-07:00") for date in dates)
    await erp.switch(document_offset="+03:00")
    moved = [value(r, "Date") for r in await erp.get("Invoice")]
    assert [date[:10] for date in moved] == [date[:10] for date in dates]
    assert all(date.endswith("+03:00") for date in moved)


async def test_a_document_date_is_the_calendar_date_as_written(erp: Bench) -> None:
    body = wrap(CustomerID="C000002", Date="2026-03-01T00:00:00+13:00")
    made = await erp.put("SalesOrder", body)
    assert value(made, "Date") == "2026-03-01T00:00:00-07:00"


async def test_records_of_one_import_share_a_stamp(erp: Bench) -> None:
    stamps = await erp.keys("Customer", "LastModifiedDateTime")
    assert Counter(stamps).most_common(1)[0][1] == 8


async def test_a_coarser_tick_makes_more_ties(erp: Bench) -> None:
    await erp.switch(stamp_tick_seconds=1.0)
    await erp.advance(0.4)
    made = [await erp.new_order() for _ in range(2)]
    stamps = [value(await erp.get(f"SalesOrder/{r['id']}"), "LastModified") for r in made]
    assert stamps == ["2026-05-04T09:00:00.000+00:00"] * 2


async def test_what_people_enter_may_be_committed_late(erp: Bench) -> None:
    await erp.switch(late_commit_seconds=20.0)
    made = await erp.human("customers", **wrap(CustomerName="Late"))
    text = "CustomerName eq 'Late'"
    assert await erp.get("Customer", filter=text) == []
    assert (await erp.refused("GET", f"Customer/{made['id']}")).status == 500
    await erp.advance(21)
    (found,) = await erp.get("Customer", filter=text)
    assert value(found, "LastModifiedDateTime") == "2026-05-04T09:00:00.000+00:00"
    own = await erp.put("Customer", wrap(CustomerName="Prompt"))
    assert await erp.get(f"Customer/{own['id']}")


async def test_stale_reads_and_a_lagging_list(erp: Bench) -> None:
    made = await erp.new_order(Description="old")
    await erp.advance(60)
    await erp.put("SalesOrder", {"id": made["id"]} | wrap(Description="new"))
    await erp.advance(2)
    path = f"SalesOrder/{made['id']}"
    await erp.order({"kind": "stale_read", "operation": "GET *", "seconds": 30, "times": 1})
    assert value(await erp.get(path), "Description") == "old"
    assert value(await erp.get(path), "Description") == "new"
    await erp.order({"kind": "index_lag", "seconds": 30, "times": 1})
    assert value(await erp.get(path), "Description") == "new"
    text = "Description eq 'new'"
    assert await erp.get("SalesOrder", filter=text) == []
    assert len(await erp.get("SalesOrder", filter=text)) == 1


async def test_a_deleted_record_is_simply_gone(erp: Bench) -> None:
    made = await erp.new_order()
    await erp.control("DELETE", f"acumatica/sales_orders/{made['id']}")
    assert made["id"] not in [r["id"] for r in await erp.get("SalesOrder")]


async def test_whether_a_payment_moves_the_invoices_stamp_is_a_switch(erp: Bench) -> None:
    text = "Status eq 'Open' and Balance gt 2M"
    one, two = (await erp.get("Invoice", filter=text))[:2]
    await erp.advance(60)
    for document, moves in ((one, False), (two, True)):
        await erp.switch(payments_stamp_invoices=moves)
        await erp.human("invoices", document["id"], "pay", amount=1)
        after = await erp.get(f"Invoice/{document['id']}")
        assert value(after, "Balance") == round(value(document, "Balance") - 1, 3)
        same = after["LastModifiedDateTime"] == document["LastModifiedDateTime"]
        assert same is not moves
