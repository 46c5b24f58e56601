"""Deliveries: signatures over raw bytes, both forms, companies mixed, merges, what is missing.

The recorded bodies are ours, in the forms of Intuit's developer pages ("Webhooks", "Understanding
the data object") and of the .NET SDK's tests.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.signatures import base64_signature
from ml_connector.vendors.quickbooks_online.webhooks import QuickBooksWebhooks
from tests.support.clock import START
from tests.vendors.quickbooks_online.given import REALM, VERIFIER, fixture, spec, spec_bytes

WEBHOOKS = QuickBooksWebhooks()
OTHER = "9341450000000002"


def delivery(body: bytes, secret: str = VERIFIER, **headers: str) -> Delivery:
    signed = {"intuit-signature": base64_signature(secret, body)}
    return Delivery(body, {**signed, **headers}, START)


def proofs(*secrets: str) -> Proofs:
    return Proofs({"webhook_secret": secrets}, {})


def read(name: str) -> list[Hint]:
    return WEBHOOKS.read(delivery(fixture(name)))


CASES = [
    ("qbo.customer.created", "customers", "61"),
    ("qbo.customer.updated", "customers", "58"),
    ("qbo.customer.deleted", "customers", "58"),
    ("qbo.invoice.created", "invoices", "301"),
    ("qbo.invoice.voided", "invoices", "301"),
    ("qbo.invoice.emailed", "invoices", "301"),
    ("qbo.payment.updated", "payments", "330"),
    ("qbo.creditmemo.created", "credit_memos", "340"),
    ("qbo.term.updated", "terms", "3"),
    ("qbo.vendor.updated", "", "12"),
    ("classic.update", "customers", "58"),
]


@pytest.mark.parametrize(("name", "obj", "key"), CASES)
def test_an_event_names_company_object_and_id(name: str, obj: str, key: str) -> None:
    [hint] = read(name)
    assert (hint.account, hint.object, hint.key, hint.fact) == (REALM, obj, key, "")
    assert hint.event_id
    assert hint.version == ""


@pytest.mark.parametrize("name", ["qbo.customer.merged", "classic.merge"])
def test_a_merge_tells_of_both_and_where_the_one_went(name: str) -> None:
    survivor, lost = read(name)
    assert (survivor.key, survivor.fact) == ("58", "")
    assert (lost.key, lost.fact, lost.merged_into) == ("44", "merged", "58")
    assert survivor.event_id != lost.event_id


def test_companies_may_be_mixed_in_both_forms() -> None:
    assert [(h.account, h.object) for h in read("mixed")] == [
        (REALM, "customers"), (OTHER, "payments"),
    ]  # fmt: skip
    assert [h.account for h in read("classic.realms")] == [REALM, OTHER]


def test_classic_events_are_known_again_by_what_they_say() -> None:
    one, two = read("classic.void")
    assert one.event_id != two.event_id
    assert read("classic.void")[0].event_id == one.event_id
    assert len({h.event_id for h in read("classic.realms")}) == 2
    assert (two.object, two.event_type) == ("credit_memos", "CreditMemo.Create")
    again = fixture("classic.void").replace(b'"Void"', b'"Update"')
    assert WEBHOOKS.read(delivery(again))[0].event_id != one.event_id


@pytest.mark.parametrize("body", [b"[]", b'{"eventNotifications": []}'])
def test_a_delivery_without_events_is_no_trouble(body: bytes) -> None:
    assert WEBHOOKS.read(delivery(body)) == []


@pytest.mark.parametrize("event", [{}, {"type": "qbo"}, {"type": "qbo.customer.updated.v1"}])
def test_an_event_that_lacks_parts_names_nothing(event: dict[str, Any]) -> None:
    [hint] = WEBHOOKS.read(delivery(json.dumps([event]).encode()))
    assert (hint.object, hint.key) == ("", "")


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"7", b'{"a": 1}', b"[1]", b"[" * 5000])
def test_anything_else_cannot_be_read(body: bytes) -> None:
    with pytest.raises(Unreadable):
        WEBHOOKS.read(delivery(body))


def test_the_signature_is_over_the_raw_bytes() -> None:
    body = fixture("qbo.customer.updated")
    WEBHOOKS.verify(delivery(body), proofs(VERIFIER))
    WEBHOOKS.verify(delivery(body), proofs("an older one", VERIFIER))
    signature = f"  {base64_signature(VERIFIER, body)} "
    WEBHOOKS.verify(Delivery(body, {"intuit-signature": signature}, START), proofs(VERIFIER))
    for wrong in (
        Delivery(body + b" ", delivery(body).headers, START),
        Delivery(body, {}, START),
        delivery(body, secret="somebody else's"),
        delivery(body, **{"intuit-signature": ""}),
    ):
        with pytest.raises(Forged):
            WEBHOOKS.verify(wrong, proofs(VERIFIER))
    with pytest.raises(Forged):
        WEBHOOKS.verify(delivery(body, secret=""), proofs(""))


def test_the_published_vectors() -> None:
    vectors = spec("examples/webhook_signature_vectors.json")
    assert vectors
    for vector in vectors:
        body = spec_bytes(f"examples/{vector['file']}")
        sent = Delivery(body, {vector["header"]: vector["sha256_hmac_base64"]}, START)
        WEBHOOKS.verify(sent, proofs(vector["verifier_token"]))
        assert all(hint.account for hint in WEBHOOKS.read(sent))
