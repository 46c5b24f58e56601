"""Batches: faults inside a 200, thirty items, answers in no order (sheet, section 5)."""

from __future__ import annotations

from typing import Any

import pytest

from .bench import Bench

Body = dict[str, Any]


async def run(qbo: Bench, *items: Body, path: str = "batch") -> dict[str, Body]:
    """The answers by bId."""
    body = await qbo.good("POST", path, {"BatchItemRequest": list(items)})
    return {answer["bId"]: answer for answer in body["BatchItemResponse"]}


async def test_every_kind_of_item(qbo: Bench) -> None:
    made = await qbo.customer()
    invoice = await qbo.invoice(10, customer=made["Id"])
    other = await qbo.invoice(20, customer=made["Id"])
    await qbo.advance(1)
    head = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    stamp = {"Id": invoice["Id"], "SyncToken": "0"}
    void = {"operation": "update", "optionsData": "void"}
    found = await run(
        qbo,
        {"bId": "new", "operation": "create", "Customer": {"DisplayName": "Northfold"}},
        {"bId": "twin", "operation": "create", "Customer": {"DisplayName": "Cedar Books"}},
        {"bId": "old", "operation": "update", "Customer": {**head, "Notes": "x"}},
        {"bId": "q", "Query": "select * from Term where Id = '3'"},
        {"bId": "bad", "Query": "select * from Nothing"},
        {"bId": "cdc", "CDCQuery": {"Entities": "Customer", "ChangedSince": "2026-05-04"}},
        {"bId": "gone", "operation": "delete", "Invoice": stamp},
        {"bId": "void", **void, "Invoice": {**stamp, "Id": other["Id"]}},
    )
    assert found["new"]["Customer"]["DisplayName"] == "Northfold"
    assert found["twin"]["Fault"]["Error"][0]["code"] == "6240"
    assert found["twin"]["Fault"]["type"] == "ValidationFault"
    assert found["old"]["Customer"]["Notes"] == "x"
    assert found["q"]["QueryResponse"]["Term"][0]["Name"] == "Net 30"
    assert found["bad"]["Fault"]["Error"][0]["code"] == "4001"
    (changed,) = found["cdc"]["CDCResponse"][0]["QueryResponse"]
    assert changed["totalCount"] == 2
    assert found["gone"]["Invoice"]["status"] == "Deleted"
    assert found["void"]["Invoice"]["PrivateNote"] == "Voided"
    counted = (await qbo.control("GET", "counters"))["creates"]["quickbooks_online"]
    assert counted == {"customers": 1}


async def test_the_order_of_answers_is_not_promised(qbo: Bench) -> None:
    items = [{"bId": f"q{n}", "Query": "select count(*) from Term"} for n in range(20)]
    asked = [item["bId"] for item in items]
    shuffled = list(await run(qbo, *items))
    assert sorted(shuffled) == sorted(asked)
    assert shuffled != asked
    await qbo.switch(batch_order="asked")
    assert list(await run(qbo, *items)) == asked


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "400"),
        ({"BatchItemRequest": []}, "400"),
        ({"BatchItemRequest": [{"bId": str(n), "Query": "x"} for n in range(31)]}, "1040"),
        ({"BatchItemRequest": [{"Query": "x"}]}, "2020"),
        ({"BatchItemRequest": [{"bId": "1", "Query": "x"}, {"bId": "1", "Query": "x"}]}, "2010"),
        ({"BatchItemRequest": [{"bId": "1", "Query": "x"}], "more": 1}, "2010"),
    ],
)
async def test_batches_that_are_refused(still: Bench, body: Body, code: str) -> None:
    assert await still.code("POST", "batch", body) == code


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"operation": "create", "Nothing": {}}, "2010"),
        ({"operation": "create"}, "2010"),
        ({"operation": "merge", "Customer": {}}, "2170"),
        ({"operation": "update", "Customer": {"DisplayName": "A"}}, "2020"),
        ({"operation": "create", "Customer": {"Id": "1", "DisplayName": "A"}}, "2010"),
        ({"operation": "delete", "Customer": {"Id": "1", "SyncToken": "0"}}, "500"),
    ],
)
async def test_items_that_are_refused(still: Bench, item: Body, code: str) -> None:
    found = await run(still, {"bId": "x", **item})
    assert found["x"]["Fault"]["Error"][0]["code"] == code


async def test_request_ids_of_batches(qbo: Bench) -> None:
    item: Body = {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Once"}}
    first = await run(qbo, item, path="batch?requestid=abc")
    assert await run(qbo, item, path="batch?requestid=abc") == first
    body = {"BatchItemRequest": [item]}
    assert await qbo.code("POST", f"batch?requestid={'x' * 37}", body) == "2050"
    item["bId"] = "x" * 11
    assert await qbo.code("POST", "batch?requestid=def", body) == "2050"
    assert "x" * 11 in await run(qbo, item)
