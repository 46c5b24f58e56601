"""Consent, tokens and revocation."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ml_sandbox.vendors.pipedrive.api import Outbound

from .bench import Bench

BACK = "http://127.0.0.1:9/back"


def basic(bench: Bench, secret: str | None = None) -> dict[str, str]:
    grants = bench.vendor.grants
    pair = f"{grants.client_id}:{secret or grants.client_secret}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def consent(bench: Bench) -> dict[str, list[str]]:
    asked = {"client_id": bench.vendor.grants.client_id, "redirect_uri": BACK, "state": "s t"}
    out = bench.vendor.oauth.authorize(asked)
    assert out.status == 302
    assert out.headers["location"].startswith(BACK)
    return parse_qs(urlsplit(out.headers["location"]).query)


def exchange(bench: Bench, code: str, redirect_uri: str = BACK) -> Outbound:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    return bench.vendor.oauth.token(basic(bench), form)


def refresh(bench: Bench, token: str) -> Outbound:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return bench.vendor.oauth.token(basic(bench), form)


def opened(out: Outbound, status: int = 200) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(out.content)
    assert out.status == status, body
    return body


def granted(bench: Bench) -> dict[str, Any]:
    return opened(exchange(bench, consent(bench)["code"][0]))


async def test_from_consent_to_a_call(bench: Bench) -> None:
    back = consent(bench)
    assert back["state"] == ["s t"]
    answer = opened(exchange(bench, back["code"][0]))
    assert answer["expires_in"] == 3599
    assert answer["token_type"] == "Bearer"
    assert answer["api_domain"] == "http://sandbox/pipedrive"
    assert "base" in answer["scope"].split(",")
    assert len(answer["access_token"]) > 300
    assert set("+/:") <= set(answer["access_token"] + "+/")
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    me = await bench.call("GET", "/v1/users/me", None, headers)
    assert me.data["id"] == 99001
    bench.advance(seconds=3599)
    assert (await bench.call("GET", "/v1/users/me", None, headers)).status == 401


async def test_denial_and_unknown_clients(bench: Bench) -> None:
    bench.switches["consent_denied"] = True
    assert consent(bench)["error"] == ["access_denied"]
    stranger = bench.vendor.oauth.authorize({"client_id": "x", "redirect_uri": BACK})
    assert stranger.status == 400


def test_a_code_works_once_for_five_minutes_at_its_address(bench: Bench) -> None:
    code = consent(bench)["code"][0]
    wrong = opened(exchange(bench, code, "http://127.0.0.1:9/other"), 400)
    assert "redirect_uri" in wrong["message"]
    opened(exchange(bench, code))
    again = opened(exchange(bench, code), 400)
    assert again["message"] == "Invalid grant: authorization_code is invalid"
    assert again["error"] == "invalid_grant"
    late = consent(bench)["code"][0]
    bench.advance(minutes=5)
    expired = opened(exchange(bench, late), 400)
    assert expired["message"] == "Invalid grant: authorization_code has expired"


def test_refresh_tokens_rotate_or_stay_by_switch(bench: Bench) -> None:
    first = granted(bench)["refresh_token"]
    second = opened(refresh(bench, first))["refresh_token"]
    assert second != first
    dead = opened(refresh(bench, first), 400)
    assert dead["message"] == "Invalid grant: refresh_token is invalid"
    bench.switches["rotate_refresh_token"] = False
    assert opened(refresh(bench, second))["refresh_token"] == second
    bench.switches.update(rotate_refresh_token=True, old_refresh_token_dies=False)
    opened(refresh(bench, second))
    opened(refresh(bench, second))


def test_a_refresh_token_dies_after_sixty_idle_days(bench: Bench) -> None:
    token = granted(bench)["refresh_token"]
    bench.advance(days=59)
    token = opened(refresh(bench, token))["refresh_token"]
    bench.advance(days=59)
    token = opened(refresh(bench, token))["refresh_token"]
    bench.advance(days=60)
    opened(refresh(bench, token), 400)


@pytest.mark.parametrize("status", [400, 401])
def test_wrong_clients_and_grant_types(bench: Bench, status: int) -> None:
    bench.switches["bad_client_status"] = status
    form = {"grant_type": "refresh_token", "refresh_token": granted_token(bench)}
    wrong = bench.vendor.oauth.token(basic(bench, "0" * 40), form)
    assert opened(wrong, status)["message"] == "Invalid client: client is invalid"
    none = bench.vendor.oauth.token({}, form)
    assert "cannot retrieve client credentials" in opened(none, status)["message"]
    for kind in ({}, {"grant_type": "password"}):
        opened(bench.vendor.oauth.token(basic(bench), kind), 400)


def granted_token(bench: Bench) -> str:
    return str(granted(bench)["refresh_token"])


async def test_revoking_the_refresh_token_uninstalls(bench: Bench) -> None:
    answer = granted(bench)
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    hook = {
        "subscription_url": "http://127.0.0.1:9/hook",
        "event_action": "*",
        "event_object": "deal",
        "name": "x",
    }
    assert (await bench.call("POST", "/v1/webhooks", hook, headers)).data["type"] == "application"
    form = {"token": answer["refresh_token"], "token_type_hint": "refresh_token"}
    assert bench.vendor.oauth.revoke({}, form).status == 400
    assert bench.vendor.oauth.revoke(basic(bench), form).status == 200
    opened(refresh(bench, answer["refresh_token"]), 400)
    assert (await bench.call("GET", "/v1/users/me", None, headers)).status == 401
    assert bench.vendor.subscriptions.alive() == []


async def test_revoking_an_access_token_keeps_the_grant(bench: Bench) -> None:
    answer = granted(bench)
    form = {"token": answer["access_token"], "token_type_hint": "access_token"}
    bench.vendor.oauth.revoke(basic(bench), form)
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    assert (await bench.call("GET", "/v1/users/me", None, headers)).status == 401
    opened(refresh(bench, answer["refresh_token"]))


async def test_short_lives_for_tests(bench: Bench) -> None:
    bench.switches["access_token_seconds"] = 2
    headers = {"authorization": f"Bearer {granted(bench)['access_token']}"}
    assert (await bench.call("GET", "/v1/users/me", None, headers)).status == 200
    bench.advance(seconds=2)
    assert (await bench.call("GET", "/v1/users/me", None, headers)).status == 401
