"""Change data capture: shape, reach, cap, deletions (sheet, section 6)."""

from __future__ import annotations

import pytest

from .bench import Bench

NOW = "2026-05-04T09:00:00Z"


async def test_one_response_for_each_entity_in_the_order_asked(qbo: Bench) -> None:
    customer = await qbo.customer()
    term = await qbo.person("POST", "terms", {"Name": "Net 7", "DueDays": 7})
    await qbo.advance(60)
    before = "2026-05-04T08:59:59Z"
    body = await qbo.good(
        "GET", f"cdc?entities=Term,Invoice,Customer&changedSince={before}&startPosition=2"
    )
    assert body["time"] == "2026-05-04T02:01:00.000-07:00"
    (response,) = body["CDCResponse"]
    first, empty, last = response["QueryResponse"]
    assert first == {"Term": [term], "startPosition": 1, "maxResults": 1, "totalCount": 1}
    assert empty == {}
    assert last["Customer"] == [customer]


async def test_a_deactivated_customer_is_whole_and_a_deleted_one_a_shell(qbo: Bench) -> None:
    one, two = await qbo.customer(), await qbo.customer(DisplayName="Cedar Bookshop")
    await qbo.advance(60)
    await qbo.act("customers", one, "deactivate")
    await qbo.person("DELETE", f"customers/{two['Id']}")
    (found,) = await qbo.changes("2026-05-04T09:00:30Z")
    assert found["Customer"][0]["DisplayName"] == "Cedar Books (deleted)"
    assert found["Customer"][1] == {
        "Id": two["Id"],
        "domain": "QBO",
        "status": "Deleted",
        "MetaData": {"LastUpdatedTime": "2026-05-04T02:01:00-07:00"},
    }


async def test_a_merge_shows_as_a_deletion_and_a_change(qbo: Bench) -> None:
    stays, goes = await qbo.customer(), await qbo.customer(DisplayName="Cedar Bookshop")
    await qbo.advance(60)
    await qbo.act("customers", goes, "merge", into=stays["Id"])
    (found,) = await qbo.changes("2026-05-04T09:00:30Z")
    shown = {(row["Id"], row.get("status")) for row in found["Customer"]}
    assert shown == {(stays["Id"], None), (goes["Id"], "Deleted")}


async def test_only_the_last_state_is_shown(qbo: Bench) -> None:
    made = await qbo.customer()
    await qbo.advance(60)
    for note in ("a", "b", "c"):
        await qbo.person("PATCH", f"customers/{made['Id']}", {"Notes": note})
    (found,) = await qbo.changes("2026-05-04T09:00:30Z")
    assert [(row["Notes"], row["SyncToken"]) for row in found["Customer"]] == [("c", "3")]


@pytest.mark.parametrize("inclusive", [False, True])
async def test_the_boundary(qbo: Bench, inclusive: bool) -> None:
    await qbo.switch(cdc_boundary_inclusive=inclusive)
    await qbo.customer()
    (found,) = await qbo.changes(NOW)
    assert bool(found) is inclusive


async def test_thirty_days_back_and_no_further(still: Bench) -> None:
    assert await still.changes("2026-04-04T09:00:00Z")
    path = "cdc?entities=Customer&changedSince=2026-04-04T08:59:59Z"
    reply = await still.ask("GET", path)
    assert reply.status == 400
    (error,) = reply.body["Fault"]["Error"]
    assert error["code"] == "500"
    assert "older than fixed days is not supported" in error["Detail"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("changedSince=2026-05-04", "2020"),
        ("entities=Customer", "2020"),
        ("entities=&changedSince=2026-05-04", "2020"),
        ("entities=Customer&changedSince=yesterday", "2010"),
        ("entities=customer&changedSince=2026-05-04", "500"),
        ("entities=Customer,Nothing&changedSince=2026-05-04", "500"),
        *[
            (f"entities={name}&changedSince=2026-05-04", "500")
            for name in ("JournalCode", "TaxAgency", "TimeActivity", "TaxCode", "TaxRate")
        ],
    ],
)
async def test_what_is_refused(still: Bench, query: str, code: str) -> None:
    assert await still.code("GET", f"cdc?{query}") == code


async def many(qbo: Bench) -> None:
    """1,005 customers and three terms, a second apart in part."""
    for n in range(1005):
        await qbo.customer(DisplayName=f"Many {n:04d}")
        if n == 500:
            await qbo.advance(1)
    for n in range(3):
        await qbo.person("POST", "terms", {"Name": f"Net {70 + n}", "DueDays": 70})


async def test_a_thousand_objects_in_all(qbo: Bench) -> None:
    await many(qbo)
    since = "2026-05-04T08:59:00Z"
    customers, terms = await qbo.changes(since, "Customer", "Term")
    assert customers["totalCount"] == 1000
    assert terms == {}
    assert customers["Customer"][0]["DisplayName"] == "Many 0000"
    terms, customers = await qbo.changes(since, "Term", "Customer")
    assert (terms["totalCount"], customers["totalCount"]) == (3, 997)
    await qbo.switch(cdc_cap_counts="entity", cdc_cap_keeps="newest")
    customers, terms = await qbo.changes(since, "Customer", "Term")
    assert (customers["totalCount"], terms["totalCount"]) == (1000, 3)
    assert customers["Customer"][-1]["DisplayName"] == "Many 1004"


async def test_the_feed_may_lag(qbo: Bench) -> None:
    made = await qbo.customer()
    await qbo.advance(60)
    await qbo.person("DELETE", f"customers/{made['Id']}")
    await qbo.customer(DisplayName="Later")
    await qbo.order({"kind": "index_lag", "seconds": 30, "times": 1})
    (found,) = await qbo.changes("2026-05-04T08:59:00Z")
    assert [row["DisplayName"] for row in found["Customer"]] == ["Cedar Books"]
    (found,) = await qbo.changes("2026-05-04T08:59:00Z")
    assert [row.get("status") for row in found["Customer"]] == ["Deleted", None]
