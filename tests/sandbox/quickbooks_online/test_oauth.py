"""Discovery, consent, tokens and their two expiries, revoke (sheet, sections 2 and 10.1)."""

from __future__ import annotations

import json

import pytest

from .bench import ACCOUNTING, BACK, FORM, Bench

DAY = 86_400
PREFIX = "/quickbooks_online"


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid_configuration",
        "/.well-known/openid_configuration/",
        "/.well-known/openid_sandbox_configuration/",
    ],
)
async def test_discovery_names_every_address(still: Bench, path: str) -> None:
    found = (await still.call("GET", PREFIX + path)).body
    ready = (await still.control("GET", "ready"))["vendors"]["quickbooks_online"]
    assert found["authorization_endpoint"] == ready["auth_url"]
    assert found["token_endpoint"] == ready["token_url"]
    assert found["issuer"] == "https://oauth.platform.intuit.com/op/v1"
    assert found["token_endpoint_auth_methods_supported"] == [
        "client_secret_post",
        "client_secret_basic",
    ]
    for name in ("userinfo_endpoint", "revocation_endpoint", "jwks_uri"):
        assert found[name].startswith(ready["base_url"])
    assert (await still.call("GET", found["jwks_uri"].removeprefix(still._url))).body == {
        "keys": []
    }


async def test_consent_at_once(qbo: Bench) -> None:
    back = await qbo.authorize()
    assert back["kept"] == "1"
    assert back["state"] == "s t&ate"
    assert back["realmId"] == qbo.realm
    assert len(back["code"]) <= 512
    tokens = await qbo.exchange(back["code"])
    assert tokens.status == 200
    assert "intuit_tid" in tokens.headers
    assert set(tokens.body) == {
        "token_type",
        "access_token",
        "expires_in",
        "refresh_token",
        "x_refresh_token_expires_in",
    }
    assert tokens.body["token_type"] == "bearer"
    assert tokens.body["expires_in"] == 3600
    read = await qbo.ask("GET", f"companyinfo/{qbo.realm}", token=tokens.body["access_token"])
    assert read.body["CompanyInfo"]["CompanyName"] == "Bluebird & Daughters"


async def test_consent_can_be_denied(qbo: Bench) -> None:
    await qbo.switch(consent_denied=True)
    assert await qbo.authorize() == {
        "kept": "1",
        "error": "access_denied",
        "state": "s t&ate",
    }


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "accounting"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
async def test_a_wrong_request_for_consent(still: Bench, query: dict[str, str], error: str) -> None:
    assert (await still.authorize(**query))["error"] == error


async def test_an_unknown_client_is_sent_nowhere(still: Bench) -> None:
    path = f"{PREFIX}/connect/oauth2?client_id=x&redirect_uri={BACK}&response_type=code"
    assert (await still.call("GET", path)).status == 400


async def test_the_person_may_pick_the_second_company(qbo: Bench) -> None:
    await qbo.switch(consent_company="second")
    assert (await qbo.authorize())["realmId"] == (await qbo.companies())[1]["Id"]


async def test_without_a_quickbooks_scope_there_is_no_realm(qbo: Bench) -> None:
    back = await qbo.authorize(scope="openid email profile")
    assert "realmId" not in back
    token = (await qbo.exchange(back["code"])).body["access_token"]
    path = f"{PREFIX}/v1/openid_connect/userinfo"
    found = await qbo.call("GET", path, headers={"authorization": f"Bearer {token}"})
    assert found.body["email"] == "owner@bluebird.example"
    assert (await qbo.ask("GET", "preferences", token=token)).status == 403
    assert (await qbo.call("GET", path)).status == 401


async def test_the_same_code_twice_ends_the_first_tokens(qbo: Bench) -> None:
    code = (await qbo.authorize())["code"]
    first = (await qbo.exchange(code)).body
    again = await qbo.exchange(code)
    assert (again.status, again.body) == (400, {"error": "invalid_grant"})
    assert (await qbo.ask("GET", "preferences", token=first["access_token"])).status == 401
    assert (await qbo.refresh(first["refresh_token"])).body == {"error": "invalid_grant"}


