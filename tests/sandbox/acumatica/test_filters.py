"""Checklist 5: the filter language, its literals, and what it refuses."""

from __future__ import annotations

import pytest

from .bench import Bench, value, wrap


async def names(erp: Bench, text: str) -> list[str]:
    return await erp.keys("Customer", "CustomerName", filter=text)


async def test_comparisons_and_words_between_them(erp: Bench) -> None:
    assert await names(erp, "CustomerID eq 'C000001'") == ["Häberle & Söhne GmbH"]
    assert len(await names(erp, "CustomerID gt 'C000010'")) == 4
    assert len(await names(erp, "CustomerID ge 'C000010' and CustomerID lt 'C000012'")) == 2
    both = "CustomerID eq 'C000001' or CustomerID eq 'C000003' and Status eq 'Nope'"
    assert len(await names(erp, both)) == 1
    assert await names(erp, f"({both}) and Status eq 'Nope'") == []
    assert len(await names(erp, "not (CustomerID eq 'C000001')")) == 13
    assert len(await names(erp, "CustomerID ne 'C000001'")) == 13


async def test_texts_are_quoted_and_compared_without_case(erp: Bench) -> None:
    assert await names(erp, "CustomerName eq 'O''Brien Roofing'") == ["O'Brien Roofing"]
    assert await names(erp, "CustomerName eq 'o''brien ROOFING'") == ["O'Brien Roofing"]
    assert len(await names(erp, "CustomerName eq 'Harbor Lane Bakery'")) == 2
    assert len(await names(erp, "substringof('lane', CustomerName)")) == 2
    assert len(await names(erp, "startswith(CustomerName, 'harbor')")) == 2
    assert await names(erp, "endswith(CustomerName,'会社')") == ["東雲印刷株式会社"]
    assert len(await names(erp, "startswith(CustomerName, 'harbor') eq true")) == 2


async def test_an_empty_field_is_null(erp: Bench) -> None:
    missing = await erp.get("Customer", filter="Email eq null")
    assert missing
    assert all(value(record, "Email") is None for record in missing)
    assert len(await names(erp, "Email ne null")) + len(missing) == 14


async def test_a_linked_path_needs_no_expand(erp: Bench) -> None:
    found = await names(erp, "MainContact/Email eq 'office@nunez.example'")
    assert len(found) == 2
    assert len(await names(erp, "MainContact/Address/Country eq 'JP'")) == 1


async def test_numbers_and_decimals(erp: Bench) -> None:
    every = await erp.get("Invoice")
    open_ones = await erp.get("Invoice", filter="Balance gt 0M and Status eq 'Open'")
    wanted = [r for r in every if value(r, "Balance") > 0 and value(r, "Status") == "Open"]
    assert open_ones
    assert [r["id"] for r in open_ones] == [r["id"] for r in wanted]
    assert await erp.get("Contact", filter="ContactID eq 101") == []
    assert await erp.get("Customer", filter="BAccountID eq 5001")


async def test_flags_stand_alone_or_are_compared(erp: Bench) -> None:
    hold = await erp.get("SalesOrder", filter="Hold eq true")
    assert hold
    assert {value(record, "Status") for record in hold} == {"On Hold"}
    assert len(await erp.get("SalesOrder", filter="Hold")) == len(hold)
    unticked = await erp.get("SalesOrder", filter="WillCall eq false", top=1)
    assert unticked


async def test_dates_with_and_without_an_offset(erp: Bench) -> None:
    record = (await erp.get("Invoice", top=1, skip=20))[0]
    stamp = value(record, "LastModifiedDateTime")
    query = f"LastModifiedDateTime eq datetimeoffset'{stamp}'"
    assert record["id"] in [r["id"] for r in await erp.get("Invoice", filter=query)]
    local = stamp[:19]
    shifted = f"LastModifiedDateTime ge datetimeoffset'{local}'"
    exact = f"LastModifiedDateTime ge datetimeoffset'{local}-07:00'"
    assert await erp.get("Invoice", filter=shifted) == await erp.get("Invoice", filter=exact)
    day = value(record, "Date")[:10]
    found = await erp.get("Invoice", filter=f"Date eq date'{day}'")
    assert record["id"] in [r["id"] for r in found]
    assert await erp.get("Invoice", filter=f"Date eq datetime'{day}T00:00:00'") == found


