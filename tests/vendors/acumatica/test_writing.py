"""The client as a writer: creates, changes, actions, and what becomes of bad answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ml_connector.core.faults import (
    Missing,
    Refused,
    Stale,
    UnknownOutcome,
)
from ml_connector.core.wire import Response
from ml_connector.vendors.acumatica import objects, targets
from ml_connector.vendors.acumatica.api import MOST_POLLS
from tests.vendors.acumatica.given import (
    NOT_FOUND,
    ORDER,
    ROOT,
    STAMP,
    Script,
    answered,
    bench,
    customer,
    no_such_record,
    row,
)

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
    assert imagined.fields["Details"][0]["OrderQty"] == 3  # type: ignore[index,call-overload]  # a list of lines
    acted = on.client.imagine(targets.SALES_ORDERS, "SO/1", {"action": "CancelSalesOrder"})
    assert (acted.id, acted.updated_at) == ("SO/1", "")
    customer = on.client.imagine(targets.CUSTOMERS, "-2", {"MainContact.Email": "A@b.example"})
    assert [like.value for like in customer.likenesses] == ["a@b.example"]
    with pytest.raises(Refused, match="Colour"):
        on.client.imagine(targets.SALES_ORDERS, "-1", {"Colour": "red"})
    assert await on.client.find_setup([], on.errand) == {}
