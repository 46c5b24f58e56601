"""Checklist 2: consent, tokens, their lives, and the sessions behind them."""

from __future__ import annotations

import base64

import pytest

from .bench import BACK, Bench, s256

DAY = 86_400


async def test_discovery_names_the_addresses(erp: Bench) -> None:
    path = "/acumatica/identity/.well-known/openid-configuration"
    found = (await erp.call("GET", path)).body
    ready = erp.app.world.ready["vendors"]["acumatica"]
    assert found["authorization_endpoint"] == ready["auth_url"]
    assert found["token_endpoint"] == ready["token_url"]
    assert "client_credentials" not in found["grant_types_supported"]


async def test_the_code_flow_with_pkce(erp: Bench) -> None:
    verifier = "v" * 50
    back = await erp.authorize(code_challenge=s256(verifier), code_challenge_method="S256")
    assert back["state"] == "s t&ate"
    assert back["scope"] == "api offline_access"
    wrong = await erp.exchange(back["code"], code_verifier="w" * 50)
    assert (wrong.status, wrong.body) == (400, {"error": "invalid_grant"})
    again = await erp.authorize(code_challenge=s256(verifier), code_challenge_method="S256")
    answer = (await erp.exchange(again["code"], code_verifier=verifier)).body
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    assert {"access_token", "refresh_token", "scope"} <= set(answer)
    erp.token = answer["access_token"]
    assert await erp.get("Customer", top=1)


async def test_a_code_is_good_once_for_its_own_address_and_for_a_while(erp: Bench) -> None:
    code = (await erp.authorize())["code"]
    other = await erp.exchange(code, redirect_uri=BACK + "/")
    assert other.body == {"error": "invalid_grant"}
    assert (await erp.exchange(code)).body == {"error": "invalid_grant"}
    late = (await erp.authorize())["code"]
    await erp.advance(301)
    assert (await erp.exchange(late)).status == 400


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "api files"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
async def test_consents_that_are_refused(erp: Bench, query: dict[str, str], error: str) -> None:
    back = await erp.authorize(**query)
    assert back["error"] == error
    assert "code" not in back


async def test_a_stranger_is_not_sent_anywhere(erp: Bench) -> None:
    path = "/acumatica/identity/connect/authorize?response_type=code&scope=api&client_id="
    unknown = await erp.call("GET", f"{path}nobody&redirect_uri=https://a.example/")
    assert unknown.status == 400
    known = erp.credentials["client_id"].replace("@", "%40")
    for address in ("ftp://a.example/", "/cb", "https://a.example/cb%23part"):
        assert (await erp.call("GET", f"{path}{known}&redirect_uri={address}")).status == 400


async def test_consent_can_be_denied_and_state_be_lost(erp: Bench) -> None:
    await erp.switch(consent_denied=True, authorize_returns_state=False)
    assert await erp.authorize() == {"error": "access_denied"}


async def test_the_client_id_carries_the_tenant(erp: Bench) -> None:
    guid, _, tenant = erp.credentials["client_id"].partition("@")
    assert (len(guid), tenant) == (36, erp.settings["tenant"])
    other = (await erp.control("GET", "acumatica/connected_applications"))[1]
    assert other["ClientID"].endswith(f"@{other['CompanyID']}")
    first = await erp.keys("Customer", "CustomerName", select="CustomerName")
    erp.credentials.update(client_id=other["ClientID"], client_secret=other["ClientSecret"])
    erp.token = (await erp.password()).body["access_token"]
    names = await erp.keys("Customer", "CustomerName", select="CustomerName")
    assert len(names) == 6
    assert names == list(reversed(first[-6:]))


async def test_the_password_grant(erp: Bench) -> None:
    answer = (await erp.password()).body
    assert answer["refresh_token"]
    assert (await erp.password(password="no")).body == {"error": "invalid_grant"}
    assert (await erp.password(username="no")).body == {"error": "invalid_grant"}
    assert (await erp.password(scope="")).body == {"error": "invalid_scope"}
    assert "refresh_token" not in (await erp.password(scope="api")).body
    assert "id_token" in (await erp.password(scope="api openid")).body


async def test_grants_that_there_are_not(erp: Bench) -> None:
    reply = await erp.form(grant_type="client_credentials", scope="api")
    assert (reply.status, reply.body) == (400, {"error": "unsupported_grant_type"})
    await erp.switch(oauth_flow="authorization_code")
    assert (await erp.password()).body == {"error": "unauthorized_client"}
    await erp.switch(oauth_flow="password")
    assert (await erp.authorize())["error"] == "unauthorized_client"


