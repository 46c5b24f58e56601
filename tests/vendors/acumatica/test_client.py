"""The client as a reader: which requests it makes, and what it makes of the answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import (
    NeedsPerson,
    Refused,
    Unreachable,
)
from ml_connector.core.wire import Response
from ml_connector.vendors.acumatica import objects, targets
from ml_connector.vendors.acumatica.api import TIMEOUT_SECONDS
from ml_connector.vendors.acumatica.objects import Glimpse, Item
from ml_connector.vendors.acumatica.windows import PAGE_SIZE
from tests.vendors.acumatica.given import (
    BASE,
    NOT_FOUND,
    ROOT,
    SERVED,
    SETTINGS,
    STAMP,
    Script,
    answered,
    bench,
    customer,
    no_such_record,
    optimization,
    row,
)


async def test_identify_tells_instance_and_tenant_and_proves_the_token() -> None:
    script = Script({"GET /entity": SERVED, f"GET {ROOT}/Customer": [customer(1)]})
    on = bench(script)
    identity = await on.client.identify(on.errand)
    assert identity.account == "erp.example.com/prod@Prod"
    assert identity.detail["endpoint_versions"] == "23.200.001, 24.200.001"
    assert identity.detail["build"] == "25.201.0213"
    assert script.targets == ["GET /entity", f"GET {ROOT}/Customer"]
    assert script.asked[1].params["$top"] == "1"


async def test_an_older_build_lists_endpoints_bare() -> None:
    script = Script({"GET /entity": SERVED["endpoints"], f"GET {ROOT}/Customer": []})
    on = bench(script)
    assert (await on.client.identify(on.errand)).detail["build"] == ""


async def test_a_version_that_is_not_served_is_told_with_those_that_are() -> None:
    on = bench(Script({"GET /entity": SERVED}), {**SETTINGS, "endpoint_version": "20.200.001"})
    with pytest.raises(NeedsPerson, match=r"20\.200\.001.*23\.200\.001, 24\.200\.001"):
        await on.client.identify(on.errand)


async def test_the_tenant_has_to_be_said() -> None:
    on = bench(Script({}), {"base_url": BASE})
    with pytest.raises(NeedsPerson, match="tenant"):
        await on.client.identify(on.errand)


async def test_invoices_of_their_own_are_probed_where_they_are_asked_for() -> None:
    answers = {"GET /entity": SERVED, f"GET {ROOT}/Customer": []}
    script = Script({**answers, f"GET {ROOT}/SalesInvoice": Response(403, {}, b"")})
    on = bench(script, {**SETTINGS, "direct_invoices": "yes"})
    with pytest.raises(NeedsPerson, match="SalesInvoice"):
        await on.client.identify(on.errand)


@pytest.mark.parametrize(
    "wrong", [answered({"endpoints": []}), Response(200, {}, b"<html>"), NOT_FOUND]
)
async def test_what_is_no_acumatica_is_told(wrong: Response) -> None:
    on = bench(Script({"GET /entity": wrong}))
    with pytest.raises(Unreachable, match="base_url"):
        await on.clock.run(on.client.identify(on.errand))


async def test_a_poll_asks_for_a_window_and_waits_long_for_its_answer() -> None:
    script = Script({f"GET {ROOT}/Customer": answered([customer(1)], headers={"date": "x"})})
    on = bench(script)
    page = await on.client.changes(objects.CUSTOMERS, {}, on.errand)
    assert [r.key() for r in page.records] == ["C1"]
    assert (page.more, page.read_at) == (False, None)
    assert script.asked[0].timeout_seconds == TIMEOUT_SECONDS
    assert script.asked[0].params["$top"] == str(PAGE_SIZE)
    assert "$filter" not in script.asked[0].params
    assert "MainContact,MainContact/Address" in script.asked[0].params["$expand"]
    await on.client.changes(objects.CUSTOMERS, page.cursor, on.errand)
    assert script.asked[1].params["$filter"] == (
        "LastModifiedDateTime ge datetimeoffset'2025-03-04T09:10:21.437+00:00'"
    )


async def test_an_offset_in_a_filter_keeps_its_plus() -> None:
    script = Script({f"GET {ROOT}/Customer": []})
    on = bench(script)
    await on.client.changed_page(
        targets.CUSTOMERS, datetime(2026, 5, 4, tzinfo=UTC), None, on.errand
    )
    assert "'2026-05-03T23:55:00.000+00:00'" in script.asked[0].params["$filter"]


async def test_a_full_window_is_parted_and_read_anew() -> None:
    full = [customer(n, f"2025-03-04T09:{n // 60:02}:{n % 60:02}.000+00:00") for n in range(500)]
    script = Script({f"GET {ROOT}/Customer": (answered(full), answered(full[:250]), answered([]))})
    on = bench(script)
    first = await on.client.page(targets.CUSTOMERS, None, on.errand)
    assert first.records == ()
    second = await on.client.page(targets.CUSTOMERS, first.next_cursor, on.errand)
    assert len(second.records) == 250
    third = await on.client.page(targets.CUSTOMERS, second.next_cursor, on.errand)
    assert (third.records, third.next_cursor) == ((), None)
    assert [asked.params.get("$filter") for asked in script.asked] == [
        None,
        "LastModifiedDateTime lt datetimeoffset'2025-03-04T09:04:10.000+00:00'",
        "LastModifiedDateTime ge datetimeoffset'2025-03-04T09:04:10.000+00:00'",
    ]


async def test_stock_and_other_items_are_one_object_read_in_turn() -> None:
    stock = row(InventoryID="PUMP", DefaultPrice=9.5, SalesUOM="EA", LastModified=STAMP)
    other = row(InventoryID="CARE", DefaultPrice=0, SalesUnit="HOUR", LastModifiedDateTime=STAMP)
    script = Script(
        {
            f"GET {ROOT}/StockItem": [stock],
            f"GET {ROOT}/NonStockItem": [other],
            f"GET {ROOT}/SalesOrder": [row(OrderType="SO", OrderNbr="1", BaseCurrencyID="USD")],
        }
    )
    on = bench(script)
    first = await on.client.changes(objects.ITEMS, {}, on.errand)
    second = await on.client.changes(objects.ITEMS, first.cursor, on.errand)
    assert (first.more, second.more) == (True, False)
    [pump], [care] = first.records, second.records
    assert isinstance(pump, Item)
    assert isinstance(care, Item)
    assert (pump.key(), pump.unit, pump.is_stock, str(pump.price)) == (
        "PUMP",
        "EA",
        True,
        "9.5 USD",
    )
    assert (care.key(), care.unit, care.is_stock, str(care.price)) == (
        "CARE",
        "HOUR",
        False,
        "0 USD",
    )
    assert script.targets.count(f"GET {ROOT}/SalesOrder") == 1
    third = await on.client.changes(objects.ITEMS, second.cursor, on.errand)
    assert third.more
    assert script.asked[-1].params["$filter"].startswith("LastModified ge")


async def test_without_orders_an_item_has_no_price() -> None:
    stock = row(InventoryID="PUMP", DefaultPrice=9.5, LastModified=STAMP)
    script = Script(
        {
            f"GET {ROOT}/StockItem": [stock],
            f"GET {ROOT}/NonStockItem": [],
            f"GET {ROOT}/SalesOrder": [],
        }
    )
    on = bench(script)
    [pump] = (await on.client.changes(objects.ITEMS, {}, on.errand)).records
    assert isinstance(pump, Item)
    assert pump.price is None


async def test_only_acumaticas_word_about_a_key_proves_that_it_is_gone() -> None:
    script = Script(
        {
            f"GET {ROOT}/Customer": [customer(1)],
            f"GET {ROOT}/Customer/C2": no_such_record(),
            f"GET {ROOT}/Customer/C3": customer(3),
        }
    )
    on = bench(script)
    found = await on.client.read(objects.CUSTOMERS, ["C1", "C2", "C3", "A/B"], on.errand)
    assert {key: record is not None for key, record in found.items()} == {
        "C1": True,
        "C2": False,
        "C3": True,
        "A/B": False,
    }
    assert script.asked[0].params["$filter"] == (
        "(CustomerID eq 'C1') or (CustomerID eq 'C2') or (CustomerID eq 'C3')"
        " or (CustomerID eq 'A/B')"
    )


async def test_a_text_that_is_no_key_is_refused() -> None:
    on = bench(Script({}))
    with pytest.raises(Refused, match="OrderType/OrderNbr"):
        await on.client.read(objects.BILLING, ["000123"], on.errand)


async def test_a_failed_read_is_no_absence() -> None:
    script = Script({f"GET {ROOT}/Customer": [], f"GET {ROOT}/Customer/C1": Response(403, {}, b"")})
    on = bench(script)
    with pytest.raises(NeedsPerson):
        await on.client.read(objects.CUSTOMERS, ["C1"], on.errand)


async def test_a_404_asks_whether_our_version_is_still_served() -> None:
    script = Script(
        {f"GET {ROOT}/Customer": [], f"GET {ROOT}/Customer/C1": NOT_FOUND, "GET /entity": SERVED}
    )
    on = bench(script)
    assert await on.client.read(objects.CUSTOMERS, ["C1"], on.errand) == {"C1": None}
    gone = Script(
        {
            f"PATCH {ROOT}/Customer": NOT_FOUND,
            "GET /entity": {**SERVED, "endpoints": [{"name": "Default", "version": "25.200.001"}]},
        }
    )
    on = bench(gone)
    with pytest.raises(NeedsPerson, match=r"25\.200\.001"):
        await on.client.update(targets.CUSTOMERS, "C1", {"Terms": "30D"}, on.errand)


async def test_a_quote_in_a_key_is_doubled() -> None:
    script = Script(
        {f"GET {ROOT}/Customer": [], f"GET {ROOT}/Customer/O'NEIL #1": no_such_record()}
    )
    on = bench(script)
    await on.client.read(objects.CUSTOMERS, ["O'NEIL #1"], on.errand)
    assert script.asked[0].params["$filter"] == "(CustomerID eq 'O''NEIL #1')"


async def test_what_cannot_be_read_in_one_query_is_read_one_by_one() -> None:
    thin = [{"id": customer(1)["id"], "CustomerID": {"value": "C1"}}]
    script = Script(
        {
            f"GET {ROOT}/Customer": (optimization(), answered(thin)),
            f"GET {ROOT}/Customer/{customer(1)['id']}": customer(1),
        }
    )
    on = bench(script)
    page = await on.client.page(targets.CUSTOMERS, None, on.errand)
    assert [record.id for record in page.records] == ["C1"]
    assert page.records[0].fields["MainContact.Email"] == "1@b.example"
    assert script.asked[1].params["$select"] == "CustomerID"
    assert "$expand" not in script.asked[1].params


async def test_a_record_that_cannot_be_read_does_not_stop_a_poll() -> None:
    wrong = customer(1) | {"CustomerName": {"value": 7}}
    script = Script({f"GET {ROOT}/Customer": [wrong, customer(2)]})
    on = bench(script)
    page = await on.client.changes(objects.CUSTOMERS, {}, on.errand)
    assert [(type(r) is Glimpse, r.key()) for r in page.records] == [(True, "C1"), (False, "C2")]
    with pytest.raises(Refused, match="CustomerName"):
        await on.client.read(objects.CUSTOMERS, ["C1", "C2"], on.errand)


async def test_all_keys_are_read_window_by_window() -> None:
    script = Script({f"GET {ROOT}/StockItem": [row(InventoryID="PUMP", LastModified=STAMP)]})
    script._answers[f"GET {ROOT}/NonStockItem"] = [answered([])]
    on = bench(script)
    assert set(await on.client.all_keys(objects.ITEMS, on.errand)) == {"PUMP"}
    assert script.asked[0].params["$select"] == "InventoryID,LastModified"
