"""A running server takes deliveries at a new address while the old one ends, and new secrets."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest

from tests.support.connected import connect_both
from tests.support.program import Program, Served
from tests.support.sandbox import SandboxProcess


@pytest.fixture
def home(program: Program, sandbox: SandboxProcess) -> Program:
    sandbox.control("POST", "reset", {"seed": 7, "customers": 6, "invoices": 9})
    connect_both(program, sandbox)
    return program


@pytest.fixture
def server(home: Program) -> Iterator[Served]:
    with home.served() as running:
        yield running


def url_of(home: Program) -> str:
    return next(str(r["webhook_url"]) for r in home.json("connections") if r["name"] == "books")


def post(server: Served, url: str, secret: str) -> int:
    body = json.dumps({"event_id": "e", "event_type": "estimate.sent"}).encode()
    at = str(int(time.time()))
    proof = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return server.call("POST", url, body, {"x-wave-signature": f"t={at},v1={proof}"}).status


def test_an_address_is_replaced_without_a_gap_and_ended_at_once(
    home: Program, server: Served, sandbox: SandboxProcess
) -> None:
    secret = sandbox.ready["vendors"]["wave"]["credentials"]["webhook_secret"]
    old = url_of(home)
    assert post(server, old, secret) == 200
    told = home.json("connections", "rotate-webhook", "books")
    new = url_of(home)
    assert told["webhook_url"] == new != old
    assert told["by_hand"] is True
    assert [post(server, url, secret) for url in (old, new)] == [200, 200]
    assert "at the address before it until" in home("connections").out

    said = home("connections", "rotate-webhook", "books", "--now").out
    newest = url_of(home)
    assert newest in said
    assert "no longer taken" in said
    assert "Enter this address" in said
    assert [post(server, url, secret) for url in (old, new, newest)] == [404, 404, 200]
    for url in (old, new, newest):
        token = url.rpartition("/")[2]
        assert token not in server.log


def test_a_secret_is_replaced_without_a_gap(
    home: Program, server: Served, sandbox: SandboxProcess
) -> None:
    old = sandbox.ready["vendors"]["wave"]["credentials"]["webhook_secret"]
    url = url_of(home)
    home.environment["NEW_SECRET"] = "the-secret-of-today-0123456789"
    home("connect", "wave", "--name", "books", "--secret", "webhook_secret=env:NEW_SECRET")
    new = home.environment["NEW_SECRET"]
    assert [post(server, url, secret) for secret in (old, new, "guess")] == [200, 200, 401]
    home("connections", "rotate-webhook", "books", "--now")
    url = url_of(home)
    assert [post(server, url, secret) for secret in (old, new)] == [401, 200]


def test_what_cannot_be_rotated_is_told(home: Program, server: Served) -> None:
    assert "no connection nobody" in home("connections", "rotate-webhook", "nobody", expect=2).err
    assert "NAME" in home("connections", "rotate-webhook", expect=2).err
