"""The contract: our calls, their costs, the fields we may write, against Pipedrive's own files."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import Refused
from ml_connector.core.objects import SetupItem, TargetObject
from ml_connector.core.values import Value, Values
from ml_connector.core.wire import Response
from ml_connector.http.transport import Outgoing
from ml_connector.vendors.pipedrive import (
    ACTIVITIES,
    DEALS,
    ORGANIZATIONS,
    PERSONS,
    calls,
    sources,
)
from ml_connector.vendors.pipedrive.objects import TARGETS
from tests.vendors.pipedrive.contract import operation, operation_of, problems
from tests.vendors.pipedrive.given import (
    FIELD_CODE,
    OTHER_CODE,
    Bench,
    answered,
    as_source,
    bench,
)

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
MOMENT = "2026-05-04T09:00:00Z"
WHOLE: dict[str, Values] = {
    "organizations": {
        "name": "Northwind Tools",
        "add_time": "2026-05-04T09:00:00.123Z",
        "address": {"value": "5 Quay St", "locality": "Bristol", "route": None},
        "website": "https://northwind.example",
        "linkedin": "https://social.example/northwind",
        "industry": "2",
        "annual_revenue": "100000",
        "employee_count": 10,
        "owner_id": "11",
        "visible_to": "3",
        "label_ids": ["1"],
    },
    "persons": {
        "name": "Ada Byron",
        "org_id": "42",
        "add_time": "2026-05-04T09:00:00Z",
        "emails": [{"value": "ada@northwind.example", "primary": True, "label": "work"}],
        "phones": [{"value": "+44 117", "primary": True, "label": "work"}],
        "marketing_status": "no_consent",
        "owner_id": "11",
        "visible_to": 3,
        "label_ids": [],
    },
    "deals": {
        "title": "Invoice INV-77",
        "value": "1200.50",
        "currency": "EUR",
        "org_id": "42",
        "person_id": "77",
        "pipeline_id": "2",
        "stage_id": "5",
        "status": "won",
        "won_time": "2026-05-04T09:00:00Z",
        "lost_time": "2026-05-04T09:00:00Z",
        "close_time": None,
        "lost_reason": None,
        "probability": "90",
        "expected_close_date": "2026-06-01",
        "is_archived": False,
        "archive_time": "2026-05-04T09:00:00Z",
        "owner_id": "11",
        "visible_to": 3,
        "label_ids": ["1", "2"],
    },
    "products": {
        "name": "Pump",
        "code": "PUMP-10",
        "description": "Ten bars",
        "unit": "EA",
        "tax": "20",
        "is_linkable": True,
        "prices": [{"currency": "EUR", "price": "199.50"}],
        "owner_id": "11",
        "visible_to": 3,
    },
    "activities": {
        "subject": "Payment of invoice INV-77",
        "type": "task",
        "owner_id": "11",
        "deal_id": "9",
        "org_id": "42",
        "project_id": "1",
        "lead_id": "00000000-0000-4000-8000-000000000001",
        "due_date": "2026-06-01",
        "due_time": "09:00",
        "duration": "01:00",
        "busy": False,
        "done": True,
        "priority": "2",
        "location": {"value": "5 Quay St", "locality": "Bristol"},
        "participants": [{"person_id": "77", "primary": True}],
        "attendees": [{"email": "ada@northwind.example", "person_id": "77"}],
        "public_description": "Paid",
        "note": "Open<br>Reference: wave:B1:invoices:I1",
    },
}
CUSTOM: dict[str, Value] = {
    FIELD_CODE: "wave:B1:customers:C1",
    OTHER_CODE: {"value": "9.50", "currency": "EUR"},
}
FIELD = SetupItem("field", "Wave customer ID", object="organizations", type="varchar", is_key=True)
SECRETS = {"webhook_user": "u", "webhook_password": "p"}

Doing = Callable[[Bench], Awaitable[object]]
ACTIONS: dict[str, Doing] = {
    "identify": lambda b: b.client.identify(b.errand),
    "currencies": lambda b: b.client.vocabulary("currencies", b.errand),
    "read many": lambda b: b.client.read(PERSONS, [str(n) for n in range(1, 12)], b.errand),
    "archived deals": lambda b: b.client.page(DEALS, "archived:c", b.errand),
    "changes": lambda b: as_source(b).changes(sources.DEALS, {}, b.errand),
    "changes since": lambda b: as_source(b).changes(sources.PERSONS, {"mark": MOMENT}, b.errand),
    "deals with lines": lambda b: as_source(b).read(sources.DEALS, ["1", "2"], b.errand),
    "all deals": lambda b: as_source(b).all_keys(sources.DEALS, b.errand),
    "create field": lambda b: b.client.create_setup(FIELD, "", b.errand),
    "create pipeline": lambda b: b.client.create_setup(SetupItem("pipeline", "I"), "", b.errand),
    "create stage": lambda b: b.client.create_setup(SetupItem("stage", "S"), "2", b.errand),
    "find field": lambda b: b.client.find_setup([FIELD], b.errand),
    "find stage": lambda b: b.client.find_setup([SetupItem("stage", "S", parent="I")], b.errand),
    "webhooks": lambda b: b.client.subscriptions(b.errand),
    "subscribe": lambda b: b.client.subscribe("deal.*", "https://h.example", SECRETS, b.errand),
    "unsubscribe": lambda b: b.client.unsubscribe("31", b.errand),
}


class Obliging:
    """A transport that answers every call with a record or a listing that has all it may need."""

    def __init__(self) -> None:
        self.asked: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.asked.append(outgoing)
        one = {
            "id": 1,
            "name": "I",
            "title": "Deal",
            "status": "won",
            "add_time": MOMENT,
            "field_code": FIELD_CODE,
            "company_id": 1,
            "company_name": "A",
            "event_object": "deal",
            "event_action": "*",
            "subscription_url": "https://h.example",
        }
        is_one = outgoing.method != "GET" or re.search(r"/(me|\d+)$", outgoing.url)
        return answered(one if is_one else [])


async def broken_by(do: Doing) -> list[str]:
    """What the calls of one action break of the contract, costs included."""
    transport = Obliging()
    on = bench(transport)
    await do(on)
    assert transport.asked
    costs = sum(operation_of(outgoing)["x-token-cost"] for outgoing in transport.asked)
    found = [problem for outgoing in transport.asked for problem in problems(outgoing)]
    return found if on.errand.tokens == costs else [*found, f"costs {costs}"]


@pytest.mark.parametrize("name", ACTIONS)
async def test_each_action_keeps_to_the_contract(name: str) -> None:
    assert await broken_by(ACTIONS[name]) == []


@pytest.mark.parametrize("obj", TARGETS, ids=lambda obj: obj.name)
async def test_every_field_that_we_may_write_is_taken(obj: TargetObject) -> None:
    whole = WHOLE[obj.name]
    assert whole.keys() == {field.name for field in obj.fields}
    custom = CUSTOM if obj.key_home == "custom_field" else {}
    assert await broken_by(lambda b: b.client.create(obj, {**whole, **custom}, b.errand)) == []
    changed = {name: value for name, value in whole.items() if name != "add_time"}
    assert (
        await broken_by(lambda b: b.client.update(obj, "1", {**changed, **custom}, b.errand)) == []
    )


@pytest.mark.parametrize("obj", TARGETS, ids=lambda obj: obj.name)
async def test_listings_keep_to_the_contract(obj: TargetObject) -> None:
    assert await broken_by(lambda b: b.client.page(obj, "c", b.errand)) == []
    assert await broken_by(lambda b: b.client.changed_page(obj, NOW, "c", b.errand)) == []


async def test_the_contract_finds_what_breaks_it() -> None:
    async def wrong(on: Bench) -> None:
        await on.client.create(PERSONS, {"emails": "ada@northwind.example"}, on.errand)

    assert await broken_by(wrong) != []
    unknown: Values = {"name": "x", "owner_id": "1"}
    assert await broken_by(lambda b: b.client.create(ORGANIZATIONS, unknown, b.errand)) == []
    with pytest.raises(Refused):  # an activity has no custom fields, so none is sent
        await broken_by(lambda b: b.client.create(ACTIVITIES, CUSTOM, b.errand))


ALL_CALLS = [
    *calls.LIST.values(),
    *calls.READ.values(),
    *calls.CREATE.values(),
    *calls.UPDATE.values(),
    *calls.LIST_FIELDS.values(),
    *calls.CREATE_FIELD.values(),
    *(call for call in vars(calls).values() if isinstance(call, calls.Call)),
]


@pytest.mark.parametrize("call", ALL_CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_each_call_stands_in_the_contract_at_its_cost(call: calls.Call) -> None:
    found = operation(call.version, call.method, call.path)
    assert found is not None
    assert found["x-token-cost"] == call.tokens


@pytest.mark.parametrize("obj", TARGETS, ids=lambda obj: obj.name)
def test_the_declared_costs_are_those_of_the_calls(obj: TargetObject) -> None:
    costs = obj.costs
    assert (costs.create, costs.update, costs.read, costs.page) == (
        calls.CREATE[obj.name].tokens,
        calls.UPDATE[obj.name].tokens,
        calls.READ[obj.name].tokens,
        calls.LIST[obj.name].tokens,
    )
