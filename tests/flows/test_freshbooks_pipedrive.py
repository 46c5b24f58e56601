"""The declared flow: what a client and an invoice become, field by field, under its settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.core.flow import Given, Owner
from ml_connector.core.mapping import map_record
from ml_connector.engine.opening import parse_settings
from ml_connector.flows import FLOWS
from ml_connector.flows import freshbooks_words as words
from ml_connector.flows.freshbooks_pipedrive import FLOW
from ml_connector.vendors.freshbooks.listing import parsed
from ml_connector.vendors.freshbooks.objects import CLIENTS, INVOICES, PAYMENTS, Client, Invoice
from tests.vendors.freshbooks.given import client_row, invoice_row, money, payment_row

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
KEY = "freshbooks:Zx9Qw1:invoices:90210"
PARENT = {"org_id": "77"}


def given(**settings: str) -> Given:
    return Given(parse_settings(FLOW, settings), NOW, "2026-05-04", NOW)


def invoice(**more: Any) -> Invoice:
    found = parsed(INVOICES, invoice_row(**{"due_date": "2026-05-31", **more}), NOW)
    assert isinstance(found, Invoice)
    return found


def paid(**more: Any) -> Invoice:
    sums = {"paid": money("41.94"), "outstanding": money("0.00")}
    return invoice(v3_status="paid", payment_status="paid", date_paid="2026-04-28", **sums, **more)


def client(**more: Any) -> Client:
    found = parsed(CLIENTS, client_row(**more), NOW)
    assert isinstance(found, Client)
    return found


def deal(record: Invoice, **settings: str) -> dict[str, Any]:
    return map_record(FLOW.route("invoices"), record, given(**settings), KEY, PARENT)


def enters(record: Client | Invoice, route: str, **settings: str) -> bool:
    told = FLOW.route(route)
    is_kept = told.scope is None or told.scope(record, given(**settings))
    return is_kept and told.enters is not None and told.enters(record, given(**settings))


def test_it_is_installed_with_its_routes_in_order() -> None:
    assert FLOW in FLOWS
    assert (FLOW.kind, FLOW.source, FLOW.target) == (
        "freshbooks-pipedrive", "freshbooks", "pipedrive",
    )  # fmt: skip
    assert [route.name for route in FLOW.routes] == ["clients", "invoices"]
    assert {route.writes.vendor for route in FLOW.routes} == {"pipedrive"}
    assert FLOW.routes[1].after["org_id"].route == "clients"


def test_a_client_becomes_an_organization() -> None:
    fields = map_record(FLOW.route("clients"), client(), given(owner="11"), "k", {})
    assert fields == {
        "name": "Acme Ltd",
        "address": words.postal_address(client()),
        "owner_id": 11,
        "FreshBooks client ID": "k",
        "Currency": "CAD",
        "Source state": "Active",
    }


def test_an_invoice_becomes_a_deal_of_its_organization() -> None:
    assert deal(invoice(), label="5") == {
        "title": "Invoice INV-7 - Acme Ltd",
        "label_ids": [5],
        "value": "41.94",
        "currency": "CAD",
        "pipeline_id": "FreshBooks invoices",
        "stage_id": "Part paid",
        "status": "open",
        "expected_close_date": "2026-05-31",
        "FreshBooks invoice ID": KEY,
        "Invoice number": "INV-7",
        "Invoice date": "2026-04-01",
        "Due date": "2026-05-31",
        "Invoice status": "Part paid",
        "Payment status": "partial",
        "Amount paid": {"value": "20.00", "currency": "CAD"},
        "Amount due": {"value": "21.94", "currency": "CAD"},
        "Source state": "Active",
        "org_id": "77",
    }


def test_a_paid_invoice_is_won_on_the_day_of_its_payment() -> None:
    fields = deal(paid())
    assert (fields["status"], fields["stage_id"]) == ("won", "Paid")
    assert fields["won_time"] == "2026-04-28T12:00:00Z"
    fields = deal(paid(), paid_is_won="no")
    assert (fields["status"], fields["stage_id"]) == ("open", "Paid")
    assert "won_time" not in fields


def test_the_worth_is_gross_or_net() -> None:
    lines = [{"amount": money("20.00")}, {"amount": money("24.00")}]
    assert deal(invoice(lines=lines), deal_value="net")["value"] == "39.60"
    assert deal(invoice(lines=lines))["value"] == "41.94"
    assert "value" not in deal(invoice(), deal_value="net")  # not known: left as it is


def test_an_unknown_status_leaves_the_stage_and_is_reported() -> None:
    odd = invoice(v3_status="hibernating", paid=money("0.00"), outstanding=money("41.94"))
    fields, route = deal(odd), FLOW.route("invoices")
    assert "stage_id" not in fields
    assert fields["Invoice status"] == "hibernating"
    assert route.reports is not None
    assert "hibernating" in str(route.reports(odd, given()))
    assert route.reports(invoice(), given()) is None


def test_what_comes_in_by_itself() -> None:
    assert enters(invoice(create_date="2024-01-01"), "invoices")
    assert not enters(paid(create_date="2024-01-01"), "invoices")
    assert enters(paid(create_date="2026-05-04"), "invoices")
    assert enters(paid(create_date="2024-01-01"), "invoices", since="all")
    assert enters(paid(create_date="2025-03-01"), "invoices", since="2025-02-01")
    assert not enters(invoice(create_date="2025-01-01"), "invoices", since="2025-02-01")
    assert enters(client(), "clients")
    assert not enters(client(vis_state=2), "clients")
    assert enters(client(vis_state=2), "clients", since="all")


@pytest.mark.parametrize(
    ("settings", "is_kept"),
    [
        ({}, True),
        ({"drafts": "no"}, False),
        ({"currencies": "USD,EUR"}, False),
        ({"currencies": "USD,CAD"}, True),
        ({"statuses": "sent"}, False),
        ({"statuses": "draft,sent"}, True),
        ({"least_amount": "41.95"}, False),
    ],
)
def test_what_is_kept_at_all(settings: dict[str, str], is_kept: bool) -> None:
    assert enters(invoice(v3_status="draft"), "invoices", **settings) is is_kept


def test_a_payment_speaks_for_its_invoice() -> None:
    (feed,) = FLOW.feeds
    assert feed.reads is PAYMENTS
    payment = parsed(PAYMENTS, payment_row(), NOW)
    assert feed.marks(payment, given()) == [("invoices", "90210")]


def test_a_deletion_is_marked_and_nothing_else() -> None:
    for route in FLOW.routes:
        assert route.gone is not None
        assert route.gone({}, given()) == {"Source state": "Deleted"}


def test_what_a_person_changes_is_theirs() -> None:
    owners = {n: rule.owner for r in FLOW.routes for n, rule in r.fields.items()}
    touched = {n for n, owner in owners.items() if owner is Owner.UNTIL_TOUCHED}
    assert touched == {"name", "address", "stage_id", "status", "expected_close_date"}
    once = {n for n, owner in owners.items() if owner is Owner.ONCE}
    assert once == {"title", "owner_id", "label_ids", "pipeline_id"}


def test_the_stages_stand_in_the_order_of_the_states() -> None:
    text = ", ".join(f"{s}={s.title()}" for s in reversed(words.LABELS))
    items = FLOW.setup(parse_settings(FLOW, {"stages": text, "pipeline": "P"}))
    assert [(i.kind, i.name) for i in items[:3]] == [
        ("pipeline", "P"), ("stage", "Draft"), ("stage", "Sent"),
    ]  # fmt: skip
    assert [i.name for i in items if i.is_key] == ["FreshBooks client ID", "FreshBooks invoice ID"]
    custom = {n for r in FLOW.routes for n in r.fields} & {i.name for i in items}
    assert custom == {i.name for i in items if i.kind == "field"}


def test_a_state_without_a_stage_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="stages"):
        parse_settings(FLOW, {"stages": "draft=Draft"})


def test_what_it_may_set_off_is_told() -> None:
    told = FLOW.effects(parse_settings(FLOW, {}))
    assert told[-1] == "Reports will count these deals, and paid ones as won."
    assert "won" not in FLOW.effects(parse_settings(FLOW, {"paid_is_won": "no"}))[-1]
