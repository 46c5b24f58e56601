"""Deliveries: one recorded body per event, how they are proven, and what counts as a probe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.signatures import hex_signature
from ml_connector.vendors.wave import VENDOR
from tests.vendors.wave.given import BUSINESS, CUSTOMER, FIXTURES, INVOICE, event_body, spec_text

NOW = datetime(2026, 5, 1, 1, 46, 40, tzinfo=UTC)
SECRET = "wave-sample-secret"
HOOKS = VENDOR.webhooks

NAMED = {
    "invoice.approved": ("invoices", INVOICE),
    "invoice.sent": ("invoices", INVOICE),
    "invoice.viewed": ("invoices", INVOICE),
    "invoice.overdue": ("invoices", INVOICE),
    "invoice.paid": ("invoices", INVOICE),
    "invoice.partially_paid": ("invoices", INVOICE),
    "invoice.overpaid": ("invoices", INVOICE),
    "invoice.created": ("invoices", INVOICE),
    "invoice.updated": ("invoices", INVOICE),
    "customer.created": ("customers", CUSTOMER),
    "customer.updated": ("customers", CUSTOMER),
    "payment.created": ("invoices", INVOICE),
    "estimate.approved": ("", ""),
}


def delivery(body: bytes, signature: str | None = None) -> Delivery:
    headers = {} if signature is None else {"x-wave-signature": signature}
    return Delivery(body, headers, NOW)


def proofs(*secrets: str, **settings: str) -> Proofs:
    return Proofs({"webhook_secret": secrets or (SECRET,)}, settings)


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET) -> str:
    stamp = int(at.timestamp())
    return f"t={stamp},v1={hex_signature(secret, str(stamp).encode() + b'.' + body)}"


def encoded(event: Mapping[str, object]) -> bytes:
    return json.dumps(event).encode()


@pytest.mark.parametrize("event_type", NAMED)
def test_each_event_is_proven_and_names_its_record(event_type: str) -> None:
    event = event_body(event_type)
    body = encoded(event)
    HOOKS.verify(delivery(body, signed(body)), proofs())
    obj, key = NAMED[event_type]
    hint = Hint(event["event_id"], event_type, BUSINESS, obj, key)
    assert HOOKS.read(delivery(body)) == [hint]
    assert not HOOKS.is_probe(delivery(body))


def test_each_recorded_body_has_its_test_and_names_its_source() -> None:
    recorded = {path.stem: json.loads(Path(path).read_text()) for path in FIXTURES.glob("*.json")}
    assert set(recorded) == {*NAMED, "setup_probe"}
    assert all(fixture["source"] for fixture in recorded.values())


def test_the_vector_of_the_contract_is_proven() -> None:
    vector = json.loads(spec_text("examples.json"))["webhook_vector"]
    header = vector["headers"]["x-wave-signature"]
    moment = datetime.fromtimestamp(int(header[2:12]), UTC)
    proven = Delivery(vector["raw_body"].encode(), {"x-wave-signature": header}, moment)
    HOOKS.verify(proven, proofs(vector["secret"]))
    (hint,) = HOOKS.read(proven)
    assert (hint.event_type, hint.key) == ("invoice.overdue", INVOICE)


@pytest.mark.parametrize("age_seconds", [-60, 0, 300])
def test_a_moment_near_ours_is_taken(age_seconds: int) -> None:
    header = signed(b"{}", NOW - timedelta(seconds=age_seconds))
    HOOKS.verify(delivery(b"{}", header), proofs())


@pytest.mark.parametrize("age_seconds", [-61, 301, 86_400])
def test_a_moment_too_old_or_from_the_future_is_forged(age_seconds: int) -> None:
    header = signed(b"{}", NOW - timedelta(seconds=age_seconds))
    with pytest.raises(Forged):
        HOOKS.verify(delivery(b"{}", header), proofs())


def test_any_of_several_proofs_and_secrets_will_do() -> None:
    right = signed(b"{}", secret="new")
    stamp, proof = right.split(",")
    header = f"{stamp}, v1={'0' * 64}, {proof}, v0=zz"
    HOOKS.verify(delivery(b"{}", header), proofs("old", "new"))


@pytest.mark.parametrize(
    "header",
    [
        None, "", "t=,v1=", "v1=abc", f"t={int(NOW.timestamp())}",
        hex_signature(SECRET, b"{}"), signed(b"{}", secret="other"), signed(b"{} "),
        signed(b"{}").replace("v1=", "v0="), "t=é,v1=é",
    ],
)  # fmt: skip
def test_anything_else_is_forged(header: str | None) -> None:
    with pytest.raises(Forged):
        HOOKS.verify(delivery(b"{}", header), proofs())


def test_without_a_secret_nothing_is_proven() -> None:
    with pytest.raises(Forged):
        HOOKS.verify(delivery(b"{}", signed(b"{}", secret="")), Proofs({}, {}))
    with pytest.raises(Forged):
        HOOKS.verify(delivery(b"{}", signed(b"{}", secret="")), proofs(""))


def test_bare_hex_counts_only_where_it_is_set() -> None:
    header = hex_signature(SECRET, b"{}")
    HOOKS.verify(delivery(b"{}", header), proofs(webhook_signature="bare"))
    with pytest.raises(Forged):
        HOOKS.verify(delivery(b"{}", signed(b"{}")), proofs(webhook_signature="bare"))
    with pytest.raises(Forged):
        HOOKS.verify(delivery(b"{}", header), proofs(webhook_signature="timestamped"))


@pytest.mark.parametrize(
    "body", [b"", b" \n", b"{}", b"[]", b"null", b'"ping"', b'{"event_type": ""}']
)
def test_a_body_without_an_event_is_a_probe_and_names_nothing(body: bytes) -> None:
    assert HOOKS.is_probe(delivery(body))
    assert HOOKS.read(delivery(body)) == []


def test_the_portals_test_post_is_a_probe() -> None:
    assert HOOKS.is_probe(delivery(encoded(event_body("setup_probe"))))


@pytest.mark.parametrize("body", [b"{", b"ping", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_neither_probe_nor_event(body: bytes) -> None:
    assert not HOOKS.is_probe(delivery(body))
    with pytest.raises(Unreadable):
        HOOKS.read(delivery(body))


def test_an_event_with_numbers_for_ids_is_told_as_text() -> None:
    event = {**event_body("invoice.paid"), "business_id": 7, "data": {"invoice_id": 2001}}
    (hint,) = HOOKS.read(delivery(encoded(event)))
    assert (hint.account, hint.object, hint.key) == ("7", "invoices", "2001")
    assert HOOKS.same_key(hint.key, INVOICE)


@pytest.mark.parametrize("data", [None, [], {}, {"invoice_id": None}, {"invoice_id": True}])
def test_an_event_that_names_no_record_keeps_its_type(data: object) -> None:
    (hint,) = HOOKS.read(delivery(encoded({**event_body("invoice.paid"), "data": data})))
    assert (hint.event_type, hint.object, hint.key) == ("invoice.paid", "", "")


def test_an_event_without_an_id_is_known_by_its_body() -> None:
    event = event_body("invoice.paid")
    del event["event_id"]
    once, again = HOOKS.read(delivery(encoded(event))), HOOKS.read(delivery(encoded(event)))
    other = HOOKS.read(delivery(encoded({**event, "data": {"invoice_id": "x"}})))
    assert once == again
    assert once[0].event_id not in ("", other[0].event_id)


def test_an_account_is_recognised_by_its_uuid() -> None:
    assert HOOKS.same_account("11111111-2222-4333-8444-555555555555", BUSINESS)
    assert not HOOKS.same_account("2001", BUSINESS)
