"""Bodies have the shape of the given examples: the same keys, wherever they stand."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ml_sandbox.vendors.wave.ids import business_id, child_id
from ml_sandbox.vendors.wave.webhooks import PRODUCT_TEXT_EVENTS, REAL_EVENTS, signature

from .bench import Bench
from .test_webhooks import DATA_KEYS

GIVEN = Path(__file__).resolve().parents[4] / "shared/specs/wave/examples.json"


@pytest.fixture(scope="module")
def given() -> Any:
    if not GIVEN.exists():
        pytest.skip("the given Wave examples are not beside this checkout")
    return json.loads(GIVEN.read_text("utf-8"))


def shape(value: Any) -> Any:
    """Keys and kinds without the values; of a list its first entry."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def example(given: Any, name: str) -> Any:
    return next(one for one in given["graphql"] if one["name"] == name)


def test_ids(given: Any) -> None:
    uuid = given["ids"]["business"]["decoded"].partition(":")[2]
    assert business_id(uuid) == given["ids"]["business"]["id"]
    assert child_id(uuid, "Customer", 1001) == given["ids"]["customer"]["id"]
    assert child_id(uuid, "Invoice", 2001) == given["ids"]["invoice"]["id"]


async def test_ids_of_the_world(wave: Bench) -> None:
    made = await wave.customer()
    decoded = base64.b64decode(made["id"]).decode()
    uuid = base64.b64decode(wave.business_id).decode().partition(":")[2]
    assert made["id"] == child_id(uuid, "Customer", int(decoded.rpartition(":")[2]))


def test_the_signature(given: Any) -> None:
    vector = given["webhook_vector"]
    header = vector["headers"]["x-wave-signature"]
    seconds = int(header.partition(",")[0].removeprefix("t="))
    assert signature(vector["secret"], vector["raw_body"].encode(), seconds) == header


def test_the_events(given: Any) -> None:
    listed = {e["event_type"]: set(e["data_keys"]) for e in given["webhook_events"]}
    del listed["estimate.*"]
    assert listed == DATA_KEYS
    assert set(listed) == set(REAL_EVENTS)
    assert not set(PRODUCT_TEXT_EVENTS) & set(listed)


async def test_token_answers(wave: Bench, given: Any) -> None:
    answer = (await wave.exchange((await wave.authorize())["code"])).body
    assert shape(answer) == shape(given["oauth"]["token_response"])
    bad = given["oauth"]["bad_refresh_token"]
    refused = await wave.refresh("nope")
    assert (refused.status, refused.body) == (bad["http_status"], bad["body"])
    await wave.switch(plan_lapsed=True)
    assert (await wave.refresh()).status == given["oauth"]["lapsed_subscription"]["http_status"]


@pytest.mark.parametrize(
    ("name", "query", "variables", "token"),
    [
        ("unauthenticated", "query { user { id } }", {}, ""),
        ("not_found", "query ($b: ID) { business(id: $b) { id } }", {"b": "NOPE"}, None),
        ("validation", "query { business(name: 1) { id } }", {}, None),
    ],
)
async def test_error_envelopes(
    wave: Bench, given: Any, name: str, query: str, variables: Any, token: str | None
) -> None:
    known = example(given, name)
    reply = await wave.ask(query, variables, token)
    assert reply.status == known["http_status"]
    assert shape(reply.body) == shape(known["body"])


async def test_input_errors(wave: Bench, given: Any) -> None:
    out = await wave.mutate(
        "customerCreate", "customer { id }", businessId=wave.business_id, name="X", email="no"
    )
    assert out == example(given, "input_error")["body"]["data"]["customerCreate"]


async def test_a_page(wave: Bench, given: Any) -> None:
    reply = await wave.ask(
        """{ business { id customers { pageInfo { currentPage totalPages totalCount }
        edges { node { id name email currency { code } isArchived modifiedAt outstandingAmount
        { value minorUnitValue currency { code } } } } } } }"""
    )
    assert shape(reply.body) == shape(example(given, "page")["body"])
