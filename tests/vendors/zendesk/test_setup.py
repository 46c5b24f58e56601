"""Set-up: fields and custom objects are found by key and type, and created as the flow says."""

from __future__ import annotations

import pytest

from ml_connector.core.faults import Mistake, Refused
from ml_connector.core.objects import SetupItem
from ml_connector.vendors.zendesk.setup import key_of
from tests.vendors.zendesk.given import (
    BALANCE,
    INVOICE,
    ITEMS,
    OF_INVOICE,
    ORGANIZATION,
    PAYMENT,
    STATUS,
    TOTAL,
    Script,
    bench,
    listed,
)


async def test_set_up_is_found_by_key_and_type_among_what_stands() -> None:
    script = Script(
        {
            "GET /organization_fields": [
                listed("organization_fields", {"key": "wave_open_balance", "type": "text"},
                       after="c"),
                listed("organization_fields", {"key": "wave_billing_status", "type": "dropdown"}),
            ],
            "GET /custom_objects": {"custom_objects": [{"key": "wave_invoice"}]},
            "GET /custom_objects/wave_invoice/fields": listed(
                "custom_object_fields", {"key": "total", "type": "decimal"}),
        }
    )  # fmt: skip
    on = bench(script)
    assert await on.client.find_setup(ITEMS, on.errand) == {
        STATUS.id: "wave_billing_status",
        INVOICE.id: "wave_invoice",
        TOTAL.id: "total",
    }
    assert on.errand.calls == 4  # the fields of an object that does not stand are not asked for


async def test_where_only_fields_are_wanted_nobody_asks_for_custom_objects() -> None:
    on = bench(Script({"GET /organization_fields": listed("organization_fields")}))
    assert await on.client.find_setup([BALANCE], on.errand) == {}


async def test_set_up_is_created_and_its_key_returned() -> None:
    made = {item.key: {"key": item.key} for item in ITEMS}
    fields = "POST /custom_objects/wave_invoice/fields"
    script = Script(
        {
            "POST /organization_fields": {"organization_field": made["wave_billing_status"]},
            "POST /custom_objects": {"custom_object": made["wave_invoice"]},
            fields: {"custom_object_field": made["organization"]},
            "POST /custom_objects/wave_payment/fields": {"custom_object_field": made["invoice"]},
        }
    )
    on = bench(script)
    assert await on.client.create_setup(STATUS, "", on.errand) == "wave_billing_status"
    assert script.body() == {
        "organization_field": {
            "key": "wave_billing_status",
            "type": "dropdown",
            "title": "Wave: billing status",
            "custom_field_options": [
                {"name": "Clear", "value": "wave_clear"},
                {"name": "Overdue", "value": "wave_overdue"},
            ],
        }
    }
    assert await on.client.create_setup(INVOICE, "", on.errand) == "wave_invoice"
    assert script.body()["custom_object"] == {
        "key": "wave_invoice",
        "title": "Wave invoice",
        "title_pluralized": "Wave invoices",
        "include_in_list_view": True,
    }
    await on.client.create_setup(ORGANIZATION, "", on.errand)
    target = script.body()["custom_object_field"]["relationship_target_type"]
    assert target == "zen:organization"
    await on.client.create_setup(OF_INVOICE, "", on.errand)
    target = script.body()["custom_object_field"]["relationship_target_type"]
    assert target == "zen:custom_object:wave_invoice"
    assert on.client.setup_tokens(PAYMENT) == 0


async def test_what_zendesk_makes_under_another_key_is_refused() -> None:
    on = bench(Script({"POST /organization_fields": {"organization_field": {"key": "other"}}}))
    with pytest.raises(Refused, match="another key"):
        await on.client.create_setup(BALANCE, "", on.errand)
    with pytest.raises(Mistake, match="pipeline"):
        await on.client.create_setup(SetupItem("pipeline", "Sales"), "", on.errand)


def test_a_key_is_made_of_the_name_where_the_flow_chose_none() -> None:
    assert key_of(SetupItem("field", "Wave: open balance (é)")) == "wave_open_balance"
    assert key_of(BALANCE) == "wave_open_balance"
