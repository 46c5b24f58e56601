"""Deliveries of every vendor, bent in every way: each is read or refused, never a crash.

`verify` may only say Forged and `read` only Unreadable; whatever else they raised would be a 500,
which vendors repeat.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.core.faults import Forged, Unreadable
from ml_connector.core.vendor import Delivery, Proofs, Vendor
from ml_connector.http.signatures import base64_signature
from ml_connector.vendors import VENDORS
from tests.engine.quickbooks_scene import Books
from tests.support.clock import START
from tests.support.searching import searching

NAMES = (
    "event_id", "event_type", "business_id", "data", "invoice_id", "customer_id", "meta", "entity",
    "entity_id", "action", "id", "company_id", "eventNotifications", "dataChangeEvent", "entities",
    "realmId", "name", "operation", "lastUpdated", "type", "intuitentityid", "intuitaccountid",
    "deletedId", "Inserted", "Deleted", "Query", "CompanyId", "OrderNbr", "RefNbr", "Type",
)  # fmt: skip
WORDS = ("invoice.sent", "invoice", "customer", "deal", "delete", "qbo.customer.merged.v1", "")
HEADERS = (
    "x-wave-signature", "authorization", "x-pipedrive-signature", "intuit-signature",
    "x-freshbooks-hmac-sha256", "x-push-secret",
)  # fmt: skip

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(WORDS), st.just(10**400),
)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=25,
)
bodies = st.one_of(
    trees.map(lambda tree: json.dumps(tree).encode()),
    st.binary(max_size=200),
    st.sampled_from([b"[" * 1_048_576, b"{" * 100_000, b'{"a":' * 5_000, b"9" * 100_000]),
    st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=20)), max_size=8).map(
        lambda pairs: "&".join(f"{n}={v}" for n, v in pairs).encode()
    ),
)
ODD_HEADERS = ("t=1,v1=", "t=9,v1=ab", "Basic !!", "Basic YQ==")
headers = st.dictionaries(
    st.sampled_from(HEADERS), st.text(max_size=60) | st.sampled_from(ODD_HEADERS), max_size=3
)
SETTINGS: list[dict[str, str]] = [
    {}, {"webhook_auth": "both"}, {"webhook_auth": "hmac"}, {"webhook_signature": "bare"},
    {"webhook_signature": "raw"},
]  # fmt: skip
settings_of = st.sampled_from(SETTINGS)
PROOFS = {
    "webhook_secret": ("s3cret-of-ours",),
    "webhook_user": ("u",),
    "webhook_password": ("p",),
}

each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda v: v.name)


@each_vendor
@searching(80)
@given(body=bodies, told=headers, settings=settings_of)
def test_nothing_that_is_posted_passes_or_breaks_a_verifier(
    vendor: Vendor, body: bytes, told: dict[str, str], settings: dict[str, str]
) -> None:
    delivery = Delivery(body, told, START)
    with pytest.raises(Forged):
        vendor.webhooks.verify(delivery, Proofs(PROOFS, settings))
    with pytest.raises(Forged):
        vendor.webhooks.verify(delivery, Proofs({}, settings))


@each_vendor
@searching(80)
@given(body=bodies)
def test_whatever_body_is_read_or_unreadable(vendor: Vendor, body: bytes) -> None:
    delivery: Any = Delivery(body, {}, START)
    vendor.webhooks.is_probe(delivery)
    with suppress(Unreadable):
        hints = vendor.webhooks.read(delivery)
        assert all(isinstance(t, str) for h in hints for t in (h.event_id, h.key, h.object))


@pytest.mark.parametrize("place", ["realmId", "name", "id"])
async def test_half_a_character_is_unreadable_and_no_failure(place: str) -> None:
    """Found here: QuickBooks' delivery with a lone surrogate was answered 500, and so repeated."""
    async with Books(public=True) as s:
        await s.join()
        secret = (await s.ready())["credentials"]["webhook_secret"]
        event = {"name": "Customer", "id": "1", "operation": "Update"}
        told = {"realmId": "1", **({place: "\ud800"} if place == "realmId" else {})}
        entities = [{**event, **({} if place == "realmId" else {place: "\ud800"})}]
        notified = {**told, "dataChangeEvent": {"entities": entities}}
        body = json.dumps({"eventNotifications": [notified]}).encode()
        proof = {"intuit-signature": base64_signature(secret, body)}
        answer = await s.ingest.take(await s.hook_token("qbo"), Delivery(body, proof, START))
        assert answer.status == 400
