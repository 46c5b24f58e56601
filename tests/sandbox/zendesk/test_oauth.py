"""Consent, codes, rotating tokens, scopes, API tokens, and nobody at all."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.support.sandbox import Reply

from .bench import HOOK, Bench, basic, bearer

DAY = 86_400
ME = "/users/me"


async def consent(desk: Bench, **more: str) -> dict[str, str]:
    """What the browser brings back."""
    asked = {
        "response_type": "code",
        "client_id": desk.keys["client_id"],
        "redirect_uri": HOOK,
        "scope": "read write",
        "state": "s",
        **more,
    }
    back = await desk.raw("GET", f"/oauth/authorizations/new?{urlencode(asked)}")
    assert back.status == 302, back.body
    assert back.headers["location"].startswith(HOOK)
    return {k: v[0] for k, v in parse_qs(urlsplit(back.headers["location"]).query).items()}


async def exchange(desk: Bench, code: str, **more: Any) -> Reply:
    return await desk.token(grant_type="authorization_code", code=code, redirect_uri=HOOK, **more)


async def test_a_code_becomes_tokens_once_and_in_time(desk: Bench) -> None:
    answer = await consent(desk)
    assert answer["state"] == "s"
    granted = await exchange(desk, answer["code"])
    assert set(granted.body) == {"access_token", "token_type", "scope", "refresh_token"}
    assert granted.body["token_type"] == "bearer"
    assert (await desk.call("GET", ME, None, bearer(granted))).body["user"]["role"] == "admin"
    again = await exchange(desk, answer["code"])
    assert (again.status, again.body["error"]) == (400, "invalid_grant")
    late = (await consent(desk))["code"]
    await desk.sandbox.advance(120)
    assert (await exchange(desk, late)).body["error"] == "invalid_grant"


async def test_the_redirect_address_must_be_the_same(desk: Bench) -> None:
    code = (await consent(desk))["code"]
    other = await desk.token(grant_type="authorization_code", code=code, redirect_uri=f"{HOOK}2")
    assert other.body["error"] == "invalid_grant"


async def test_pkce(desk: Bench) -> None:
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    named = {"code_challenge": challenge, "code_challenge_method": "S256"}
    wrong = await exchange(desk, (await consent(desk, **named))["code"], code_verifier="w" * 50)
    assert wrong.body["error"] == "invalid_grant"
    right = await exchange(desk, (await consent(desk, **named))["code"], code_verifier=verifier)
    assert right.status == 200
    plain = {"code_challenge": verifier, "code_challenge_method": "plain"}
    assert (await consent(desk, **plain))["error"] == "invalid_request"


async def test_a_public_client_has_no_secret_and_must_use_pkce(desk: Bench) -> None:
    await desk.switch(public_client=True)
    assert (await consent(desk))["error"] == "invalid_request"
    with_secret = await desk.refresh(desk.refresh_token)
    assert (with_secret.status, with_secret.body["error"]) == (401, "invalid_client")
    asked = {
        "grant_type": "refresh_token",
        "refresh_token": desk.refresh_token,
        "client_id": desk.keys["client_id"],
    }
    assert (await desk.raw("POST", "/oauth/tokens", asked)).status == 200


async def test_what_is_refused_at_consent(desk: Bench) -> None:
    assert (await consent(desk, scope=""))["error"] == "invalid_scope"
    assert (await consent(desk, response_type="token"))["error"] == "unsupported_response_type"
    await desk.switch(consent_denied=True)
    denied = await consent(desk)
    assert (denied["error"], denied["state"]) == ("access_denied", "s")
    assert denied["error_description"]
    strange = await desk.raw("GET", "/oauth/authorizations/new?client_id=x&redirect_uri=" + HOOK)
    assert strange.status == 400


async def test_a_redirect_address_over_plain_http(desk: Bench) -> None:
    await desk.switch(redirect_https_only=True)
    asked = {
        "response_type": "code",
        "client_id": desk.keys["client_id"],
        "redirect_uri": "http://intranet.example/back",
        "scope": "read",
    }
    refused = await desk.raw("GET", f"/oauth/authorizations/new?{urlencode(asked)}")
    assert refused.status == 400
    assert (await consent(desk))["code"]


async def test_a_refresh_ends_both_tokens_before_it(desk: Bench) -> None:
    first, old = desk.refresh_token, desk.headers
    assert (await desk.call("GET", ME)).status == 200
    second = await desk.refresh(first)
    dead = await desk.call("GET", ME, None, old)
    assert (dead.status, dead.body["error"]) == (401, "invalid_token")
    assert set(dead.body) == {"error", "error_description"}
    reused = await desk.refresh(first)
    assert (reused.status, reused.body["error"]) == (400, "invalid_grant")
    assert (await desk.call("GET", ME, None, bearer(second))).status == 200
    await desk.switch(invalid_grant_status=401)
    assert (await desk.refresh(first)).status == 401


async def test_an_access_token_lives_thirty_minutes_and_does_not_say_so(desk: Bench) -> None:
    granted = await desk.refresh(desk.refresh_token)
    assert "expires_in" not in granted.body
    headers = bearer(granted)
    current = await desk.call("GET", "/oauth/tokens/current", None, headers)
    assert current.body["token"]["expires_at"] == "2026-05-04T09:30:00Z"
    assert current.body["token"]["scopes"] == ["read", "write"]
    await desk.sandbox.advance(1799)
    assert (await desk.call("GET", ME, None, headers)).status == 200
    await desk.sandbox.advance(1)
    assert (await desk.call("GET", ME, None, headers)).status == 401
    await desk.switch(expires_in_always=True)
    told = await desk.refresh(granted.body["refresh_token"])
    assert (told.body["expires_in"], told.body["refresh_token_expires_in"]) == (1800, 30 * DAY)


async def test_usual_lives_by_switch(desk: Bench) -> None:
    await desk.switch(access_token_seconds=600, refresh_token_seconds=7 * DAY + 1)
    granted = await desk.refresh(desk.refresh_token)
    await desk.sandbox.advance(600)
    assert (await desk.call("GET", ME, None, bearer(granted))).status == 401
    await desk.sandbox.advance(7 * DAY)
    assert (await desk.refresh(granted.body["refresh_token"])).body["error"] == "invalid_grant"


async def test_lives_that_are_asked_for(desk: Bench) -> None:
    lives = {"expires_in": 86_400, "refresh_token_expires_in": 7_775_999}
    granted = await desk.refresh(desk.refresh_token, **lives)
    assert {name: granted.body[name] for name in lives} == lives
    await desk.sandbox.advance(DAY - 1)
    assert (await desk.call("GET", ME, None, bearer(granted))).status == 200
    await desk.sandbox.advance(89 * DAY - 10)
    again = await desk.refresh(granted.body["refresh_token"])
    assert again.status == 200
    await desk.sandbox.advance(30 * DAY)
    assert (await desk.refresh(again.body["refresh_token"])).body["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "lives",
    [
        {"expires_in": 300},
        {"expires_in": 172_800},
        {"expires_in": "1800"},
        {"refresh_token_expires_in": 604_800},
        {"refresh_token_expires_in": 7_776_000},
    ],
)
async def test_lives_out_of_bounds(desk: Bench, lives: dict[str, Any]) -> None:
    refused = await desk.refresh(desk.refresh_token, **lives)
    assert (refused.status, refused.body["error"]) == (400, "invalid_request")
    assert (await desk.refresh(desk.refresh_token)).status == 200


async def test_client_credentials_give_no_refresh_token(desk: Bench) -> None:
    granted = await desk.token(grant_type="client_credentials", scope="read")
    assert "refresh_token" not in granted.body
    headers = bearer(granted)
    assert (await desk.call("GET", "/organizations", None, headers)).status == 200
    refused = await desk.call("POST", "/organizations", {"organization": {"name": "X"}}, headers)
    assert refused.status == 403


async def test_the_token_address_reads_json_and_knows_its_client(desk: Bench) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    raw = urlencode({"grant_type": "refresh_token", **desk.keys}).encode()
    assert (await desk.raw("POST", "/oauth/tokens", raw, form)).body["error"] == "invalid_client"
    wrong = await desk.token(grant_type="refresh_token", client_secret="no")
    assert (wrong.status, wrong.body["error"]) == (401, "invalid_client")
    strange = await desk.token(grant_type="password")
    assert strange.body["error"] == "unsupported_grant_type"
    await desk.switch(token_answer_status=201)
    assert (await desk.refresh(desk.refresh_token)).status == 201


async def test_access_tokens_are_long_by_default(desk: Bench) -> None:
    granted = await desk.refresh(desk.refresh_token)
    assert len(granted.body["access_token"]) > 600
    assert granted.body["access_token"].count(".") == 2
    await desk.switch(long_access_tokens=False)
    short = await desk.refresh(granted.body["refresh_token"])
    assert len(short.body["access_token"]) == 64


@pytest.mark.parametrize(
    ("scope", "allowed", "forbidden"),
    [
        ("read", ("GET", "/organizations"), ("POST", "/organizations")),
        ("organizations:read", ("GET", "/organizations"), ("GET", "/users")),
        ("users:write", ("POST", "/users"), ("GET", "/users")),
        ("read nonsense", ("GET", "/custom_objects"), ("POST", "/custom_objects")),
    ],
)
async def test_scopes(
    desk: Bench, scope: str, allowed: tuple[str, str], forbidden: tuple[str, str]
) -> None:
    headers = bearer(await exchange(desk, (await consent(desk, scope=scope))["code"]))
    body = {"user": {"name": "Pat"}, "organization": {"name": "X"}}
    assert (await desk.call(*allowed, body, headers)).status in (200, 201)
    refused = await desk.call(*forbidden, body, headers)
    assert refused.status == 403
    assert refused.body["error"]["title"] == "Forbidden"


async def test_a_token_of_an_unknown_scope_is_issued_and_good_for_nothing(desk: Bench) -> None:
    for scope in ("everything", "custom_objects:write"):
        granted = await exchange(desk, (await consent(desk, scope=scope))["code"])
        assert (await desk.call("GET", "/organizations", None, bearer(granted))).status == 403
    listed = await exchange(desk, (await consent(desk))["code"], scope=["read", "write"])
    assert (await desk.call("GET", "/organizations", None, bearer(listed))).status == 403
    await desk.switch(missing_scope_body="text")
    plain = await desk.call("GET", "/organizations", None, bearer(listed))
    assert plain.headers["content-type"].startswith("text/plain")


async def test_the_scope_of_custom_objects_by_switch(desk: Bench) -> None:
    await desk.switch(custom_object_scope=True)
    granted = await exchange(desk, (await consent(desk, scope="custom_objects:read"))["code"])
    assert (await desk.call("GET", "/custom_objects", None, bearer(granted))).status == 200


async def test_api_tokens_are_the_old_way_with_an_end(desk: Bench) -> None:
    admin = basic(desk.keys["username"], desk.keys["api_token"])
    me = await desk.call("GET", ME, None, admin)
    assert me.body["user"]["email"] == desk.keys["username"]
    agent = basic("nadia.support@bluebird.example", desk.keys["api_token"])
    assert (await desk.call("GET", ME, None, agent)).body["user"]["role"] == "agent"
    for headers in (
        basic("nobody@bluebird.example", desk.keys["api_token"]),
        basic(desk.keys["username"], "wrong"),
        {"authorization": "Basic " + base64.b64encode(b"support.admin@b.example:pw").decode()},
    ):
        refused = await desk.call("GET", ME, None, headers)
        assert (refused.status, refused.body) == (401, {"error": "Couldn't authenticate you"})
    await desk.sandbox.advance(29 * DAY)
    assert (await desk.call("GET", ME, None, admin)).status == 200
    await desk.sandbox.advance(30 * DAY)
    assert (await desk.call("GET", ME, None, admin)).status == 401
    await desk.switch(api_tokens_end=False)
    assert (await desk.call("GET", ME, None, admin)).status == 200
    await desk.switch(api_tokens_end=True)
    while (await desk.sandbox.control("GET", "clock"))["now"] < "2027-04-29":
        assert (await desk.call("GET", ME, None, admin)).status == 200
        await desk.sandbox.advance(25 * DAY)
    assert (await desk.call("GET", ME, None, admin)).status == 401


async def test_nobody_is_answered_200_at_users_me_and_401_elsewhere(desk: Bench) -> None:
    nobody = await desk.call("GET", "/users/me.json", None, {})
    assert nobody.status == 200
    assert (nobody.body["user"]["id"], nobody.body["user"]["name"]) == (None, "Anonymous user")
    assert (await desk.call("GET", "/organizations", None, {})).status == 401
    await desk.switch(anonymous_me=False)
    assert (await desk.call("GET", ME, None, {})).status == 401


async def test_an_agents_token(desk: Bench) -> None:
    await desk.switch(token_user="agent")
    headers = bearer(await exchange(desk, (await consent(desk))["code"]))
    organization = await desk.organization("Old Mill")
    path = f"/organizations/{organization['id']}"
    for method, at, body in (
        ("POST", "/organizations", {"organization": {"name": "New"}}),
        ("PUT", path, {"organization": {"name": "New"}}),
        ("DELETE", path, None),
        ("POST", "/organization_fields", {"organization_field": {"key": "k", "title": "K"}}),
        ("POST", "/custom_objects", {"custom_object": {"key": "k"}}),
        ("GET", "/incremental/organizations?start_time=1", None),
        ("POST", "/users/create_or_update", {"user": {"name": "New"}}),
    ):
        assert (await desk.call(method, at, body, headers)).status == 403, (method, at)
    noted = await desk.call("PUT", path, {"organization": {"notes": "Called."}}, headers)
    assert noted.body["organization"]["notes"] == "Called."


async def test_disconnecting(desk: Bench) -> None:
    assert (await desk.call("DELETE", "/oauth/tokens/current")).status == 204
    assert (await desk.call("GET", ME)).status == 401
    assert (await desk.refresh(desk.refresh_token)).body["error"] == "invalid_grant"


async def test_a_minted_token_does_not_expire(desk: Bench) -> None:
    current = await desk.ok("GET", "/oauth/tokens/current")
    asked = {"token": {"client_id": current["token"]["client_id"], "scopes": ["read"]}}
    minted = await desk.ok("POST", "/oauth/tokens", asked)
    headers = {"authorization": f"Bearer {minted['token']['token']}"}
    assert minted["token"]["expires_at"] is None
    await desk.switch(minted_tokens_expire=True)
    mortal = await desk.ok("POST", "/oauth/tokens", asked)
    assert mortal["token"]["expires_at"] == "2026-05-04T09:30:00Z"
    await desk.sandbox.advance(400 * DAY)
    assert (await desk.call("GET", ME, None, headers)).status == 200


async def test_a_deleted_users_tokens_are_dead(desk: Bench) -> None:
    await desk.switch(token_user="agent")
    granted = await exchange(desk, (await consent(desk))["code"])
    me = await desk.call("GET", ME, None, bearer(granted))
    await desk.human("DELETE", f"users/{me.body['user']['id']}")
    assert (await desk.call("GET", ME, None, bearer(granted))).status == 401
    assert (await desk.refresh(granted.body["refresh_token"])).body["error"] == "invalid_grant"
