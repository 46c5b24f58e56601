"""The declared flow: what a customer becomes, field by field, under its settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ml_connector.core.faults import Mistake
from ml_connector.core.flow import Given, Owner
from ml_connector.core.mapping import map_record
from ml_connector.core.money import Money
from ml_connector.engine.opening import parse_settings
from ml_connector.flows import FLOWS
from ml_connector.flows import quickbooks_words as words
from ml_connector.flows.quickbooks_pipedrive import FLOW
from ml_connector.vendors.quickbooks_online.billing import Billing, Documents, billing_of
from ml_connector.vendors.quickbooks_online.objects import Customer, parsed
from tests.vendors.quickbooks_online.given import customer_row, invoice_row, job_row
from tests.vendors.quickbooks_online.test_billing import bill, invoice, payment

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
PARENT = {"org_id": "77"}


def given(**settings: str) -> Given:
    return Given(parse_settings(FLOW, settings), NOW, "2026-05-04", NOW)


def composed(row: dict[str, Any], own: Billing | None = None, **more: Any) -> Customer:
    found = parsed("Customer", row)
    assert isinstance(found, Customer)
    billing = own or bill(invoice(), payment(), balance="100")
    update = {"own": billing, "whole": billing, "root_id": found.id, "term": "Net 30", **more}
    return found.model_copy(update=update)


def customer(own: Billing | None = None, **more: Any) -> Customer:
    return composed(customer_row(**more), own)


def organization(record: Customer, **settings: str) -> dict[str, Any]:
    return map_record(FLOW.route("customers"), record, given(**settings), "key", {})


def person(record: Customer, **settings: str) -> dict[str, Any]:
    return map_record(FLOW.route("contacts"), record, given(**settings), "key", PARENT)


def comes(record: Customer, route: str, **settings: str) -> bool:
    told = FLOW.route(route)
    assert told.scope is not None
    assert told.enters is not None
    return told.scope(record, given(**settings)) and told.enters(record, given(**settings))


def test_it_is_installed_with_its_routes_in_order() -> None:
    assert FLOW in FLOWS
    assert (FLOW.kind, FLOW.source, FLOW.target) == (
        "quickbooks-pipedrive", "quickbooks_online", "pipedrive",
    )  # fmt: skip
    assert [route.name for route in FLOW.routes] == ["customers", "contacts"]
    assert {route.writes.vendor for route in FLOW.routes} == {"pipedrive"}


def test_a_customer_becomes_an_organization() -> None:
    assert organization(customer(), owner="11") == {
        "name": "Acme Ltd",
        "address": words.postal_address(customer().address),
        "owner_id": 11,
        "QuickBooks customer ID": "key",
        "Payment terms": "Net 30",
        "Billing status": "Open",
        "Balance": {"value": "100", "currency": "USD"},
        "Balance in home currency": {"value": "100", "currency": "USD"},
        "Last invoice date": "2026-04-01",
        "Last invoice number": "10301",
        "Open invoices": 1,
        "Twelve-month total": {"value": "110", "currency": "USD"},
        "Last payment date": "2026-04-20",
        "Last payment": {"value": "10", "currency": "USD"},
        "Source state": "Active",
    }
    assert organization(customer(), deal_value="net")["Twelve-month total"]["value"] == "100"


def test_its_contact_becomes_a_person() -> None:
    mixed = customer(
        PrimaryEmailAddr={"Address": "Ann <ann@acme.example>; office@acme.example"},
        PrimaryPhone={"FreeFormNumber": "555 1"}, Mobile={"FreeFormNumber": "555 2"},
    )  # fmt: skip
    assert person(mixed) == {
        "name": "Ann Lee",
        "emails": [{"value": "ann@acme.example", "primary": True, "label": "work"}],
        "phones": [
            {"value": "555 1", "primary": True, "label": "work"},
            {"value": "555 2", "primary": False, "label": "mobile"},
        ],
        "QuickBooks customer ID": "key",
        "org_id": "77",
    }
    assert not comes(customer(GivenName="", FamilyName="", PrimaryEmailAddr=None), "contacts")
    assert comes(customer(GivenName="", FamilyName=""), "contacts")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("ann@acme.example", "ann@acme.example"),
        (" a@b.example,c@d.example", "a@b.example"),
        ("none; c@d.example.", "c@d.example"),
        ("nobody at home", ""),
        ("a@b", ""),
        ("", ""),
    ],
)
def test_the_first_address_that_is_one(told: str, found: str) -> None:
    assert words.email(customer(PrimaryEmailAddr={"Address": told})) == found


def test_what_tells_nothing_is_left_alone() -> None:
    fields = organization(customer(bill(balance="0")))
    assert "Last invoice date" not in fields
    assert "Last payment" not in fields
    assert fields["Open invoices"] == 0
    foreign = customer(bill(invoice(), balance="100", currency="EUR"))
    assert "Balance in home currency" not in organization(foreign)
    assert organization(composed(customer_row(), term=""))["Payment terms"] == "none"


STATES = [
    (bill(balance="0"), True, "Paid up"),
    (bill(balance="0"), False, "Inactive"),
    (bill(invoice(), balance="100"), True, "Open"),
    (bill(invoice(DueDate="2026-05-03"), balance="100"), True, "Overdue"),
    (bill(invoice(DueDate="2026-05-03"), balance="100"), False, "Inactive"),
    (bill(balance="-5"), True, "Credit"),
]


@pytest.mark.parametrize(("billing", "active", "status"), STATES)
def test_the_billing_status_by_its_rule(billing: Billing, active: bool, status: str) -> None:
    assert organization(customer(billing, Active=active))["Billing status"] == status


def test_the_rule_is_a_setting() -> None:
    late = customer(bill(invoice(DueDate="2026-05-03"), balance="100"))
    rule = "open=Owes us, overdue=Late"
    assert organization(late, billing_status=rule)["Billing status"] == "Owes us"
    rule = "overdue=Late, open=Owes us"
    assert organization(late, billing_status=rule)["Billing status"] == "Late"
    assert organization(customer(bill()), billing_status=rule)["Billing status"] is None


@pytest.mark.parametrize("text", ["", "overdue", "overdue=", "late=Late", "open=Open, x=Y"])
def test_a_rule_that_nobody_knows_is_a_mistake(text: str) -> None:
    with pytest.raises(Mistake, match="billing_status"):
        parse_settings(FLOW, {"billing_status": text})


def test_jobs_roll_up_or_stand_alone() -> None:
    job = composed(job_row("61", "58"), root_id="58")
    assert not comes(job, "customers")
    assert comes(job, "customers", jobs="separate")
    feeds = {feed.name: feed for feed in FLOW.feeds}
    assert feeds["jobs"].marks(job, given()) == [("customers", "58")]
    assert feeds["jobs"].marks(job, given(jobs="separate")) == []
    assert feeds["jobs"].marks(customer(), given()) == []
    document = invoice(CustomerRef={"value": "61"}).model_copy(update={"root_id": "58"})
    for name in ("invoices", "credit_memos", "payments"):
        assert feeds[name].marks(document, given()) == [("customers", "58")]
        assert feeds[name].marks(document, given(jobs="separate")) == [("customers", "61")]


def test_a_customer_counts_its_jobs_only_where_they_roll_up() -> None:
    both = Documents([invoice(), invoice("2")], [], [])
    whole = billing_of(both, Money(Decimal(200), "USD"), "USD", date(2026, 5, 4))
    record = customer().model_copy(update={"whole": whole})
    assert organization(record)["Open invoices"] == 2
    assert organization(record, jobs="separate")["Open invoices"] == 1


def test_what_comes_in_by_itself() -> None:
    somebody = customer(CompanyName="")
    assert comes(somebody, "customers")
    assert not comes(somebody, "customers", people="no")
    assert not comes(somebody, "contacts", people="no")
    assert comes(customer(), "customers", people="no")
    settled, owing = bill(balance="0"), bill(invoice(), balance="100")
    assert not comes(customer(settled, Active=False), "customers")
    assert comes(customer(owing, Active=False), "customers")
    assert comes(customer(settled, Active=False), "customers", since="all")


def test_a_name_is_cut_to_what_the_target_takes_and_that_is_told() -> None:
    long = customer(DisplayName="A" * 300)
    assert organization(long)["name"] == "A" * 255
    assert person(customer(DisplayName="B" * 300, GivenName="", FamilyName=""))["name"] == "B" * 255
    route = FLOW.route("customers")
    assert route.reports is not None
    assert "300 characters and is cut to 255" in str(route.reports(long, given()))
    odd = customer(PrimaryEmailAddr={"Address": "nobody"})
    assert "holds no address" in str(route.reports(odd, given()))
    assert route.reports(customer(), given()) is None


@pytest.mark.parametrize("name", ["Acme (deleted)", "Acme (Deleted)", " Acme  (DELETED) "])
def test_the_mark_of_an_inactive_customer_is_no_part_of_its_name(name: str) -> None:
    assert organization(customer(DisplayName=name, Active=False))["name"] == "Acme"


def test_an_address_may_stand_in_its_lines() -> None:
    lines = {"Line1": "Acme", "Line2": "1 High St", "Line3": "Leeds LS1"}
    shown = organization(customer(BillAddr=lines))["address"]
    assert shown["value"] == "Acme, 1 High St, Leeds LS1"
    assert shown["locality"] is None
    assert organization(customer(BillAddr={"Id": "1"}))["address"] is None
    assert organization(customer(BillAddr=None))["address"] is None


def test_a_deletion_is_marked_and_nothing_else() -> None:
    gone = FLOW.route("customers").gone
    assert gone is not None
    assert gone({}, given()) == {"Source state": "Deleted"}


def test_what_a_person_changes_is_theirs() -> None:
    owners = {(r.name, n): rule.owner for r in FLOW.routes for n, rule in r.fields.items()}
    touched = {n for (_, n), owner in owners.items() if owner is Owner.UNTIL_TOUCHED}
    assert touched == {"name", "address", "emails", "phones"}


def test_the_fields_are_set_up_and_amounts_take_known_currencies() -> None:
    items = FLOW.setup(parse_settings(FLOW, {}))
    custom = {n for r in FLOW.routes for n in r.fields if r.writes.field(n) is None}
    assert {item.name for item in items} == custom
    assert [i.object for i in items if i.is_key] == ["organizations", "persons"]
    assert {i.vocabulary for i in items if i.type == "monetary"} == {"currencies"}


def test_what_it_may_set_off_is_told() -> None:
    assert any("Automations" in told for told in FLOW.effects(parse_settings(FLOW, {})))
    assert invoice_row()["Id"] == "301"
