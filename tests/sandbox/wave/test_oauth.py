"""Consent, codes, refresh, scopes, the plan, and the business that a token is bound to."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from .bench import Bench

INVOICES = "query ($b: ID) { business(id: $b) { invoices { pageInfo { totalCount } } } }"


async def test_from_consent_to_a_read(wave: Bench) -> None:
    back = await wave.authorize()
    assert back["state"] == "s t&ate"
    assert back["kept"] == "1"
    reply = await wave.exchange(back["code"])
    answer = reply.body
    assert reply.status == 200
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 7200
    assert answer["scope"] == "business:read invoice:read offline_access"
    assert answer["businessId"] == wave.business_id
    assert base64.b64decode(answer["userId"]).startswith(b"User:")
    found = await wave.data(INVOICES, token=answer["access_token"])
    assert found["business"]["invoices"]["pageInfo"]["totalCount"] > 0
    assert (await wave.refresh(answer["refresh_token"])).status == 200


async def test_a_code_works_once_and_for_ten_minutes(wave: Bench) -> None:
    code = (await wave.authorize())["code"]
    assert (await wave.exchange(code)).status == 200
    again = await wave.exchange(code)
    assert (again.status, again.body) == (400, {"error": "invalid_grant"})
    late = (await wave.authorize())["code"]
    await wave.advance(600)
    assert (await wave.exchange(late)).status == 400


async def test_the_redirect_address_must_be_the_same(wave: Bench) -> None:
    code = (await wave.authorize())["code"]
    assert (await wave.exchange(code, redirect_uri="https://app.example/cb")).status == 400


async def test_pkce(wave: Bench) -> None:
    verifier = "a" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    right = (await wave.authorize(**asked))["code"]
    wrong = (await wave.authorize(**asked))["code"]
    assert (await wave.exchange(right, code_verifier=verifier)).status == 200
    assert (await wave.exchange(wrong, code_verifier="b" * 50)).status == 400


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"scope": "invoice:read everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "transaction:read"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"approval_prompt": "never"}, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
        ({"businessId": "QnVz"}, "access_denied"),
    ],
)
async def test_consent_that_is_not_given(wave: Bench, query: Any, error: str) -> None:
    back = await wave.authorize(**query)
    assert back["error"] == error
    assert back["state"] == "s t&ate"
    assert "code" not in back


async def test_consent_denied_by_switch(wave: Bench) -> None:
    await wave.switch(consent_denied=True)
    assert (await wave.authorize())["error"] == "access_denied"


@pytest.mark.parametrize(("known", "error"), [(True, None), (False, "invalid_scope")])
async def test_offline_access_may_be_unknown(wave: Bench, known: bool, error: str | None) -> None:
    await wave.switch(offline_access_known=known)
    assert (await wave.authorize()).get("error") == error


@pytest.mark.parametrize(("needed", "given"), [(True, False), (False, True)])
async def test_a_refresh_token_without_offline_access(
    wave: Bench, needed: bool, given: bool
) -> None:
    await wave.switch(refresh_token_needs_offline_access=needed)
    code = (await wave.authorize(scope="invoice:read"))["code"]
    assert ("refresh_token" in (await wave.exchange(code)).body) is given


async def test_strangers(wave: Bench) -> None:
    reply = await wave.call("GET", "/wave/oauth2/authorize/?client_id=x&response_type=code")
    assert reply.status == 400
    wrong = await wave.form("token", grant_type="refresh_token", client_secret="guess")
    assert (wrong.status, wrong.body["error"]) == (401, "invalid_client")
    odd = await wave.form("token", grant_type="password")
    assert odd.body["error"] == "unsupported_grant_type"
    json_body = await wave.call("POST", "/wave/oauth2/token/", {"grant_type": "refresh_token"})
    assert json_body.body["error"] == "invalid_request"


async def test_refresh_rotates_and_ends_what_was_before(wave: Bench) -> None:
    first = (await wave.refresh()).body
    second = (await wave.refresh(first["refresh_token"])).body
    assert second["refresh_token"] != first["refresh_token"]
    assert await wave.code(INVOICES, token=first["access_token"]) == "UNAUTHENTICATED"
    assert await wave.data(INVOICES, token=second["access_token"])
    spent = await wave.refresh(first["refresh_token"])
    assert (spent.status, spent.body) == (400, {"error": "invalid_grant"})


async def test_refresh_by_other_claims(wave: Bench) -> None:
    await wave.switch(refresh_ends_access_token=False, old_refresh_token_dies=False)
    first = (await wave.refresh()).body
    again = (await wave.refresh()).body
    assert await wave.data(INVOICES, token=first["access_token"])
    await wave.switch(refresh_answer="same")
    same = (await wave.refresh(again["refresh_token"])).body
    assert same["refresh_token"] == again["refresh_token"]
    await wave.switch(refresh_answer="none")
    assert "refresh_token" not in (await wave.refresh(again["refresh_token"])).body


async def test_an_access_token_expires_by_the_clock(wave: Bench) -> None:
    await wave.switch(access_token_seconds=100)
    answer = (await wave.refresh()).body
    assert answer["expires_in"] == 100
    await wave.advance(99)
    assert await wave.data(INVOICES, token=answer["access_token"])
    await wave.advance(1)
    assert await wave.code(INVOICES, token=answer["access_token"]) == "UNAUTHENTICATED"


async def test_the_plan_lapses(wave: Bench) -> None:
    token = await wave.access_token()
    await wave.switch(plan_lapsed=True)
    assert (await wave.authorize())["error"] == "access_denied"
    assert await wave.data(INVOICES)  # the full access token needs no plan
    assert await wave.data(INVOICES, token=token)


async def test_a_refresh_under_a_lapsed_plan_is_forbidden(wave: Bench) -> None:
    await wave.switch(plan_lapsed=True)
    assert (await wave.refresh()).status == 403
    await wave.switch(plan_lapsed=False)
    assert (await wave.refresh()).status == 200


async def test_revoked(wave: Bench) -> None:
    answer = (await wave.refresh()).body
    assert (await wave.form("token-revoke", token=answer["refresh_token"])).status == 200
    assert await wave.code(INVOICES, token=answer["access_token"]) == "UNAUTHENTICATED"
    assert (await wave.refresh(answer["refresh_token"])).status == 400
    assert (await wave.form("token-revoke", token="unknown")).status == 200


async def test_scopes_are_enforced(wave: Bench) -> None:
    code = (await wave.authorize(scope="business:* customer:write"))["code"]
    token = (await wave.exchange(code)).body["access_token"]
    assert await wave.data("{ business { id } }", token=token)
    assert await wave.code(INVOICES, token=token) == "FORBIDDEN"
    customers = "{ business { customers { pageInfo { totalCount } } } }"
    assert await wave.code(customers, token=token) == "FORBIDDEN"  # write does not imply read
    await wave.switch(missing_scope_code="NOT_ALLOWED")
    assert await wave.code("{ user { id } }", token=token) == "NOT_ALLOWED"


async def test_a_token_is_bound_to_one_business(wave: Bench) -> None:
    listed = "{ businesses { edges { node { id } } } }"
    all_ids = [e["node"]["id"] for e in (await wave.data(listed))["businesses"]["edges"]]
    assert len(all_ids) == 2
    code = (await wave.authorize(business_id=all_ids[1]))["code"]
    answer = (await wave.exchange(code)).body
    token = answer["access_token"]
    assert answer["businessId"] == all_ids[1]
    assert (await wave.data(listed, token=token))["businesses"]["edges"] == [
        {"node": {"id": all_ids[1]}}
    ]
    own = await wave.data("{ business { id } }", token=token)
    assert own["business"]["id"] == all_ids[1]
    assert await wave.code(INVOICES, {"b": all_ids[0]}, token=token) == "NOT_FOUND"
    await wave.switch(token_bound_to_business=False)
    free = (await wave.exchange((await wave.authorize())["code"])).body
    assert "businessId" not in free
    assert len((await wave.data(listed, token=free["access_token"]))["businesses"]["edges"]) == 2


async def test_the_app_behind_a_token(wave: Bench) -> None:
    found = await wave.data("{ oAuthApplication { clientId } }", token=await wave.access_token())
    assert found["oAuthApplication"] == {"clientId": wave.credentials["client_id"]}
