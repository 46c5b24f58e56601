"""Push notifications: proven by a static header, read into hints."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.vendors.acumatica import VENDOR
from tests.vendors.acumatica.given import FIXTURES, event_body

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
PROOFS = Proofs({"webhook_secret": ("sample-a", "sample-b")}, {"push_header": "X-Our-Header"})


def delivery(body: Any, **headers: str) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(raw, {n.replace("_", "-"): v for n, v in headers.items()}, AT)


def read(name: str) -> list[Hint]:
    return VENDOR.webhooks.read(delivery(event_body(name)))


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("invoice.changed", [("sales_invoices", "Invoice/AR000777")]),
        ("payment.inserted", [("payments", "Payment/000001")]),
        ("order.changed", [("sales_orders", "SO/000123"), ("billing", "SO/000123")]),
        ("item.changed", [("items", "PUMP-10")]),
        ("customer.changed", [("customers", "C000123"), ("customers", "C000124")]),
        ("contact.deleted", [("contacts", "4711")]),
        ("other.inserted", [("", "")]),
    ],
)
def test_a_notification_hints_at_its_records(name: str, named: list[tuple[str, str]]) -> None:
    hints = read(name)
    assert [(hint.object, hint.key) for hint in hints] == named
    assert {hint.account for hint in hints} == {"Prod"}
    assert len({hint.event_id for hint in hints}) == len(hints)


def test_every_recorded_body_has_a_test() -> None:
    names = {path.stem for path in FIXTURES.glob("*.json")}
    [marked] = test_a_notification_hints_at_its_records.pytestmark  # type: ignore[attr-defined]  # pytest puts it there
    assert names == {name for name, _ in marked.args[1]}


def test_one_transaction_is_one_event_whenever_it_comes_again() -> None:
    [first], [again] = read("invoice.changed"), read("invoice.changed")
    assert first.event_id == again.event_id
    assert first.event_id.startswith("Prod:ML-Invoices:3b0e6f0a-")


def test_every_object_that_a_hint_names_is_declared() -> None:
    declared = {obj.name for obj in VENDOR.sources}
    for path in FIXTURES.glob("*.json"):
        assert {hint.object for hint in read(path.stem)} <= {"", *declared}


@pytest.mark.parametrize("secret", ["sample-a", "sample-b"])
def test_the_header_proves_it(secret: str) -> None:
    VENDOR.webhooks.verify(delivery({}, x_our_header=secret), PROOFS)


@pytest.mark.parametrize(
    "headers", [{}, {"x_our_header": ""}, {"x_our_header": "wrong"}, {"x_push_secret": "sample-a"}]
)
def test_anything_else_is_forged(headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        VENDOR.webhooks.verify(delivery({}, **headers), PROOFS)


def test_without_a_secret_nothing_is_proven() -> None:
    with pytest.raises(Forged):
        VENDOR.webhooks.verify(delivery({}, x_push_secret=""), Proofs({}, {}))


def test_the_header_has_a_name_of_its_own_unless_set() -> None:
    proofs = Proofs({"webhook_secret": ("sample-a",)}, {})
    VENDOR.webhooks.verify(delivery({}, x_push_secret="sample-a"), proofs)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"7", b'{"other": 1}'])
def test_what_is_no_notification_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        VENDOR.webhooks.read(delivery(body))


@pytest.mark.parametrize("rows", [None, 7, {}, "x", [7, None, {}], [{"OrderNbr": None}]])
def test_rows_of_any_form_break_nothing(rows: Any) -> None:
    body = {"Query": "Q", "CompanyId": "Prod", "Id": "1", "Inserted": rows}
    [hint] = VENDOR.webhooks.read(delivery(body))
    assert (hint.object, hint.key, hint.event_type) == ("", "", "Q")


def test_an_empty_body_says_nothing() -> None:
    assert VENDOR.webhooks.read(delivery(b"")) == []
    assert not VENDOR.webhooks.is_probe(delivery(b""))


def test_a_tenant_is_an_account_of_its_instance() -> None:
    same = VENDOR.webhooks.same_account
    assert same("Prod", "erp.example.com/prod@Prod")
    assert same("PROD", "erp.example.com/prod@Prod")
    assert not same("Test", "erp.example.com/prod@Prod")
    assert VENDOR.webhooks.is_whole_key("SO/000123")
    assert VENDOR.webhooks.same_key("so/000123", "SO/000123")
