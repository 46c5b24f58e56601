"""The shared part of OAuth: codes that work once, access that ends, refresh tokens that turn."""

from __future__ import annotations

import base64
import hashlib
import random
from datetime import timedelta

import pytest

from ml_sandbox.oauth import Code, GrantBook, pkce_matches, redirect_address
from tests.support.clock import START

LATER = START + timedelta(minutes=5)


@pytest.fixture
def book() -> GrantBook:
    return GrantBook(random.Random(1))


def code(book: GrantBook) -> str:
    return book.issue_code(Code("http://127.0.0.1/back", ("read",), "acme", LATER))


def test_a_code_works_once(book: GrantBook) -> None:
    text = code(book)
    taken = book.take_code(text, START)
    assert taken is not None
    assert (taken.account, taken.scopes) == ("acme", ("read",))
    assert book.take_code(text, START) is None


def test_a_code_ends(book: GrantBook) -> None:
    text = code(book)
    assert book.take_code(text, LATER) is None
    assert book.take_code("guessed", START) is None


def test_an_access_token_ends_with_its_life_or_its_grant(book: GrantBook) -> None:
    grant = book.new_grant(("read",), "acme", START)
    token = book.new_access_token(grant, START, 300)
    lasting = book.new_access_token(grant, START, None)
    just_before = LATER - timedelta(microseconds=1)
    assert book.access(token, just_before) is grant
    assert book.access(token, LATER) is None
    assert book.access(lasting, LATER + timedelta(days=900)) is grant
    book.revoke(grant)
    assert book.access(lasting, START) is None


def test_one_token_may_be_expired_alone(book: GrantBook) -> None:
    grant = book.new_grant(("read",), "acme", START)
    first, second = (book.new_access_token(grant, START, 300) for _ in range(2))
    book.expire(first)
    assert (book.access(first, START), book.access(second, START)) == (None, grant)
    book.expire_all_of(grant)
    assert book.access(second, START) is None


@pytest.mark.parametrize("keep_old", [False, True])
def test_a_refresh_token_turns(book: GrantBook, keep_old: bool) -> None:
    grant = book.new_grant(("read",), "acme", START)
    first = book.rotate(grant)
    second = book.rotate(grant, keep_old)
    assert first != second
    assert book.by_refresh_token(second) is grant
    assert book.by_refresh_token(first) is (grant if keep_old else None)
    book.revoke(grant)
    assert book.by_refresh_token(second) is None
    assert book.by_refresh_token(first) is None


def test_a_scope_can_be_lost(book: GrantBook) -> None:
    grant = book.new_grant(("read", "write"), "acme", START)
    grant.lost_scopes.append("write")
    assert (grant.allows("read"), grant.allows("write"), grant.allows("admin")) == (
        True, False, False,
    )  # fmt: skip


def test_secrets_are_the_seeds_and_never_twice() -> None:
    first, second = (GrantBook(random.Random(1)) for _ in range(2))
    assert [code(first), code(first)] == [code(second), code(second)]
    assert len({code(first) for _ in range(200)}) == 200


def test_pkce() -> None:
    verifier = "a" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert pkce_matches(verifier, challenge)
    assert not pkce_matches(verifier + "b", challenge)
    assert not pkce_matches("", challenge)
    assert not pkce_matches(verifier, "é")


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("http://127.0.0.1:8/back", "http://127.0.0.1:8/back?code=a%26b&state=x+y"),
        ("https://h/b?keep=1", "https://h/b?keep=1&code=a%26b&state=x+y"),
        ("https://h/b#part", "https://h/b?code=a%26b&state=x+y"),
    ],
)
def test_the_way_back_keeps_its_own_query(uri: str, address: str) -> None:
    assert redirect_address(uri, {"code": "a&b", "state": "x y"}) == address
