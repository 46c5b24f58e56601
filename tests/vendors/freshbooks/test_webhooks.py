"""Deliveries: one recorded body per event, and how they are proven."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Handshake, Hint, Proofs
from ml_connector.http.signatures import base64_signature
from ml_connector.vendors.freshbooks import VENDOR
from ml_connector.vendors.freshbooks.webhooks import HEADER, signed_text
from tests.vendors.freshbooks.given import ACCOUNT, FIXTURES, VERIFIER, recorded, spec

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
HOOKS = VENDOR.webhooks

NAMED = {
    "client.create": ("clients", "42"),
    "client.update": ("clients", "42"),
    "client.delete": ("clients", "42"),
    "invoice.create": ("invoices", "90210"),
    "invoice.update": ("invoices", "90210"),
    "invoice.delete": ("invoices", "90210"),
    "invoice.sendByEmail": ("invoices", "90210"),
    "payment.create": ("payments", "7001"),
    "payment.update": ("payments", "7001"),
    "payment.delete": ("payments", "7001"),
    "expense.create": ("", "55"),
}


def delivery(body: bytes | str, signature: str = "") -> Delivery:
    raw = body.encode() if isinstance(body, str) else body
    return Delivery(raw, {HEADER: signature} if signature else {}, NOW)


def proofs(*verifiers: str, **settings: str) -> Proofs:
    return Proofs({"webhook_secret": verifiers or (VERIFIER,)}, settings)


@pytest.mark.parametrize("name", NAMED)
def test_each_event_is_proven_and_names_its_record(name: str) -> None:
    found = recorded(name)
    arrived = Delivery(found["body"].encode(), found["headers"], NOW)
    HOOKS.verify(arrived, proofs(found["verifier"]))
    obj, key = NAMED[name]
    assert HOOKS.read(arrived) == [Hint("", name, ACCOUNT, obj, key)]
    assert VENDOR.handshake is not None
    assert VENDOR.handshake(arrived) is None
    assert not HOOKS.is_probe(arrived)


def test_a_handshake_brings_the_code_and_names_nothing() -> None:
    found = recorded("callback.verify")
    arrived = Delivery(found["body"].encode(), found["headers"], NOW)
    assert VENDOR.handshake is not None
    assert VENDOR.handshake(arrived) == Handshake("3107", VERIFIER)
    assert HOOKS.read(arrived) == []
    HOOKS.verify(arrived, proofs())  # by the very code in it, which proves nothing


def test_each_recorded_body_has_its_test_and_names_its_source() -> None:
    bodies = {path.stem: json.loads(path.read_text()) for path in FIXTURES.glob("*.json")}
    assert set(bodies) == {*NAMED, "callback.verify"}
    assert all(found["source"] for found in bodies.values())


def test_it_subscribes_to_nouns_that_the_catalogue_has_with_a_scope_that_is_asked_for() -> None:
    nouns = spec("webhook-events.json")["nouns"]
    assert all(nouns[event]["scope"] in VENDOR.oauth.scope.split() for event in VENDOR.events)
    told = {name for noun in VENDOR.events for name in nouns[noun]["events"]}
    assert told <= set(NAMED)


def test_the_published_vectors_are_signed_so() -> None:
    told = spec("webhook-signature-vectors.json")
    for vector in told["vectors"]:
        body, header = vector["body"].encode(), vector["X-FreshBooks-Hmac-SHA256"]
        assert signed_text(body).decode() == vector["signed_text"], vector["case"]
        HOOKS.verify(delivery(body, header), proofs(told["verifier"]))


BODY = "name=client.update&object_id=43&account_id=Zx9Qw1&note=a%2C+%22b%22+%C3%A9&empty="


def test_the_text_keeps_order_blanks_and_escapes() -> None:
    assert signed_text(BODY.encode()).decode() == (
        '{"name": "client.update", "object_id": "43", "account_id": "Zx9Qw1", '
        '"note": "a, \\"b\\" \\u00e9", "empty": ""}'
    )


def test_any_of_several_verifiers_proves_a_delivery() -> None:
    sign = base64_signature("newer", signed_text(BODY.encode()))
    HOOKS.verify(delivery(BODY, sign), proofs("older", "newer"))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        base64_signature("wrong", signed_text(BODY.encode())),
        base64_signature(VERIFIER, BODY.encode()),  # over the raw body, the text's form
        base64_signature(VERIFIER, json.dumps(json.loads(signed_text(BODY.encode())),
                                              separators=(",", ":")).encode()),
    ],
    ids=["none", "another key", "raw", "compact"],
)  # fmt: skip
def test_anything_else_is_forged(signature: str) -> None:
    with pytest.raises(Forged):
        HOOKS.verify(delivery(BODY, signature), proofs())


def test_a_changed_body_is_forged() -> None:
    sign = base64_signature(VERIFIER, signed_text(BODY.encode()))
    with pytest.raises(Forged):
        HOOKS.verify(delivery(BODY.replace("43", "44"), sign), proofs())


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join(b"a%d=1" % n for n in range(200))])
def test_what_is_no_form_is_forged(body: bytes) -> None:
    with pytest.raises(Forged):
        HOOKS.verify(delivery(body, "x"), proofs())
    assert VENDOR.handshake is not None
    assert VENDOR.handshake(delivery(body)) is None
    with pytest.raises(Unreadable):
        HOOKS.read(delivery(body))


def test_without_a_verifier_nothing_is_proven() -> None:
    sign = base64_signature("", signed_text(BODY.encode()))
    empty: tuple[dict[str, tuple[str, ...]], ...] = (
        {}, {"webhook_secret": ()}, {"webhook_secret": ("",)},
    )  # fmt: skip
    for secrets in empty:
        with pytest.raises(Forged):
            HOOKS.verify(delivery(BODY, sign), Proofs(secrets, {}))


def test_the_form_of_the_products_text_is_taken_where_it_is_chosen() -> None:
    shared = proofs(VERIFIER, "shared", webhook_signature="raw")
    HOOKS.verify(delivery(BODY, base64_signature("shared", BODY.encode())), shared)
    HOOKS.verify(delivery(BODY, base64_signature(VERIFIER, BODY.encode())), shared)
    with pytest.raises(Forged):
        HOOKS.verify(delivery(BODY, base64_signature(VERIFIER, signed_text(BODY.encode()))), shared)


def test_any_order_and_unknown_fields_are_taken() -> None:
    body = "user_id=1&system=https%3A%2F%2Facme.example&object_id=42&name=client.update"
    assert HOOKS.read(delivery(body)) == [Hint("", "client.update", "", "clients", "42")]


@pytest.mark.parametrize("body", ["", "object_id=3", "name=&object_id=3", '{"name": "x"}'])
def test_a_form_without_a_name_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        HOOKS.read(delivery(body))


def test_an_event_without_a_record_names_nothing() -> None:
    assert HOOKS.read(delivery("name=invoice.update")) == [Hint("", "invoice.update")]


@pytest.mark.parametrize("body", ["name=callback.verify&object_id=1", "name=callback.verify",
                                  "name=invoice.update&object_id=1&verifier=x"])  # fmt: skip
def test_half_a_handshake_is_none(body: str) -> None:
    assert VENDOR.handshake is not None
    assert VENDOR.handshake(delivery(body)) is None


def test_two_true_updates_have_no_event_id_by_which_one_could_be_dropped() -> None:
    found = recorded("invoice.update")
    assert HOOKS.read(delivery(found["body"]))[0].event_id == ""


def test_ids_are_whole_and_accounts_are_compared_as_they_are() -> None:
    assert HOOKS.is_whole_key("90210")
    assert HOOKS.same_key("42", "42")
    assert HOOKS.same_account(ACCOUNT, ACCOUNT)
    assert not HOOKS.same_account(ACCOUNT.lower(), ACCOUNT)
