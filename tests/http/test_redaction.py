"""Nothing secret comes out of redaction, and what is not secret stays readable."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_connector.http.redaction import HIDDEN, MOST_REPLACED, Redactor

SECRET = "s3cr3t/with+signs=="


def test_headers_by_name() -> None:
    shown = Redactor().value(
        {
            "Authorization": f"Bearer {SECRET}",
            "x-api-token": SECRET,
            "Cookie": SECRET,
            "Set-Cookie": SECRET,
            "X-Pipedrive-Signature": SECRET,
            "Content-Type": "application/json",
            "X-RateLimit-Remaining": "7",
        }
    )
    assert SECRET not in json.dumps(shown)
    assert shown["Content-Type"] == "application/json"
    assert shown["X-RateLimit-Remaining"] == "7"


def test_forms_queries_and_json_in_a_text() -> None:
    redactor = Redactor()
    form = urlencode({"grant_type": "refresh_token", "refresh_token": SECRET, "client_id": "abc"})
    assert redactor.text(form) == f"grant_type=refresh_token&refresh_token={HIDDEN}&client_id=abc"
    url = f"https://user:pw@h.example/p?code=abc123&state=5&page=2&api_token={quote(SECRET)}"
    shown = redactor.text(url)
    assert "abc123" not in shown
    assert "pw" not in shown
    assert "s3cr3t" not in shown
    assert "page=2" in shown
    body = json.dumps({"access_token": SECRET, "expires_in": 3600, "name": "Ann"})
    shown = redactor.text(body)
    assert "s3cr3t" not in shown
    assert '"expires_in": 3600' in shown
    assert '"name": "Ann"' in shown


def test_credentials_inside_a_sentence() -> None:
    shown = Redactor().text("sent Authorization: Bearer abcdefgh.ijkl and Basic dXNlcjpwdw==")
    assert "abcdefgh" not in shown
    assert "dXNlcjpwdw" not in shown


def test_learnt_secrets_in_every_form() -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    encoded = b64encode(SECRET.encode()).decode()
    for form in (SECRET, quote(SECRET, safe=""), encoded):
        assert form not in redactor.text(f"/hooks/{form}/x")
    nested = {
        "a": [{"b": (SECRET, 1, None, True)}],
        SECRET[:3]: SECRET.encode(),
        "e": ValueError(SECRET),
    }
    assert SECRET not in repr(redactor.value(nested))


def test_what_was_replaced_is_hidden_for_a_while_and_then_forgotten() -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    redactor.forget(SECRET)
    assert redactor.text(SECRET) == HIDDEN
    for number in range(MOST_REPLACED):
        redactor.learn(f"a later token {number:03}")
        redactor.forget(f"a later token {number:03}")
    assert redactor.text(SECRET) == SECRET
    assert redactor.text("a later token 001") == HIDDEN


def test_what_came_back_into_use_is_not_forgotten() -> None:
    redactor = Redactor()
    for _ in range(2):
        redactor.learn(SECRET)
        redactor.forget(SECRET)
    redactor.learn(SECRET)
    for number in range(MOST_REPLACED):
        redactor.learn(f"a later token {number:03}")
        redactor.forget(f"a later token {number:03}")
    assert redactor.text(SECRET) == HIDDEN


def test_short_texts_are_never_learnt() -> None:
    redactor = Redactor()
    redactor.learn("abc")
    redactor.forget("abc")
    assert redactor.text("abc") == "abc"


def test_ordinary_words_stay() -> None:
    words = "codes: 12, encoder=x, tokens=5, statuscode=200, page_token_count"
    assert Redactor().text(words) == words


def test_numbers_and_nothing_stay() -> None:
    value = {"ms": 12, "ok": True, "token": "", "until": None, "share": 0.5}
    assert Redactor().value(value) == value


@given(secret=st.text("abcdefXYZ0123456789-_./+=", min_size=6, max_size=60), around=st.text())
@settings(deadline=None)
def test_a_learnt_secret_never_comes_through(secret: str, around: str) -> None:
    redactor = Redactor()
    redactor.learn(secret)
    shown = redactor.text(f"{around} {secret} {around}")
    assert secret not in shown.replace(HIDDEN, "") or secret in around


def test_as_a_structlog_processor() -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    lines: list[str] = []

    def keep(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
        lines.append(json.dumps(event))
        raise structlog.DropEvent

    log = structlog.wrap_logger(
        structlog.PrintLogger(),
        processors=[
            structlog.processors.format_exc_info,
            redactor.processor,
            keep,
        ],
        # Whatever level another test has set for the process
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    try:
        raise ValueError(f"cannot use {SECRET}")
    except ValueError:
        log.exception("failed", password="hunter2", path=f"/x?api_token={SECRET}")
    assert SECRET not in lines[0]
    assert "hunter2" not in lines[0]
    assert "ValueError" in lines[0]
