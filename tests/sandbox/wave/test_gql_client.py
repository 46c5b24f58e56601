"""A client that knows nothing of us walks the sandbox: gql from PyPI, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError, TransportServerError

from tests.support.sandbox import SandboxProcess

CUSTOMERS = """query ($b: ID!, $p: Int!) { business(id: $b) { customers(page: $p, pageSize: 20) {
  pageInfo { currentPage totalPages totalCount } edges { node { id name } } } } }"""
CREATE = """mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) {
  didSucceed inputErrors { path code message } customer { id name } } }"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess("--customers", "45", "--invoices", "10") as process:
        yield process


def client(sandbox: SandboxProcess, token: str | None = None, schema: bool = False) -> Client:
    wave = sandbox.ready["vendors"]["wave"]
    used = wave["credentials"]["full_access_token"] if token is None else token
    headers = {"Authorization": f"Bearer {used}"} if used else {}
    transport = AIOHTTPTransport(f"{wave['base_url']}/graphql/public", headers=headers)
    return Client(transport=transport, fetch_schema_from_transport=schema)


def request(text: str, **variables: Any) -> GraphQLRequest:
    return GraphQLRequest(text, variable_values=variables)


async def test_it_introspects_and_builds_queries_of_its_own(sandbox: SandboxProcess) -> None:
    async with client(sandbox, schema=True) as session:
        assert session.client.schema is not None
        types = DSLSchema(session.client.schema)
        query = DSLQuery(types.Query.user.select(types.User.id, types.User.defaultEmail))
        found = await session.execute(dsl_gql(query))
    assert found["user"]["defaultEmail"] == "owner@bluebird.example"


async def test_it_turns_pages(sandbox: SandboxProcess) -> None:
    business_id = sandbox.ready["vendors"]["wave"]["settings"]["business_id"]
    seen: list[str] = []
    async with client(sandbox) as session:
        for page in (1, 2, 3):
            found = await session.execute(request(CUSTOMERS, b=business_id, p=page))
            seen += [edge["node"]["id"] for edge in found["business"]["customers"]["edges"]]
    assert len(set(seen)) == found["business"]["customers"]["pageInfo"]["totalCount"] == 45


async def test_it_creates_and_meets_input_errors(sandbox: SandboxProcess) -> None:
    business_id = sandbox.ready["vendors"]["wave"]["settings"]["business_id"]
    given = {"businessId": business_id, "name": "Made by gql"}
    async with client(sandbox, schema=True) as session:
        made = await session.execute(request(CREATE, input=given))
        assert made["customerCreate"]["didSucceed"]
        bad = await session.execute(request(CREATE, input={**given, "email": "no"}))
        path = f"wave/customers/{made['customerCreate']['customer']['id']}"
    assert bad["customerCreate"]["inputErrors"] == [
        {"path": ["email"], "code": "INVALID", "message": "Enter a valid email address."}
    ]
    sandbox.control("DELETE", path)


async def test_it_meets_errors(sandbox: SandboxProcess) -> None:
    async with client(sandbox, token="") as session:
        with pytest.raises(TransportQueryError) as unknown:
            await session.execute(request("{ user { id } }"))
    assert unknown.value.errors is not None
    assert unknown.value.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
    async with client(sandbox) as session:
        with pytest.raises(TransportQueryError) as missing:
            await session.execute(request("query ($b: ID) { business(id: $b) { id } }", b="X"))
    assert missing.value.data == {"business": None}


async def test_it_meets_a_server_in_trouble(sandbox: SandboxProcess) -> None:
    sandbox.order(
        {"vendor": "wave", "operation": "user", "kind": "status", "status": 503, "times": 1}
    )
    async with client(sandbox) as session:
        with pytest.raises(TransportServerError):
            await session.execute(request("{ user { id } }"))
        found = await session.execute(request("{ user { id } }"))
    assert found["user"]["id"]
