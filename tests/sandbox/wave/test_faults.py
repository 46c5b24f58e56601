"""Ordered faults where they strike Wave: tokens, scopes, old reads, GraphQL names, limits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ml_connector.http.transport import NoAnswer
from tests.support.clock import settle

from .bench import Bench

LIST = "customers(pageSize: 100, sort: [MODIFIED_AT_ASC]) { edges { node { id name } } }"


async def names(wave: Bench) -> list[str]:
    found = await wave.in_business(LIST)
    return [edge["node"]["name"] for edge in found["customers"]["edges"]]


async def test_an_access_token_dies(wave: Bench) -> None:
    token = await wave.access_token()
    await wave.order({"vendor": "wave", "kind": "expire_access_token", "times": 1})
    for _ in range(2):
        assert await wave.code("{ user { id } }", token=token) == "UNAUTHENTICATED"


async def test_a_refresh_token_dies(wave: Bench) -> None:
    answer = (await wave.refresh()).body
    await wave.order({"vendor": "wave", "kind": "revoke_refresh_token", "times": 1})
    for _ in range(2):
        assert (await wave.refresh(answer["refresh_token"])).status == 400
    assert await wave.code("{ user { id } }", token=answer["access_token"]) == "UNAUTHENTICATED"


async def test_a_scope_is_taken_away(wave: Bench) -> None:
    token = await wave.access_token()
    rule = {"vendor": "wave", "kind": "revoke_scope", "scope": "customer:read", "times": 1}
    await wave.order(rule)
    query = "{ business { customers { pageInfo { totalCount } } } }"
    for _ in range(2):
        assert await wave.code(query, token=token) == "FORBIDDEN"
    assert await wave.data("{ business { invoices { pageInfo { totalCount } } } }", token=token)


@pytest.mark.parametrize("kind", ["stale_read", "index_lag"])
async def test_lists_as_they_were(wave: Bench, kind: str) -> None:
    old = await wave.customer(name="Old name")
    await wave.advance(20)
    await wave.control("PATCH", f"wave/customers/{old['id']}", {"name": "New name"})
    await wave.customer(name="Latest")
    await wave.order({"vendor": "wave", "kind": kind, "times": 1, "seconds": 10})
    stale = await names(wave)
    assert "Old name" in stale
    assert "Latest" not in stale
    fresh = await names(wave)
    assert fresh[-2:] == ["New name", "Latest"]


@pytest.mark.parametrize(("kind", "name"), [("stale_read", "Old name"), ("index_lag", "New name")])
async def test_a_single_record_is_old_only_in_a_stale_read(
    wave: Bench, kind: str, name: str
) -> None:
    old = await wave.customer(name="Old name")
    await wave.advance(20)
    await wave.control("PATCH", f"wave/customers/{old['id']}", {"name": "New name"})
    await wave.order({"vendor": "wave", "kind": kind, "times": 1, "seconds": 10})
    found = await wave.in_business("customer(id: $i) { name }", types="$i: ID!", i=old["id"])
    assert found["customer"]["name"] == name


async def test_a_stale_invoice_keeps_its_old_payments(wave: Bench) -> None:
    made = await wave.invoice("10.00", "send")
    await wave.advance(20)
    await wave.act(made, "pay")
    await wave.order({"vendor": "wave", "kind": "stale_read", "times": 1, "seconds": 10})
    query = "invoice(id: $i) { status payments { id } amountPaid { minorUnitValue } }"
    found = await wave.in_business(query, types="$i: ID!", i=made["id"])
    assert found["invoice"] == {
        "status": "SENT",
        "payments": [],
        "amountPaid": {"minorUnitValue": "0"},
    }


@pytest.mark.parametrize("operation", ["business", "business.customers", "business.c*", "POST /g*"])
async def test_a_rule_finds_the_names_of_a_request(wave: Bench, operation: str) -> None:
    await wave.order({"vendor": "wave", "operation": operation, "kind": "status", "status": 503})
    assert (
        await wave.ask(f"{{ business {{ ...F }} }} fragment F on Business {{ {LIST} }}")
    ).status == 503


async def test_a_rule_leaves_other_requests_alone(wave: Bench) -> None:
    rule = {"vendor": "wave", "operation": "business.invoices", "kind": "status", "status": 503}
    await wave.order(rule)
    assert (await wave.ask(f"{{ business {{ {LIST} }} }}")).status == 200


async def test_a_create_that_was_done_and_not_answered(wave: Bench) -> None:
    await wave.order({"operation": "customerCreate", "kind": "cut_after", "times": 1})
    with pytest.raises(NoAnswer):
        await wave.mutate("customerCreate", businessId=wave.business_id, name="Twice?")
    assert (await names(wave))[-1] == "Twice?"
    counted = await wave.control("GET", "counters")
    assert counted["creates"]["wave"] == {"customers": 1}


async def test_requests_are_counted_by_root_field(wave: Bench) -> None:
    await wave.ask(f"{{ a: business {{ {LIST} }} b: business {{ id }} }}")
    await wave.ask("{ user { id } }", token="")
    await wave.refresh()
    counted = await wave.control("GET", "counters")
    assert [tuple(row.values()) for row in counted["requests"]] == [
        ("wave", "POST /oauth2/token/", 200, 1),
        ("wave", "business", 200, 1),
        ("wave", "user", 200, 1),
    ]
    assert counted["fields"]["wave"]["business.customers"] == 1


async def test_the_rate_limit_and_its_header(wave: Bench) -> None:
    await wave.switch(rate_limit_per_minute=3)
    statuses = [(await wave.ask("{ user { id } }")).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert (await wave.ask("{ user { id } }", token="other")).status == 200
    await wave.switch(retry_after_header=True)
    await wave.advance(20)
    shut = await wave.ask("{ user { id } }")
    assert (shut.status, shut.headers["retry-after"]) == (429, "40")
    await wave.advance(40)
    assert (await wave.ask("{ user { id } }")).status == 200


async def test_hammering_is_punished_by_switch(wave: Bench) -> None:
    await wave.switch(rate_limit_per_minute=1, ban_seconds=300)
    await wave.ask("{ user { id } }")
    assert (await wave.ask("{ user { id } }")).status == 429
    await wave.advance(299)
    assert (await wave.ask("{ user { id } }")).status == 429
    await wave.advance(1)
    assert (await wave.ask("{ user { id } }")).status == 200


async def test_two_at_a_time(wave: Bench) -> None:
    await wave.switch(concurrency_limit=2, latency_seconds=4.0)

    async def one() -> int:
        return (await wave.ask("{ user { id } }")).status

    open_requests = [asyncio.ensure_future(one()) for _ in range(3)]
    await settle()
    await wave.clock.advance(4)
    assert [await request for request in open_requests] == [200, 200, 429]
    later: Any = asyncio.ensure_future(one())
    await settle()
    await wave.clock.advance(4)
    assert await later == 200
