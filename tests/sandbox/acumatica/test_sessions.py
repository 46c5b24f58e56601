"""Checklist 2 and 3: cookie logins, session slots, and which token shares which session."""

from __future__ import annotations

import re

import pytest

from tests.support.sandbox import Reply

from .bench import Bench


def cookie(reply: Reply) -> dict[str, str]:
    """The session that an answer's cookies open, as a header."""
    found = re.search(r"ASP\.NET_SessionId=([^;]+)", reply.headers["set-cookie"])
    assert found is not None
    return {"cookie": f"ASP.NET_SessionId={found.group(1)}"}


async def status(erp: Bench, headers: dict[str, str]) -> int:
    """What a read answers with nothing but these headers."""
    path = "/acumatica/entity/Default/24.200.001/Customer?$top=1"
    return (await erp.call("GET", path, headers=headers)).status


async def logout(erp: Bench, headers: dict[str, str]) -> int:
    path = "/acumatica/entity/auth/logout"
    return (await erp.call("POST", path, b"", headers)).status


async def test_a_login_by_json_or_form_opens_a_session(erp: Bench) -> None:
    reply = await erp.login()
    assert (reply.status, reply.content) == (204, b"")
    assert {"ASP.NET_SessionId", ".ASPXAUTH", "UserBranch"} <= set(
        re.findall(r"([\w.]+)=", reply.headers["set-cookie"])
    )
    assert "Secure" not in reply.headers["set-cookie"]
    assert await status(erp, cookie(reply)) == 200
    form = "&".join(
        f"{n}={erp.credentials[k]}" for n, k in (("name", "username"), ("password",) * 2)
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    path = "/acumatica/entity/auth/login"
    assert (await erp.call("POST", path, form.encode(), headers)).status == 204


async def test_a_logout_ends_the_session(erp: Bench) -> None:
    headers = cookie(await erp.login())
    assert await logout(erp, headers) == 204
    assert await status(erp, headers) == 401


@pytest.mark.parametrize("wrong", [{"name": "x"}, {"password": "x"}])
async def test_bad_credentials_are_500_and_not_401(erp: Bench, wrong: dict[str, str]) -> None:
    reply = await erp.login(**wrong)
    assert reply.status == 500
    assert reply.body["exceptionType"] == "PX.Data.PXException"
    assert "Invalid credentials. Please try again." in reply.body["exceptionMessage"]
    await erp.switch(bad_login_status=401)
    assert (await erp.login(**wrong)).status == 401


async def test_tenants_at_a_login(erp: Bench) -> None:
    await erp.switch(login_slots=0)
    assert (await erp.login(tenant=None, company="Training")).status == 204
    assert (await erp.login(tenant="")).status == 204
    assert (await erp.login(company="Training")).status == 400
    unknown = await erp.login(tenant="Nowhere")
    assert (unknown.status, unknown.body["exceptionType"].rsplit(".")[-1]) == (
        500,
        "PXUndefinedCompanyException",
    )
    assert (await erp.login(branch="EAST")).status == 500
    await erp.switch(single_tenant_site=True)
    assert (await erp.login(tenant="Nowhere")).status == 204


async def test_two_slots_and_the_login_limit(erp: Bench) -> None:
    first = cookie(await erp.login())
    assert (await erp.login()).status == 204
    refused = await erp.login()
    assert refused.status == 429
    assert "API Login Limit" in refused.body["message"]
    assert (await erp.refused("GET", "Customer")).status == 429  # the token's own session too
    await erp.switch(login_limit_status=500, login_limit_body="text")
    refused = await erp.login()
    assert refused.status == 500
    assert refused.content.startswith(b"API Login Limit")
    assert await logout(erp, first) == 204
    assert await erp.get("Customer", top=1)


async def test_the_limit_may_be_met_at_the_token_address(erp: Bench) -> None:
    await erp.login()
    await erp.login()
    assert (await erp.refresh()).status == 200
    await erp.switch(login_limit_at_token=True)
    assert b"API Login Limit" in (await erp.refresh()).content


async def test_an_idle_session_ends_and_a_used_one_stays(erp: Bench) -> None:
    headers = cookie(await erp.login())
    for _ in range(3):
        await erp.advance(1000)
        assert await status(erp, headers) == 200
    await erp.advance(1201)
    assert await status(erp, headers) == 401


async def test_a_grant_with_offline_access_keeps_one_session(erp: Bench) -> None:
    await erp.switch(login_slots=1)
    for _ in range(3):
        assert await erp.get("Customer", top=1)
        await erp.sign_in()
    assert await erp.get("Customer", top=1)


async def test_each_token_without_it_takes_a_slot_for_its_hour(erp: Bench) -> None:
    for _ in range(2):
        erp.token = (await erp.password(scope="api")).body["access_token"]
        assert await erp.get("Customer", top=1)
    last = (await erp.password(scope="api")).body["access_token"]
    held, erp.token = erp.token, last
    assert (await erp.refused("GET", "Customer")).status == 429
    assert await logout(erp, {"authorization": f"Bearer {held}"}) == 204
    assert await erp.get("Customer", top=1)
    await erp.advance(3601)
    assert (await erp.login()).status == 204
    assert (await erp.login()).status == 204


async def test_concurrent_access_wants_its_cookie_kept(erp: Bench) -> None:
    erp.token = (await erp.password(scope="api api:concurrent_access")).body["access_token"]
    first = await erp.send("GET", "Customer", top=1)
    for _ in range(3):
        assert (await erp.send("GET", "Customer", headers=cookie(first), top=1)).status == 200
    assert (await erp.send("GET", "Customer", top=1)).status == 200  # opens another one
    assert (await erp.send("GET", "Customer", top=1)).status == 429


async def test_a_branch_is_where_documents_are_entered(erp: Bench) -> None:
    headers = cookie(await erp.login(branch="west"))
    erp.token = ""
    body = {"CustomerID": {"value": "C000002"}}
    made = await erp.send("PUT", "SalesOrder", body, headers, select="Branch")
    assert made.body["Branch"] == {"value": "WEST"}
    other = {**headers, "PX-CbApiBranch": "MAIN"}
    made = await erp.send("PUT", "SalesOrder", body, other, select="Branch")
    assert made.body["Branch"] == {"value": "MAIN"}
    other["PX-CbApiBranch"] = "EAST"
    assert (await erp.send("PUT", "SalesOrder", body, other)).status == 500
