"""The OAuth dance against a token endpoint that answers as vendors do."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from ml_connector.core.faults import (
    AccountClosed,
    Fault,
    Mistake,
    NeedsPerson,
    TooFast,
    UnknownOutcome,
    Unreachable,
)
from ml_connector.core.vendor import OAuth
from ml_connector.http.aiohttp_transport import AiohttpTransport
from ml_connector.http.guard import Guard
from ml_connector.http.oauth import OAuthApp, OAuthDance
from ml_connector.http.redaction import Redactor
from tests.http.server import RawServer, Script, answer, serving
from tests.support.clock import START, SeededChance, VirtualClock

FORM = OAuth("/authorize", "/token", "read write", "form", True, {"approval_prompt": "auto"})
BASIC = OAuth("/authorize", "/token", "", "basic", False, life_days=60, api_base_key="api_domain")
LIVES = (
    "refresh_token_expires_in",
    "x_refresh_token_expires_in",
    "x_refresh_token_hard_expires_in",
)
REDIRECT = "https://connector.example/back"
GOOD: dict[str, Any] = {
    "access_token": "access-one", "refresh_token": "refresh-two", "token_type": "Bearer",
    "expires_in": 3600, "scope": "read write",
}  # fmt: skip


@asynccontextmanager
async def dancing(
    script: Script | dict[str, Any],
    oauth: OAuth = FORM,
    *,
    hang_after: int | None = None,
    redactor: Redactor | None = None,
) -> AsyncIterator[tuple[OAuthDance, RawServer]]:
    def constant(n: int, heard: object) -> bytes:
        return answer(200, json.dumps(script).encode())

    acting = constant if isinstance(script, dict) else script
    async with serving(acting, hang_after=hang_after) as server, AiohttpTransport() as transport:
        app = OAuthApp(
            "client-7",
            "client-secret-7",
            REDIRECT,
            f"{server.url}/authorize",
            f"{server.url}/token",
        )
        guard = Guard((), (server.url,), private_allowed=True)
        dance = OAuthDance(
            "Vendor", oauth, app, transport=transport, guard=guard,
            redactor=redactor or Redactor(), clock=VirtualClock(),
        )  # fmt: skip
        yield dance, server


def form(body: bytes) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()
    }


async def test_the_consent_address() -> None:
    async with dancing(GOOD) as (dance, server):
        consent = dance.consent(SeededChance())
    parts = urlsplit(consent.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{server.url}/authorize"
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    challenge = urlsafe_b64encode(hashlib.sha256(consent.verifier.encode()).digest()).rstrip(b"=")
    assert query == {
        "response_type": "code", "client_id": "client-7", "redirect_uri": REDIRECT,
        "scope": "read write", "state": consent.state, "code_challenge": challenge.decode(),
        "code_challenge_method": "S256", "approval_prompt": "auto",
    }  # fmt: skip
    assert len(consent.state) >= 32
    assert 43 <= len(consent.verifier) <= 128
    assert consent.state not in repr(consent)
    assert consent.verifier not in repr(consent)


async def test_the_consent_address_without_scope_and_pkce() -> None:
    async with dancing(GOOD, BASIC) as (dance, _):
        consent = dance.consent(SeededChance())
    assert consent.verifier == ""
    assert sorted(parse_qs(urlsplit(consent.url).query)) == [
        "client_id", "redirect_uri", "response_type", "state",
    ]  # fmt: skip


async def test_a_vendor_that_takes_only_https_says_so_before_it_is_asked() -> None:
    async with dancing(GOOD, replace(FORM, https_redirect_only=True)) as (dance, _):
        dance.consent(SeededChance())
        dance._app = replace(dance._app, redirect_url="http://127.0.0.1:8400/back")
        with pytest.raises(Mistake, match="--paste"):
            dance.consent(SeededChance())


@pytest.mark.parametrize("form", ["{0}?{1}", "  {0}?{1}\n", "?{1}", "{1}", "{0}?{1}#fragment"])
async def test_what_the_person_came_back_with(form: str) -> None:
    async with dancing(GOOD) as (dance, _):
        got = dance.returned(form.format(REDIRECT, "code=a%2Fb&state=st&realmId=9"), "st")
    assert (got.code, got.extras) == ("a/b", {"realmId": "9"})
    assert "a/b" not in repr(got)


@pytest.mark.parametrize(
    ("query", "fault", "word"),
    [
        ("error=access_denied&state=st", NeedsPerson, "refused"),
        ("error=invalid_scope&error_description=no+such+scope&state=st", NeedsPerson, "no such"),
        ("error=quite_new&state=st", NeedsPerson, "quite_new"),
        ("code=a&state=other", Mistake, "state"),
        ("code=a", Mistake, "state"),
        ("state=st", Mistake, "no code"),
        ("", Mistake, "state"),
    ],
)
async def test_coming_back_without_consent(query: str, fault: type[Fault], word: str) -> None:
    async with dancing(GOOD) as (dance, _):
        with pytest.raises(fault, match=word):
            dance.returned(f"{REDIRECT}?{query}", "st")


async def test_the_exchange_with_a_form() -> None:
    async with dancing(GOOD) as (dance, server):
        tokens = await dance.exchange("code-1", "verifier-1")
    assert form(server.heard[0].body) == {
        "grant_type": "authorization_code", "code": "code-1", "redirect_uri": REDIRECT,
        "client_id": "client-7", "client_secret": "client-secret-7", "code_verifier": "verifier-1",
    }  # fmt: skip
    assert "authorization" not in server.heard[0].headers
    assert server.heard[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert (tokens.access_token, tokens.refresh_token) == ("access-one", "refresh-two")
    assert tokens.expires_at == START + timedelta(seconds=3600)
    assert tokens.scope == "read write"
    assert tokens.extras == {"token_type": "Bearer", "expires_in": 3600, "scope": "read write"}
    assert "access-one" not in repr(tokens)
    assert "refresh-two" not in repr(tokens)


async def test_the_exchange_with_basic() -> None:
    async with dancing(GOOD | {"api_domain": "https://acme.pipedrive.com/"}, BASIC) as (
        dance,
        server,
    ):
        tokens = await dance.exchange("code-1")
    scheme, _, pair = server.heard[0].headers["authorization"].partition(" ")
    assert (scheme, b64decode(pair)) == ("Basic", b"client-7:client-secret-7")
    assert b"client-secret-7" not in server.heard[0].body
    assert tokens.api_base == "https://acme.pipedrive.com"
    assert tokens.refresh_expires_at == START + timedelta(days=60)


async def test_the_refresh() -> None:
    async with dancing(GOOD) as (dance, server):
        tokens = await dance.refresh("refresh-one")
    assert form(server.heard[0].body) == {
        "grant_type": "refresh_token", "refresh_token": "refresh-one", "redirect_uri": REDIRECT,
        "client_id": "client-7", "client_secret": "client-secret-7",
    }  # fmt: skip
    assert tokens.refresh_token == "refresh-two"


async def test_the_password_grant() -> None:
    async with dancing(GOOD) as (dance, server):
        await dance.password("admin", "pass-word")
    sent = form(server.heard[0].body)
    assert (sent["grant_type"], sent["username"], sent["password"]) == (
        "password",
        "admin",
        "pass-word",
    )
    assert (sent["client_id"], sent["client_secret"]) == ("client-7", "client-secret-7")
    assert sent["scope"] == "read write"


async def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one() -> None:
    said = {"access_token": "a", "token_type": "bearer"}
    async with dancing(said) as (dance, _):
        tokens = await dance.refresh("refresh-one")
    assert (tokens.refresh_token, tokens.expires_at, tokens.refresh_expires_at) == (
        "refresh-one", None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"expires_in": "3600"}, 3600),
        ({"expires_in": None}, None),
        ({"expires_in": "soon"}, None),
        ({"expires_in": 3600, "created_at": START.timestamp() - 600}, 3000),
        ({"expires_in": 3600, "created_at": START.timestamp() + 90}, 3600),
        ({"expires_in": 3600, "created_at": START.timestamp() - 90_000}, 3600),
    ],
)
async def test_when_the_access_token_ends(said: dict[str, Any], seconds: int | None) -> None:
    async with dancing(GOOD | said) as (dance, _):
        tokens = await dance.refresh("r")
    expected = None if seconds is None else START + timedelta(seconds=seconds)
    assert tokens.expires_at == expected


@pytest.mark.parametrize(
    "said",
    [
        {"refresh_token_expires_in": 8_640_000},
        {"x_refresh_token_expires_in": 8_640_000},
        {"x_refresh_token_expires_in": 8_640_000, "x_refresh_token_hard_expires_in": 157_680_000},
        {"x_refresh_token_expires_in": 9_999_999, "x_refresh_token_hard_expires_in": 8_640_000},
    ],
)
async def test_when_the_refresh_token_ends(said: dict[str, Any]) -> None:
    async with dancing(GOOD | said, replace(FORM, life_keys=LIVES)) as (dance, _):
        tokens = await dance.refresh("r")
    assert tokens.refresh_expires_at == START + timedelta(days=100)
    for key, value in said.items():
        assert tokens.extras[key] == value


@pytest.mark.parametrize("kind", ["form", "json"])
async def test_what_a_vendor_wants_in_every_token_call(kind: Literal["form", "json"]) -> None:
    wishing = replace(
        FORM, token_body=kind, token_scope=True, token_extra={"expires_in": 86_400},
        token_headers={"X-Include-End": "true"},
    )  # fmt: skip
    async with dancing(GOOD, wishing) as (dance, server):
        await dance.exchange("code-1", "verifier-1")
        await dance.refresh("refresh-one")
        await dance.password("admin", "pass-word")
    for heard in server.heard:
        sent = json.loads(heard.body) if kind == "json" else form(heard.body)
        assert heard.headers["content-type"].endswith(
            "json" if kind == "json" else "x-www-form-urlencoded"
        )
        assert heard.headers["x-include-end"] == "true"
        assert (sent["scope"], sent["client_id"]) == ("read write", "client-7")
        assert sent["expires_in"] == (86_400 if kind == "json" else "86400")
    grants = ["authorization_code", "refresh_token", "password"]
    for heard, grant in zip(server.heard, grants, strict=True):
        assert grant.encode() in heard.body


async def test_a_life_that_is_not_told_is_the_one_that_was_asked_for() -> None:
    asking = replace(FORM, token_extra={"expires_in": 86_400})
    said = {name: value for name, value in GOOD.items() if name != "expires_in"}
    async with dancing(said, asking) as (dance, _):
        tokens = await dance.refresh("r")
    assert tokens.expires_at == START + timedelta(days=1)
    assert tokens.extras["expires_in"] == 86_400
    async with dancing(GOOD, asking) as (dance, _):
        assert (await dance.refresh("r")).expires_at == START + timedelta(hours=1)


async def test_a_vendor_that_is_only_busy_is_asked_again_later() -> None:
    busy = replace(FORM, busy_words="Login Limit")
    said = answer(400, b'{"error":"API Login Limit reached"}')
    async with dancing(lambda n, heard: said, busy) as (dance, _):
        with pytest.raises(TooFast, match="busy"):
            await dance.password("admin", "pass-word")
    async with dancing(lambda n, heard: said) as (dance, _):
        with pytest.raises(NeedsPerson, match="name and password"):
            await dance.password("admin", "pass-word")


REFUSALS: list[tuple[int, bytes, type[Fault], str]] = [
    (400, b'{"error":"invalid_grant"}', NeedsPerson, "invalid_grant"),
    (400, b'{"success":false,"message":"Invalid grant: refresh_token is invalid"}', NeedsPerson,
     "refresh_token is invalid"),
    (401, b'{"error":"invalid_client","error_description":"no such client"}', NeedsPerson,
     "no such client"),
    (403, b"<html>forbidden</html>", AccountClosed, "lapsed"),
    (404, b"<html>not here</html>", NeedsPerson, "token_url"),
    (302, b"", NeedsPerson, "token_url"),
    (429, b"", TooFast, "fewer"),
    (500, b"<html>oops</html>", UnknownOutcome, "500"),
    (503, b"", UnknownOutcome, "503"),
    (200, b"<html>log in</html>", UnknownOutcome, "unreadable"),
    (200, b'{"token_type":"Bearer"}', UnknownOutcome, "unreadable"),
    (200, b'["access_token"]', UnknownOutcome, "unreadable"),
    (200, b'{"access_token":', UnknownOutcome, "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "fault", "word"), REFUSALS)
async def test_what_a_refused_refresh_means(
    status: int, body: bytes, fault: type[Fault], word: str
) -> None:
    lapsing = replace(FORM, lapsed_status=403)
    async with dancing(lambda n, heard: answer(status, body), lapsing) as (dance, server):
        with pytest.raises(fault, match=word):
            await dance.refresh("refresh-one")
        assert len(server.heard) == 1


async def test_how_long_to_wait_is_believed() -> None:
    said = answer(429, headers=(("Retry-After", "120"),))
    async with dancing(lambda n, heard: said) as (dance, _):
        with pytest.raises(TooFast) as caught:
            await dance.refresh("refresh-one")
    assert caught.value.until == START + timedelta(seconds=120)


async def test_a_lost_answer_to_a_rotation_is_an_unknown_outcome() -> None:
    async with dancing(lambda n, heard: None) as (dance, server):
        with pytest.raises(UnknownOutcome):
            await dance.refresh("refresh-one")
        assert len(server.heard) == 1


async def test_a_lost_answer_to_an_exchange_needs_a_new_consent() -> None:
    async with dancing(lambda n, heard: None) as (dance, _):
        with pytest.raises(NeedsPerson, match="again"):
            await dance.exchange("code-1")


async def test_an_endpoint_that_is_not_there() -> None:
    async with dancing(GOOD) as (dance, server):
        port = urlsplit(server.url).port
    async with AiohttpTransport() as transport:
        dance._transport = transport
        dance._app = replace(dance._app, token_url=f"http://127.0.0.1:{port}/token")
        with pytest.raises(Unreachable):
            await dance.refresh("refresh-one")


async def test_a_token_never_goes_to_a_foreign_address() -> None:
    async with dancing(GOOD) as (dance, server):
        dance._guard = Guard(("*.vendor.example",), private_allowed=True)
        with pytest.raises(NeedsPerson):
            await dance.refresh("refresh-one")
        assert server.heard == []


async def test_no_secret_in_any_sentence() -> None:
    echo = (
        b'{"error":"invalid_grant","error_description":"refresh-one and client-secret-7 are bad"}'
    )
    async with dancing(lambda n, heard: answer(400, echo)) as (dance, _):
        with pytest.raises(NeedsPerson) as caught:
            await dance.refresh("refresh-one")
    assert "refresh-one" not in caught.value.sentence
    assert "client-secret-7" not in caught.value.sentence


async def test_new_tokens_are_hidden_from_the_log_at_once() -> None:
    redactor = Redactor()
    async with dancing(GOOD, redactor=redactor) as (dance, _):
        await dance.refresh("refresh-one")
    assert "access-one" not in redactor.text("access-one refresh-two client-secret-7")
    assert "refresh-two" not in redactor.text("access-one refresh-two client-secret-7")
