"""Who am I: memberships, several accounts of one user, and an identity that sees one alone."""

from __future__ import annotations

from typing import Any

from .bench import READ, Bench

ME = "/auth/api/v1/users/me"


async def memberships(books: Bench) -> list[dict[str, Any]]:
    reply = await books.ask("GET", ME)
    found: list[dict[str, Any]] = reply.body["response"]["business_memberships"]
    return found


async def test_the_body_has_no_result_level(books: Bench) -> None:
    found = (await books.ask("GET", ME)).body["response"]
    assert "result" not in found
    assert found["identity_id"] == found["id"] == 7788
    assert found["roles"][0]["role"] == "admin"
    assert found["roles"][0]["accountid"] == books.account_id


async def test_the_owner_belongs_to_two_accounts_and_is_a_client_without_one(books: Bench) -> None:
    found = await memberships(books)
    roles = [(m["role"], m["business"]["account_id"] is None) for m in found]
    assert roles == [("owner", False), ("owner", False), ("client", True)]
    assert all(m["id"] != m["business"]["id"] for m in found)
    for membership in found:
        business = membership["business"]
        assert {"address", "phone_number", "business_clients"} <= set(business)


async def test_two_accounts_share_the_numbers_of_different_clients(books: Bench) -> None:
    second = (await memberships(books))[1]["business"]["account_id"]
    number = (await books.every("clients"))[-1]["id"]
    here = await books.read("clients", number)
    there = await books.ask("GET", books.path("clients", number, second))
    other = there.body["response"]["result"]["client"]
    assert other["id"] == here["id"]
    assert other["organization"] != here["organization"]
    assert other["accounting_systemid"] == second


async def test_the_accountant_sees_the_second_account_alone(books: Bench) -> None:
    owned = await memberships(books)
    await books.switch(consent_user="accountant")
    await books.login(READ)
    (only,) = await memberships(books)
    assert only["role"] == "business_accountant"
    assert only["business"]["account_id"] == owned[1]["business"]["account_id"]
    assert (await books.ask("GET", books.path("clients"))).status == 404


async def test_profile_read_is_needed(books: Bench) -> None:
    await books.login("user:clients:read")
    reply = await books.ask("GET", ME)
    assert reply.status == 403
    assert "user:profile:read" in reply.body["error_description"]


async def test_the_account_itself(books: Bench) -> None:
    await books.login("user:business:read")
    path = f"/accounting/account/{books.account_id}/systems/systems/{books.account_id}"
    system = (await books.ask("GET", path)).body["response"]["result"]["system"]
    assert system["accounting_systemid"] == books.account_id
