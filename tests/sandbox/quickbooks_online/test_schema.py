"""Answers against the published schemas: JSON by the derived one, XML by Intuit's own XSDs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from lxml import etree  # type: ignore[import-untyped]  # lxml publishes no types

from .bench import EVERY, Bench, where

GIVEN = Path(__file__).resolve().parents[4] / "shared/specs/quickbooks_online"
pytestmark = pytest.mark.skipif(
    not GIVEN.exists(), reason="the given QuickBooks Online schemas are not beside this checkout"
)
CDC = "cdc?entities=Customer,Invoice,Payment,Term&changedSince=2026-04-10"
PATHS = (
    "customer/1",
    "invoice/101",
    "term/5",
    "customer/9999",
    CDC,
    "preferences",
    f"query?query={quote(where(EVERY) + ' MAXRESULTS 1000')}",
    *(
        f"query?query=select%20*%20from%20{name}%20maxresults%201000"
        for name in ("Invoice", "Payment", "CreditMemo", "Term", "PaymentMethod", "CompanyInfo")
    ),
    "query?query=select%20count(*)%20from%20Customer",
    "query?query=select%20*%20from%20Customer%20where%20Id%20=%20%279999%27",
)


@cache
def schema() -> dict[str, Any]:
    """Extra properties are allowed there; the names of entities' own are checked apart."""
    found: dict[str, Any] = json.loads((GIVEN / "qbo_v3_objects.schema.json").read_text("utf-8"))
    return found


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({**schema(), "$ref": f"#/$defs/{name}"})


def properties(name: str) -> set[str]:
    """Every property that an entity may have."""
    found: set[str] = set()
    waiting = [schema()["$defs"][name]]
    while waiting:
        part = waiting.pop()
        found |= set(part.get("properties", ()))
        for inner in part.get("allOf", ()):
            named = inner.get("$ref", "").rpartition("/")[2]
            waiting.append(schema()["$defs"][named] if named else inner)
    return found


@cache
def xsd() -> Any:
    return etree.XMLSchema(etree.parse(str(GIVEN / "xsd/IntuitRestServiceDef.xsd")))


@pytest.mark.parametrize("path", PATHS)
async def test_json_answers(still: Bench, path: str) -> None:
    body = (await still.ask("GET", path)).body
    assert [error.message for error in validator("IntuitResponse").iter_errors(body)] == []


@pytest.mark.parametrize("path", [path for path in PATHS if "CompanyInfo" not in path])
async def test_xml_answers(still: Bench, path: str) -> None:
    reply = await still.ask("GET", path, headers={"accept": "application/xml"})
    xsd().assertValid(etree.fromstring(reply.content))


@pytest.mark.parametrize("entity", ["Customer", "Invoice", "Payment", "CreditMemo", "Term"])
async def test_no_property_is_made_up(still: Bench, entity: str) -> None:
    rows = (await still.query(f"select * from {entity} maxresults 1000"))[entity]  # noqa: S608 - Intuit's query language
    assert {name for row in rows for name in row} <= properties(entity)


async def test_batches_and_their_faults(qbo: Bench) -> None:
    raw = (GIVEN / "examples/batch_request.json").read_bytes()
    body = (await qbo.ask("POST", "batch", raw)).body
    assert [error.message for error in validator("IntuitResponse").iter_errors(body)] == []
    kinds = {answer["bId"]: sorted(answer) for answer in body["BatchItemResponse"]}
    assert kinds["new1"] == ["Customer", "bId"]
    again = (await qbo.ask("POST", "batch", raw)).body
    assert [error.message for error in validator("IntuitResponse").iter_errors(again)] == []
    assert {"Fault"} <= {name for answer in again["BatchItemResponse"] for name in answer}


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("fault_400_610_not_found", "customer/9999", 400),
        ("query_empty", "query?query=select%20*%20from%20Bill", 200),
    ],
)
async def test_the_recorded_answers_word_for_word(
    still: Bench, name: str, path: str, status: int
) -> None:
    recorded = json.loads((GIVEN / f"examples/{name}.json").read_text("utf-8"))
    reply = await still.ask("GET", path)
    assert reply.status == status
    assert {**reply.body, "time": ""} == {**recorded, "time": ""}


@pytest.mark.parametrize(
    ("name", "throttled"), [("gateway_401_3200", False), ("gateway_429_3001", True)]
)
async def test_the_gateways_recorded_errors(qbo: Bench, name: str, throttled: bool) -> None:
    recorded = json.loads((GIVEN / f"examples/{name}.json").read_text("utf-8"))
    if throttled:
        await qbo.ask("GET", "preferences")
        await qbo.switch(monthly_reads=1)
    reply = await qbo.ask("GET", "preferences", token=None if throttled else "x")
    assert {**reply.body, "time": 0} == {**recorded, "time": 0}
    if throttled:
        await qbo.switch(throttle_form="xml")
        xml = (await qbo.ask("GET", "preferences")).content
        given = (GIVEN / f"examples/{name}.xml").read_bytes()
        ours, theirs = etree.fromstring(xml), etree.fromstring(given)
        ours.attrib["time"] = theirs.attrib["time"]
        assert etree.tostring(ours) == etree.tostring(theirs)


async def test_the_example_requests_are_taken(qbo: Bench) -> None:
    examples = GIVEN / "examples"
    create = json.loads((examples / "customer_create_request.json").read_text("utf-8"))
    made = await qbo.save("Customer", create)
    for name in ("customer_sparse_update_request", "customer_deactivate_request"):
        body = json.loads((examples / f"{name}.json").read_text("utf-8"))
        now = await qbo.read("Customer", made["Id"])
        made = await qbo.save("Customer", {**body, "Id": made["Id"], "SyncToken": now["SyncToken"]})
    assert made["DisplayName"] == "Northfold Joinery (deleted)"
