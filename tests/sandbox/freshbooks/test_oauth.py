"""Consent, the three encodings of the token call, single-use refresh tokens, one alive per user."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from .bench import READ, REDIRECT, Bench

HOUR = 3600


@pytest.fixture
async def fresh() -> Any:
    bench = Bench()
    yield bench
    await bench.close()


async def works(bench: Bench, token: str) -> bool:
    reply = await bench.ask(
        "GET", "/auth/api/v1/users/me", headers={"authorization": f"Bearer {token}"}
    )
    return reply.status == 200


@pytest.mark.parametrize(
    "path", ["/oauth/authorize/", "/oauth/authorize", "/service/auth/oauth/authorize"]
)
async def test_consent_is_given_at_once(fresh: Bench, path: str) -> None:
    query = f"client_id={fresh.credentials['client_id']}&response_type=code"
    reply = await fresh.call("GET", f"/freshbooks{path}?{query}&redirect_uri=http://127.0.0.1:5/x")
    assert reply.status == 302
    assert reply.headers["location"].startswith("http://127.0.0.1:5/x?code=")


async def test_the_code_and_the_state_come_back(fresh: Bench) -> None:
    back = await fresh.came_back()
    assert set(back) == {"code", "state"}
    assert back["state"] == "s t&ate"


async def test_a_token_answer(fresh: Bench) -> None:
    found = await fresh.consented(READ)
    assert found["token_type"] == "Bearer"
    assert found["expires_in"] == 43200
    assert found["scope"] == READ
    assert found["created_at"] == int(fresh.app.world.clock.now().timestamp())
    assert len(found["refresh_token"]) == 64
    assert found["access_token"].startswith("eyJ")
    assert "direct_buy_tokens" in found


async def test_a_code_lives_five_minutes_and_works_once(fresh: Bench) -> None:
    code = (await fresh.came_back())["code"]
    await fresh.advance(299)
    assert (await fresh.exchange(code)).status == 200
    again = await fresh.exchange(code)
    assert (again.status, again.body["error"]) == (400, "invalid_grant")
    late = (await fresh.came_back())["code"]
    await fresh.advance(300)
    assert (await fresh.exchange(late)).body["error"] == "invalid_grant"


async def test_a_code_belongs_to_its_redirect_address(fresh: Bench) -> None:
    code = (await fresh.came_back())["code"]
    other = await fresh.exchange(code, redirect_uri="https://other.example/")
    assert other.body["error"] == "invalid_grant"
    assert (await fresh.exchange(code)).status == 200


@pytest.mark.parametrize("encoding", ["json", "form", "multipart"])
@pytest.mark.parametrize("path", ["/auth/oauth/token", "/service/auth/oauth/token"])
async def test_three_encodings_of_the_token_call(fresh: Bench, encoding: str, path: str) -> None:
    given = {
        "grant_type": "refresh_token",
        "redirect_uri": REDIRECT,
        **{k: fresh.credentials[k] for k in ("client_id", "client_secret", "refresh_token")},
    }
    if encoding == "json":
        reply = await fresh.call("POST", f"/freshbooks{path}", given)
    elif encoding == "form":
        token = given.pop("refresh_token")
        reply = await fresh.form(path, grant_type="refresh_token", refresh_token=token)
    else:
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in given.items()
        ]
        body = ("".join(parts) + "--b--\r\n").encode()
        kind = {"content-type": "multipart/form-data; boundary=b"}
        reply = await fresh.call("POST", f"/freshbooks{path}", body, kind)
    assert reply.status == 200, reply.body
    assert await works(fresh, reply.body["access_token"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml"])
async def test_other_encodings_say_nothing(fresh: Bench, content_type: str) -> None:
    reply = await fresh.call(
        "POST", "/freshbooks/auth/oauth/token", b"grant_type=x", {"content-type": content_type}
    )
    assert reply.status == 400
    assert reply.body == {
        "error": "invalid_request",
        "error_description": "Missing required parameter: grant_type.",
    }


async def test_the_ready_token_reads_what_the_product_needs(fresh: Bench) -> None:
    reply = await fresh.refresh(fresh.credentials["refresh_token"])
    assert reply.body["scope"] == READ
    fresh.token = reply.body["access_token"]
    for noun in ("clients", "invoices", "payments"):
        assert (await fresh.page(noun))["total"] > 0
    refused = await fresh.write("POST", "clients", organization="No")
    assert refused.status == 403


async def test_a_refresh_token_works_once_and_never_grows_old(fresh: Bench) -> None:
    await fresh.advance(400 * 24 * HOUR)
    first = fresh.credentials["refresh_token"]
    second = (await fresh.refresh(first)).body["refresh_token"]
    spent = await fresh.refresh(first)
    assert spent.status == 400
    assert spent.body["error"] == "invalid_grant"
    assert spent.body["error_description"]
    assert (await fresh.refresh(second)).status == 200


async def test_any_new_pair_kills_the_users_other_refresh_tokens(fresh: Bench) -> None:
    """A second installation of the same app is a new consent of the same user."""
    other = await fresh.consented(READ)
    dead = await fresh.refresh(fresh.credentials["refresh_token"])
    assert dead.body["error"] == "invalid_grant"
    assert (await fresh.refresh(other["refresh_token"])).status == 200


async def test_another_user_of_the_app_keeps_a_token_of_their_own(fresh: Bench) -> None:
    await fresh.switch(consent_user="accountant")
    await fresh.consented(READ)
    assert (await fresh.refresh(fresh.credentials["refresh_token"])).status == 200


async def test_access_tokens_live_side_by_side_for_twelve_hours(fresh: Bench) -> None:
    first = (await fresh.consented(READ))["access_token"]
    await fresh.advance(HOUR)
    second = (await fresh.consented(READ))["access_token"]
    assert await works(fresh, first)
    assert await works(fresh, second)
    await fresh.advance(11 * HOUR)
    assert not await works(fresh, first)
    assert await works(fresh, second)
    await fresh.advance(HOUR)
    assert not await works(fresh, second)


async def test_a_grace_for_a_lost_answer_is_a_switch(fresh: Bench) -> None:
    await fresh.switch(refresh_grace_seconds=60)
    first = fresh.credentials["refresh_token"]
    made = (await fresh.refresh(first)).body
    again = (await fresh.refresh(first)).body
    assert again["refresh_token"] == made["refresh_token"]
    await fresh.advance(60)
    assert (await fresh.refresh(first)).body["error"] == "invalid_grant"


async def test_a_refresh_may_repeat_the_old_created_at(fresh: Bench) -> None:
    await fresh.switch(refresh_keeps_created_at=True)
    first = await fresh.consented(READ)
    await fresh.advance(HOUR)
    second = (await fresh.refresh(first["refresh_token"])).body
    assert second["created_at"] == first["created_at"]
    await fresh.advance(11.5 * HOUR)
    assert await works(fresh, second["access_token"])


async def test_missing_parameters_are_named(fresh: Bench) -> None:
    await fresh.switch(refresh_needs_redirect_uri=True)
    cases = {
        "grant_type": {"refresh_token": "x"},
        "refresh_token": {"grant_type": "refresh_token"},
        "code": {"grant_type": "authorization_code"},
        "redirect_uri": {
            "grant_type": "refresh_token",
            "refresh_token": fresh.credentials["refresh_token"],
            "redirect_uri": "",
        },
    }
    for name, given in cases.items():
        reply = await fresh.form("/auth/oauth/token", **given)
        assert reply.status == 400
        assert reply.body["error_description"] == f"Missing required parameter: {name}."
    await fresh.switch(refresh_needs_redirect_uri=False)
    assert (await fresh.refresh(fresh.credentials["refresh_token"], redirect_uri="")).status == 200


async def test_a_wrong_client(fresh: Bench) -> None:
    reply = await fresh.refresh(fresh.credentials["refresh_token"], client_secret="no")
    assert (reply.status, reply.body["error"]) == (401, "invalid_client")
    await fresh.switch(bad_client_status=400)
    assert (await fresh.refresh("x", client_id="no")).status == 400
    assert (await fresh.authorize(client_id="no")).status == 401
    odd = await fresh.form("/auth/oauth/token", grant_type="client_credentials")
    assert odd.body["error"] == "unsupported_grant_type"


async def test_one_wrong_scope_rejects_the_consent_without_naming_it(fresh: Bench) -> None:
    for scope in (f"{READ} user:profile:write", f"{READ} user:wishes:read"):
        back = await fresh.came_back(scope=scope)
        assert back["error"] == "invalid_scope"
        assert "code" not in back
        assert back["state"] == "s t&ate"
        assert "wishes" not in back["error_description"]
    await fresh.switch(app_scopes="user:clients:read")
    assert (await fresh.came_back(scope=READ))["error"] == "invalid_scope"
    assert "code" in await fresh.came_back(scope="user:profile:read user:clients:read")


async def test_without_a_scope_those_of_the_app_are_granted(fresh: Bench) -> None:
    await fresh.switch(app_scopes="user:clients:read user:invoices:read")
    code = (await fresh.came_back(scope=""))["code"]
    granted = (await fresh.exchange(code)).body["scope"]
    assert granted == "user:profile:read user:clients:read user:invoices:read"


async def test_a_denied_consent(fresh: Bench) -> None:
    await fresh.switch(consent_denied=True)
    assert (await fresh.came_back())["error"] == "access_denied"
    assert (await fresh.came_back(response_type="token"))["error"] == "unsupported_response_type"


async def test_strict_redirect_addresses_are_a_switch(fresh: Bench) -> None:
    await fresh.switch(strict_redirect_uri=True)
    for address in ("http://127.0.0.1/cb", "https://app.example/cb?x=1"):
        reply = await fresh.authorize(redirect_uri=address)
        assert (reply.status, reply.body["error"]) == (400, "invalid_redirect_uri")
    assert (await fresh.authorize()).status == 302


async def test_pkce_is_taken_and_by_switch_enforced(fresh: Bench) -> None:
    digest = hashlib.sha256(b"v" * 43).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    code = (await fresh.came_back(**asked))["code"]
    assert (await fresh.exchange(code)).body["error"] == "invalid_grant"
    assert (await fresh.exchange(code, code_verifier="v" * 43)).status == 200
    await fresh.switch(pkce_enforced=False)
    assert (await fresh.exchange((await fresh.came_back(**asked))["code"])).status == 200
    plain = await fresh.came_back(code_challenge="x", code_challenge_method="plain")
    assert plain["error"] == "invalid_request"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revoking_ends_access_at_once(fresh: Bench, which: str) -> None:
    pair = await fresh.consented(READ)
    reply = await fresh.form("/auth/oauth/revoke", token=pair[which])
    assert (reply.status, reply.body) == (200, {})
    assert not await works(fresh, pair["access_token"])
    assert (await fresh.refresh(pair["refresh_token"])).body["error"] == "invalid_grant"


async def test_introspection_and_metadata_of_the_second_host(fresh: Bench) -> None:
    pair = await fresh.consented(READ)
    path = "/service/auth/oauth/introspect"
    live = (await fresh.form(path, token=pair["access_token"])).body
    assert live["active"] is True
    assert live["scope"] == READ
    assert (await fresh.form(path, token=fresh.credentials["refresh_token"])).body == {
        "active": False
    }
    reply = await fresh.call("GET", "/freshbooks/.well-known/oauth-authorization-server")
    assert reply.body["token_endpoint"].endswith("/service/auth/oauth/token")


async def test_ordered_faults_strike_at_tokens(fresh: Bench) -> None:
    pair = await fresh.consented(READ)
    fresh.token = pair["access_token"]
    await fresh.order({"kind": "expire_access_token", "times": 1})
    assert (await fresh.ask("GET", fresh.path("clients"))).status == 401
    assert (await fresh.ask("GET", fresh.path("clients"))).status == 401
    pair = (await fresh.refresh(pair["refresh_token"])).body
    fresh.token = pair["access_token"]
    await fresh.order({"kind": "revoke_scope", "times": 1})
    assert (await fresh.ask("GET", fresh.path("clients"))).status == 200
    assert (await fresh.ask("GET", fresh.path("invoices"))).status == 403
    await fresh.order({"kind": "revoke_refresh_token", "times": 1, "operation": "POST *"})
    dead = await fresh.refresh(pair["refresh_token"])
    assert dead.body["error"] == "invalid_grant"
