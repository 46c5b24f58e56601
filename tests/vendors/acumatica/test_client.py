"""The client: which requests it makes, in which order, and what it makes of the answers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from ml_connector.core.faults import (
    Missing,
    NeedsPerson,
    Refused,
    Stale,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.wire import Response
from ml_connector.vendors.acumatica import objects, targets
from ml_connector.vendors.acumatica.api import MOST_POLLS, TIMEOUT_SECONDS
from ml_connector.vendors.acumatica.objects import Billing, Glimpse, Item, Payment, SalesInvoice
from ml_connector.vendors.acumatica.windows import PAGE_SIZE
from tests.vendors.acumatica.given import (
    BASE,
    ROOT,
    SERVED,
    SETTINGS,
    STAMP,
    Script,
    answered,
    bench,
    no_such_record,
    row,
)

NOT_FOUND = Response(404, {}, b"")
LATER = "2025-03-04T10:00:00.000+00:00"
ORDER = row(
    OrderType="SO", OrderNbr="000123", CustomerID="C1", ExternalRef="pipedrive:1:deals:7",
    Status="Open", Hold=False, OrderTotal=598.5, CurrencyID="USD", LastModified=STAMP,
    Date="2025-03-04T00:00:00+03:00", Shipments=[], Payments=[],
    Details=[{"LineNbr": 1, "InventoryID": "PUMP-10", "OrderQty": 3.0, "UnitPrice": 199.5}],
)  # fmt: skip
INVOICE = row(
    Type="Invoice", ReferenceNbr="AR01", CustomerID="C1", Status="Open", Amount=598.5,
    Balance=98.5, Currency="USD", DueDate="2025-04-03T00:00:00+03:00",
    LastModifiedDateTime=LATER,
    Details=[{"OrderType": "SO", "OrderNbr": "000123"}, {"OrderType": None, "OrderNbr": None}],
)  # fmt: skip


def customer(number: int, at: str = STAMP) -> dict[str, Any]:
    return row(
        f"5c1f0000-0000-4000-8000-{number:012}", CustomerID=f"C{number}",
        CustomerName=f"Firm {number}", AccountRef=None, Status="Active", CurrencyID="USD",
        LastModifiedDateTime=at, **{"MainContact.Email": f"{number}@b.example"},
    )  # fmt: skip


def optimization() -> Response:
    told = "Optimization cannot be performed.The following fields cause the error: MainContact"
    return answered({"exceptionMessage": told, "exceptionType": "PX.Data.PXException"}, 500)


# --- who am I -----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("wrong", [answered({"endpoints": []}), Response(200, {}, b"<html>")])
async def test_what_is_no_acumatica_is_told(wrong: Response) -> None:
    on = bench(Script({"GET /entity": wrong}))
    with pytest.raises(Unreachable, match="base_url"):
        await on.clock.run(on.client.identify(on.errand))


# --- lists and reads ----------------------------------------------------------------------------


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
    assert await on.client.all_keys(objects.ITEMS, on.errand) == {"PUMP"}
    assert script.asked[0].params["$select"] == "InventoryID,LastModified"


# --- billing ------------------------------------------------------------------------------------


async def test_a_billing_is_the_order_with_its_invoices_and_what_was_paid() -> None:
    order = ORDER | row(
        Shipments=[
            {"InvoiceType": "Invoice", "InvoiceNbr": "AR01"},
            {"InvoiceType": "Credit Memo", "InvoiceNbr": "CM01"},
            {"InvoiceType": None, "InvoiceNbr": None},
        ],
        Payments=[{"ReferenceNbr": "P0", "AppliedToOrder": 50, "Currency": "USD"}],
    )
    paid = {"AdjustingDocReferenceNbr": "P1", "AmountPaid": 500, "Currency": "USD"}
    invoice = INVOICE | row(
        ApplicationsInvoice=[{**paid, "PaymentDate": "2025-03-20T00:00:00+03:00"}]
    )
    memo = row(
        Type="Credit Memo", ReferenceNbr="CM01", Amount=100, Balance=20, Currency="USD",
        LastModifiedDateTime=STAMP, Details=[],
    )  # fmt: skip
    script = Script(
        {f"GET {ROOT}/SalesOrder": [order], f"GET {ROOT}/SalesInvoice": [invoice, memo]}
    )
    on = bench(script)
    found = await on.client.read(objects.BILLING, ["SO/000123"], on.errand)
    billing = found["SO/000123"]
    assert isinstance(billing, Billing)
    assert (billing.status, billing.hold, str(billing.total)) == ("Open", False, "598.5 USD")
    assert billing.external_ref == "pipedrive:1:deals:7"
    assert [i.key() for i in billing.invoices] == ["Credit Memo/CM01", "Invoice/AR01"]
    assert str(billing.total_of("amount")) == "498.5 USD"
    assert str(billing.total_of("balance")) == "78.5 USD"
    [application] = billing.invoices[1].payments
    assert (application.number, application.date) == ("P1", "2025-03-20")
    assert [str(p.amount) for p in billing.prepayments] == ["50 USD"]
    assert billing.version() == "2025-03-04T10:00:00.000Z"
    assert script.asked[0].params["$filter"] == "(OrderType eq 'SO' and OrderNbr eq '000123')"


async def test_an_invoice_knows_the_orders_that_it_bills() -> None:
    on = bench(Script({f"GET {ROOT}/SalesInvoice": [INVOICE]}))
    [invoice] = (await on.client.changes(objects.SALES_INVOICES, {}, on.errand)).records
    assert isinstance(invoice, SalesInvoice)
    assert (invoice.key(), invoice.orders) == ("Invoice/AR01", ("SO/000123",))
    assert (invoice.due_date, str(invoice.balance)) == ("2025-04-03", "98.5 USD")
    [again] = await on.client.open_keys(objects.SALES_INVOICES, on.errand)
    assert again == invoice
    assert await on.client.open_keys(objects.CUSTOMERS, on.errand) == []


async def test_a_payment_knows_the_orders_of_the_invoices_it_pays() -> None:
    payment = row(
        Type="Payment", ReferenceNbr="000001", Status="Closed", PaymentAmount=500,
        CurrencyID="USD", LastModifiedDateTime=STAMP,
        DocumentsToApply=[{"DocType": "Invoice", "ReferenceNbr": "AR01"}],
        OrdersToApply=[{"OrderType": "SO", "OrderNbr": "000200"}],
        ApplicationHistory=[{"DisplayDocType": "Invoice", "DisplayRefNbr": "AR01"}],
    )  # fmt: skip
    script = Script({f"GET {ROOT}/Payment": [payment], f"GET {ROOT}/SalesInvoice": [INVOICE]})
    on = bench(script)
    first = await on.client.changes(objects.PAYMENTS, {}, on.errand)
    [told] = first.records
    assert isinstance(told, Payment)
    assert (told.documents, told.orders) == (("Invoice/AR01",), ("SO/000200",))
    [later] = (await on.client.changes(objects.PAYMENTS, first.cursor, on.errand)).records
    assert isinstance(later, Payment)
    assert later.orders == ("SO/000200", "SO/000123")
    assert len(script.asked) == 3


async def test_before_23_200_invoices_are_polled_on_their_other_screen() -> None:
    root = "/entity/Default/22.200.001"
    stamped = row(Type="Invoice", ReferenceNbr="AR01", LastModifiedDateTime=LATER)
    unstamped = {k: v for k, v in INVOICE.items() if k != "LastModifiedDateTime"}
    memo = row(Type="Debit Memo", ReferenceNbr="DM01", LastModifiedDateTime=LATER)
    script = Script(
        {
            f"GET {root}/Invoice": [stamped, memo],
            f"GET {root}/SalesInvoice": [unstamped],
        }
    )
    on = bench(script, {**SETTINGS, "endpoint_version": "22.200.001"})
    page = await on.client.changes(objects.SALES_INVOICES, {}, on.errand)
    [invoice] = page.records
    assert isinstance(invoice, SalesInvoice)
    assert (invoice.orders, invoice.version()) == (("SO/000123",), "2025-03-04T10:00:00.000Z")
    assert "LastModifiedDateTime" not in script.asked[1].params["$select"]
    assert page.cursor["Invoice"] == {"mark": "2025-03-04T10:00:00.000Z"}


# --- writes -------------------------------------------------------------------------------------

ORDER_FIELDS: dict[str, Any] = {
    "OrderType": "SO",
    "CustomerID": "C1",
    "ExternalRef": "pipedrive:1:deals:7",
    "Hold": True,
    "Details": [{"InventoryID": "PUMP-10", "OrderQty": "3", "UnitPrice": "199.50"}],
}


async def test_a_create_inserts_only_and_returns_what_was_made() -> None:
    script = Script({f"PUT {ROOT}/SalesOrder": ORDER})
    on = bench(script)
    made = await on.client.create(targets.SALES_ORDERS, ORDER_FIELDS, on.errand)
    asked = script.asked[0]
    assert asked.headers["if-none-match"] == "*"
    assert asked.body == {
        "OrderType": {"value": "SO"},
        "CustomerID": {"value": "C1"},
        "ExternalRef": {"value": "pipedrive:1:deals:7"},
        "Hold": {"value": True},
        "Details": [
            {
                "InventoryID": {"value": "PUMP-10"},
                "OrderQty": {"value": 3},
                "UnitPrice": {"value": 199.5},
            }
        ],
    }
    assert asked.params["$expand"] == "Details"
    assert (made.id, made.updated_at) == ("SO/000123", "2025-03-04T09:15:21.437Z")
    assert made.fields["Details"] == [
        {"InventoryID": "PUMP-10", "OrderQty": 3.0, "UnitPrice": 199.5}
    ]
    assert made.fields["Date"] == "2025-03-04"
    assert "action" not in made.fields


async def test_an_update_names_its_record_and_only_what_changes() -> None:
    script = Script({f"PATCH {ROOT}/Customer": customer(1)})
    on = bench(script)
    fields: Any = {"MainContact.Email": "new@b.example", "MainContact.Address.City": ""}
    updated = await on.client.update(targets.CUSTOMERS, "C1", fields, on.errand)
    assert script.asked[0].body == {
        "CustomerID": {"value": "C1"},
        "MainContact": {
            "Email": {"value": "new@b.example"},
            "Address": {"City": {"value": None}},
        },
    }
    assert "if-none-match" not in script.asked[0].headers
    assert [(like.kind, like.value) for like in updated.likenesses] == [
        ("name", "firm 1"),
        ("email", "1@b.example"),
    ]


async def test_a_contact_is_named_by_a_number() -> None:
    made = row(ContactID=4711, LastName="Byron", Email="A@b.example", LastModifiedDateTime=STAMP)
    script = Script({f"PATCH {ROOT}/Contact": made})
    on = bench(script)
    updated = await on.client.update(targets.CONTACTS, "4711", {"LastName": "Byron"}, on.errand)
    assert script.asked[0].body["ContactID"] == {"value": 4711}
    assert updated.id == "4711"
    assert [like.value for like in updated.likenesses] == ["a@b.example"]


async def test_lines_are_never_sent_again() -> None:
    on = bench(Script({}))
    with pytest.raises(Refused, match="lines"):
        await on.client.update(
            targets.SALES_ORDERS, "SO/000123", {"Details": ORDER_FIELDS["Details"]}, on.errand
        )


async def test_an_action_runs_to_its_end_and_nothing_else_meanwhile() -> None:
    location = f"/Prod{ROOT}/SalesOrder/OpenSalesOrder/status/1"
    running = answered(None, 202, {"location": location})
    script = Script(
        {
            f"PATCH {ROOT}/SalesOrder": ORDER,
            f"POST {ROOT}/SalesOrder/OpenSalesOrder": running,
            f"GET {ROOT}/SalesOrder/OpenSalesOrder/status/1": (running, answered(None, 204)),
            f"GET {ROOT}/Customer": [],
        }
    )
    on = bench(script)
    fields: Any = {"Hold": False, "action": "OpenSalesOrder"}

    async def both() -> None:
        update = on.client.update(targets.SALES_ORDERS, "SO/000123", fields, on.errand)
        poll = on.client.changes(objects.CUSTOMERS, {}, on.errand)
        await asyncio.gather(update, poll)

    await on.clock.run(both())
    acted = script.targets.index(f"POST {ROOT}/SalesOrder/OpenSalesOrder")
    assert [target.partition(" ")[0] for target in script.targets[acted : acted + 3]] == [
        "POST",
        "GET",
        "GET",
    ]
    assert all("status/1" in target for target in script.targets[acted + 1 : acted + 3])
    assert script.asked[acted].body == {
        "entity": {"OrderType": {"value": "SO"}, "OrderNbr": {"value": "000123"}},
        "parameters": {},
    }
    assert on.clock.monotonic() >= 3


@pytest.mark.parametrize(
    "answer", [answered(None, 204), answered(None, 202, {"location": f"/Prod{ROOT}/SalesOrder/x"})]
)
async def test_an_action_may_be_done_at_once(answer: Response) -> None:
    script = Script(
        {
            f"POST {ROOT}/SalesOrder/CancelSalesOrder": answer,
            f"GET {ROOT}/SalesOrder": [ORDER],
        }
    )
    on = bench(script)
    done = await on.client.update(
        targets.SALES_ORDERS, "SO/000123", {"action": "CancelSalesOrder"}, on.errand
    )
    assert done.id == "SO/000123"
    assert script.targets[0].startswith("POST")


async def test_an_action_whose_end_is_not_seen_has_an_unknown_outcome() -> None:
    location = f"/Prod{ROOT}/SalesOrder/OpenSalesOrder/status/1"
    running = answered(None, 202, {"location": location})
    path = f"GET {ROOT}/SalesOrder/OpenSalesOrder/status/1"
    acts = {f"POST {ROOT}/SalesOrder/OpenSalesOrder": running}
    fields: Any = {"action": "OpenSalesOrder"}
    for state in (running, NOT_FOUND, Response(503, {}, b"")):
        script = Script({**acts, path: state})
        on = bench(script)
        with pytest.raises(UnknownOutcome):
            await on.clock.run(
                on.client.update(targets.SALES_ORDERS, "SO/000123", fields, on.errand)
            )
        assert len(script.asked) <= 1 + MOST_POLLS


async def test_a_failed_action_after_a_create_leaves_the_record_to_be_found() -> None:
    script = Script(
        {
            f"PUT {ROOT}/SalesOrder": ORDER,
            f"POST {ROOT}/SalesOrder/OpenSalesOrder": answered({"error": "Not now."}, 422),
        }
    )
    on = bench(script)
    with pytest.raises(UnknownOutcome, match=r"SO/000123 was made.*Not now"):
        await on.client.create(
            targets.SALES_ORDERS, {**ORDER_FIELDS, "action": "OpenSalesOrder"}, on.errand
        )


@pytest.mark.parametrize(
    "answer",
    [
        answered([]),
        answered(row(OrderType="SO", OrderNbr=" <NEW>")),
        answered({}),
        Response(200, {"content-type": "text/html"}, b"<html>"),
        Response(503, {}, b""),
    ],
)
async def test_a_write_without_a_good_answer_is_sent_once(answer: Response) -> None:
    script = Script({f"PUT {ROOT}/SalesOrder": answer})
    on = bench(script)
    with pytest.raises(UnknownOutcome):
        await on.client.create(targets.SALES_ORDERS, ORDER_FIELDS, on.errand)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(Response(412, {}, b""), Stale), (no_such_record(), Missing)],
)
async def test_an_update_tells_why_not(answer: Response, kind: type[Exception]) -> None:
    on = bench(Script({f"PATCH {ROOT}/Customer": answer}))
    with pytest.raises(kind):
        await on.client.update(targets.CUSTOMERS, "C1", {"Terms": "30D"}, on.errand)


async def test_a_forecast_is_what_would_come_back() -> None:
    on = bench(Script({}))
    imagined = on.client.imagine(targets.SALES_ORDERS, "-1", {**ORDER_FIELDS, "action": "x"})
    assert imagined.id == "-1"
    assert "action" not in imagined.fields
    with pytest.raises(Refused, match="Colour"):
        on.client.imagine(targets.SALES_ORDERS, "-1", {"Colour": "red"})
    assert await on.client.find_setup([], on.errand) == {}
