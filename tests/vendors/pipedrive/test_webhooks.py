"""Webhooks: the proof of a delivery, and one test for each recorded body."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Hint, Proofs
from ml_connector.http.signatures import hex_signature
from ml_connector.vendors.pipedrive import VENDOR
from tests.support.clock import SeededChance
from tests.vendors.pipedrive.given import event_body

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
USER, PASSWORD, SECRET = "u-sample", "p-sample", "s-sample"
BODY = json.dumps(event_body("change.deal")).encode()
SIGNED = {"x-pipedrive-signature": hex_signature(SECRET, BODY)}


def basic(user: str = USER, password: str = PASSWORD) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def verify(how: str, headers: Mapping[str, str], body: bytes = BODY) -> None:
    secrets = {
        "webhook_user": ("old-user", USER),
        "webhook_password": ("old-password", PASSWORD),
        "webhook_secret": (SECRET,),
    }
    settings = {"webhook_auth": how} if how else {}
    VENDOR.webhooks.verify(Delivery(body, headers, AT), Proofs(secrets, settings))


GENUINE = {
    "basic by default": ("", basic()),
    "basic": ("basic", basic()),
    "the older pair during a rotation": ("basic", basic("old-user", "old-password")),
    "hmac": ("hmac", SIGNED),
    "both, by basic": ("both", basic()),
    "both, by signature": ("both", SIGNED),
}
FALSE: dict[str, tuple[str, Mapping[str, str]]] = {
    "nothing": ("basic", {}),
    "wrong password": ("basic", basic(password="p-other")),
    "pair of two rotations": ("basic", basic(password="old-password")),
    "empty pair": ("basic", basic("", "")),
    "no base64": ("basic", {"authorization": "Basic !!!"}),
    "a bearer": ("basic", {"authorization": "Bearer " + b64encode(b"u-sample:p-sample").decode()}),
    "a signature where basic is asked for": ("basic", SIGNED),
    "basic where a signature is asked for": ("hmac", basic()),
    "no signature": ("hmac", {"x-pipedrive-signature": ""}),
    "upper case": ("hmac", {"x-pipedrive-signature": SIGNED["x-pipedrive-signature"].upper()}),
    "another secret": ("hmac", {"x-pipedrive-signature": hex_signature("s-other", BODY)}),
    "both, neither": ("both", {}),
    "both, wrong basic": ("both", basic(password="p-other")),
    "both, wrong signature": ("both", {"x-pipedrive-signature": "0" * 64}),
}


@pytest.mark.parametrize("case", GENUINE)
def test_a_genuine_delivery_passes(case: str) -> None:
    verify(*GENUINE[case])


@pytest.mark.parametrize("case", FALSE)
def test_a_false_delivery_is_forged(case: str) -> None:
    with pytest.raises(Forged):
        verify(*FALSE[case])


def test_a_wrong_proof_beside_a_right_one_does_not_spoil_it_where_either_counts() -> None:
    verify("both", {**SIGNED, **basic(password="p-other")})


def test_a_signature_is_over_the_raw_body() -> None:
    with pytest.raises(Forged):
        verify("hmac", SIGNED, BODY + b" ")


def read(name: str) -> Hint:
    body = json.dumps(event_body(name)).encode()
    [hint] = VENDOR.webhooks.read(Delivery(body, {}, AT))
    return hint


@pytest.mark.parametrize(
    ("name", "obj", "key", "version"),
    [
        ("create.organization", "organizations", "42", "2026-05-04T09:00:01Z"),
        ("change.organization", "organizations", "42", "2026-05-04T09:10:00Z"),
        ("change.organization.merged", "organizations", "43", "2026-05-04T09:20:00Z"),
        ("create.person", "persons", "77", "2026-05-04T09:00:02Z"),
        ("change.person", "persons", "77", "2026-05-04T09:11:00Z"),
        ("create.deal", "deals", "4711", "2026-05-04T09:00:03Z"),
        ("change.deal", "deals", "4711", "2026-05-04T09:12:00Z"),
        ("create.activity", "activities", "900", "2026-05-04T09:00:04Z"),
        ("change.activity", "activities", "900", "2026-05-04T09:13:00Z"),
        ("change.product", "products", "5", "2026-05-04T09:14:00Z"),
        ("change.user", "", "11", ""),
        ("v1.updated.deal", "deals", "4711", "2026-05-04T09:12:00Z"),
    ],
)
def test_an_event_hints_at_its_record(name: str, obj: str, key: str, version: str) -> None:
    hint = read(name)
    assert (hint.object, hint.key, hint.version) == (obj, key, version)
    assert (hint.account, hint.fact, hint.merged_into) == ("7001", "", "")


@pytest.mark.parametrize(
    ("name", "obj", "key"),
    [
        ("delete.organization", "organizations", "42"),
        ("delete.person", "persons", "77"),
        ("delete.deal", "deals", "4711"),
        ("delete.activity", "activities", "900"),
        ("v1.deleted.organization", "organizations", "42"),
    ],
)
def test_a_delete_is_a_fact(name: str, obj: str, key: str) -> None:
    hint = read(name)
    assert (hint.object, hint.key, hint.version, hint.fact) == (obj, key, "", "deleted")


def test_the_delete_of_a_merge_tells_the_record_it_went_into() -> None:
    hint = read("delete.organization.merged")
    assert (hint.key, hint.fact, hint.merged_into) == ("42", "merged", "43")


def test_an_event_has_one_id_for_all_attempts_and_another_for_each_webhook() -> None:
    body = event_body("change.deal")
    first = read("change.deal")
    assert first.event_id == f"7001:31:{body['meta']['id']}"
    assert first.correlation_id == body["meta"]["correlation_id"]
    assert first.event_type == "change.deal"
    body["meta"]["attempt"] = 2
    again = VENDOR.webhooks.read(Delivery(json.dumps(body).encode(), {}, AT))
    assert again == [first]
    body["meta"]["webhook_id"] = "99"
    other = VENDOR.webhooks.read(Delivery(json.dumps(body).encode(), {}, AT))
    assert other[0].event_id != first.event_id


def test_without_an_id_of_its_own_an_event_is_known_by_record_action_and_moment() -> None:
    assert read("v1.updated.deal").event_id == "7001:32:deal:4711:updated:1777885200123456"


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"meta": 1}', b'{"data": {}}'])
def test_what_is_no_webhook_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        VENDOR.webhooks.read(Delivery(body, {}, AT))


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_look_at_the_address_holds_no_event(body: bytes) -> None:
    assert VENDOR.webhooks.read(Delivery(body, {}, AT)) == []


def test_accounts_and_keys_are_compared_as_they_are() -> None:
    webhooks = VENDOR.webhooks
    assert webhooks.same_account("7001", "7001")
    assert not webhooks.same_account("7001", "7002")
    assert webhooks.same_key("42", "42")
    assert not webhooks.is_probe(Delivery(b"", {}, AT))


def test_new_subscriptions_get_credentials_that_nobody_guesses() -> None:
    assert VENDOR.webhook_secrets is not None
    made = VENDOR.webhook_secrets(SeededChance(1))
    assert made.keys() == {"webhook_user", "webhook_password"}
    assert len(made["webhook_password"]) >= 32
