"""The search itself: a canary is found in every form and part, and nothing else is."""

from __future__ import annotations

import json
import random
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from .canaries import AWKWARD, FEWEST, PLAIN, canary, marks_in, traces_in

SECRETS = [canary("one"), canary("two", AWKWARD)]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_canary_shows_in_every_form(secret: str) -> None:
    raw = secret.encode()
    forms = [
        raw, quote(secret).encode(), quote_plus(secret).encode(), json.dumps(secret).encode(),
        repr(secret).encode(), raw.hex().encode(), raw.hex().upper().encode(),
        b64encode(raw), b64encode(b"a" + raw), b64encode(b"ab:" + raw), urlsafe_b64encode(raw),
    ]  # fmt: skip
    for form in forms:
        assert marks_in(b"\0before " + form + b" after"), form


def test_any_twelve_signs_of_a_canary_show() -> None:
    secret = SECRETS[0]
    assert len(secret) == 48
    for at in range(len(secret) - FEWEST + 1):
        assert marks_in(secret[at : at + FEWEST].encode())


def test_two_canaries_share_nothing_that_is_long() -> None:
    one, other = canary("one"), canary("another")
    assert one != other
    assert not any(one[at : at + FEWEST] in other for at in range(len(one) - FEWEST + 1))


def test_what_is_no_canary_does_not_show() -> None:
    chance = random.Random(1)
    assert marks_in(chance.randbytes(1_000_000)) == []
    assert marks_in(b64encode(chance.randbytes(1_000_000))) == []
    assert marks_in("".join(chance.choices(PLAIN, k=1_000_000)).encode()) == []


def test_a_secret_that_is_no_canary_is_named() -> None:
    secrets: dict[str, str | bytes] = {"token": "0f3a9c77d2e14b58a6", "key": bytes(range(32))}
    for shown in (
        b"x 0f3a9c77d2e14b58a6", b"3a9c77d2e14b58a6 y", b64encode(b"0f3a9c77d2e14b58a6"),
        b"0f3a9c77d2e14b58a6".hex().encode(),
    ):  # fmt: skip
        assert traces_in(shown, secrets) == ["token"], shown
    assert traces_in(b64encode(bytes(range(32))), secrets) == ["key"]
    assert traces_in(bytes(range(32)), secrets) == ["key"]
    assert traces_in(b"0f3a9c77 d2e14b58", secrets) == []
