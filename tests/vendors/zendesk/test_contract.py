"""The contract: our calls and bodies against Zendesk's own OpenAPI file."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ml_connector.core.objects import SetupItem, TargetObject
from ml_connector.core.values import Values
from ml_connector.core.wire import Response
from ml_connector.http.transport import Outgoing
from ml_connector.vendors.zendesk import INVOICES, ORGANIZATIONS, PAYMENTS, USERS
from ml_connector.vendors.zendesk.api import place_of
from ml_connector.vendors.zendesk.objects import TARGETS
from tests.vendors.zendesk.contract import document, operation_of, problems
from tests.vendors.zendesk.given import (
    ITEMS,
    Bench,
    answered,
    bench,
    invoice,
    listed,
    organization,
    user,
)

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
WHOLE: dict[str, Values] = {
    "organizations": {
        "name": "Northwind",
        "external_id": "wave:b:c:7",
        "details": "5 Quay St",
        "notes": None,
        "tags": ["wave_archived"],
    },
    "users": {
        "name": "Ada Byron",
        "email": "ada@northwind.example",
        "external_id": "wave:b:c:7",
        "organization_id": "42",
        "phone": "+44 117",
        "details": "x",
        "notes": "y",
        "tags": [],
    },
    "wave_invoice": {"name": "INV-1", "external_id": "wave:b:i:1"},
    "wave_payment": {"name": "Payment of INV-1", "external_id": "wave:b:p:1"},
}
CUSTOM: Values = {"wave_open_balance": "420.50", "wave_oldest_due": "2026-10-30", "gone": None}

Doing = Callable[[Bench], Awaitable[object]]


def making(item: SetupItem) -> Doing:
    return lambda b: b.client.create_setup(item, "", b.errand)


def listings(obj: TargetObject) -> dict[str, Doing]:
    return {
        f"page {obj.name}": lambda b: b.client.page(obj, "c", b.errand),
        f"changed {obj.name}": lambda b: b.client.changed_page(obj, NOW, None, b.errand),
        f"read {obj.name}": lambda b: b.client.read(obj, ["1", "2"], b.errand),
    }


ACTIONS: dict[str, Doing] = {
    "identify": lambda b: b.client.identify(b.errand),
    "find set-up": lambda b: b.client.find_setup(ITEMS, b.errand),
    "another e-mail": lambda b: b.client.update(USERS, "1", {"email": "b@x.example"}, b.errand),
    **{name: do for obj in TARGETS for name, do in listings(obj).items()},
    **{f"set up {item.id}": making(item) for item in ITEMS},
}


class Obliging:
    """A transport that answers every call with a record or a listing that has all it may need."""

    def __init__(self) -> None:
        self.asked: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Response:
        self.asked.append(outgoing)
        kinds: dict[str, Any] = {
            "organization": organization(1, organization_fields=dict.fromkeys(CUSTOM)),
            "user": user(1, role="admin" if "/me" in outgoing.url else "end-user"),
            "custom_object_record": invoice(1, custom_object_fields=dict.fromkeys(CUSTOM)),
            "identity": {"id": 5},
        }
        body: dict[str, Any] = dict(kinds)
        sent = re.search(rb'"key":"(\w+)"', outgoing.body or b"")
        for one in ("organization_field", "custom_object", "custom_object_field"):
            body[one] = {"key": sent.group(1).decode() if sent else ""}
        is_search = "/users/search" in outgoing.url
        for one, record in kinds.items():
            many = "identities" if one == "identity" else f"{one}s"
            body |= listed(many, *([] if is_search or one == "identity" else [record]))
        body |= listed("organization_fields") | listed("custom_object_fields")
        body |= {"custom_objects": [{"key": "wave_invoice"}, {"key": "wave_payment"}]}
        return answered({**body, "organization_merges": []})


async def broken_by(do: Doing) -> list[str]:
    transport = Obliging()
    await do(bench(transport))
    assert transport.asked
    return [problem for outgoing in transport.asked for problem in problems(outgoing)]


@pytest.mark.parametrize("name", ACTIONS)
async def test_each_action_keeps_to_the_contract(name: str) -> None:
    assert await broken_by(ACTIONS[name]) == []


@pytest.mark.parametrize("obj", TARGETS, ids=lambda obj: obj.name)
async def test_every_field_that_we_may_write_is_taken(obj: TargetObject) -> None:
    whole = WHOLE[obj.name]
    assert whole.keys() == {field.name for field in obj.fields}
    custom = CUSTOM if obj is not USERS else {}
    assert await broken_by(lambda b: b.client.create(obj, {**whole, **custom}, b.errand)) == []
    assert await broken_by(lambda b: b.client.update(obj, "1", {**whole, **custom}, b.errand)) == []


@pytest.mark.parametrize("obj", [ORGANIZATIONS, INVOICES, PAYMENTS], ids=lambda obj: obj.name)
def test_the_fields_are_declared_and_may_be_written(obj: TargetObject) -> None:
    known = "OrganizationObject" if obj is ORGANIZATIONS else "CustomObjectRecord"
    properties = document()["components"]["schemas"][known]["properties"]
    for field in obj.fields:
        # The name of a record is published as read-only, and taken and required all the same.
        assert not properties[field.name].get("readOnly") or field.name == "name"
    assert place_of(obj.name).custom in properties


async def test_the_contract_finds_what_breaks_it() -> None:
    async def wrong(on: Bench) -> None:
        await on.client.create(ORGANIZATIONS, {"name": 5, "tags": "none"}, on.errand)

    assert len(await broken_by(wrong)) == 2
    with pytest.raises(AssertionError, match="not in the contract"):
        operation_of("PATCH", "/api/v2/organizations")
