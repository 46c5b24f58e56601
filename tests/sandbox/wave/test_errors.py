"""How Wave says no: envelopes, codes, statuses, and what is checked before whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .bench import Bench

BUSINESS = "query ($b: ID) { business(id: $b) { id } }"


async def test_the_unauthenticated_envelope(wave: Bench) -> None:
    """Source: specs/wave/examples.json, `unauthenticated`."""
    reply = await wave.ask("query { user { id } }", token="")
    (error,) = reply.body["errors"]
    assert reply.status == 200
    assert reply.body["data"] == {"user": None}
    assert error["message"] == "Invalid request, authentication expired."
    assert error["path"] == ["user"]
    assert error["locations"] == [{"line": 1, "column": 9}]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert len(error["extensions"]["id"]) == 36


async def test_the_not_found_envelope(wave: Bench) -> None:
    """Source: specs/wave/examples.json, `not_found`."""
    reply = await wave.ask(BUSINESS, {"b": "NOPE"})
    assert reply.status == 200
    assert reply.body["data"] == {"business": None}
    assert reply.body["errors"][0]["message"] == "Business 'NOPE' could not be found."
    assert reply.body["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_the_validation_envelope(wave: Bench) -> None:
    """Source: specs/wave/examples.json, `validation`: no data, and before any authentication."""
    reply = await wave.ask("query { business(name: 1) { id } }", token="")
    assert reply.status == 400
    assert "data" not in reply.body
    (error,) = reply.body["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "path" not in error


@pytest.mark.parametrize(
    "query",
    [
        "{ business { nope } }",
        "{ business {",
        "",
        "query A { user { id } } query B { user { id } }",
    ],
)
async def test_bad_documents(wave: Bench, query: str) -> None:
    reply = await wave.ask(query)
    assert reply.status == 400
    assert reply.body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_deeply_nested_document(wave: Bench) -> None:
    reply = await wave.ask("{ a" * 5000 + "}" * 5000)
    assert reply.status == 400


@pytest.mark.parametrize("variables", [{}, {"b": None}, {"b": "x", "p": "one"}, {"b": {}, "p": 1}])
async def test_variables_are_checked_before_the_caller(wave: Bench, variables: Any) -> None:
    query = "query ($b: ID!, $p: Int) { business(id: $b) { customers(page: $p) { edges { node { id } } } } }"  # noqa: E501  # one document
    reply = await wave.ask(query, variables, token="")
    assert reply.body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "data" not in reply.body
    await wave.switch(variable_error_code="VARIABLE_VALUE")
    assert await wave.code(query, variables) == "VARIABLE_VALUE"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DateTime", "yesterday"),
        ("DateTime", "2026-05-04T09:00:00"),
        ("DateTime", 5),
        ("Date", "04.05.2026"),
        ("Date", "2026-02-30"),
        ("Decimal", "ten"),
        ("Decimal", True),
        ("Decimal", "NaN"),
    ],
)
async def test_scalars_are_checked(wave: Bench, kind: str, value: Any) -> None:
    argument = {"DateTime": "modifiedAtAfter", "Date": "invoiceDateStart", "Decimal": "amountDue"}
    query = f"query ($v: {kind}) {{ business {{ invoices({argument[kind]}: $v) {{ edges {{ node {{ id }} }} }} }} }}"  # noqa: E501  # one document
    assert await wave.code(query, {"v": value}) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("mode", "validation", "unauthenticated", "missing"),
    [("mixed", 400, 200, 200), ("200", 200, 200, 200), ("4xx", 400, 401, 404)],
)
async def test_statuses_by_switch(
    wave: Bench, mode: str, validation: int, unauthenticated: int, missing: int
) -> None:
    await wave.switch(error_status=mode)
    assert (await wave.ask("{ nope }")).status == validation
    assert (await wave.ask("{ user { id } }", token="wrong")).status == unauthenticated
    assert (await wave.ask(BUSINESS, {"b": "NOPE"})).status == missing
    assert (await wave.ask("{ user { id } }")).status == 200


async def test_inline_strings_by_switch(wave: Bench) -> None:
    query = f'{{ business(id: "{wave.business_id}") {{ id }} }}'
    assert (await wave.data(query))["business"]["id"] == wave.business_id
    await wave.switch(reject_inline_strings=True)
    assert await wave.code(query) == "GRAPHQL_VALIDATION_FAILED"
    assert (await wave.data(BUSINESS, {"b": wave.business_id}))["business"]["id"]


async def test_part_of_the_data_beside_an_error(wave: Bench) -> None:
    query = (
        "query ($b: ID!, $n: ID!) { mine: business(id: $b) { id } not: business(id: $n) { id } }"
    )
    reply = await wave.ask(query, {"b": wave.business_id, "n": "NOPE"})
    assert reply.body["data"] == {"mine": {"id": wave.business_id}, "not": None}
    assert reply.body["errors"][0]["path"] == ["not"]


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"query": 1}', b'{"query": "{user{id}}", "variables": []}']
)
async def test_bodies_that_are_no_request(wave: Bench, raw: bytes) -> None:
    reply = await wave.call("POST", "/wave/graphql/public", raw)
    expected = 200 if raw.endswith(b"[]}") else 400  # an empty list of variables is none
    assert reply.status == expected


async def test_other_types_methods_and_paths(wave: Bench) -> None:
    body = json.dumps({"query": "{ user { id } }"}).encode()
    plain = await wave.call("POST", "/wave/graphql/public", body, {"content-type": "text/plain"})
    assert plain.status == 400
    for method, path, status in (
        ("GET", "/wave/graphql/public", 405),
        ("GET", "/wave/oauth2/token/", 405),
        ("POST", "/wave/oauth2/token", 404),
        ("POST", "/wave/graphql/internal", 404),
        ("GET", "/wave", 404),
    ):
        assert (await wave.call(method, path)).status == status, path
