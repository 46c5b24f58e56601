"""Checklist 11, and the faults that only the vendor itself can do."""

from __future__ import annotations

import pytest

from ml_connector.http.transport import NoAnswer

from .bench import Bench, value, wrap

ORDER = "PUT /entity/Default/24.200.001/SalesOrder"


async def test_operations_are_named_without_keys(erp: Bench) -> None:
    number = value(await erp.new_order(), "OrderNbr")
    await erp.get(f"SalesOrder/SO/{number}")
    await erp.act("SalesOrder", "CancelSalesOrder", OrderType="SO", OrderNbr=number)
    counted = [line["operation"] for line in (await erp.control("GET", "counters"))["requests"]]
    here = "/entity/Default/24.200.001/SalesOrder"
    assert {ORDER, f"GET {here}/{{id}}", f"POST {here}/CancelSalesOrder"} <= set(counted)


async def test_a_timeout_after_the_commit(erp: Bench) -> None:
    await erp.order({"kind": "cut_after", "operation": ORDER, "times": 1})
    body = wrap(CustomerID="C000002", ExternalRef="pd-1")
    with pytest.raises(NoAnswer):
        await erp.send("PUT", "SalesOrder", body)
    assert len(await erp.get("SalesOrder", filter="ExternalRef eq 'pd-1'")) == 1


async def test_a_status_in_the_vendors_place(erp: Bench) -> None:
    await erp.order({"kind": "status", "status": 503, "body": "<html></html>", "times": 1})
    assert (await erp.refused("GET", "Customer")).status == 503


async def test_an_access_token_that_dies_early(erp: Bench) -> None:
    await erp.order({"kind": "expire_access_token", "times": 1})
    assert (await erp.refused("GET", "Customer")).status == 401
    await erp.sign_in()
    assert await erp.get("Customer", top=1)


async def test_a_refresh_token_that_is_revoked(erp: Bench) -> None:
    await erp.order({"kind": "revoke_refresh_token", "operation": "POST *token", "times": 1})
    assert (await erp.refresh()).body == {"error": "invalid_grant"}
    assert (await erp.refresh()).body == {"error": "invalid_grant"}
    assert (await erp.refused("GET", "Customer")).status == 401


async def test_a_grant_is_revoked_while_it_is_used(erp: Bench) -> None:
    await erp.order({"kind": "revoke_refresh_token", "operation": "GET *", "times": 1})
    assert (await erp.refused("GET", "Customer")).status == 401
    assert (await erp.refresh()).status == 400


async def test_a_scope_that_is_lost(erp: Bench) -> None:
    await erp.order({"kind": "revoke_scope", "scope": "api", "times": 1})
    assert (await erp.refused("GET", "Customer")).status == 403
    assert (await erp.refused("GET", "Customer")).status == 403
