"""Whatever way the open points turn out, and when the site is in trouble."""

from __future__ import annotations

from typing import Any

import pytest

from ml_connector.core.faults import (
    NeedsPerson,
    Refused,
    TooFast,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.values import Values
from ml_connector.vendors.acumatica import objects, targets
from tests.vendors.acumatica.stand import KEY, Stand, cast, order_fields

SWITCHES: list[dict[str, Any]] = [
    {},
    {"put_answer": "keys"},
    {"put_answer": "all"},
    {"empty_field": "null"},
    {"empty_field": "text"},
    {"clears_field": "null"},
    {"clears_field": "text"},
    {"entity_list_form": "array"},
    {"missing_record_status": 404},
    {"missing_record_status": 404, "not_found_body": "html"},
    {"actions_at_once": True},
    {"shuffle_lists": True},
    {"document_offset": "+03:00"},
    {"not_optimizable": "MainContact,Details,Shipments"},
    {"stamp_tick_seconds": 1.0},
    {"count": "refuse"},
    {"orderby": "refuse"},
    {"payments_stamp_invoices": True},
    {"served_versions": "24.200.001"},
]


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
async def test_a_deal_is_handed_over_however_the_open_points_turn_out(
    stand: Stand, switches: dict[str, Any]
) -> None:
    await stand.switch(**switches)
    on = stand.on
    await stand.run(on.client.identify(on.errand))
    customer = await stand.create(
        targets.CUSTOMERS,
        {"CustomerName": "Münch", "AccountRef": "k", "MainContact.Phone1": "+49 89 1"},
    )
    fields: Values = {"MainContact.Phone1": "", "CustomerName": "Münch, Söhne"}
    updated = await stand.update(targets.CUSTOMERS, customer.id, fields)
    assert updated.fields["CustomerName"] == "Münch, Söhne"
    assert updated.fields["MainContact.Phone1"] is None
    order = await stand.create(
        targets.SALES_ORDERS,
        order_fields(customer.id, "CONSULTING-HOUR", Date="2026-05-04"),
    )
    assert order.fields["Date"] == "2026-05-04"
    done = await stand.update(
        targets.SALES_ORDERS, order.id, {"Hold": False, "action": "CancelSalesOrder"}
    )
    assert done.fields["Hold"] is False
    found = await stand.page(targets.SALES_ORDERS)
    assert [r.id for r in found if r.fields["ExternalRef"] == KEY] == [order.id]
    billing = (await stand.read(objects.BILLING, order.id))[order.id]
    assert (billing.status, billing.external_ref) == ("Cancelled", KEY)
    assert await stand.read(objects.CUSTOMERS, "C999999") == {"C999999": None}


@pytest.mark.parametrize("status", [500, 422, 400])
async def test_an_operation_that_fails_is_refused(stand: Stand, status: int) -> None:
    customer, item = await cast(stand)
    fields = order_fields(customer, item, Hold=False, OrderType="IN")
    order = await stand.create(targets.SALES_ORDERS, fields)
    await stand.switch(action_error="The order is locked.", action_error_status=status)
    with pytest.raises(Refused, match="locked"):
        await stand.update(targets.SALES_ORDERS, order.id, {"action": "PrepareSalesInvoice"})


@pytest.mark.parametrize(
    "switches",
    [
        {"login_limit_status": 429, "login_limit_body": "text"},
        {"login_limit_status": 500, "login_limit_body": "json"},
    ],
    ids=str,
)
async def test_when_all_sessions_are_taken_we_wait(stand: Stand, switches: dict[str, Any]) -> None:
    await stand.switch(login_slots=1, **switches)
    await stand.run(stand.on.client.all_keys(objects.CUSTOMERS, stand.on.errand))
    await stand.sign_in()
    with pytest.raises(TooFast, match="sessions"):
        await stand.run(stand.on.client.identify(stand.on.errand))


@pytest.mark.parametrize("switches", [{"html_errors": True}, {"maintenance": True}], ids=str)
async def test_a_site_in_trouble_is_unreachable(stand: Stand, switches: dict[str, Any]) -> None:
    await stand.switch(**switches)
    with pytest.raises(Unreachable):
        await stand.poll(objects.CUSTOMERS)
    with pytest.raises(UnknownOutcome):
        await stand.create(targets.CUSTOMERS, {"CustomerName": "Münch"})


async def test_a_version_that_a_new_release_dropped_is_told(stand: Stand) -> None:
    customer, _ = await cast(stand)
    await stand.switch(served_versions="25.200.001")
    for doing in (
        stand.update(targets.CUSTOMERS, customer, {"CustomerName": "x"}),
        stand.read(objects.CUSTOMERS, customer),
        stand.poll(objects.CUSTOMERS),
    ):
        with pytest.raises(NeedsPerson, match=r"25\.200\.001"):
            await doing