async def test_a_code_is_bound_to_its_address_and_lives_five_minutes(qbo: Bench) -> None:
    code = (await qbo.authorize())["code"]
    other = await qbo.exchange(code, redirect_uri="https://other.example/")
    assert other.body == {"error": "invalid_grant"}
    assert (await qbo.exchange(code)).status == 200
    old = (await qbo.authorize())["code"]
    await qbo.advance(300)
    assert (await qbo.exchange(old)).body == {"error": "invalid_grant"}


async def test_client_authentication(still: Bench) -> None:
    wrong = {"Id": still.credentials["client_id"], "client_secret": "wrong"}
    reply = await still.refresh(app=wrong)
    assert (reply.status, reply.body) == (401, {"error": "invalid_client"})
    path = f"{PREFIX}/oauth2/v1/tokens/bearer"
    form = "grant_type=refresh_token&refresh_token=" + still.credentials["refresh_token"]
    assert (await still.call("POST", path, form.encode(), FORM)).status == 401
    known = f"&client_id={still.credentials['client_id']}"
    known += f"&client_secret={still.credentials['client_secret']}"
    assert (await still.call("POST", path, (form + known).encode(), FORM)).status == 200
    bad = {**FORM, "authorization": "Basic ???"}
    assert (await still.call("POST", path, form.encode(), bad)).status == 401
    as_json = {"grant_type": "refresh_token"}
    assert (await still.call("POST", path, as_json, still.basic())).body[
        "error"
    ] == "invalid_request"
    assert (await still.tokens(grant_type="password")).body == {"error": "unsupported_grant_type"}


async def test_an_access_token_lives_an_hour_and_beside_others(qbo: Bench) -> None:
    first = (await qbo.refresh()).body["access_token"]
    await qbo.advance(3599)
    second = (await qbo.refresh()).body["access_token"]
    assert first != second
    assert (await qbo.ask("GET", "preferences", token=first)).status == 200
    await qbo.advance(1)
    assert (await qbo.ask("GET", "preferences", token=first)).status == 401
    assert (await qbo.ask("GET", "preferences", token=second)).status == 200


async def test_rotation_is_a_side_effect_of_a_refresh_after_a_day(qbo: Bench) -> None:
    token = qbo.credentials["refresh_token"]
    await qbo.advance(DAY - 1)
    same = (await qbo.refresh()).body
    assert same["refresh_token"] == token
    assert same["x_refresh_token_expires_in"] == 8_726_400 - DAY + 1
    await qbo.advance(1)
    rotated = (await qbo.refresh()).body
    assert rotated["refresh_token"] != token
    assert rotated["x_refresh_token_expires_in"] == 8_726_400
    assert (await qbo.refresh(token)).body == {"error": "invalid_grant"}
    assert (await qbo.refresh(rotated["refresh_token"])).status == 200


async def test_the_old_token_may_have_a_grace(qbo: Bench) -> None:
    await qbo.switch(old_rt_grace=24)
    await qbo.advance(DAY)
    rotated = (await qbo.refresh()).body["refresh_token"]
    assert (await qbo.refresh()).body["refresh_token"] == rotated
    await qbo.advance(DAY)
    assert (await qbo.refresh()).status == 400


async def test_the_rolling_expiry(qbo: Bench) -> None:
    await qbo.advance(8_726_400 - 1)
    alive = await qbo.refresh()
    assert alive.status == 200
    await qbo.advance(8_726_400)
    assert (await qbo.refresh(alive.body["refresh_token"])).body == {"error": "invalid_grant"}