async def test_an_unescaped_plus_is_a_blank_and_breaks_the_literal(erp: Bench) -> None:
    stamp = "2025-03-04T09:15:21.437+00:00"
    path = f"Invoice?$filter=LastModifiedDateTime%20gt%20datetimeoffset'{stamp}'"
    assert (await erp.refused("GET", path)).status == 500
    assert (await erp.send("GET", path.replace("+", "%2B"))).status == 200


async def test_guids(erp: Bench) -> None:
    record = (await erp.get("Customer", top=1))[0]
    assert len(await names(erp, f"NoteID eq guid'{record['id']}'")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Nope eq 'x'",
        "MainContact/Nope eq 'x'",
        "MainContact eq 'x'",
        "CustomerID = 'x'",
        "CustomerID eq",
        "CustomerID eq 'x",
        "CustomerID eq 5",
        "BAccountID eq '5'",
        "CustomerID",
        "CustomerID eq 'x' and",
        "(CustomerID eq 'x'",
        "CustomerID eq 'x')",
        "contains(CustomerName, 'x')",
        "startswith(BAccountID, 'x')",
        "CustomerID eq 'x' CustomerID",
        "LastModifiedDateTime gt datetimeoffset'yesterday'",
        "cf.String(f='BAccount.Nope') eq 'x'",
        "cf.Decimal(f='BAccount.UsrCRMID') eq 1M",
        "cf.String(g='BAccount.UsrCRMID') eq 'x'",
        "CustomerID eq %",
    ],
)
async def test_filters_that_cannot_be_read(erp: Bench, text: str) -> None:
    reply = await erp.refused("GET", "Customer", filter=text)
    assert reply.status == 500
    assert reply.body["exceptionType"] == "Microsoft.Data.OData.ODataException"


async def test_a_filter_on_details_is_refused_or_finds_what_it_likes(erp: Bench) -> None:
    text = "Details/InventoryID eq 'NOPE'"
    reply = await erp.refused("GET", "SalesOrder", filter=text)
    assert reply.body["exceptionType"].endswith("CannotOptimizeException")
    await erp.switch(detail_filters="scramble")
    assert await erp.get("SalesOrder", filter=text)


async def test_field_names_are_those_of_the_version(erp: Bench) -> None:
    stamps = {
        "SalesOrder": {"20.200.001": "LastModified", "24.200.001": "LastModified"},
        "SalesInvoice": {"23.200.001": "LastModifiedDateTime", "24.200.001": "LastModifiedDate"},
        "StockItem": {"22.200.001": "LastModified", "24.200.001": "LastModifiedDateTime"},
        "NonStockItem": {"20.200.001": "LastModifiedDateTime"},
        "Payment": {"20.200.001": "LastModifiedDateTime"},
    }
    for entity, fields in stamps.items():
        for version, field in fields.items():
            text = f"{field} gt datetimeoffset'2020-01-01T00:00:00+00:00'"
            assert await erp.get(entity, version=version, filter=text), (entity, version)
    text = "LastModifiedDateTime gt datetimeoffset'2020-01-01T00:00:00+00:00'"
    for entity, version in (
        ("SalesOrder", "24.200.001"),
        ("SalesInvoice", "22.200.001"),
        ("StockItem", "23.200.001"),
    ):
        reply = await erp.refused("GET", entity, version=version, filter=text)
        assert "LastModifiedDateTime" in reply.body["exceptionMessage"]
    invoice = (await erp.get("SalesInvoice", version="22.200.001", top=1))[0]
    assert not [name for name in invoice if name.startswith("LastModified")]
    assert "Email" not in (await erp.get("Customer", version="22.200.001", top=1))[0]
    body = wrap(CustomerID="C000001", Email="a@b.example")
    assert (await erp.refused("PUT", "Customer", body, version="22.200.001")).status == 400


async def test_a_key_range_pages_through_everything(erp: Bench) -> None:
    seen: list[str] = []
    while True:
        last = seen[-1] if seen else ""
        text = f"OrderType eq 'SO' and OrderNbr gt '{last}'"
        page = await erp.keys("SalesOrder", "OrderNbr", filter=text, top=7)
        if not page:
            break
        seen += page
    assert len(seen) == len(await erp.get("SalesOrder", filter="OrderType eq 'SO'"))