async def test_the_client_proves_itself_in_the_form(erp: Bench) -> None:
    assert (await erp.refresh(client_secret="no")).body == {"error": "invalid_client"}
    known = (erp.credentials["client_id"], erp.credentials["client_secret"])
    basic = base64.b64encode(":".join(known).encode()).decode()
    headers = {
        "authorization": f"Basic {basic}",
        "content-type": "application/x-www-form-urlencoded",
    }
    body = f"grant_type=refresh_token&refresh_token={erp.credentials['refresh_token']}".encode()
    path = "/acumatica/identity/connect/token"
    assert (await erp.call("POST", path, body, headers)).body == {"error": "invalid_client"}
    await erp.switch(basic_client_auth=True)
    assert (await erp.call("POST", path, body, headers)).status == 200
    json = await erp.call("POST", path, {"grant_type": "refresh_token"})
    assert json.body == {"error": "invalid_request"}


async def test_a_refresh_gives_a_new_token_and_ends_the_old_one(erp: Bench) -> None:
    old = erp.credentials["refresh_token"]
    first = (await erp.refresh()).body
    assert first["refresh_token"] != old
    assert (await erp.refresh()).body == {"error": "invalid_grant"}
    assert (await erp.refresh(first["refresh_token"])).status == 200


async def test_an_old_refresh_token_may_have_a_grace(erp: Bench) -> None:
    await erp.switch(refresh_grace_seconds=30)
    assert (await erp.refresh()).status == 200
    assert (await erp.refresh()).status == 200
    await erp.advance(31)
    assert (await erp.refresh()).status == 400


async def test_the_chain_ends_after_thirty_days_even_in_daily_use(erp: Bench) -> None:
    token = erp.credentials["refresh_token"]
    for _ in range(29):
        await erp.advance(DAY)
        token = (await erp.refresh(token)).body["refresh_token"]
    await erp.advance(DAY)
    assert (await erp.refresh(token)).body == {"error": "invalid_grant"}


async def test_a_sliding_chain_moves_with_its_use_up_to_its_end(erp: Bench) -> None:
    await erp.switch(refresh_mode="sliding")
    token = erp.credentials["refresh_token"]
    for _ in range(6):
        await erp.advance(14 * DAY)
        token = (await erp.refresh(token)).body["refresh_token"]
    await erp.advance(6 * DAY + 1)
    assert (await erp.refresh(token)).status == 400
    await erp.switch(refresh_sliding_end_days=0)
    token = (await erp.refresh(token)).body["refresh_token"]
    await erp.advance(15 * DAY)
    assert (await erp.refresh(token)).status == 400


async def test_without_refresh_tokens_offline_access_is_an_error(erp: Bench) -> None:
    await erp.switch(refresh_mode="none")
    assert (await erp.authorize())["error"] == "invalid_scope"
    assert (await erp.authorize(scope="api"))["code"]


async def test_a_refresh_token_may_be_left_out_of_the_answer(erp: Bench) -> None:
    await erp.switch(refresh_token_in_answer=False)
    assert "refresh_token" not in (await erp.refresh()).body


async def test_an_access_token_ends_after_an_hour(erp: Bench) -> None:
    await erp.advance(3599)
    assert await erp.get("Customer", top=1)
    await erp.advance(2)
    assert (await erp.refused("GET", "Customer")).status == 401
    await erp.switch(unauthorized_body="empty")
    assert (await erp.refused("GET", "Customer")).content == b""


async def test_nobody_and_a_forged_token_are_refused(erp: Bench) -> None:
    for token in ("", "forged"):
        erp.token = token
        assert (await erp.refused("GET", "Customer")).status == 401


async def test_without_the_api_scope_it_is_forbidden(erp: Bench) -> None:
    erp.token = (await erp.password(scope="openid profile")).body["access_token"]
    assert (await erp.refused("GET", "Customer")).status == 403


async def test_the_administrators_button_ends_access_tokens_only(erp: Bench) -> None:
    key = erp.credentials["client_id"]
    await erp.human("connected_applications", key, "revoke")
    assert (await erp.refused("GET", "Customer")).status == 401
    await erp.sign_in()
    assert await erp.get("Customer", top=1)