async def test_the_hard_expiry_is_told_when_asked_and_caps_the_rolling_one(qbo: Bench) -> None:
    await qbo.switch(hard_expiry_seconds=200 * DAY)
    code = (await qbo.authorize())["code"]
    first = (await qbo.exchange(code, hard=True)).body
    assert first["x_refresh_token_hard_expires_in"] == 200 * DAY
    await qbo.advance(100 * DAY)
    second = (await qbo.refresh(first["refresh_token"], hard=True)).body
    assert second["x_refresh_token_hard_expires_in"] == 100 * DAY
    await qbo.advance(50 * DAY)
    third = (await qbo.refresh(second["refresh_token"])).body
    assert "x_refresh_token_hard_expires_in" not in third
    assert third["x_refresh_token_expires_in"] == 50 * DAY
    await qbo.advance(50 * DAY)
    assert (await qbo.refresh(third["refresh_token"])).body == {"error": "invalid_grant"}


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_revoke_ends_the_connection(qbo: Bench, kind: str) -> None:
    tokens = (await qbo.refresh()).body
    path = f"{PREFIX}/v2/oauth2/tokens/revoke"
    done = await qbo.call("POST", path, {"token": tokens[kind]}, qbo.basic())
    assert done.status == 200
    assert (await qbo.ask("GET", "preferences", token=tokens["access_token"])).status == 401
    assert (await qbo.refresh()).status == 400
    again = await qbo.call("POST", path, {"token": tokens[kind]}, qbo.basic())
    assert (again.status, again.content) == (400, b"")
    stranger = await qbo.call("POST", path, {"token": "x"})
    assert (stranger.status, stranger.content) == (401, b"")


async def test_a_disconnect_shows_only_when_one_calls(qbo: Bench) -> None:
    await qbo.listen()
    await qbo.ask("GET", "preferences")
    await qbo.person("POST", f"companies/{qbo.realm}/disconnect", {})
    assert (await qbo.ask("GET", "preferences")).status == 401
    assert (await qbo.refresh()).body == {"error": "invalid_grant"}
    assert qbo.outbox.posted == []
    assert (await qbo.companies())[0]["connected"] is False


async def test_ordered_faults_strike_at_tokens(qbo: Bench) -> None:
    await qbo.ask("GET", "preferences")
    await qbo.order({"kind": "expire_access_token", "times": 1})
    assert (await qbo.ask("GET", "preferences")).status == 401
    qbo.token = (await qbo.refresh()).body["access_token"]
    assert (await qbo.ask("GET", "preferences")).status == 200
    await qbo.order({"kind": "revoke_scope", "scope": ACCOUNTING, "times": 1})
    assert (await qbo.ask("GET", "preferences")).status == 403
    await qbo.order({"kind": "revoke_refresh_token", "times": 1})
    assert (await qbo.refresh()).body == {"error": "invalid_grant"}
    assert (await qbo.refresh()).body == {"error": "invalid_grant"}


async def test_development_keys_reach_the_sandbox_host_alone(qbo: Bench) -> None:
    _, development = await qbo.apps()
    live, _, trial = await qbo.companies()
    tokens = (await qbo.refresh(trial["refresh_token"], app=development)).body
    there = {"realm": trial["Id"], "token": tokens["access_token"]}
    wrong = await qbo.ask("GET", "preferences", **there)
    assert wrong.status == 403
    assert wrong.body["fault"]["error"][0]["code"] == "3100"
    await qbo.switch(host_environment="sandbox")
    assert (await qbo.ask("GET", "preferences", **there)).status == 200
    assert (await qbo.ask("GET", "preferences")).status == 403
    await qbo.switch(wrong_environment_answer="100")
    refused = await qbo.ask("GET", "preferences")
    assert refused.status == 401
    assert 'Error code="100"' in refused.content.decode()
    assert live["environment"] == "production"
    assert (await qbo.refresh(trial["refresh_token"])).body == {"error": "invalid_grant"}


async def test_the_token_answer_has_the_form_of_the_recorded_one(qbo: Bench) -> None:
    body = (await qbo.refresh(hard=True)).body
    assert json.loads(json.dumps(body)) == body
    assert body["refresh_token"].startswith("RT1-")
    assert len(body["access_token"]) > 500
